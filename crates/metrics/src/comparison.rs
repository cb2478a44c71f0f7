//! Compares two models on the same samples: a difference with its interval, a suitable paired test, and a sentence.

use serde::{Deserialize, Serialize};

use crate::{
    Average, Bootstrap, BootstrapMethod, Error, Estimate, McNemar, Metric, PairedAuc, Permutation,
    Predictions, Score, Statistic, Undefined, as_value, predictions::check_paired,
};

/// Paired test of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PairedTest {
    /// Paired DeLong test of two AUCs, for one image per patient.
    DeLong,
    /// Paired DeLong test of two AUCs with Obuchowski's clustered variance, for several images per patient.
    DeLongClustered,
    /// Exact McNemar test of accuracy, for one image per patient.
    McNemarExact,
    /// Permutation test that exchanges the models patient by patient; ranks are exchanged where only they matter.
    Permutation,
}

/// Options of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct ComparisonOptions {
    /// Bootstrap for the interval of the difference.
    pub bootstrap: Bootstrap,
    /// Permutation test for the p-value where no closed-form test applies.
    pub permutation: Permutation,
    /// Significance level: smaller p-values are called a difference.
    pub significance: f64,
}

/// Comparison of two models by one score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Name of the first model.
    pub first: String,
    /// Name of the second model.
    pub second: String,
    /// The compared score.
    pub metric: Metric,
    /// Whether a larger score is better.
    pub higher_is_better: bool,
    /// Score of the first.
    #[serde(with = "as_value")]
    pub first_score: Score,
    /// Score of the second.
    #[serde(with = "as_value")]
    pub second_score: Score,
    /// Score of the first model minus that of the second, with DeLong's interval if that is the test, else one from
    /// resampling patients (calibration errors have none).
    pub difference: Estimate,
    /// Test that was made.
    pub test: PairedTest,
    /// Two-sided p-value of the test.
    #[serde(with = "as_value")]
    pub p_value: Score,
    /// Smallest p-value that the test can give, if there is such a limit: 1 / (draws + 1) with random exchanges.
    #[serde(default)]
    pub smallest_p_value: Option<f64>,
    /// The p-value after Holm's correction over all tests of a [`Family`](crate::Family), if it belongs to one.
    pub adjusted_p_value: Option<f64>,
    /// Significance level: smaller p-values are called a difference.
    pub significance: f64,
}

impl Comparison {
    /// Whether the p-value (the adjusted one where there is one) is below the level; `None` if it is undefined.
    #[must_use]
    pub fn differs(&self) -> Option<bool> {
        Some(self.adjusted_p_value.or(self.p_value.ok())? < self.significance)
    }

    /// The p-value in words, the adjusted one where there is one: "p = 0.031". Where it is the smallest that the random
    /// exchanges can show, "p ≤ 0.0001": more exchanges might make it smaller, but nothing smaller was shown.
    #[must_use]
    pub fn p_in_words(&self) -> Option<String> {
        let (raw, p) = (self.p_value.ok()?, self.adjusted_p_value.or(self.p_value.ok())?);
        let at_limit = self.smallest_p_value.is_some_and(|smallest| raw <= smallest * (1.0 + 1e-9));
        Some(match p {
            // A bound is rounded up, else it would claim more than was shown.
            p if at_limit && p < 0.000_05 => {
                let step = 10_f64.powf(p.log10().floor() - 1.0);
                format!("p ≤ {:.1e}", (p / step - 1e-6).ceil() * step)
            }
            p if at_limit => format!("p ≤ {:.4}", (1e4 * p - 1e-6).ceil() / 1e4),
            p if p < 0.0001 => "p < 0.0001".to_owned(),
            p if p < 0.01 => format!("p = {p:.4}"),
            p if p < 0.1 => format!("p = {p:.3}"),
            p => format!("p = {p:.2}"),
        })
    }

