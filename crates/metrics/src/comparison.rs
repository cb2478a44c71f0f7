//! Compares two or more models on the same samples: differences with intervals, a suitable paired test, and a sentence.

use radiograph_classes::Class;
use serde::{Deserialize, Serialize};

use crate::{
    Bootstrap, BootstrapMethod, Error, Estimate, McNemar, Metric, PairedAuc, Permutation, Predictions, Score,
    Statistic, Undefined, as_value, holm, predictions::check_paired,
};

/// Paired test of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PairedTest {
    /// Paired DeLong test of two AUCs, for one image per patient.
    DeLong,
    /// Exact McNemar test of accuracy, for one image per patient.
    McNemarExact,
    /// Permutation test that exchanges the models patient by patient.
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
    /// Name of the compared score.
    pub metric: String,
    /// Whether a larger score is better.
    pub higher_is_better: bool,
    /// Score of the first.
    #[serde(with = "as_value")]
    pub first_score: Score,
    /// Score of the second.
    #[serde(with = "as_value")]
    pub second_score: Score,
    /// Score of the first model minus that of the second, with an interval from resampling patients (calibration errors
    /// have none).
    pub difference: Estimate,
    /// Test that was made; the clustered permutation test if any patient has several images.
    pub test: PairedTest,
    /// Two-sided p-value of the test.
    #[serde(with = "as_value")]
    pub p_value: Score,
    /// The p-value after Holm's correction over all pairs of models, if several were compared at once.
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

    /// The outcome in words, such as "VGG19-RNN is not distinguishable from DenseNet121-RNN in accuracy (p = 1.00)".
    #[must_use]
    pub fn statement(&self) -> String {
        let (first, second, metric) = (&self.first, &self.second, &self.metric);
        let p = match (self.adjusted_p_value, self.p_value) {
            (Some(p), _) => format!("{}, Holm-corrected", p_in_words(p)),
            (None, Ok(p)) => p_in_words(p),
            (None, Err(reason)) => {
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
        let (difference, p) = match (self.difference.score, self.adjusted_p_value.or(self.p_value.ok())) {
            (Ok(difference), Some(p)) if !of_this.is_empty() => (difference, p),
            _ => return self.statement(),
        };
        let who = match of_this[..] {
            [one] => format!("{one} has not converged"),
            _ => "neither has converged".to_owned(),
        };
        let (first, second, metric) = (&self.first, &self.second, &self.metric);
        let p = p_in_words(p);
        format!("no verdict on {first} and {second} in {metric}: {who} (difference {difference:.4}, {p})")
    }
}

/// A p-value with two digits that mean something.
fn p_in_words(p: f64) -> String {
    match p {
        p if p < 0.0001 => "p < 0.0001".to_owned(),
        p if p < 0.01 => format!("p = {p:.4}"),
        p if p < 0.1 => format!("p = {p:.3}"),
        p => format!("p = {p:.2}"),
    }
}

/// Compares two models on the same samples.
///
/// The test follows the data: if a patient has several images, the permutation test by patient; else exact McNemar for
/// accuracy, paired DeLong for the AUC of a class, and the permutation test for everything else.
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
    let tested = p_value(first.1, second.1, metric, options)?;
    tested_pair(first, second, metric, options, tested)
}

/// Comparison of two models on the same samples, from a test that was already made.
fn tested_pair(
    (first_name, first): (&str, &Predictions),
    (second_name, second): (&str, &Predictions),
    metric: &Metric,
    options: &ComparisonOptions,
    (test, p_value): (PairedTest, Score),
) -> Result<Comparison, Error> {
    let (a, b) = (metric.prepare(first)?, metric.prepare(second)?);
    let gap = |weights: &[u32]| Ok(a.weighted(weights)? - b.weighted(weights)?);
    // A difference may well be exactly 0 in most resamples; the percentile interval bears that, BCa does not.
    let bootstrap = options.bootstrap.with_method(BootstrapMethod::Percentile);
    let mut difference = bootstrap.resample(first.clusters(), &[&gap as &dyn Statistic]).remove(0); // one in, one out
    if difference.score.is_ok() && !metric.bears_resampling() {
        difference.interval = Err(Undefined::BiasedByResampling);
    }
    let once = vec![1; first.len()];
    Ok(Comparison {
        first: first_name.to_owned(),
        second: second_name.to_owned(),
        metric: metric.to_string(),
        higher_is_better: metric.higher_is_better(),
        first_score: a.weighted(&once),
        second_score: b.weighted(&once),
        difference,
        test,
        p_value,
        adjusted_p_value: None,
        significance: options.significance,
    })
}

