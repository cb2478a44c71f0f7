//! How much a sample counts: a whole number of times in a resample, or any weight.

use std::ops::{Add, AddAssign, Mul, Sub};

use crate::{Score, Statistic};

/// A number of times that a sample counts. Whole numbers keep sums exact.
pub(crate) trait Weight:
    Copy + Default + PartialEq + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + AddAssign
{
    /// The weight as a number.
    fn get(self) -> f64;

    /// The weight itself or 0.
    fn only_if(self, counts: bool) -> Self;
}

impl Weight for u64 {
    fn get(self) -> f64 {
        self as f64
    }

    fn only_if(self, counts: bool) -> Self {
        self * Self::from(counts)
    }
}

impl Weight for f64 {
    fn get(self) -> f64 {
        self
    }

    fn only_if(self, counts: bool) -> Self {
        self * Self::from(u8::from(counts))
    }
}

/// A score of samples that count `weight(i)` times.
pub(crate) trait Weighable: Send + Sync + 'static {
    /// The score with these weights.
    ///
    /// # Errors
    ///
    /// Undefined if the weighted samples do not define it.
    fn score<W: Weight>(&self, weight: &impl Fn(usize) -> W) -> Score;
}

/// The score with these weights of the samples, or where each counts once.
pub(crate) fn of_samples(score: &impl Weighable, of_sample: Option<&[f64]>) -> Score {
    match of_sample {
        None => score.score(&|_| 1_u64),
        Some(of_sample) => score.score(&|sample| of_sample[sample]),
    }
}

/// The score as a statistic for resampling: a sample counts as often as it was drawn, times its own weight.
pub(crate) fn statistic(score: impl Weighable, of_sample: Option<&[f64]>) -> Box<dyn Statistic + Send> {
    match of_sample {
        None => Box::new(move |drawn: &[u32]| match in_bytes(drawn) {
            Some(drawn) => score.score(&|sample| u64::from(drawn[sample])),
            None => score.score(&|sample| u64::from(drawn[sample])),
        }),
        Some(of_sample) => {
            let of_sample = of_sample.to_vec();
            Box::new(move |drawn: &[u32]| score.score(&|sample| f64::from(drawn[sample]) * of_sample[sample]))
        }
    }
}

/// The weights in a byte each, if they fit. A ranking reads them in its own order, all over the memory; as bytes, those of
/// a million samples stay in the cache of a core.
fn in_bytes(drawn: &[u32]) -> Option<Vec<u8>> {
    let fit = drawn.iter().fold(0, |all, weight| all | weight) <= u32::from(u8::MAX);
    fit.then(|| drawn.iter().map(|&weight| weight as u8).collect())
}