    /// The outcome in words, such as "VGG19-RNN is not distinguishable from DenseNet121-RNN in accuracy (p = 1.00)".
    #[must_use]
    pub fn statement(&self) -> String {
        let (first, second, metric) = (&self.first, &self.second, &self.metric);
        let p = match (self.p_in_words(), self.adjusted_p_value, self.p_value) {
            (Some(p), Some(_), _) => format!("{p}, Holm-corrected"),
            (Some(p), None, _) => p,
            (None, _, outcome) => {
                let reason = outcome.err().unwrap_or(Undefined::EstimateUndefined);
                return format!("{first} and {second} cannot be compared in {metric}: {reason}");
            }
        };
        match (self.differs(), self.difference.score) {
            (Some(true), Ok(difference)) => {
                let better = (difference > 0.0) == self.higher_is_better;
                let verdict = if better { "better" } else { "worse" };
                format!("{first} is {verdict} than {second} in {metric} by {:.4} ({p})", difference.abs())
            }
            _ => format!("{first} is not distinguishable from {second} in {metric} ({p})"),
        }
    }
}

impl Comparison {
    /// [`statement`](Self::statement), without a verdict if one of the two is among the models that have not converged:
    /// a model that was not trained to its end cannot lose.
    ///
    /// ```
    /// # use radiograph_metrics::{Bootstrap, ComparisonOptions, Metric, Permutation, Predictions, compare};
    /// # let file = "id,label,p_a,p_b\n1,a,0.9,0.1\n2,b,0.2,0.8\n3,a,0.6,0.4\n4,b,0.3,0.7\n";
    /// # let predictions = Predictions::read_csv(file.as_bytes(), None)?;
    /// # let options = ComparisonOptions {
    /// #     bootstrap: Bootstrap::new(100, 7)?, permutation: Permutation::new(100, 7)?, significance: 0.05,
    /// # };
    /// let compared = compare(("large", &predictions), ("plain", &predictions), &Metric::Accuracy, &options)?;
    /// assert_eq!(
    ///     compared.statement_unless(&["plain"]),
    ///     "no verdict on large and plain in accuracy: plain has not converged (difference 0.0000, p = 1.00)"
    /// );
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    #[must_use]
    pub fn statement_unless(&self, unconverged: &[&str]) -> String {
        let of_this: Vec<&str> = [self.first.as_str(), self.second.as_str()]
            .into_iter()
            .filter(|name| unconverged.contains(name))
            .collect();
        let (difference, p) = match (self.difference.score, self.p_in_words()) {
            (Ok(difference), Some(p)) if !of_this.is_empty() => (difference, p),
            _ => return self.statement(),
        };
        let who = match of_this[..] {
            [one] => format!("{one} has not converged"),
            _ => "neither has converged".to_owned(),
        };
        let (first, second, metric) = (&self.first, &self.second, &self.metric);
        format!("no verdict on {first} and {second} in {metric}: {who} (difference {difference:.4}, {p})")
    }
}

/// Fewest patients of a class for DeLong's test, whose normal distribution needs some of them.
pub(crate) const FEWEST_FOR_DELONG: u64 = 10;

/// Compares two models on the same samples.
///
/// The test follows score and data: paired DeLong, clustered if a patient has several images, for the AUC of a class and
/// the macro AUC if at least ten patients have an image of each class; exact McNemar for accuracy with one image per
/// patient; and the permutation test by patient for everything else, such as the accuracy of weighted samples.
///
/// # Errors
///
/// If the two do not cover the same samples (the error names the first difference) or the metric does not fit them.
pub fn compare(
    first: (&str, &Predictions),
    second: (&str, &Predictions),
    metric: &Metric,
    options: &ComparisonOptions,
) -> Result<Comparison, Error> {
    check_paired(first.1, second.1)?;
    let tested = Tested::of(first.1, second.1, metric, options)?;
    tested_pair(first, second, metric, options, &tested)
}

