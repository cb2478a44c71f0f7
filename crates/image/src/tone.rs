//! The range of gray values that is shown where a file does not state one.

/// Share of the values at either end that the range leaves out.
///
/// A hot pixel, a dead column or the letters of a marker are fewer than this; a lung is more.
const SHARE: f64 = 0.001;

/// The range without the darkest and the brightest thousandth of the values, given as values in ascending order, each
/// with its number. Of fewer than a thousand values none is left out, nor where nothing else would remain.
pub(crate) fn robust_range(ascending: &[(f64, u64)]) -> Option<(f64, f64)> {
    let total: u64 = ascending.iter().map(|(_, count)| count).sum();
    let left_out = (total as f64 * SHARE) as u64;
    let low = beyond(ascending.iter(), left_out)?;
    let high = beyond(ascending.iter().rev(), left_out)?;
    if low < high { Some((low, high)) } else { Some((ascending.first()?.0, ascending.last()?.0)) }
}

/// The first value that is not among the `left_out` first ones.
fn beyond<'v>(mut values: impl Iterator<Item = &'v (f64, u64)>, left_out: u64) -> Option<f64> {
    let mut seen = 0;
    let found = values.find(|(_, count)| {
        seen += count;
        seen > left_out
    });
    found.map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_are_left_out_and_small_pictures_are_whole() {
        let ramp: Vec<(f64, u64)> = (0..2000).map(|value| (f64::from(value), 1)).collect();
        assert_eq!(robust_range(&ramp), Some((2.0, 1997.0)));
        assert_eq!(robust_range(&ramp[..999]), Some((0.0, 998.0)));
        // One hot pixel of a million.
        assert_eq!(robust_range(&[(0.0, 500_000), (4095.0, 499_999), (65_535.0, 1)]), Some((0.0, 4095.0)));
        assert_eq!(robust_range(&[(7.0, 999_999), (9.0, 1)]), Some((7.0, 9.0)));
        assert_eq!(robust_range(&[(7.0, 5)]), Some((7.0, 7.0)));
        assert_eq!(robust_range(&[]), None);
    }
}
