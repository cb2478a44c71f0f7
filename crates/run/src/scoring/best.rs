//! Recommends one model of a run, and states whether the test part distinguishes it from the next one.

use radiograph_metrics::{Comparison, Score, as_value};
use serde::{Deserialize, Serialize};

use super::{Comparisons, ModelEvaluation};
use crate::{Error, config::BestBy};

/// The recommended model, in the form of `best.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Recommended model: the name of its network.
    pub model: String,
    /// Criterion of the choice.
    pub criterion: BestBy,
    /// Rule for ties.
    pub tie_rule: String,
    /// All candidates with their values, best first.
    pub candidates: Vec<Candidate>,
    /// Comparisons of the recommended model with each other model, on the test part.
    pub comparisons: Vec<Comparison>,
    /// Sentence on whether the test part distinguishes it from the next model.
    pub statement: String,
}

/// A candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The model.
    pub model: String,
    /// Value of the criterion.
    #[serde(with = "as_value")]
    pub value: Score,
    /// Number of trained parameters of its head.
    pub parameters: i64,
}

/// The candidates by the criterion, best first; they come with the number of their heads' parameters.
///
/// # Errors
///
/// [`Error::NoImage`] if no model has a value of the criterion.
pub(crate) fn ranked(models: &[(&ModelEvaluation, i64)], criterion: BestBy) -> Result<Vec<Candidate>, Error> {
    let mut candidates: Vec<Candidate> = models
        .iter()
        .map(|(model, parameters)| Candidate {
            model: model.model.clone(),
            value: value(model, criterion),
            parameters: *parameters,
        })
        .collect();
    // Undefined values come last; the sort is stable, so that of complete equals the first in the config wins.
    let key = |candidate: &Candidate| candidate.value.unwrap_or(f64::NEG_INFINITY);
    candidates.sort_by(|a, b| key(b).total_cmp(&key(a)).then(a.parameters.cmp(&b.parameters)));
    if candidates.first().is_none_or(|candidate| candidate.value.is_err()) {
        return Err(Error::NoImage { reason: "no model has a defined score to be chosen by".to_owned() });
    }
    Ok(candidates)
}

impl Best {
    /// The first of the candidates, with its comparisons. `None` without candidates.
    pub(crate) fn of(
        candidates: Vec<Candidate>,
        criterion: BestBy,
        comparisons: &Comparisons,
    ) -> Option<Self> {
        let best = candidates.first()?.model.clone();
        let concerning: Vec<Comparison> = comparisons
            .with_chosen
            .iter()
            .filter(|comparison| comparison.first == best || comparison.second == best)
            .cloned()
            .collect();
        let statement = match candidates.get(1) {
            None => match comparisons.with_chosen.is_empty() {
                true => format!("{best} is the only model"),
                false => {
                    format!("{best} is the only candidate: a baseline is compared, but never recommended")
                }
            },
            Some(next) => {
                let told = concerning
                    .iter()
                    .find(|comparison| comparison.first == next.model || comparison.second == next.model)
                    .map_or_else(
                        || format!("{best} and {}, the next, were not compared", next.model),
                        |comparison| comparison.statement_unless(&comparisons.unconverged()),
                    );
                format!("chosen by {}; on the test part, {told}", in_words(criterion))
            }
        };
        let statement = match comparisons.unconverged.contains(&best) {
            true => format!("{statement}; {best} has not converged"),
            false => statement,
        };
        Some(Self {
            model: best,
            criterion,
            tie_rule: "fewer parameters of the head, then the order of the config".to_owned(),
            candidates,
            comparisons: concerning,
            statement,
        })
    }
}

fn value(model: &ModelEvaluation, criterion: BestBy) -> Score {
    match criterion {
        BestBy::ValidationMacroAuc => model.mean_validation_auc,
        BestBy::TestAccuracy => model.test.confusion.accuracy(),
    }
}

fn in_words(criterion: BestBy) -> &'static str {
    match criterion {
        BestBy::ValidationMacroAuc => "the mean macro AUC of the folds' validation",
        BestBy::TestAccuracy => "accuracy on the test part, so that its own score there is too good",
    }
}