/// Comparison of two models on the same samples, from a test that was already made.
pub(crate) fn tested_pair(
    (first_name, first): (&str, &Predictions),
    (second_name, second): (&str, &Predictions),
    metric: &Metric,
    options: &ComparisonOptions,
    tested: &Tested,
) -> Result<Comparison, Error> {
    let (a, b) = (metric.prepare(first)?, metric.prepare(second)?);
    let once = vec![1; first.len()];
    let scores = [a.weighted(&once), b.weighted(&once)];
    let difference = match &tested.areas {
        Some(areas) => Estimate::without_resampling(
            scores[0].and_then(|first| Ok(first - scores[1]?)),
            areas.interval(options.bootstrap.level()),
        ),
        None => {
            let gap = |weights: &[u32]| Ok(a.weighted(weights)? - b.weighted(weights)?);
            // A difference may well be exactly 0 in most resamples; percentiles bear that, BCa does not.
            let bootstrap = options.bootstrap.with_method(BootstrapMethod::PercentileExpanded);
            let mut estimate = bootstrap.resample(first.clusters(), &[&gap as &dyn Statistic]).remove(0); // one in, one out
            if estimate.score.is_ok() && !metric.bears_resampling() {
                estimate.interval = Err(Undefined::BiasedByResampling);
            }
            estimate
        }
    };
    Ok(Comparison {
        first: first_name.to_owned(),
        second: second_name.to_owned(),
        metric: metric.clone(),
        higher_is_better: metric.higher_is_better(),
        first_score: scores[0],
        second_score: scores[1],
        difference,
        test: tested.test,
        p_value: tested.p_value,
        smallest_p_value: tested.smallest,
        adjusted_p_value: None,
        significance: options.significance,
    })
}

/// The outcome of the test that suits the data.
pub(crate) struct Tested {
    pub(crate) test: PairedTest,
    /// Two-sided.
    pub(crate) p_value: Score,
    /// Smallest p-value that the test can give, if there is such a limit.
    smallest: Option<f64>,
    /// The two AUCs, if DeLong's test was made.
    areas: Option<PairedAuc>,
}

impl Tested {
    pub(crate) fn of(
        first: &Predictions,
        second: &Predictions,
        metric: &Metric,
        options: &ComparisonOptions,
    ) -> Result<Self, Error> {
        if let Some(areas) = paired_areas(first, second, metric)? {
            let test = if areas.first.clustered { PairedTest::DeLongClustered } else { PairedTest::DeLong };
            let p_value = match areas.p_value() {
                // The same ranking twice: there is nothing to tell apart.
                Err(Undefined::NoVariation) if areas.first.auc == areas.second.auc => Ok(1.0),
                p_value => p_value,
            };
            return Ok(Self { test, p_value, smallest: None, areas: Some(areas) });
        }
        if *metric == Metric::Accuracy && !first.clusters().repeat() && first.weights().is_none() {
            let p_value = Ok(McNemar::of(first, second)?.exact());
            return Ok(Self { test: PairedTest::McNemarExact, p_value, smallest: None, areas: None });
        }
        let outcome = Undefined::catch(options.permutation.test(first, second, metric))?;
        let smallest = outcome.ok().and_then(|outcome| outcome.smallest());
        let p_value = outcome.map(|outcome| outcome.p_value);
        Ok(Self { test: PairedTest::Permutation, p_value, smallest, areas: None })
    }
}

/// The AUCs for DeLong's test, if the metric is one of a class or their macro average, and enough patients have each class.
fn paired_areas(
    first: &Predictions,
    second: &Predictions,
    metric: &Metric,
) -> Result<Option<PairedAuc>, Error> {
    if first.fewest_patients_of_a_class() < FEWEST_FOR_DELONG {
        return Ok(None);
    }
    let areas = match metric {
        Metric::Auc(class) => PairedAuc::of_class(first, second, class),
        Metric::AveragedAuc(Average::Macro) => PairedAuc::of_macro(first, second),
        _ => return Ok(None),
    };
    Ok(Undefined::catch(areas)?.ok())
}
