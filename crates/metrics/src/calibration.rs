//! Calibration of probabilities: log loss, Brier score, calibration errors and reliability data.

use serde::{Deserialize, Serialize};

use crate::{
    Bins, Error, Predictions, Score, Share, Undefined,
    binning::{BinSum, Binned},
    score::quotient,
    weight::{Weighable, Weight, of_samples},
};

/// Lower limit of the true class's probability before the logarithm. One confident error then costs 36 nats instead of
/// infinity. scikit-learn uses the same limit.
pub const LOG_LOSS_FLOOR: f64 = f64::EPSILON;

/// Norm that combines the gaps between confidence and accuracy into one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CalibrationNorm {
    /// Mean absolute gap, weighted by bin size: ECE.
    Mean,
    /// Root of the mean squared gap, weighted by bin size.
    RootMeanSquare,
    /// The largest gap: MCE.
    Largest,
}

/// One bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReliabilityBin {
    /// Samples in the bin, at least one.
    pub samples: u64,
    /// Correctly predicted samples in the bin.
    pub correct: u64,
    /// Smallest confidence in the bin.
    pub lowest: f64,
    /// Largest confidence in the bin.
    pub highest: f64,
    /// Mean confidence in the bin.
    pub confidence: f64,
    /// Correct samples as a share that counts patients.
    pub share: Share,
    /// Sum of the samples' weights, if they have any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

impl ReliabilityBin {
    /// Correct / samples, by weight if they have any.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.share.weighted.unwrap_or(self.correct as f64 / self.samples as f64)
    }
}

/// Reliability data of the predicted (top) class: confidence against accuracy, bin by bin. Empty bins are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reliability {
    /// How the samples were binned.
    pub bins: Bins,
    /// Bins that hold samples, by rising confidence.
    pub points: Vec<ReliabilityBin>,
}

impl Reliability {
    /// Bins the samples by the probability of their predicted class.
    ///
    /// # Errors
    ///
    /// If the number of bins is 0.
    pub fn of(predictions: &Predictions, bins: Bins) -> Result<Self, Error> {
        let binned = Binned::of(&predictions.confidences(), bins)?;
        let mut points: Vec<ReliabilityBin> = binned
            .sums(|_| 1_u64)
            .into_iter()
            .map(|sum| ReliabilityBin {
                samples: sum.samples,
                correct: sum.positives,
                lowest: sum.lowest,
                highest: sum.highest,
                confidence: sum.confidence(),
                share: predictions.share(|sample| binned.outcome_in(sample, sum.number)),
                weight: None,
            })
            .collect();
        if let Some(weights) = predictions.weights() {
            for (point, sum) in points.iter_mut().zip(binned.sums(|sample| weights[sample])) {
                (point.confidence, point.weight) = (sum.confidence(), Some(sum.samples));
            }
        }
        Ok(Self { bins, points })
    }

    /// The calibration error: with [`Bins::GUO`] and [`CalibrationNorm::Mean`] the usual ECE.
    ///
    /// Chance biases it upward: the accuracy of a bin varies, and a gap counts in either direction. Binning biases it downward:
    /// gaps that cancel within a bin are not seen. Even
    /// perfectly calibrated probabilities have an error above 0, and it grows as bins hold fewer samples (Roelofs et
    /// al. 2022, *Mitigating Bias in Calibration Error Estimation*). Compare it only between sets of the same size with
    /// the same binning.
    ///
    /// # Errors
    ///
    /// Undefined without samples.
    pub fn error(&self, norm: CalibrationNorm) -> Score {
        let of = |bin: &ReliabilityBin| {
            (bin.weight.unwrap_or(bin.samples as f64), (bin.accuracy() - bin.confidence).abs())
        };
        combined(&self.points.iter().map(of).collect::<Vec<_>>(), norm)
    }
}

impl Binned {
    /// The calibration error when sample `i` counts `weight(i)` times.
    pub(crate) fn error<W: Weight>(&self, weight: impl Fn(usize) -> W, norm: CalibrationNorm) -> Score {
        let of = |sum: &BinSum<W>| (sum.samples.get(), (sum.rate() - sum.confidence()).abs());
        combined(&self.sums(weight).iter().map(of).collect::<Vec<_>>(), norm)
    }
}

/// Of the weight of the samples and the gap of each bin.
fn combined(bins: &[(f64, f64)], norm: CalibrationNorm) -> Score {
    let total: f64 = bins.iter().map(|bin| bin.0).sum();
    if total == 0.0 {
        return Err(Undefined::NoSample);
    }
    let gaps = bins.iter().map(|&(weight, gap)| (weight / total, gap));
    Ok(match norm {
        CalibrationNorm::Mean => gaps.map(|(share, gap)| share * gap).sum(),
        CalibrationNorm::RootMeanSquare => gaps.map(|(share, gap)| share * gap * gap).sum::<f64>().sqrt(),
        CalibrationNorm::Largest => gaps.map(|(_, gap)| gap).fold(0.0, f64::max),
    })
}

