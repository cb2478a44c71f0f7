//! Prints the scores of a run's models for `run` and `evaluate`.

use radiograph_metrics::not_tested_in_words;
use radiograph_run::{Best, Comparisons, Evaluated, ModelEvaluation};
use serde::Serialize;

use crate::{failure::Failure, output};

/// Output of `--json`.
#[derive(Serialize)]
pub(super) struct Scores<'s> {
    models: &'s [ModelEvaluation],
    comparisons: &'s Comparisons,
    best: &'s Best,
}

impl<'s> Scores<'s> {
    pub(super) fn of(evaluated: &'s Evaluated) -> Self {
        let Evaluated { models, comparisons, best, .. } = evaluated;
        Self { models, comparisons, best }
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
        output::line(format!("\nrecommended: {} ({})", self.best.model, self.best.statement))
    }
}
