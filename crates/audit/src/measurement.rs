//! Measures one probe on one question: fit on training images, one score on test images, chance, power, comparison.

use ndarray::Array2;
use radiograph_metrics::{
    Average, Bootstrap, Comparison, ComparisonOptions, Estimate, Metric, Permutation, Predictions,
    Probabilities,
};
use radiograph_random::Stream;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{
    Error, FALSE_ALARMS, Null, POWER, Reason, SMALL_EFFECT, Settings, Table,
    fit::{Inputs, is_of_the_data},
    null::Exchange,
    question::Question,
};

/// Predictions of the model under audit for all test images of a table, in their order.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Model {
    /// Name.
    pub name: String,
    /// Probabilities of the classes of the table, one row a test image.
    pub probabilities: Probabilities,
}

/// Score of a probe on the test part, with all that is needed to judge it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Measurement {
    /// Number of training images.
    pub training: usize,
    /// Number of test images.
    pub test: usize,
    /// Number of images that were left out: their input is unknown, or their source occurs too rarely.
    pub left_out: usize,
    /// Number of columns that the probe sees.
    pub columns: usize,
    /// Labels that are told apart: classes, or sources.
    pub labels: Vec<String>,
    /// Chosen inverse penalty; none for the source alone.
    pub penalty: Option<f64>,
    /// Whether every training converged.
    pub converged: bool,
    /// Macro AUC, with an interval from resampling clusters.
    pub auc: Estimate,
    /// Accuracy, with an interval from resampling clusters.
    pub accuracy: Estimate,
    /// Share of test images with the most common label: the accuracy of always naming it.
    pub no_information_rate: f64,
    /// AUC of each label against the rest.
    pub by_label: Vec<LabelAuc>,
    /// AUC of the same predictions under permuted test labels.
    pub null: Null,
    /// AUC of probes that were fitted and scored on permuted labels.
    pub controls: Vec<f64>,
    /// Comparison with the model on the same test images, by macro AUC; the probe is first.
    pub against_model: Option<Comparison>,
    /// Coefficients. They are not written to files.
    #[serde(skip)]
    pub probe: Option<radiograph_probe::Probe>,
}

/// AUC of one label against the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelAuc {
    /// The label.
    pub label: String,
    /// Its AUC.
    pub auc: Estimate,
}

impl Measurement {
    /// Smallest AUC that this test part shows with a chance of 80 %, if `tests` probes share the false alarms: normal
    /// approximation with the deviation under permuted labels. It may be above 1: then nothing can be shown.
    #[must_use]
    pub fn detectable(&self, tests: usize) -> f64 {
        detectable(self.null.mean, self.null.deviation, tests)
    }

    /// The share of the model's AUC above chance that the probe has too; `None` without a model, or if the model is not
    /// above chance.
    #[must_use]
    pub fn share_of_model(&self) -> Option<f64> {
        let compared = self.against_model.as_ref()?;
        let (probe, model) = (compared.first_score.ok()?, compared.second_score.ok()?);
        (model > 0.5).then(|| (probe - 0.5) / (model - 0.5))
    }

    pub(crate) fn of(
        table: &Table,
        question: &Question,
        inputs: &Inputs,
        model: Option<(&Model, &[usize])>,
        settings: &Settings,
        (name, controls): (&str, u32),
    ) -> Result<Result<Self, Reason>, Error> {
        let training_clusters = Question::clusters(table, &question.training);
        let test_clusters = Question::clusters(table, &question.test);
        let fit = |labels: &[usize]| inputs.fit(&question.classes, labels, &training_clusters, settings);
        let fitted = match fit(&question.training_labels) {
            Ok(fitted) => fitted,
            Err(error) if is_of_the_data(&error) => {
                return Ok(Err(Reason::NotFitted { because: error.to_string() }));
            }
            Err(error) => return Err(error.into()),
        };
        let null = |probabilities: &Array2<f64>, labels: &[usize]| {
            Null::of(probabilities.view(), labels, &test_clusters, settings.permutations, settings.seed)
        };
        let Some(under_chance) = null(&fitted.probabilities, &question.test_labels) else {
            return Ok(Err(Reason::NoChance));
        };
        let predictions = predictions(question, fitted.probabilities, &test_clusters)?;
        let mut metrics = vec![Metric::AveragedAuc(Average::Macro), Metric::Accuracy];
        metrics.extend(question.classes.iter().map(Metric::Auc));
        let bootstrap = Bootstrap::new(settings.replicates, settings.seed)?;
        let mut estimates = bootstrap.estimate(&predictions, &metrics)?.into_iter();
        let (Some(auc), Some(accuracy)) = (estimates.next(), estimates.next()) else {
            unreachable!("an estimate for each metric")
        };
        let by_label = question.classes.names().map(str::to_owned).zip(estimates);
        let most = (0..question.classes.len())
            .map(|label| question.test_labels.iter().filter(|of| **of == label).count())
            .max()
            .unwrap_or(0);
        Ok(Ok(Self {
            training: question.training.len(),
            test: question.test.len(),
            left_out: question.left_out,
            columns: inputs.columns(),
            labels: question.classes.names().map(str::to_owned).collect(),
            penalty: fitted.probe.as_ref().map(radiograph_probe::Probe::c),
            converged: fitted.converged,
            auc,
            accuracy,
            no_information_rate: most as f64 / question.test.len().max(1) as f64,
            by_label: by_label.map(|(label, auc)| LabelAuc { label, auc }).collect(),
            null: under_chance,
            controls: control(question, &fit, &training_clusters, &test_clusters, controls, settings.seed),
            against_model: model
                .map(|(model, test)| against(name, &predictions, question, model, test, settings))
                .transpose()?,
            probe: fitted.probe,
        }))
    }
}

