//! One network in a report: its parts, training, predictions and explanations.

use radiograph_files::ContentHash;
use radiograph_metrics::{
    ClassScore, ConfusionMatrix, CrossTable, Estimate, Evaluation, Metric, Predictions, Score, SubgroupTable,
    Temperature,
};
use serde::{Deserialize, Serialize};

use crate::{Error, Picture, as_csv};

/// One trained network and its scores on the test images.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct NetworkReport {
    /// Unique name, such as `VGG19-RNN`.
    pub name: String,
    /// Convolutional part: `vgg19`, `densenet121`, `inception_v3`, `inception_resnet_v2`, or another. It selects the
    /// paper's numbers that the page shows beside these.
    pub architecture: String,
    /// What it is in the comparison.
    pub role: Role,
    /// How its training ended, if recorded.
    pub ending: Option<Ending>,
    /// Description of the head, such as `LSTM of 512 units, two dense layers of 4096`.
    pub head: String,
    /// Origin of the convolutional weights.
    pub weights: WeightsOrigin,
    /// Number of parameters of the convolutional part, without its own classifier.
    pub backbone_parameters: Option<u64>,
    /// Number of parameters of the convolutional part's own classifier, which no head uses.
    #[serde(default)]
    pub classifier_parameters: Option<u64>,
    /// Largest number of convolutions and dense layers on a path through the convolutional part and its own classifier.
    #[serde(default)]
    pub depth: Option<u32>,
    /// Number of trained parameters of the head.
    pub head_parameters: Option<u64>,
    /// Layers, from the image to the classes.
    pub layers: Vec<Layer>,
    /// All trainings: the folds, then the refit.
    pub trainings: Vec<Training>,
    /// Predictions for the test images.
    #[serde(with = "as_csv")]
    pub predictions: Predictions,
    /// The scores of these predictions.
    pub evaluation: Evaluation,
    /// Scores in subgroups.
    pub subgroups: Vec<SubgroupTable>,
    /// Temperature fitted on validation predictions, and the resulting calibration on the test images.
    pub scaled: Option<Scaled>,
    /// Grad-CAM panels.
    pub panels: Vec<Panel>,
}

/// What a model is in the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a new role must be shown on purpose")]
pub enum Role {
    /// A recurrent layer reads the feature map: the paper's networks.
    Recurrent,
    /// A head without recurrent layers in the place of the paper's.
    NotRecurrent,
    /// Logistic regression on the mean of the feature map.
    LinearProbe,
    /// The head of the recurrent network without its recurrent layer.
    WithoutRecurrence,
    /// The mean of the feature map and one dense layer.
    MeanDense,
    /// The plain network of the paper's Table 4.
    Table4,
    /// A mean of the probabilities of other models.
    Ensemble,
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Ending {
    /// Whether nothing more was gained by training.
    pub converged: bool,
    /// The reason, as the end of a sentence, such as `its best epoch, 10, is the last one allowed`.
    pub reason: String,
}

/// Origin of convolutional weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a new origin must be shown on purpose")]
pub enum WeightsOrigin {
    /// An installed file.
    Installed {
        /// Name of its record.
        name: String,
        /// Training data and licence of the weights, in words.
        note: String,
        /// Hash of its content.
        hash: ContentHash,
    },
    /// Drawn from a seed: the network was never trained on pictures.
    Random {
        /// The seed.
        seed: u64,
    },
    /// Those of several networks, whose probabilities an ensemble averages.
    Several(Vec<WeightsOrigin>),
}

impl WeightsOrigin {
    /// Whether any of them are drawn from a seed.
    #[must_use]
    pub fn is_random(&self) -> bool {
        match self {
            Self::Installed { .. } => false,
            Self::Random { .. } => true,
            Self::Several(origins) => origins.iter().any(Self::is_random),
        }
    }
}

/// A layer, or a group of layers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Layer {
    /// Name, such as `lstm (LSTM)`. Its first word pairs it with a row of the paper's Table 2.
    pub name: String,
    /// Shape of its input without the batch: rows, columns, channels, as the paper prints it.
    pub input: Vec<u64>,
    /// Shape of its output without the batch.
    pub output: Vec<u64>,
    /// Number of its parameters, if recorded.
    #[serde(default)]
    pub parameters: Option<u64>,
}

/// One training: a fold, or the refit on all training images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Training {
    /// Name, such as `fold 1` or `refit`.
    pub name: String,
    /// Whether an earlier training used its validation images (chained folds of the released code).
    pub contaminated: bool,
    /// Its epochs in order.
    pub epochs: Vec<Epoch>,
}

/// One epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Epoch {
    /// Counted from 1.
    pub number: u32,
    /// Scores on the training images, during the epoch.
    pub training: LossAndAccuracy,
    /// Scores on the validation images, after the epoch.
    pub validation: Option<LossAndAccuracy>,
}

/// Mean cross-entropy, and the share of correctly classified images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct LossAndAccuracy {
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Accuracy, in [0, 1].
    pub accuracy: f64,
}

