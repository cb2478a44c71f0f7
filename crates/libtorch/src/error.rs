//! Shortens libtorch's error messages to the line that a person can use. Each crate has its own error type.

/// The first informative line of a libtorch error: what was wrong, without the C++ backtrace.
///
/// libtorch 2.0 and 2.13 both append some thirty lines of stack frames, and prefix the message with `Internal torch
/// error: `, which carries no information.
///
/// ```no_run
/// let error = tch::TchError::Torch("shapes differ\nException raised from mul_out\nframe #0: …".to_owned());
/// assert_eq!(radiograph_libtorch::first_line(&error), "shapes differ");
/// ```
pub fn first_line(error: &tch::TchError) -> String {
    let text = match error {
        tch::TchError::Torch(text) => text.clone(),
        other => other.to_string(),
    };
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("libtorch gave no reason");
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn a_real_error_of_libtorch_becomes_one_line() {
        let ones = tch::Tensor::ones([2, 3], tch::kind::FLOAT_CPU);
        let error = ones.f_matmul(&ones).unwrap_err();
        assert!(error.to_string().lines().count() > 1, "libtorch has changed its errors: {error}");
        let line = first_line(&error);
        assert!(line.lines().count() == 1 && line.contains("2x3"), "{line}");
        assert!(!line.contains("torch error"), "{line}");
    }

    #[test]
    fn an_empty_text_still_says_something() {
        assert_eq!(first_line(&tch::TchError::Torch("\n \n".to_owned())), "libtorch gave no reason");
    }
}
