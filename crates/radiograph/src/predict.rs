//! Images the run has never seen → probabilities, and whether they mean anything for such an image. Not a diagnosis.

use std::path::{Path, PathBuf};

use radiograph_backbone::Backbone;
use radiograph_classes::{Class, Classes};
use radiograph_dataset::{
    View,
    image::{DicomHeader, ImageFormat, Limits, read_file},
};
use radiograph_files::ContentHash;
use radiograph_gradcam::{ClassChoice, Explainer, Explanation, Target};
use radiograph_head::{ClassProbabilities, Mode, Model, TestedModel};
use radiograph_libtorch::Device;
use radiograph_metrics::Temperature;
use serde::Serialize;
use tch::{Kind, Tensor};

use crate::{
    Best, Config, Error, Familiarity, Frozen, ModelEvaluation, RunFolder, Shown, Stage, Strangeness,
    pipeline::{FAMILIARITY, read_json},
};

/// Pixels whose channels differ by more than this, of 255, are coloured.
const COLOURED: u8 = 24;
/// Images of which a larger share of pixels is coloured are called photographs; markers and annotations are fewer.
const PHOTOGRAPH: f64 = 0.05;
/// Pixels of the longer side at which they are counted.
const LOOKED_AT: u32 = 640;

/// The chosen model of a finished run, with all that it needs.
#[derive(Debug)]
pub struct Predictor {
    config: Config,
    classes: Classes,
    frozen: Frozen,
    backbone: Backbone,
    models: Vec<(Model, f64)>,
    /// For the probabilities of all models together, as the run scored them.
    temperature: Option<Temperature>,
    familiarity: Familiarity,
    name: String,
}

/// What is said of one image.
#[derive(Debug, Serialize)]
pub struct Prediction {
    /// The file.
    pub file: PathBuf,
    /// The SHA-256 of its bytes.
    pub content: ContentHash,
    /// Every class with its probability; calibrated if the run could fit a temperature.
    pub probabilities: Vec<(String, f64)>,
    /// The most probable class.
    pub predicted: String,
    /// Whether the probabilities have a temperature that was fitted on validation images.
    pub calibrated: bool,
    /// How far the image lies from the training images.
    pub strangeness: Strangeness,
    /// Why not to believe the probabilities.
    pub warnings: Vec<Warning>,
    /// Where the evidence is.
    #[serde(skip)]
    pub explanation: Explanation,
}

/// Why not to believe the probabilities of an image.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "warning")]
#[non_exhaustive]
pub enum Warning {
    /// The file's header says that it was not taken from the front.
    NotFrontal {
        /// The view.
        view: String,
    },
    /// A large part of the image is coloured, as no radiograph is.
    Coloured {
        /// Share of its pixels, 0 to 1.
        share: f64,
    },
    /// Its features lie farther from the training images than nearly all of these do from each other.
    Unfamiliar {
        /// Share of the training images that are less strange, 0 to 1.
        stranger_than: f64,
    },
    /// The features come from random weights.
    RandomWeights,
    /// The model was trained on permuted labels.
    PermutedLabels,
}

