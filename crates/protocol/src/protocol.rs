//! A protocol: the whole training of one network's head, with its settings, its folds and the model that is finally
//! tested.

use radiograph_classes::Classes;
use serde::{Deserialize, Serialize};

use crate::{
    Architecture, Cohort, FeatureShape, Fold, FoldStart, HeadConfig, ModelRecord, Preset, ProtocolError,
    Schedule, Tested, TrainingConfig, model_record::median_fold,
};

/// The settings of a whole training: heads, folds, and the model that is tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// Settings of every head.
    pub head: HeadConfig,
    /// Settings of every training.
    pub training: TrainingConfig,
    /// Number of validated folds, counted from the cohort's first: all for a whole cross-validation, at least two for a
    /// partial one, or none.
    pub folds: usize,
    /// First weights of each fold.
    pub fold_start: FoldStart,
    /// Model that is tested.
    pub tested: TestedModel,
}

/// The model that is finally tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TestedModel {
    /// A model trained on all training images for all epochs.
    Refit,
    /// A model trained on all training images for the median of the folds' best epochs, at the learning rates of the
    /// first fold that was best in this epoch.
    RefitForMedianBest,
    /// The mean of the folds' probabilities with these weights of fold 1, 2, …; weight 0 leaves a fold out.
    WeightedFolds(Vec<f64>),
}

impl TestedModel {
    /// The fold, from 1, with the largest weight, the first of equals; `None` if one model is tested.
    pub fn heaviest_fold(&self) -> Option<usize> {
        let Self::WeightedFolds(weights) = self else { return None };
        let heavier = |best: usize, fold: usize| if weights[fold] > weights[best] { fold } else { best };
        Some((0..weights.len()).fold(0, heavier) + 1)
    }
}

impl Protocol {
    /// A preset's protocol for the recurrent head of a network, over all folds of `cohort`.
    pub fn preset(
        preset: Preset,
        network: Architecture,
        features: FeatureShape,
        cohort: &Cohort,
        seed: u64,
    ) -> Self {
        let training = preset.training(seed);
        let (_, fold_start) = preset.folds();
        let folds = cohort.folds().len();
        let tested = match preset.tested() {
            Tested::Refit { .. } => TestedModel::Refit,
            Tested::RefitForMedianBest => TestedModel::RefitForMedianBest,
            Tested::Folds(weights) => TestedModel::WeightedFolds(
                (1..=folds)
                    .map(|fold| weights.iter().find(|(number, _)| *number == fold).map_or(0.0, |pair| pair.1))
                    .collect(),
            ),
        };
        let head = preset.head(network, features, cohort.classes());
        Self { head, training, folds, fold_start, tested }
    }

    /// Limits the validation to the first `folds` folds. A weighted mean of folds then uses only these.
    pub fn validate_first(&mut self, folds: usize) {
        self.folds = folds;
        if let TestedModel::WeightedFolds(weights) = &mut self.tested {
            weights.truncate(folds);
        }
    }

    /// Refuses settings out of their range, and a protocol that does not fit the cohort.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] that names what does not fit, [`ProtocolError::Classes`] if the head's classes are not
    /// the cohort's.
    pub fn check(&self, cohort: &Cohort) -> Result<(), ProtocolError> {
        self.training.check()?;
        self.head.trained_parameters()?;
        require_same_classes(&self.head.classes, cohort.classes())?;
        if cohort.test().is_empty() {
            return Err(ProtocolError::setting("the number of test images", 0, "hold some back"));
        }
        let there = cohort.folds().len();
        if self.folds > there || self.folds == 1 {
            return Err(ProtocolError::setting(
                "the number of folds",
                format!("{}, but the images are in {there}", self.folds),
                "validate at least two of those there are, or none",
            ));
        }
        match &self.tested {
            TestedModel::WeightedFolds(weights)
                if weights.len() != self.folds || weights.iter().all(|weight| *weight == 0.0) =>
            {
                Err(ProtocolError::setting(
                    "the number of weights of folds",
                    format!("{} for {} folds", weights.len(), self.folds),
                    "write one for each, not all of them 0",
                ))
            }
            TestedModel::WeightedFolds(weights) => {
                match weights.iter().find(|weight| !(**weight >= 0.0 && weight.is_finite())) {
                    Some(wrong) => Err(ProtocolError::setting(
                        "the weight of a fold",
                        wrong,
                        "write a finite number, at least 0",
                    )),
                    None => Ok(()),
                }
            }
            TestedModel::Refit if self.training.schedule.follows_losses() => Err(ProtocolError::setting(
                "the schedule of a refit for all epochs",
                "plateau, which follows validation losses",
                "refit for the median best epoch, or use a schedule that follows the number of the epoch",
            )),
            TestedModel::RefitForMedianBest if self.folds == 0 => Err(ProtocolError::setting(
                "the number of folds",
                0,
                "validate some, or refit for all epochs: the best epoch is that of folds",
            )),
            _ => Ok(()),
        }
    }

    /// The folds to validate, by positions among [`Cohort::training`].
    pub fn validated_folds(&self, cohort: &Cohort) -> Vec<Fold> {
        let training = cohort.training();
        let places = |positions: &[usize]| {
            let place = |position: &usize| training.partition_point(|other| other < position);
            positions.iter().map(place).collect()
        };
        let among_training =
            |fold: &Fold| Fold { held_out: places(&fold.held_out), validation: places(&fold.validation) };
        cohort.folds().iter().take(self.folds).map(among_training).collect()
    }

    /// The settings of the training on all training images, given the records of the folds; `None` if there is no such
    /// training.
    ///
    /// Without validation there are no losses that a schedule could follow. A refit after folds therefore replays the
    /// rates of a fold, so that its number of epochs and its rates come from the same training.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] if the folds' best epoch is needed and no fold has one.
    pub fn refit_training(&self, folds: &[ModelRecord]) -> Result<Option<TrainingConfig>, ProtocolError> {
        let training = TrainingConfig { patience: None, ..self.training.clone() };
        match &self.tested {
            TestedModel::Refit => Ok(Some(training)),
            TestedModel::WeightedFolds(_) => Ok(None),
            TestedModel::RefitForMedianBest => {
                let none = || ProtocolError::setting("the number of folds", 0, "validate some");
                let (fold, epochs) = median_fold(folds).ok_or_else(none)?;
                let schedule = match training.schedule.follows_losses() {
                    true => Schedule::Listed {
                        rates: fold.history.epochs()[..epochs].iter().map(|epoch| epoch.rate).collect(),
                    },
                    false => training.schedule,
                };
                Ok(Some(TrainingConfig { epochs, schedule, ..training }))
            }
        }
    }
}

fn require_same_classes(head: &Classes, cohort: &Classes) -> Result<(), ProtocolError> {
    head.columns_of(cohort)?;
    if head == cohort {
        return Ok(());
    }
    Err(ProtocolError::setting("the order of the images' classes", cohort, "use the head's"))
}
