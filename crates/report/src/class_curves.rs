//! Calibration and decision curves of the leading network's classes, which figures and tables share.

use radiograph_metrics::{
    BinaryScores, Bootstrap, BootstrapMethod, CalibrationCurve, Clusters, DecisionCurve,
};

use crate::{Error, Report};

/// Number of places of a calibration curve, which is smooth.
const PLACES: u32 = 13;
/// Maximum number of classes with curves. Each has two figures; more would fill the page with them.
pub(crate) const MOST: usize = 12;

/// The curves of one class against the others.
pub(crate) struct ClassCurves {
    /// The class.
    pub(crate) class: String,
    /// Share of the test images that are of this class.
    pub(crate) prevalence: f64,
    /// Probabilities of the class, one a test image.
    pub(crate) probabilities: Vec<f64>,
    /// Calibration of the probabilities as they are.
    pub(crate) calibration: CalibrationCurve,
    /// Calibration with the temperature, if one was fitted.
    pub(crate) scaled: Option<CalibrationCurve>,
    /// Net benefit at the prevalence of the test images.
    pub(crate) decision: DecisionCurve,
}

impl ClassCurves {
    /// The curves of the first [`MOST`] classes.
    pub(crate) fn of(report: &Report) -> Result<Vec<Self>, Error> {
        let network = report.leading();
        // Bands are drawn, not read off: percentiles do, and need no jackknife over thousands of patients.
        let bootstrap = Bootstrap::new(report.bands.replicates, report.bands.seed)?
            .with_level(network.evaluation.bootstrap.level())
            .with_method(BootstrapMethod::PercentileExpanded);
        // The second curve is drawn without a band: as few replicates as there may be.
        let unbanded = Bootstrap::new(100, report.bands.seed)?.with_method(BootstrapMethod::Percentile);
        let clusters = network.predictions.clusters();
        let scaled = network.scaled.as_ref().map(|scaled| scaled.temperature.apply(&network.predictions));
        let classes = network.predictions.classes().iter().take(MOST);
        classes
            .map(|class| {
                let scores = network.predictions.one_vs_rest(&class)?;
                let scaled = scaled.as_ref().map(|scaled| scaled.one_vs_rest(&class)).transpose()?;
                Self::of_class(class.name(), &scores, scaled.as_ref(), clusters, [&bootstrap, &unbanded])
            })
            .collect()
    }

    fn of_class(
        class: &str,
        scores: &BinaryScores,
        scaled: Option<&BinaryScores>,
        clusters: &Clusters,
        [bootstrap, unbanded]: [&Bootstrap; 2],
    ) -> Result<Self, Error> {
        let positive = scores.positive().iter().filter(|&&positive| positive).count();
        let curve = |scores: &BinaryScores, bootstrap: &Bootstrap| {
            CalibrationCurve::of(scores, clusters, PLACES, bootstrap)
        };
        Ok(Self {
            class: class.to_owned(),
            prevalence: positive as f64 / scores.len().max(1) as f64,
            probabilities: scores.scores().to_vec(),
            calibration: curve(scores, bootstrap)?,
            scaled: scaled.map(|scores| curve(scores, unbanded)).transpose()?,
            decision: DecisionCurve::of(scores, clusters, &thresholds(), None, bootstrap)?,
        })
    }
}

/// Thresholds of the decision curve: 0.05, 0.1, …, 0.95.
fn thresholds() -> Vec<f64> {
    (1..20).map(|step| f64::from(step) / 20.0).collect()
}
