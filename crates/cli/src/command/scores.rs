//! Prints the scores of a run's models for `run` and `evaluate`.

use radiograph_metrics::not_tested_in_words;
use radiograph_run::{Best, Comparisons, Evaluated, ModelEvaluation, Spread, SpreadOver};
use serde::Serialize;

use crate::{failure::Failure, output};

/// Output of `--json`.
#[derive(Serialize)]
pub(super) struct Scores<'s> {
    models: &'s [ModelEvaluation],
    comparisons: &'s Comparisons,
    best: &'s Best,
    #[serde(skip_serializing_if = "<[Spread]>::is_empty")]
    spreads: &'s [Spread],
}

impl<'s> Scores<'s> {
    pub(super) fn of(evaluated: &'s Evaluated) -> Self {
        let Evaluated { models, comparisons, best, spreads, .. } = evaluated;
        Self { models, comparisons, best, spreads }
    }

    pub(super) fn print(&self) -> Result<(), Failure> {
        for model in self.models {
            output::line(format!(
                "\n{}: {} test images, {}\n{}",
                model.model,
                model.test.samples,
                model.test.units_in_words(),
                model.test.overall_table().to_text()
            ))?;
            model.warnings.iter().try_for_each(|warning| output::line(format!("WARNING {warning}")))?;
        }
        let Comparisons { statements, not_tested, .. } = self.comparisons;
        statements.iter().try_for_each(output::line)?;
        not_tested_in_words(not_tested).iter().try_for_each(output::line)?;
        spread(self.spreads)?;
        output::line(format!("\nrecommended: {} ({})", self.best.model, self.best.statement))
    }
}

/// Prints scores over repeated trainings or splits.
pub(super) fn spread(spreads: &[Spread]) -> Result<(), Failure> {
    for Spread { model, over, scores, .. } in spreads {
        let what = match over {
            SpreadOver::Seeds => "seeds",
            SpreadOver::Splits => "splits",
        };
        output::line(format!("\n{model} over {what}:"))?;
        for score in scores {
            let told = match (score.mean, score.deviation, score.least, score.greatest) {
                (Ok(mean), Ok(deviation), Ok(least), Ok(greatest)) => format!(
                    "{mean:.3} on average, standard deviation {deviation:.3}, from {least:.3} to {greatest:.3}"
                ),
                (Err(reason), ..)
                | (_, Err(reason), ..)
                | (_, _, Err(reason), _)
                | (_, _, _, Err(reason)) => {
                    format!("undefined: {reason}")
                }
            };
            output::line(format!("    {}: {told}", score.metric))?;
        }
    }
    Ok(())
}
