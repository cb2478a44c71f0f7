//! Predicts the classes of new films, with warnings where the model should not be believed. This is not a diagnosis.

mod warning;

pub use warning::Warning;

use std::{
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

use radiograph_backbone::Network;
use radiograph_classes::{Class, Classes};
use radiograph_features::ExtractionKey;
use radiograph_files::ContentHash;
use radiograph_gradcam::{ClassChoice, Explainer, Explanation, Target, draw::Caption};
use radiograph_head::{ClassProbabilities, Head, Model, ModelRecord, TestedModel};
use radiograph_libtorch::{Device, SideBySide};
use radiograph_run::{Best, Config, ModelEvaluation, RunFolder, ScoredModel, Stage, read_json};
use serde::Serialize;
use tch::{Kind, Tensor};

use crate::{
    Error, Familiarity, Film, Frozen, Shown, Strangeness,
    panel::{self, PANEL_SIDE},
    threads::apply_threads,
};

/// The recommended model of a finished run, loaded for predictions.
#[derive(Debug)]
pub struct Predictor {
    config: Config,
    classes: Classes,
    frozen: Frozen,
    backbone: Network,
    models: Vec<(Model, f64)>,
    /// Scores at home, with the temperature for the probabilities of all models together.
    evaluation: ModelEvaluation,
    familiarity: Familiarity,
    store: PathBuf,
    name: String,
}

/// A prediction for one film.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Prediction {
    /// The file.
    pub file: PathBuf,
    /// SHA-256 of the file.
    pub content: ContentHash,
    /// Every class with its probability, 0 to 1; calibrated if the run fitted a temperature.
    pub probabilities: Vec<(String, f64)>,
    /// Most probable class.
    pub predicted: String,
    /// Whether the probabilities are calibrated on validation images.
    pub calibrated: bool,
    /// Distance from the training images.
    pub strangeness: Strangeness,
    /// Reasons not to believe the probabilities.
    pub warnings: Vec<Warning>,
}

/// A prediction with its heat map.
#[derive(Debug)]
#[non_exhaustive]
pub struct Explained {
    /// The prediction.
    pub prediction: Prediction,
    /// Evidence for the predicted class.
    pub explanation: Explanation,
    /// The film as it is shown beside the map.
    pub shown: Shown,
}

/// Answer of the model for one image.
pub(crate) struct Answer {
    /// Probabilities in the order of the classes, calibrated where the run fitted a temperature.
    pub(crate) probabilities: Vec<f64>,
    /// The same as the models give them, without temperature.
    pub(crate) uncalibrated: Vec<f64>,
    pub(crate) predicted: Class,
    pub(crate) strangeness: Strangeness,
}

impl Predictor {
    /// Loads the recommended model of the run in the folder `path` onto `device`, or onto the device of the run's
    /// config. It need not be the kind of device that the run used: another one changes the last bits of predictions.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] if `path` is not a run folder or the run is not finished; also the errors of loading models and
    /// weights.
    pub fn of_run(path: &Path, device: Option<Device>) -> Result<Self, Error> {
        let (folder, config) = RunFolder::for_reading(path)?;
        let best = folder.best();
        if !best.is_file() {
            return Err(radiograph_run::Error::Missing { path: best, stage: Stage::Evaluate }.into());
        }
        let best: Best = read_json(&best)?;
        let unknown = || Error::damaged(folder.best(), format!("{} is no model to predict with", best.model));
        let scored =
            config.scored_model(&best.model).filter(ScoredModel::is_candidate).ok_or_else(unknown)?;
        let network = scored.members()[0].network; // a model has members, and a candidate one network
        let device = match device {
            Some(device) => device,
            None => config.compute.device.parse()?,
        };
        apply_threads(&config)?;
        let classes = Classes::new(&config.data.classes[..])?;
        let model = folder.model(&best.model);
        let frozen = Frozen::of(network, &config)?.computed_on(device.kind());
        let evaluation: ModelEvaluation = read_json(&model.join("metrics.json"))?;
        let store = folder.feature_store(&config, &frozen.key().folder_name());
        let load = |folder: &Path| {
            // Another device or libtorch than that of the training changes the last bits of a prediction.
            let trained_by = ModelRecord::read(folder)?.and_then(|record| record.key.computation);
            let key = ExtractionKey { computation: trained_by, ..frozen.key() };
            Model::load(folder, &key, &classes, device)
        };
        let mut models = Vec::new();
        let members: Vec<PathBuf> =
            scored.members().iter().map(|member| folder.model(&member.name())).collect();
        for member in &members {
            match &config.training.tested_model {
                TestedModel::WeightedFolds(weights) => {
                    for (fold, &weight) in (1..).zip(weights).filter(|(_, weight)| **weight > 0.0) {
                        models.push((load(&member.join(format!("fold-{fold}")))?, weight));
                    }
                }
                _ => models.push((load(member)?, 1.0)),
            }
        }
        Ok(Self {
            backbone: frozen.load(device)?,
            familiarity: Familiarity::read(&members[0].join(Familiarity::FILE))?,
            evaluation,
            store,
            name: best.model,
            config,
            classes,
            frozen,
            models,
        })
    }

