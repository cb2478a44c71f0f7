//! Holm's correction for testing several hypotheses at once.

use crate::Error;

/// P-values adjusted by Holm's step-down rule (1979), in their original order. The chance of even one false alarm among
/// all of them stays below the level.
///
/// ```
/// assert_eq!(radiograph_metrics::holm(&[0.01, 0.04, 0.03])?, [0.03, 0.06, 0.06]);
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
///
/// # Errors
///
/// At the first value that is not in [0, 1].
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, Error> {
    if let Some(&value) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(Error::InvalidSetting { name: "a p-value", value, range: "in [0, 1]" });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        largest = largest.max((factor * p_values[index]).min(1.0));
        adjusted[index] = largest;
    }
    Ok(adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_p_value_is_refused() {
        assert!(holm(&[0.1, f64::NAN]).is_err());
        assert!(holm(&[1.1]).is_err());
        assert_eq!(holm(&[]).unwrap(), [0.0; 0]);
    }
}
