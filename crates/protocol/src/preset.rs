//! Presets: named settings for the paper's text, its authors' program, and a training whose scores can be trusted.
//!
//! Settings that the paper leaves open were chosen by this project and are marked "Ours".

use std::{fmt, str::FromStr};

use radiograph_classes::Classes;
use radiograph_weights::Architecture;
use serde::{Deserialize, Serialize};

use crate::{
    Cell, Clipping, Dropout, DropoutPlace, FeatureShape, FoldStart, HeadConfig, Keep, ProtocolError, Reading,
    Recurrence, RmsProp, Schedule, SequenceOrder, TrainingConfig,
};

/// A named set of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Preset {
    /// The text of Al-Rakhami et al. Ours: dropout of 0.5, and clipping by a global norm of 1.
    Paper,
    /// The program that the authors published: a frozen LSTM with ReLU, batch normalisation, chained folds.
    ReleasedCode,
    /// The paper's settings, with every choice made on validation images alone.
    Trustworthy,
}

/// The model that a preset tests.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Tested {
    /// A model trained on all training samples for a fixed number of epochs.
    Refit {
        /// Number of epochs.
        epochs: usize,
    },
    /// A model trained on all training samples for the median of the folds' best epochs.
    RefitForMedianBest,
    /// The weighted mean of folds' probabilities, as pairs of fold (from 1) and weight.
    Folds(&'static [(usize, f64)]),
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 3] = [Self::Paper, Self::ReleasedCode, Self::Trustworthy];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::ReleasedCode => "released-code",
            Self::Trustworthy => "trustworthy",
        }
    }

    /// The recurrent head of Table 2.
    pub fn head(self, network: Architecture, features: FeatureShape, classes: &Classes) -> HeadConfig {
        let cell = if self == Self::ReleasedCode { Cell::LstmReluFrozen } else { Cell::Lstm };
        let recurrence = Recurrence::new(SequenceOrder::Horizontal, cell, Self::units(network));
        let reading = Reading::Recurrent(recurrence);
        // The released program for Inception-ResNetV2 has one dense layer; Table 2 has two.
        let one = self == Self::ReleasedCode && network == Architecture::INCEPTION_RESNET_V2;
        self.with(reading, if one { vec![4096] } else { vec![4096, 4096] }, features, classes)
    }

    /// Number of LSTM units of a network's head, from Table 2.
    /// Networks that the paper does not have get as many as most of its own.
    pub fn units(network: Architecture) -> i64 {
        if network == Architecture::DENSENET121 { 1024 } else { 512 }
    }

    /// The plain CNN of Table 4, which the paper does not define. Ours: VGG19's own classifier for VGG19; the mean over the
    /// grid and one dense layer for the others.
    pub fn baseline(self, network: Architecture, features: FeatureShape, classes: &Classes) -> HeadConfig {
        if network == Architecture::VGG19 {
            self.with(Reading::Flatten, vec![4096, 4096], features, classes)
        } else {
            self.with(Reading::GlobalAverage, Vec::new(), features, classes)
        }
    }

    fn with(
        self,
        reading: Reading,
        dense: Vec<i64>,
        features: FeatureShape,
        classes: &Classes,
    ) -> HeadConfig {
        let released = self == Self::ReleasedCode;
        HeadConfig {
            features,
            classes: classes.clone(),
            reading,
            dense,
            dropout: (!released).then_some(Dropout { rate: 0.5, place: DropoutPlace::AfterReading }),
            batch_norm: released,
        }
    }

    /// The settings of one training. All presets use Keras's RMSprop.
    pub fn training(self, seed: u64) -> TrainingConfig {
        let rate = match self {
            Self::Paper => Schedule::Constant { rate: 1e-5 },
            Self::ReleasedCode => Schedule::Exponential { rate: 2e-4, factor: 0.95 },
            Self::Trustworthy => Schedule::Plateau { rate: 1e-4, factor: 0.5, patience: 5 },
        };
        let released = self == Self::ReleasedCode;
        TrainingConfig {
            optimizer: RmsProp::KERAS.into(),
            schedule: rate,
            clipping: Some(if released { Clipping::Value(100.0) } else { Clipping::GlobalNorm(1.0) }),
            batch: if released { 16 } else { 32 },
            epochs: if released { 20 } else { 100 },
            patience: (self == Self::Trustworthy).then_some(10),
            // The released program's best checkpoint is overwritten by its last epoch.
            keep: if released { Keep::Last } else { Keep::Best },
            class_weights: None,
            label_smoothing: 0.0,
            shuffle_buffer: None,
            checkpoint_seconds: TrainingConfig::CHECKPOINT_SECONDS,
            seed,
        }
    }

    /// The number of folds and their first weights.
    pub const fn folds(self) -> (usize, FoldStart) {
        match self {
            Self::ReleasedCode => (5, FoldStart::Chained),
            Self::Paper | Self::Trustworthy => (5, FoldStart::Independent),
        }
    }

    /// The model that is tested.
    pub const fn tested(self) -> Tested {
        match self {
            Self::Paper => Tested::Refit { epochs: 100 },
            Self::ReleasedCode => Tested::Folds(&[(2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0)]),
            Self::Trustworthy => Tested::RefitForMedianBest,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = ProtocolError;

    fn from_str(name: &str) -> Result<Self, ProtocolError> {
        let unknown = || ProtocolError::unknown("preset", name, &Self::ALL.map(Self::name));
        Self::ALL.into_iter().find(|preset| preset.name() == name).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(network: Architecture) -> FeatureShape {
        let (channels, side) = match network.name() {
            "vgg19" => (512, 7),
            "densenet121" => (1024, 7),
            "inception_v3" => (2048, 5),
            _ => (1536, 5),
        };
        FeatureShape { channels, height: side, width: side }
    }

    fn classes() -> Classes {
        Classes::new(["covid", "normal", "pneumonia"]).unwrap()
    }

    /// Table 2 of the paper: LSTM, fc_1, fc_2 and output.
    #[test]
    fn trained_parameters_are_those_of_table_2() {
        let table = [
            (Architecture::VGG19, 2_099_200, 102_764_544),
            (Architecture::DENSENET121, 8_392_704, 205_524_992),
            (Architecture::INCEPTION_RESNET_V2, 4_196_352, 52_432_896),
            (Architecture::INCEPTION_V3, 5_244_928, 52_432_896),
        ];
        for (network, lstm, fc_1) in table {
            let head = Preset::Paper.head(network, shape(network), &classes());
            assert_eq!(head.trained_parameters().unwrap(), lstm + fc_1 + 16_781_312 + 12_291, "{network}");
            let layout = head.layout().unwrap();
            let named = |prefix: &str| -> i64 {
                let trained = layout.iter().filter(|entry| entry.role == crate::Role::Trained);
                trained
                    .filter(|entry| entry.name.starts_with(prefix))
                    .filter_map(crate::HeadTensor::elements)
                    .sum()
            };
            assert_eq!((named("lstm"), named("fc_1"), named("fc_2")), (lstm, fc_1, 16_781_312), "{network}");
        }
        let vgg19 = Preset::Trustworthy.head(Architecture::VGG19, shape(Architecture::VGG19), &classes());
        assert_eq!(vgg19.trained_parameters().unwrap(), 121_657_347);
    }

    #[test]
    fn baselines_are_dense_layers_alone() {
        let count = |network| {
            Preset::Paper.baseline(network, shape(network), &classes()).trained_parameters().unwrap()
        };
        assert_eq!(count(Architecture::VGG19), 25_088 * 4096 + 4096 + 16_781_312 + 12_291);
        assert_eq!(count(Architecture::INCEPTION_V3), 2048 * 3 + 3);
    }

    #[test]
    fn the_released_code_freezes_its_lstm_and_normalises() {
        let head = Preset::ReleasedCode.head(Architecture::VGG19, shape(Architecture::VGG19), &classes());
        let norms = 2 * (512 + 4096 + 4096);
        assert_eq!(head.trained_parameters().unwrap(), 121_657_347 - 2_099_200 + norms);
        let one = Preset::ReleasedCode.head(
            Architecture::INCEPTION_RESNET_V2,
            shape(Architecture::INCEPTION_RESNET_V2),
            &classes(),
        );
        assert_eq!(one.dense, [4096]);
    }

    #[test]
    fn names_are_the_same_everywhere() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse::<Preset>().unwrap(), preset);
            assert_eq!(serde_json::to_value(preset).unwrap(), preset.name());
        }
        assert!("Paper".parse::<Preset>().is_err());
    }
}