    /// Evaluation of the model on the run's own test part.
    pub fn evaluation(&self) -> &ModelEvaluation {
        &self.evaluation
    }

    /// Name of the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Settings of the run.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Classes, in the order of probabilities.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// Folder of the run's feature store for this network.
    pub(crate) fn feature_store(&self) -> PathBuf {
        self.store.clone()
    }

    /// The frozen network.
    pub fn frozen(&self) -> &Frozen {
        &self.frozen
    }

    /// The prediction for a file, which is read and decoded once.
    ///
    /// # Errors
    ///
    /// [`Error::Image`] if the file is not an image; [`Error::Backbone`] and [`Error::Head`] if there is not enough
    /// memory.
    pub fn predict(&self, file: &Path) -> Result<Prediction, Error> {
        Ok(self.look_at(&Film::read(file)?)?.0)
    }

    /// The prediction for a file with a heat map of the evidence for the predicted class. The file is read and decoded once.
    ///
    /// # Errors
    ///
    /// As [`predict`](Self::predict); [`Error::Gradcam`].
    pub fn explain(&self, file: &Path) -> Result<Explained, Error> {
        let film = Film::read(file)?;
        let (prediction, answer, features) = self.look_at(&film)?;
        let mut explanation = self.explanations(&features, vec![answer.predicted.clone()])?.remove(0); // one in, one out
        // In an ensemble the map is that of one model, and the explained answer that of all.
        explanation.probability = answer.probabilities[answer.predicted.index()];
        explanation.predicted = answer.predicted;
        let shown = Shown::of(&film, Some(self.frozen.steps()))?.at_most(PANEL_SIDE);
        Ok(Explained { prediction, explanation, shown })
    }

    fn look_at(&self, film: &Film) -> Result<(Prediction, Answer, Tensor), Error> {
        let pixels = self.frozen.pixels(film);
        let [channels, height, width] = pixels.shape.map(|side| side as i64);
        let images = || Tensor::f_from_slice(&pixels.values)?.f_view([1, channels, height, width]);
        let features = self.features(&images().map_err(|error| Error::libtorch(&error))?)?;
        let answer = self.answers(&features)?.remove(0); // one in, one out
        let prediction = Prediction {
            file: film.path().to_owned(),
            content: film.content(),
            probabilities: self
                .classes
                .names()
                .map(str::to_owned)
                .zip(answer.probabilities.iter().copied())
                .collect(),
            predicted: answer.predicted.name().to_owned(),
            calibrated: self.evaluation.temperature.is_some(),
            strangeness: answer.strangeness,
            warnings: self.warnings(film, answer.strangeness),
        };
        Ok((prediction, answer, features))
    }

    /// The answers for feature maps `[N, C, H, W]`, in the same order.
    pub(crate) fn answers(&self, features: &Tensor) -> Result<Vec<Answer>, Error> {
        let pooled = features
            .f_mean_dim([2_i64, 3].as_slice(), false, Kind::Float)
            .map_err(|error| Error::libtorch(&error))?;
        let strangeness = self.familiarity.of(&pooled)?;
        let mean = self.plain(features)?;
        strangeness
            .into_iter()
            .enumerate()
            .map(|(row, strangeness)| {
                let given = self
                    .classes
                    .names()
                    .map(|name| mean.of(row, name))
                    .collect::<Result<Vec<f64>, radiograph_head::Error>>()?;
                let mut probabilities = given.clone();
                if let Some(temperature) = &self.evaluation.temperature {
                    temperature.of_row(&given, &mut probabilities);
                }
                let predicted = mean.predicted(row)?;
                Ok(Answer { probabilities, uncalibrated: given, predicted, strangeness })
            })
            .collect()
    }

