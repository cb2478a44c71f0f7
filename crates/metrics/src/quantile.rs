//! Quantiles of sorted numbers.

use crate::{Score, Undefined};

/// The quantile of ascending values, linear between neighbours: type 7 of Hyndman and Fan 1996, the default of NumPy and
/// R. An `at` outside [0, 1] counts as the nearer end.
///
/// ```
/// assert_eq!(radiograph_metrics::quantile(&[1.0, 2.0, 4.0], 0.75), Ok(3.0));
/// ```
///
/// # Errors
///
/// [`Undefined::NoSample`] if there are no values. Whether they are ascending is not checked.
pub fn quantile(sorted: &[f64], at: f64) -> Score {
    let Some(last) = sorted.len().checked_sub(1) else { return Err(Undefined::NoSample) };
    let position = at.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    Ok(sorted[below] + (position - position.floor()) * (sorted[above] - sorted[below]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by NumPy 2: `numpy.quantile([0.5, 0.75, 3.0, 10.0], [0.025, 0.3, 0.5, 0.975])`.
    #[test]
    fn quantiles_are_those_of_numpy() {
        let sorted = [0.5, 0.75, 3.0, 10.0];
        for (at, expected) in [(0.025, 0.518_75), (0.3, 0.725), (0.5, 1.875), (0.975, 9.475)] {
            assert!((quantile(&sorted, at).unwrap() - expected).abs() < 1e-12, "{at}");
        }
        assert_eq!((quantile(&sorted, -1.0), quantile(&sorted, 2.0)), (Ok(0.5), Ok(10.0)));
        assert_eq!(quantile(&[], 0.5), Err(Undefined::NoSample));
    }
}
