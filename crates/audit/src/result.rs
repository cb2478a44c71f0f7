//! What an audit found: the rows of a probe, and the scores of the model.

use radiograph_metrics::Estimate;
use serde::{Deserialize, Serialize};

use crate::{Judgement, Measurement, Probe, Reason, Verdict};

/// Verdict of one probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProbeResult {
    /// The probe.
    pub probe: Probe,
    /// The verdict: the worst of its deciding rows.
    pub verdict: Verdict,
    /// The verdict in one sentence.
    pub sentence: String,
    /// Its measurements.
    pub rows: Vec<Row>,
    /// Macro AUC averaged over the blacked-out share by the trapezoid rule. `None` if an AUC is undefined, or if the shares of the
    /// rows are unknown or equal.
    pub mean_over_shares: Option<f64>,
}

/// One measurement of a probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// Label of the row, such as `within normal` or `47 % blacked out`; empty if the probe has one row.
    pub of: String,
    /// Share of the picture's area that is blacked out, if the probe sees a part of it.
    pub removed: Option<f64>,
    /// The measurement.
    pub measurement: Option<Box<Measurement>>,
    /// Reason why there is no measurement.
    pub unanswered: Option<Reason>,
    /// The judgement, if this row decides and there is a measurement.
    pub judgement: Option<Judgement>,
}

/// Scores of the model on the whole test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelScore {
    /// Name.
    pub name: String,
    /// Macro AUC.
    pub auc: Estimate,
    /// Accuracy.
    pub accuracy: Estimate,
}