    /// Feature maps of inputs `[N, C, H, W]`, rounded as those that the models were trained on. On the processor each core computes
    /// its own part of the batch, as extraction does.
    pub(crate) fn features(&self, inputs: &Tensor) -> Result<Tensor, Error> {
        let side_by_side = SideBySide::begin();
        let parts = side_by_side.threads() as i64;
        if self.backbone.device().is_cuda() || parts < 2 {
            drop(side_by_side);
            return self.frozen.as_stored(self.backbone.forward_features(inputs)?);
        }
        let parts = inputs.f_chunk(parts, 0).map_err(|error| Error::libtorch(&error))?;
        let maps = thread::scope(|scope| {
            let compute = |part: Tensor| {
                let (backbone, side_by_side) = (self.backbone.clone(), &side_by_side);
                scope.spawn(move || {
                    side_by_side.enter();
                    backbone.forward_features(&part)
                })
            };
            let running: Vec<_> = parts.into_iter().map(compute).collect();
            let joined =
                running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            joined.collect::<Result<Vec<_>, _>>()
        })?;
        self.frozen.as_stored(Tensor::f_cat(&maps, 0).map_err(|error| Error::libtorch(&error))?)
    }

    /// Probabilities for feature maps `[N, C, H, W]` without a temperature, as in the run's own predictions.
    pub(crate) fn plain(&self, features: &Tensor) -> Result<ClassProbabilities, Error> {
        let answers = self
            .models
            .iter()
            .map(|(model, weight)| Ok((model.probabilities(features)?, *weight)))
            .collect::<Result<Vec<_>, Error>>()?;
        let members: Vec<(&ClassProbabilities, f64)> =
            answers.iter().map(|(answer, weight)| (answer, *weight)).collect();
        Ok(ClassProbabilities::weighted_mean(&members)?)
    }

    /// The explanation of a class for each of the feature maps `[N, C, H, W]`, by the model; in an ensemble, by the model with the
    /// largest weight.
    pub(crate) fn explanations(
        &self,
        features: &Tensor,
        classes: Vec<Class>,
    ) -> Result<Vec<Explanation>, Error> {
        // Models of weight 0 are not loaded; of equal weights the first is explained, as in the stage `explain`.
        let heavier =
            |best: usize, at: usize| if self.models[at].1 > self.models[best].1 { at } else { best };
        let Some((model, _)) = self.models.get((0..self.models.len()).fold(0, heavier)) else {
            return Err(Error::config("training.tested_model", "no model is tested"));
        };
        let explainer = Explainer::new(&self.classes, |features: &Tensor| model.head().explained(features));
        let explanation = &self.config.explanation;
        let target = Target { quantity: explanation.quantity, class: ClassChoice::Each(classes) };
        Ok(explainer.explain(features, explanation.method, &target)?)
    }

    fn warnings(&self, film: &Film, strangeness: Strangeness) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.frozen.is_random() {
            warnings.push(Warning::RandomWeights);
        }
        if self.config.permute_labels {
            warnings.push(Warning::PermutedLabels);
        }
        warnings.extend(warning::of_film(film));
        if strangeness.is_strange() {
            warnings.push(Warning::Unfamiliar { strangeness });
        }
        warnings
    }
}

impl Explained {
    /// Draws film, heat map and both superimposed into a PNG file.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] if the file cannot be written.
    pub fn draw(&self, file: &Path) -> Result<(), Error> {
        let name = self.prediction.file.file_name().unwrap_or_default().to_string_lossy();
        let caption =
            Caption { image: &name, source: "predict", truth: None, method: "evidence for the class" };
        panel::draw(&self.shown, &self.explanation, caption, file).map(drop)
    }
}