/// Calibration after temperature scaling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Scaled {
    /// The temperature, fitted on validation predictions.
    pub temperature: Temperature,
    /// Sentence on the models that it was fitted on and the one that it is applied to.
    #[serde(default)]
    pub temperature_of: Option<String>,
    /// Calibration of the rescaled test predictions.
    pub evaluation: Evaluation,
}

/// Heat map of one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Panel {
    /// Name of the image.
    pub image: String,
    /// Its true class.
    pub truth: String,
    /// Predicted class, which the map explains.
    pub predicted: String,
    /// The probability of that class, in [0, 1].
    pub probability: f64,
    /// Collection of the image.
    pub source: String,
    /// Explanation method, such as `Grad-CAM of the logit, last feature map`.
    pub method: String,
    /// Description of the picture for screen readers, such as the place of most of the evidence.
    pub alt: String,
    /// Original, heat map and overlay, side by side.
    pub picture: Picture,
    /// Left, top, width and height of these three in the picture, in pixels; empty if not recorded.
    #[serde(default)]
    pub tiles: Vec<[u32; 4]>,
    /// Where the evidence lies, if it was measured.
    #[serde(default)]
    pub evidence: Option<Evidence>,
}

/// Shares of the evidence of a heat map, beside the shares of the picture's area, which an even map would have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Evidence {
    /// Share of the evidence in the outer border, in [0, 1]; `None` if the map is empty.
    pub in_border: Option<f64>,
    /// Share of the area in the outer border.
    pub border_area: f64,
    /// Share of the evidence outside the body.
    pub outside_body: Option<f64>,
    /// Share of the area outside the body.
    pub outside_area: Option<f64>,
}

/// Tolerance between two ways to compute and to write a share.
const ROUNDING: f64 = 1e-9;

impl NetworkReport {
    /// Checks that the scores belong to the predictions.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let counted = ConfusionMatrix::of(&self.predictions);
        if counted == self.evaluation.confusion {
            self.check_scores(&self.evaluation)?;
            return self.scaled.iter().try_for_each(|scaled| self.check_scores(&scaled.evaluation));
        }
        let rows = |matrix: &ConfusionMatrix| format!("{:?} over {}", matrix.rows(), matrix.classes());
        Err(Error::Contradiction {
            part: self.name.clone(),
            first: format!("its evaluation counts {}", rows(&self.evaluation.confusion)),
            second: format!("its predictions give {}", rows(&counted)),
        })
    }

    /// Checks that accuracy and recalls, if given, belong to the confusion matrix beside them.
    fn check_scores(&self, evaluation: &Evaluation) -> Result<(), Error> {
        let matrix = &evaluation.confusion;
        let mut scores = vec![(Metric::Accuracy, matrix.accuracy())];
        for class in matrix.classes().iter() {
            let recall = matrix.one_vs_rest(&class)?.recall();
            scores.push((Metric::Class(ClassScore::Recall, class), recall));
        }
        for (metric, counted) in scores {
            let Some(estimate) = evaluation.estimate(&metric) else { continue };
            let agrees = match (estimate.score, counted) {
                (Ok(given), Ok(counted)) => (given - counted).abs() <= ROUNDING,
                (given, counted) => given.is_err() && counted.is_err(),
            };
            if !agrees {
                return Err(Error::Contradiction {
                    part: self.name.clone(),
                    first: format!("its {metric} is {}", in_words(estimate.score)),
                    second: format!("its confusion matrix gives {}", in_words(counted)),
                });
            }
        }
        Ok(())
    }

    /// The accuracy of always predicting the most frequent class, and that of predicting the most frequent class of each
    /// source: what the test images' classes and sources alone would reach. The latter exists if sources are recorded.
    pub(crate) fn without_images(&self) -> (Score, Option<Score>) {
        let by_source = CrossTable::of(&self.predictions, "source").ok();
        (
            self.evaluation.confusion.no_information_rate(),
            by_source.filter(|table| table.groups.len() > 1).map(|table| table.field_only_rate()),
        )
    }

    /// Whether the convolutional weights are random.
    pub(crate) fn is_random(&self) -> bool {
        self.weights.is_random()
    }

    /// Whether it is known not to have converged.
    pub(crate) fn is_unconverged(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| !ending.converged)
    }

    /// The value and interval of a metric on the test images, if it was computed.
    pub(crate) fn estimate(&self, metric: &Metric) -> Option<&Estimate> {
        self.evaluation.estimate(metric)
    }

    /// The trainings with validation, which are the folds.
    pub(crate) fn folds(&self) -> impl Iterator<Item = &Training> {
        let validated = |training: &&Training| training.epochs.iter().any(|epoch| epoch.validation.is_some());
        self.trainings.iter().filter(validated)
    }
}

/// A score with four decimals, so that a contradiction shows.
fn in_words(score: Score) -> String {
    score.map_or_else(|reason| format!("undefined ({reason})"), |value| format!("{value:.4}"))
}