impl Predictor {
    /// The best model of the run at `path`, on the device that the run's config names, or another one.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the run is not finished; those of the models and weights.
    pub fn of_run(path: &Path, device: Option<Device>) -> Result<Self, Error> {
        let (folder, config) = RunFolder::begun(path)?;
        let best = folder.best();
        if !best.is_file() {
            return Err(Error::Missing { path: best, stage: Stage::Compare });
        }
        let best: Best = read_json(&best)?;
        let network = best
            .model
            .parse()
            .map_err(|error: radiograph_weights::WeightsError| Error::damaged(folder.best(), error))?;
        let device = match device {
            Some(device) => device,
            None => config.compute.device.parse()?,
        };
        let classes = Classes::new(&config.data.classes[..])?;
        let model = folder.model(&best.model);
        let frozen = Frozen::of(network, &config)?;
        let evaluation: ModelEvaluation = read_json(&model.join("metrics.json"))?;
        let key = frozen.key();
        let load = |folder: &Path| Model::load(folder, &key, &classes, device);
        let models = match &config.training.tested {
            TestedModel::Refit | TestedModel::RefitForMedianBest => vec![(load(&model)?, 1.0)],
            TestedModel::WeightedFolds(weights) => (1..)
                .zip(weights)
                .filter(|(_, weight)| **weight > 0.0)
                .map(|(fold, weight)| Ok((load(&model.join(format!("fold-{fold}")))?, *weight)))
                .collect::<Result<Vec<_>, Error>>()?,
        };
        Ok(Self {
            backbone: frozen.load(device)?,
            familiarity: Familiarity::read(&model.join(FAMILIARITY))?,
            temperature: evaluation.temperature,
            name: best.model,
            config,
            classes,
            frozen,
            models,
        })
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings of the run.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The classes, in the order of probabilities.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// What the model says of a file, and what speaks against believing it.
    ///
    /// # Errors
    ///
    /// [`Error::Dataset`] if the file is no image, [`Error::Backbone`] and [`Error::Head`] if memory runs out.
    pub fn predict(&self, file: &Path) -> Result<Prediction, Error> {
        let pixels = self.frozen.pixels(file)?;
        let [channels, height, width] = pixels.shape.map(|side| side as i64);
        let images = || Tensor::f_from_slice(&pixels.values)?.f_view([1, channels, height, width]);
        let features = self.backbone.forward_features(&images().map_err(|error| Error::libtorch(&error))?)?;
        let pooled = features
            .f_mean_dim([2_i64, 3].as_slice(), false, Kind::Float)
            .map_err(|error| Error::libtorch(&error))?;
        let strangeness = self.familiarity.of(&pooled)?.remove(0); // one in, one out
        let answers = self
            .models
            .iter()
            .map(|(model, weight)| Ok((model.probabilities(&features)?, *weight)))
            .collect::<Result<Vec<_>, Error>>()?;
        let members: Vec<(&ClassProbabilities, f64)> =
            answers.iter().map(|(answer, weight)| (answer, *weight)).collect();
        let answer = ClassProbabilities::weighted_mean(&members)?;
        let given = self
            .classes
            .names()
            .map(|name| answer.of(0, name))
            .collect::<Result<Vec<_>, radiograph_head::Error>>()?;
        let mut probabilities = given.clone();
        if let Some(temperature) = &self.temperature {
            temperature.of_row(&given, &mut probabilities);
        }
        let predicted = answer.predicted(0)?;
        let mut explanation = self.explanation(&features, &predicted)?;
        // Of several models the map is one's, and the answer that it explains is that of all.
        explanation.probability = probabilities[predicted.index()];
        explanation.predicted = predicted.clone();
        Ok(Prediction {
            file: file.to_owned(),
            probabilities: self.classes.names().map(str::to_owned).zip(probabilities).collect(),
            predicted: predicted.name().to_owned(),
            calibrated: self.temperature.is_some(),
            warnings: self.warnings(file, pixels.content, strangeness)?,
            content: pixels.content,
            strangeness,
            explanation,
        })
    }

    /// The image of a prediction as it is shown beside its heat map, with sides of at most `side` pixels.
    ///
    /// # Errors
    ///
    /// Those of [`Shown::read`].
    pub fn shown(&self, prediction: &Prediction, side: u32) -> Result<Shown, Error> {
        Ok(Shown::read(&prediction.file, prediction.content, Some(self.frozen.steps()))?.at_most(side))
    }

    /// Of several models the one with the largest weight is explained.
    fn explanation(&self, features: &Tensor, class: &Class) -> Result<Explanation, Error> {
        let most = self.models.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((model, _)) = most else {
            return Err(Error::config("training.tested", "no model is tested"));
        };
        let explainer =
            Explainer::new(&self.classes, |features: &Tensor| model.head().forward(features, Mode::Evaluate));
        let explanation = &self.config.explanation;
        let target = Target { quantity: explanation.quantity, class: ClassChoice::One(class.clone()) };
        Ok(explainer.explain(features, explanation.method, &target)?.remove(0)) // one in, one out
    }

    fn warnings(
        &self,
        file: &Path,
        content: ContentHash,
        strangeness: Strangeness,
    ) -> Result<Vec<Warning>, Error> {
        let mut warnings = Vec::new();
        if self.frozen.is_random() {
            warnings.push(Warning::RandomWeights);
        }
        if self.config.permute_labels {
            warnings.push(Warning::PermutedLabels);
        }
        let bytes = read_file(file, &Limits::default())?;
        if ImageFormat::of_content(&bytes) == Some(ImageFormat::Dicom)
            && let Ok(header) = DicomHeader::of_bytes(&bytes)
            && let Some(view) = header.view.as_deref().map(View::read)
            && matches!(view, View::Lateral | View::Ct)
        {
            warnings.push(Warning::NotFrontal { view: view.name().to_owned() });
        }
        drop(bytes);
        let share = coloured_share(file, content)?;
        if share > PHOTOGRAPH {
            warnings.push(Warning::Coloured { share });
        }
        if strangeness.is_strange() {
            warnings.push(Warning::Unfamiliar { stranger_than: strangeness.stranger_than });
        }
        Ok(warnings)
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFrontal { view } => {
                write!(formatter, "its header says {view}, and the model knows frontal films only")
            }
            Self::Coloured { share } => {
                write!(formatter, "{:.0} % of it is coloured, so it is no plain radiograph", share * 100.0)
            }
            Self::Unfamiliar { stranger_than } => write!(
                formatter,
                "it is unlike the training images (stranger than {:.1} % of them)",
                stranger_than * 100.0
            ),
            Self::RandomWeights => formatter
                .write_str("its features come from RANDOM weights, so the probabilities mean nothing"),
            Self::PermutedLabels => {
                formatter.write_str("the model learned PERMUTED labels, so the probabilities mean nothing")
            }
        }
    }
}

fn coloured_share(file: &Path, content: ContentHash) -> Result<f64, Error> {
    let whole = Shown::read(file, content, None)?.at_most(LOOKED_AT);
    let picture = whole.picture();
    let coloured = picture
        .pixels()
        .filter(|pixel| {
            let [red, green, blue] = pixel.0;
            red.max(green).max(blue) - red.min(green).min(blue) > COLOURED
        })
        .count();
    Ok(coloured as f64 / f64::from(picture.width() * picture.height()).max(1.0))
}
