//! Patterns of file names in descriptions.

/// Tells whether a file fits a pattern. `*` stays within a folder, `**` does not; case does not matter. The pattern is read once,
/// however many files are asked for.
pub(super) fn matcher(pattern: &str) -> impl Fn(&str) -> bool + use<> {
    let options = glob::MatchOptions {
        case_sensitive: false,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let pattern = glob::Pattern::new(pattern).ok();
    move |file| pattern.as_ref().is_some_and(|pattern| pattern.matches_with(file, options))
}
