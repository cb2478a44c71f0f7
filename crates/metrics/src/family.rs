//! Compares several models with a chosen one; all tests that are printed together are corrected as one family.

use serde::{Deserialize, Serialize};

use crate::{
    Comparison, ComparisonOptions, Error, Metric, Predictions,
    comparison::{Tested, tested_pair},
    holm,
    predictions::check_paired,
};

/// When the chosen model was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a choice either looked at the samples or it did not")]
pub enum Choice {
    /// Before these samples were looked at, such as by validation scores.
    Beforehand,
    /// By the scores of these very samples. Every pair of models might then have been the printed one, so the p-values are
    /// corrected for the tests of all pairs.
    OnTheseSamples,
}

/// The comparisons of several models on the same samples, corrected as one family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Family {
    /// The chosen model with each other one, in the order of the models, metric by metric; then the further pairs.
    pub comparisons: Vec<Comparison>,
    /// Number of tests that the p-values are corrected for.
    pub tests: usize,
    /// Pairs of models that were not compared, in the order of the models.
    pub not_tested: Vec<(String, String)>,
}

impl Family {
    /// Compares `chosen` with each other model and the `further` pairs of names, in every metric. A pair that the chosen
    /// model is part of is compared once.
    ///
    /// The p-values are corrected by Holm over all these tests together, so that the chance of any false alarm among them is
    /// at most the level. A test without a p-value counts as one with a p-value of 1. If the choice was made
    /// [on these samples](Choice::OnTheseSamples), they are corrected over the tests of all pairs of models.
    ///
    /// # Errors
    ///
    /// If there are fewer than two models, a name is not one of theirs, two models do not cover the same samples, or a
    /// metric does not fit.
    pub fn of(
        models: &[(&str, &Predictions)],
        chosen: (&str, Choice),
        further: &[(&str, &str)],
        metrics: &[Metric],
        options: &ComparisonOptions,
    ) -> Result<Self, Error> {
        if models.len() < 2 {
            let (value, range) = (models.len() as f64, "at least two");
            return Err(Error::InvalidSetting { name: "the number of models", value, range });
        }
        let position = |name: &str| {
            models.iter().position(|(known, _)| *known == name).ok_or_else(|| Error::UnknownModel {
                model: name.to_owned(),
                known: models.iter().map(|(known, _)| (*known).to_owned()).collect(),
            })
        };
        let best = position(chosen.0)?;
        let mut pairs: Vec<(usize, usize)> =
            (0..models.len()).filter(|&other| other != best).map(|other| (best, other)).collect();
        let with_chosen = pairs.len();
        for (first, second) in further {
            let pair = (position(first)?, position(second)?);
            if pair.0 != pair.1 && !pairs.contains(&pair) && !pairs.contains(&(pair.1, pair.0)) {
                pairs.push(pair);
            }
        }
        let all =
            (0..models.len()).flat_map(|first| (first + 1..models.len()).map(move |second| (first, second)));
        let left: Vec<(usize, usize)> = all
            .filter(|&(first, second)| !pairs.contains(&(first, second)) && !pairs.contains(&(second, first)))
            .collect();
        let only_corrected = match chosen.1 {
            Choice::Beforehand => &[],
            Choice::OnTheseSamples => &left[..],
        };
        let test = |&(first, second): &(usize, usize), metric: &Metric| -> Result<Tested, Error> {
            check_paired(models[first].1, models[second].1)?;
            Tested::of(models[first].1, models[second].1, metric, options)
        };
        let (chosen_pairs, further_pairs) = pairs.split_at(with_chosen);
        let printed = |pairs: &[(usize, usize)]| {
            let of = |metric| pairs.iter().map(move |pair| (*pair, metric));
            metrics.iter().flat_map(of).collect::<Vec<_>>()
        };
        let order = [printed(chosen_pairs), printed(further_pairs)].concat();
        let tested =
            order.iter().map(|(pair, metric)| test(pair, metric)).collect::<Result<Vec<_>, Error>>()?;
        let mut p_values: Vec<f64> = tested.iter().map(|tested| tested.p_value.unwrap_or(1.0)).collect();
        for metric in metrics {
            for pair in only_corrected {
                p_values.push(test(pair, metric)?.p_value.unwrap_or(1.0));
            }
        }
        let adjusted = holm(&p_values)?;
        let mut comparisons = Vec::with_capacity(order.len());
        for (at, &((first, second), metric)) in order.iter().enumerate() {
            let compared = tested_pair(models[first], models[second], metric, options, &tested[at])?;
            let adjusted_p_value = compared.p_value.ok().map(|_| adjusted[at]);
            comparisons.push(Comparison { adjusted_p_value, ..compared });
        }
        let name = |model: usize| models[model].0.to_owned();
        Ok(Self {
            comparisons,
            tests: p_values.len(),
            not_tested: left.into_iter().map(|(first, second)| (name(first), name(second))).collect(),
        })
    }
}

/// Pairs of models that were not compared, in words; `None` if there is no such pair.
///
/// ```
/// let pairs = [("A".to_owned(), "B".to_owned()), ("A".to_owned(), "C".to_owned())];
/// assert_eq!(
///     radiograph_metrics::not_tested_in_words(&pairs).as_deref(),
///     Some("Not tested: A and B; A and C. Nothing may be said about their differences.")
/// );
/// ```
#[must_use]
pub fn not_tested_in_words(pairs: &[(String, String)]) -> Option<String> {
    let pairs: Vec<String> = pairs.iter().map(|(first, second)| format!("{first} and {second}")).collect();
    (!pairs.is_empty())
        .then(|| format!("Not tested: {}. Nothing may be said about their differences.", pairs.join("; ")))
}