/// The loss of each sample; averages of it are the log loss.
pub(crate) fn log_losses(predictions: &Predictions) -> Vec<f64> {
    let probabilities = predictions.probabilities().values();
    let of = |(row, &truth): (ndarray::ArrayView1<'_, f64>, &u32)| {
        -row[truth as usize].clamp(LOG_LOSS_FLOOR, 1.0 - LOG_LOSS_FLOOR).ln()
    };
    probabilities.outer_iter().zip(predictions.truth_positions()).map(of).collect()
}

/// The Brier score of each sample: Σ over classes of (probability − truth)², in [0, 2].
pub(crate) fn brier_scores(predictions: &Predictions) -> Vec<f64> {
    let of = |(row, &truth): (ndarray::ArrayView1<'_, f64>, &u32)| {
        let squared = |(class, &p): (usize, &f64)| (p - f64::from(u8::from(class == truth as usize))).powi(2);
        row.iter().enumerate().map(squared).sum()
    };
    let probabilities = predictions.probabilities().values();
    probabilities.outer_iter().zip(predictions.truth_positions()).map(of).collect()
}

/// Mean of `values`, each counted `weight` times.
#[derive(Debug)]
pub(crate) struct MeanOf(pub(crate) Vec<f64>);

impl Weighable for MeanOf {
    fn score<W: Weight>(&self, weight: &impl Fn(usize) -> W) -> Score {
        let (mut sum, mut all) = (0.0, W::default());
        for (index, value) in self.0.iter().enumerate() {
            let weight = weight(index);
            sum += weight.get() * value;
            all += weight;
        }
        quotient(sum, all.get(), Undefined::NoSample)
    }
}

/// Mean of −ln(probability of the true class), in nats, floored at [`LOG_LOSS_FLOOR`].
///
/// # Errors
///
/// Undefined without samples.
pub fn log_loss(predictions: &Predictions) -> Score {
    of_samples(&MeanOf(log_losses(predictions)), predictions.weights())
}

/// Mean over samples of Σ over classes of (probability − truth)², in [0, 2]: the original form of Brier 1950, twice the
/// two-class form that some libraries print.
///
/// # Errors
///
/// Undefined without samples.
pub fn brier_score(predictions: &Predictions) -> Score {
    of_samples(&MeanOf(brier_scores(predictions)), predictions.weights())
}

#[cfg(test)]
mod tests {
    use radiograph_classes::Classes;

    use super::*;
    use crate::Probabilities;

    fn predictions(covid: &[f64], truth: &[&str]) -> Predictions {
        let classes = Classes::new(["covid", "normal"]).unwrap();
        let normal = covid.iter().map(|p| 1.0 - p).collect();
        let columns = Probabilities::from_columns([("covid", covid.to_vec()), ("normal", normal)]).unwrap();
        Predictions::new(&classes, truth, &columns).unwrap()
    }

    #[test]
    fn bins_are_open_below_and_closed_above() {
        let set = predictions(&[0.75, 0.76, 1.0, 0.5], &["covid", "normal", "covid", "covid"]);
        let reliability = Reliability::of(&set, Bins::EqualWidth(4)).unwrap();
        let sizes: Vec<_> = reliability.points.iter().map(|bin| (bin.samples, bin.correct)).collect();
        assert_eq!(sizes, [(1, 1), (1, 1), (2, 1)]); // 0.5 in (0.25, 0.5]; 0.75 in (0.5, 0.75]
        assert!((reliability.error(CalibrationNorm::Largest).unwrap() - 0.5).abs() < 1e-12);
        assert!(Reliability::of(&set, Bins::EqualMass(0)).is_err());
    }

    #[test]
    fn bins_of_equal_mass_never_part_ties() {
        let set = predictions(&[0.9, 0.9, 0.9, 0.6], &["covid", "covid", "normal", "covid"]);
        let reliability = Reliability::of(&set, Bins::EqualMass(2)).unwrap();
        let sizes: Vec<_> = reliability.points.iter().map(|bin| bin.samples).collect();
        assert_eq!(sizes.iter().sum::<u64>(), 4);
        assert_eq!(reliability.points.last().map(|bin| (bin.lowest, bin.highest)), Some((0.9, 0.9)));
    }

    #[test]
    fn a_sure_error_is_costly_and_finite() {
        let loss = log_loss(&predictions(&[0.0, 1.0], &["covid", "covid"])).unwrap();
        assert!((loss - 0.5 * -LOG_LOSS_FLOOR.ln()).abs() < 1e-9);
    }
}