/// AUCs of fits to permuted training labels, scored against permuted test labels. A fit that the permuted labels do not
/// allow, because a class is in one cluster only, is left out.
fn control(
    question: &Question,
    fit: &dyn Fn(&[usize]) -> Result<crate::fit::Fitted, radiograph_probe::Error>,
    training_clusters: &[&str],
    test_clusters: &[&str],
    controls: u32,
    seed: u64,
) -> Vec<f64> {
    let (training, test) = (Exchange::of(training_clusters), Exchange::of(test_clusters));
    let one = |number: u32| {
        let mut stream = Stream::new(seed, "audit: control").numbered(u64::from(number));
        let labels = training.permuted(&question.training_labels, &mut stream);
        let fitted = fit(&labels).ok()?;
        let labels = test.permuted(&question.test_labels, &mut stream);
        crate::null::macro_auc(fitted.probabilities.view(), &labels)
    };
    (0..controls).filter_map(one).collect()
}

fn predictions(
    question: &Question,
    probabilities: Array2<f64>,
    clusters: &[&str],
) -> Result<Predictions, Error> {
    let probabilities = Probabilities::new(&question.classes, probabilities)?;
    Ok(Predictions::new(&question.classes, &question.truth(), &probabilities)?.with_clusters(clusters)?)
}

/// Compares the probe with the model on the test images that the probe predicted.
fn against(
    name: &str,
    probe: &Predictions,
    question: &Question,
    model: &Model,
    test: &[usize],
    settings: &Settings,
) -> Result<Comparison, Error> {
    let rows: Vec<usize> = question.test.iter().filter_map(|row| test.binary_search(row).ok()).collect();
    let all = model.probabilities.in_order_of(&question.classes)?;
    let values = all.values().select(ndarray::Axis(0), &rows);
    let clusters = probe.cluster_names().unwrap_or_default();
    let clusters: Vec<&str> = clusters.iter().map(String::as_str).collect();
    let model_predictions = predictions(question, values, &clusters)?;
    let options = ComparisonOptions {
        bootstrap: Bootstrap::new(settings.replicates, settings.seed)?,
        permutation: Permutation::new(settings.permutations.max(100), settings.seed)?,
        significance: FALSE_ALARMS,
    };
    let metric = Metric::AveragedAuc(Average::Macro);
    Ok(radiograph_metrics::compare((name, probe), (&model.name, &model_predictions), &metric, &options)?)
}

/// The AUC that is found with the chance [`POWER`], if AUCs vary by `deviation`, around `mean` under permuted labels.
fn detectable(mean: f64, deviation: f64, tests: usize) -> f64 {
    let normal = Normal::standard();
    let level = FALSE_ALARMS / tests.max(1) as f64;
    let power = normal.inverse_cdf(POWER);
    let by_p_value = mean + (normal.inverse_cdf(1.0 - level) + power) * deviation;
    // A probe is found only from SMALL_EFFECT on.
    by_p_value.max(SMALL_EFFECT + power * deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles of the normal distribution from a table: 1.6449 at 95 %, 3.2905 at 99.95 %, 0.8416 at 80 %.
    #[test]
    fn what_is_detectable_needs_a_small_p_value_and_a_small_effect() {
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-4, "{found}, {expected}");
        close(detectable(0.5, 0.05, 1), 0.5 + (1.6449 + 0.8416) * 0.05);
        close(detectable(0.5, 0.05, 100), 0.5 + (3.2905 + 0.8416) * 0.05);
        // In a large test part 0.5497 would have a small p-value in four of five tries, and is no effect that counts.
        close(detectable(0.5, 0.02, 1), 0.56 + 0.8416 * 0.02);
    }
}