/// Compares the best of several models with each of the others, p-values corrected by Holm over all pairs of models.
///
/// The best model is the one with the best score, the earliest among equals; a model with an undefined score cannot be
/// the best. The p-values tell whether "best" means anything. The comparisons are in the order of the models.
///
/// The best model is known only after looking at the scores under test, so a correction over its pairs alone would be
/// too weak: among eight equal models, some would be called worse about one time in ten at a level of 5 %. Therefore
/// all K (K − 1) / 2 pairs are tested and corrected, and a pair without a p-value counts as 1. The chance of any false
/// alarm is then at most the level.
///
/// # Errors
///
/// As [`compare`], and if there are fewer than two models or no model has a defined score.
pub fn compare_with_best(
    models: &[(&str, &Predictions)],
    metric: &Metric,
    options: &ComparisonOptions,
) -> Result<Vec<Comparison>, Error> {
    if models.len() < 2 {
        let (value, range) = (models.len() as f64, "at least two");
        return Err(Error::InvalidSetting { name: "the number of models", value, range });
    }
    let sign = if metric.higher_is_better() { 1.0 } else { -1.0 };
    let mut best: Option<(usize, f64)> = None;
    for (at, (_, predictions)) in models.iter().enumerate() {
        if let Ok(score) = metric.of(predictions)?
            && best.is_none_or(|(_, so_far)| sign * score > so_far)
        {
            best = Some((at, sign * score));
        }
    }
    let Some((best, _)) = best else {
        let range = "at least one: no model can be called best otherwise";
        return Err(Error::InvalidSetting {
            name: "the number of models with a defined score",
            value: 0.0,
            range,
        });
    };
    let pairs = AllPairs::test(models, metric, options)?;
    let others = models.iter().enumerate().filter(|(at, _)| *at != best);
    others
        .map(|(at, &other)| {
            let (tested, adjusted) = pairs.of(best, at);
            let comparison = tested_pair(models[best], other, metric, options, tested)?;
            let adjusted_p_value = comparison.p_value.ok().map(|_| adjusted);
            Ok(Comparison { adjusted_p_value, ..comparison })
        })
        .collect()
}

/// The tests of all pairs of models: (0, 1), (0, 2), …, (1, 2), …
struct AllPairs {
    models: usize,
    tested: Vec<(PairedTest, Score)>,
    /// Holm-corrected p-values, an undefined one counted as 1.
    adjusted: Vec<f64>,
}

impl AllPairs {
    fn test(
        models: &[(&str, &Predictions)],
        metric: &Metric,
        options: &ComparisonOptions,
    ) -> Result<Self, Error> {
        let mut tested = Vec::new();
        for (at, (_, first)) in models.iter().enumerate() {
            for (_, second) in &models[at + 1..] {
                check_paired(first, second)?;
                tested.push(p_value(first, second, metric, options)?);
            }
        }
        let p_values: Vec<f64> = tested.iter().map(|(_, p_value)| p_value.unwrap_or(1.0)).collect();
        Ok(Self { models: models.len(), adjusted: holm(&p_values)?, tested })
    }

    /// Test and corrected p-value of two different models, in either order: the tests are two-sided.
    fn of(&self, one: usize, other: usize) -> ((PairedTest, Score), f64) {
        let (low, high) = (one.min(other), one.max(other));
        // Before the pairs of `low` stand those of 0 to low − 1: K − 1, K − 2, …, K − low of them.
        let at = low * (2 * self.models - low - 1) / 2 + high - low - 1;
        (self.tested[at], self.adjusted[at])
    }
}

/// The test that suits the data, and its two-sided p-value.
fn p_value(
    first: &Predictions,
    second: &Predictions,
    metric: &Metric,
    options: &ComparisonOptions,
) -> Result<(PairedTest, Score), Error> {
    Ok(match metric {
        Metric::Accuracy if !first.clusters().repeat() => {
            (PairedTest::McNemarExact, Ok(McNemar::of(first, second)?.exact()))
        }
        Metric::Auc(class) if !first.clusters().repeat() => {
            (PairedTest::DeLong, delong(first, second, class)?)
        }
        _ => {
            let outcome = options.permutation.test(first, second, metric)?;
            (PairedTest::Permutation, outcome.map(|test| test.p_value))
        }
    })
}

fn delong(first: &Predictions, second: &Predictions, class: &Class) -> Result<Score, Error> {
    let paired = PairedAuc::of(&first.one_vs_rest(class)?, &second.one_vs_rest(class)?, first.clusters())?;
    Ok(paired.and_then(|paired| match paired.p_value() {
        // The same ranking twice: there is nothing to tell apart.
        Err(Undefined::NoVariation) if paired.first.auc == paired.second.auc => Ok(1.0),
        p_value => p_value,
    }))
}
