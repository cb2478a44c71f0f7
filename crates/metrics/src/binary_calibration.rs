//! How far the probabilities of a yes-or-no question can be taken at their word, in numbers.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryScores, Bins, Bootstrap, BrierDecomposition, Clusters, Error, Estimate, Recalibration, Table,
    table::{estimate_row, score_cell},
};

/// Bins of the calibration error: ten, with equally many samples, so that each is estimated equally well.
const BINS: Bins = Bins::EqualMass(10);

/// Calibration of the probabilities of a yes-or-no question, such as one class against the rest.
///
/// ```
/// use radiograph_metrics::{BinaryCalibration, Bootstrap, Predictions};
///
/// let file = std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/predictions.csv"))?;
/// let predictions = Predictions::read_csv(file, None)?;
/// let covid = predictions.one_vs_rest(&predictions.class("covid")?)?;
/// let calibration = BinaryCalibration::of(&covid, predictions.clusters(), &Bootstrap::new(1_000, 7)?)?;
/// println!("slope {}", calibration.recalibration.slope);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BinaryCalibration {
    /// Calibration intercept and slope.
    pub recalibration: Recalibration,
    /// Brier score and its parts over ten bins of equally many samples.
    pub brier: BrierDecomposition,
    /// [Scaled Brier score](BinaryScores::scaled_brier).
    pub scaled_brier: Estimate,
    /// [Debiased root mean square calibration error](BinaryScores::calibration_error) over the same bins.
    pub error: Estimate,
}

impl BinaryCalibration {
    /// The calibration of these probabilities. `bootstrap` gives the interval of the scaled Brier score and the level of all.
    ///
    /// # Errors
    ///
    /// If `clusters` has another number of samples, or at the first score outside [0, 1].
    pub fn of(scores: &BinaryScores, clusters: &Clusters, bootstrap: &Bootstrap) -> Result<Self, Error> {
        Ok(Self {
            recalibration: Recalibration::of(scores, clusters, bootstrap.level())?,
            brier: BrierDecomposition::of(scores, BINS)?,
            scaled_brier: scores.scaled_brier(clusters, bootstrap)?,
            error: scores.calibration_error(BINS, clusters, bootstrap.level())?,
        })
    }
}

impl From<&BinaryCalibration> for Table {
    /// A table with one row per score.
    fn from(of: &BinaryCalibration) -> Self {
        let mut table = Self::new(["score", "value", "low", "high", "interval"]);
        for (name, estimate) in [
            ("calibration intercept", &of.recalibration.intercept),
            ("calibration slope", &of.recalibration.slope),
            ("debiased calibration error", &of.error),
            ("scaled Brier score", &of.scaled_brier),
        ] {
            table.push(estimate_row(name.to_owned(), estimate));
        }
        for (name, part) in [
            ("Brier score, two classes", of.brier.brier),
            ("its reliability", of.brier.reliability),
            ("its resolution", of.brier.resolution),
            ("its uncertainty", of.brier.uncertainty),
            ("its part within bins", of.brier.within_bins),
        ] {
            table.push([name.to_owned(), score_cell(part)]);
        }
        table
    }
}
