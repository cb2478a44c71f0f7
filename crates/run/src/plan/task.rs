//! The tasks of a plan, which follow from the settings.

use radiograph_features::Part;
use radiograph_protocol::FoldStart;
use radiograph_weights::Architecture;

use crate::{Config, Ensemble, Error, Phase, PlanError, ScoredModel, TrainingPart, TrainingTask};

/// One task of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// Name, such as `train-vgg19-fold-2`, and that of its files in `tasks/`.
    pub name: String,
    /// Phase.
    pub phase: Phase,
    /// Number among the tasks of its phase, from 1.
    pub number: usize,
    /// The work.
    pub work: Work,
}

/// The work of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Work {
    /// A part of the extraction of one network's features.
    Extract {
        /// Network.
        network: Architecture,
        /// Part.
        part: Part,
    },
    /// A part of the training of one model.
    Train(TrainingTask),
    /// The mean of several models.
    Average(Ensemble),
    /// Heat maps of a model's test images.
    Explain(ScoredModel),
}

impl Work {
    fn name(&self) -> String {
        match self {
            Self::Extract { network, part } => {
                format!("extract-{network}-{}-of-{}", part.index(), part.count())
            }
            Self::Train(task) => match task.part {
                TrainingPart::Fold(number) => format!("train-{}-fold-{number}", task.model.name()),
                TrainingPart::Tested => format!("train-{}-tested", task.model.name()),
            },
            Self::Average(ensemble) => format!("average-{}", ensemble.name),
            Self::Explain(model) => format!("explain-{}", model.name()),
        }
    }

    /// Name of the model's folder; empty for an extraction.
    pub(super) fn folder(&self) -> String {
        match self {
            Self::Extract { .. } => String::new(),
            Self::Train(task) => task.model.name(),
            Self::Average(ensemble) => ensemble.name.clone(),
            Self::Explain(model) => model.name(),
        }
    }

    fn phase(&self, start: FoldStart) -> Phase {
        match self {
            Self::Extract { .. } => Phase::Extract,
            Self::Train(task) => match task.part {
                TrainingPart::Fold(number) if start == FoldStart::Chained => Phase::ChainedFold(number),
                TrainingPart::Fold(_) => Phase::Folds,
                TrainingPart::Tested => Phase::Tested,
            },
            Self::Average(_) => Phase::Average,
            Self::Explain(_) => Phase::Explain,
        }
    }
}

impl Config {
    /// The models whose test images are explained: those that may be recommended, unless explanations are off.
    pub fn explained_models(&self) -> Vec<ScoredModel> {
        let explainable = |model: &ScoredModel| {
            self.explanation.images_per_class > 0 && model.is_candidate() && model.is_compared()
        };
        self.scored_models().into_iter().filter(explainable).collect()
    }
}

/// Every task of a run with these settings, phase by phase.
pub(super) fn all(config: &Config, extract_parts: u32) -> Result<Vec<Task>, Error> {
    Part::new(1, extract_parts).map_err(|error| Error::from(PlanError::from(error)))?;
    let mut work = Vec::new();
    for &network in &config.backbones {
        for index in 1..=extract_parts {
            // The count was checked above.
            work.extend(Part::new(index, extract_parts).map(|part| Work::Extract { network, part }));
        }
    }
    work.extend(config.tasks().into_iter().map(Work::Train));
    work.extend(config.ensembles().into_iter().map(Work::Average));
    work.extend(config.explained_models().into_iter().map(Work::Explain));
    let start = config.training.fold_start;
    // Stable, so that a phase keeps the order of the models.
    work.sort_by_key(|work| work.phase(start));
    let mut tasks: Vec<Task> = Vec::with_capacity(work.len());
    for work in work {
        let phase = work.phase(start);
        let number = tasks.last().filter(|last| last.phase == phase).map_or(1, |last| last.number + 1);
        tasks.push(Task { name: work.name(), phase, number, work });
    }
    Ok(tasks)
}
