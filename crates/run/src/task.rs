//! The trainings of a run as a list of tasks, which can be done one after another or side by side.
//!
//! A task reads the run's features, writes to its own folder only, and resumes there. Its files do not depend on the other
//! tasks that run at the same time.

use std::fmt;

use radiograph_protocol::{Baseline, FoldStart};
use serde::{Deserialize, Serialize};

use crate::{Config, ModelKind};

/// One task of the stage `train`: a part of the training of one model, which is a network, a baseline and a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::exhaustive_structs, reason = "a pair")]
pub struct TrainingTask {
    /// The model.
    pub model: ModelKind,
    /// The part.
    pub part: TrainingPart,
}

/// A part of the training of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TrainingPart {
    /// One fold of the cross-validation, counted from 1.
    Fold(usize),
    /// The tested model, and the predictions of all its models. It needs the folds, and a linear probe is nothing else.
    Tested,
}

impl TrainingTask {
    /// Whether this task needs the result of another one.
    pub fn needs(&self, other: &Self, start: FoldStart) -> bool {
        let before = match (self.part, other.part) {
            (TrainingPart::Tested, TrainingPart::Fold(_)) => true,
            (TrainingPart::Fold(own), TrainingPart::Fold(other)) => {
                start == FoldStart::Chained && other + 1 == own
            }
            _ => false,
        };
        before && self.model == other.model
    }
}

impl fmt::Display for TrainingTask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.model.name();
        match self.part {
            TrainingPart::Fold(number) => write!(formatter, "{name}, fold {number}"),
            TrainingPart::Tested => write!(formatter, "{name}, tested model"),
        }
    }
}

impl Config {
    /// Every task of the stage `train`, model by model. A task needs only earlier ones.
    pub fn tasks(&self) -> Vec<TrainingTask> {
        let of = |model: ModelKind| {
            let folds = if model.baseline == Some(Baseline::LinearProbe) { 0 } else { self.training.folds };
            let parts = (1..=folds).map(TrainingPart::Fold).chain([TrainingPart::Tested]);
            parts.map(move |part| TrainingTask { model, part })
        };
        self.models().into_iter().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(changes: &[&str]) -> (Config, Vec<TrainingTask>) {
        let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
        let config = Config::resolve(None, &changes).unwrap();
        let tasks = config.tasks();
        (config, tasks)
    }

    #[test]
    fn a_run_is_the_product_of_its_networks_models_seeds_and_folds() {
        let networks = "backbones=['vgg19', 'densenet121']";
        let (_, list) = tasks(&[networks, "training.folds=3", "training.seeds=2"]);
        // Two heads with two seeds, of three folds and the tested model each, and two probes.
        assert_eq!(list.len(), 2 * 2 * (3 + 1) + 2);
        let told: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert_eq!(told[0], "vgg19, fold 1");
        assert_eq!(told[7..9], ["vgg19-seed-2, tested model", "vgg19-linear-probe, tested model"]);
        let text = serde_json::to_string(&list).unwrap();
        assert_eq!(serde_json::from_str::<Vec<TrainingTask>>(&text).unwrap(), list);
    }

    #[test]
    fn a_task_needs_only_earlier_ones_of_its_own_model() {
        let (config, list) = tasks(&["backbones=['vgg19']", "training.folds=3", "training.seeds=2"]);
        let needed = |start: FoldStart| -> Vec<usize> {
            let of = |(place, task): (usize, &TrainingTask)| {
                assert!(list[place..].iter().all(|other| !task.needs(other, start)), "{task}");
                list.iter().filter(|other| task.needs(other, start)).count()
            };
            list.iter().enumerate().map(of).collect()
        };
        assert_eq!(config.training.fold_start, FoldStart::Independent);
        assert_eq!(needed(FoldStart::Independent), [0, 0, 0, 3, 0, 0, 0, 3, 0]);
        assert_eq!(needed(FoldStart::Chained), [0, 1, 1, 3, 0, 1, 1, 3, 0]);
    }
}
