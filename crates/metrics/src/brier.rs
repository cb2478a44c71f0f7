//! The Brier score of a yes-or-no question, its decomposition, and the score scaled by that of the prevalence.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryScores, Bins, Bootstrap, Clusters, Error, Estimate, Score, Statistic, Undefined, as_value,
    binning::Binned, delong::check_samples, ranking::check_both,
};

/// The Brier score of a yes-or-no question, mean (p − outcome)² in [0, 1], and its parts:
/// `brier` = `reliability` − `resolution` + `uncertainty` + `within_bins`.
///
/// The first three are those of Murphy 1973, *A new vector partition of the probability score*, over bins of the
/// probabilities. They add up alone only if all probabilities in a bin are equal; the fourth is what the spread inside the
/// bins adds (Stephenson, Coelho and Jolliffe 2008, *Two extra components in the Brier score decomposition*).
///
/// ```
/// use radiograph_metrics::{BinaryScores, Bins, BrierDecomposition};
///
/// let scores = BinaryScores::new(&[true, true, false, false, false], &[0.9, 0.9, 0.9, 0.2, 0.2])?;
/// let parts = BrierDecomposition::of(&scores, Bins::EqualWidth(10))?;
/// assert!((parts.brier.unwrap() - 0.182).abs() < 1e-12);
/// assert!(parts.within_bins.unwrap().abs() < 1e-12);
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BrierDecomposition {
    /// How the samples were binned.
    pub bins: Bins,
    /// Mean (p − outcome)², half of the two-class form of [`brier_score`](crate::brier_score). Lower is better.
    #[serde(with = "as_value")]
    pub brier: Score,
    /// Mean squared gap between the share of positives in a bin and its mean probability. Lower is better.
    #[serde(with = "as_value")]
    pub reliability: Score,
    /// Mean squared gap between the share of positives in a bin and in all samples. Higher is better.
    #[serde(with = "as_value")]
    pub resolution: Score,
    /// Variance of the outcome, which is the Brier score of the prevalence as a constant probability.
    #[serde(with = "as_value")]
    pub uncertainty: Score,
    /// Variance of the probabilities inside the bins, less twice their covariance with the outcome.
    #[serde(with = "as_value")]
    pub within_bins: Score,
}

impl BrierDecomposition {
    /// The Brier score of these probabilities and its parts, all undefined without samples.
    ///
    /// # Errors
    ///
    /// If the number of bins is 0, or at the first score outside [0, 1].
    pub fn of(scores: &BinaryScores, bins: Bins) -> Result<Self, Error> {
        scores.check_probabilities()?;
        let binned = Binned::of(scores, bins)?;
        let number = scores.len() as f64;
        if scores.is_empty() {
            let none = Err(Undefined::NoSample);
            let parts = [none; 4];
            return Ok(Self::from_parts(bins, none, parts));
        }
        let outcomes = || scores.positive().iter().map(|&positive| f64::from(u8::from(positive)));
        let prevalence = outcomes().sum::<f64>() / number;
        // Mean probability and share of positives of each bin.
        let mut means = vec![(0.0, 0.0); binned.bins()];
        let (mut reliability, mut resolution) = (0.0, 0.0);
        for sum in binned.sums(|_| 1_u64) {
            let (confidence, rate, weight) = (sum.confidence(), sum.rate(), sum.samples as f64 / number);
            means[sum.number] = (confidence, rate);
            reliability += weight * (rate - confidence).powi(2);
            resolution += weight * (rate - prevalence).powi(2);
        }
        let (mut brier, mut within) = (0.0, 0.0);
        for (sample, (&p, outcome)) in scores.scores().iter().zip(outcomes()).enumerate() {
            let (confidence, rate) = means[binned.bin(sample)];
            brier += (p - outcome).powi(2);
            within += (p - confidence).powi(2) - 2.0 * (p - confidence) * (outcome - rate);
        }
        let uncertainty = prevalence * (1.0 - prevalence);
        let parts = [reliability, resolution, uncertainty, within / number].map(Ok);
        Ok(Self::from_parts(bins, Ok(brier / number), parts))
    }

    fn from_parts(
        bins: Bins,
        brier: Score,
        [reliability, resolution, uncertainty, within_bins]: [Score; 4],
    ) -> Self {
        Self { bins, brier, reliability, resolution, uncertainty, within_bins }
    }
}

impl BinaryScores {
    /// The scaled Brier score, 1 − Brier / (Brier of the prevalence as a constant probability), with an interval from
    /// `bootstrap`. At most 1, which is perfect; 0 is as good as the prevalence; below 0, worse (Steyerberg et al. 2010,
    /// *Assessing the performance of prediction models*).
    ///
    /// It is undefined without positives or negatives.
    ///
    /// # Errors
    ///
    /// If `clusters` has another number of samples, or at the first score outside [0, 1].
    pub fn scaled_brier(&self, clusters: &Clusters, bootstrap: &Bootstrap) -> Result<Estimate, Error> {
        check_samples(self, clusters)?;
        self.check_probabilities()?;
        let scaled = |weights: &[u32]| {
            let (mut errors, mut positives, mut all) = (0.0, 0, 0);
            for ((&p, &positive), &weight) in self.scores().iter().zip(self.positive()).zip(weights) {
                let outcome = u32::from(positive);
                errors += f64::from(weight) * (p - f64::from(outcome)).powi(2);
                positives += u64::from(weight * outcome);
                all += u64::from(weight);
            }
            check_both(positives, all - positives)?;
            let (number, prevalence) = (all as f64, positives as f64 / all as f64);
            Ok(1.0 - errors / (number * prevalence * (1.0 - prevalence)))
        };
        Ok(bootstrap.resample(clusters, &[&scaled as &dyn Statistic]).remove(0)) // one in, one out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prevalence_itself_scores_zero_and_certainty_one() {
        let bootstrap = Bootstrap::new(100, 1).unwrap();
        let of = |p: &[f64]| {
            let scores = BinaryScores::new(&[true, false, false, false], p).unwrap();
            scores.scaled_brier(&Clusters::each_alone(4), &bootstrap).unwrap().score
        };
        assert_eq!(of(&[0.25; 4]), Ok(0.0));
        assert_eq!(of(&[1.0, 0.0, 0.0, 0.0]), Ok(1.0));
        assert_eq!(of(&[0.0, 1.0, 1.0, 1.0]), Ok(1.0 - 1.0 / 0.1875));
        let negative = BinaryScores::new(&[false; 2], &[0.5; 2]).unwrap();
        let estimate = negative.scaled_brier(&Clusters::each_alone(2), &bootstrap).unwrap();
        assert_eq!(estimate.score, Err(Undefined::NoPositive));
        assert!(matches!(
            BrierDecomposition::of(&BinaryScores::new(&[true; 2], &[0.5, 2.0]).unwrap(), Bins::GUO),
            Err(Error::NotAProbability { index: 1, .. })
        ));
    }
}
