//! What a head is made of: settings that are checked once, and the tensors that they imply.

use std::fmt;

use radiograph_classes::Classes;
use serde::{Deserialize, Serialize};

use crate::{
    Error, SequenceOrder,
    cell::Cell,
    parameters::{Entry, Initial, Role},
};

/// The most values of one feature map, classes or units: an explicit limit, because settings are read from files.
const LARGEST: i64 = 1 << 24;
/// The most elements of all tensors of a head together: 16 GiB.
const LARGEST_HEAD: i64 = 1 << 32;

/// Channels, height and width of a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeatureShape {
    /// Channels.
    pub channels: i64,
    /// Rows of the grid.
    pub height: i64,
    /// Columns of the grid.
    pub width: i64,
}

impl FeatureShape {
    /// How many values a map holds.
    pub fn len(self) -> usize {
        // Negative and enormous numbers do not get past `HeadConfig::check`; here they hold nothing, and as much as can be.
        [self.channels, self.height, self.width]
            .iter()
            .map(|side| usize::try_from(*side).unwrap_or(0))
            .fold(1, usize::saturating_mul)
    }

    /// Whether a map holds nothing.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for FeatureShape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} x {} x {}", self.channels, self.height, self.width)
    }
}

/// What turns a feature map into the vector that dense layers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// A recurrent cell's hidden states at all steps, one after the other: `H·W·units` values.
    Recurrent {
        /// How the map is read.
        order: SequenceOrder,
        /// What reads it.
        cell: Cell,
        /// The length of its hidden state.
        units: i64,
    },
    /// The map itself, row by row, channels last (as Keras flattens): `H·W·C` values. Baseline of VGG19.
    Flatten,
    /// The mean over the grid: `C` values. Baseline of the other networks.
    GlobalAverage,
}

/// Inverted dropout: in training, values vanish with probability `rate`, the rest grows by 1 / (1 - rate).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    /// 0 up to below 1.
    pub rate: f64,
    /// Where.
    pub place: DropoutPlace,
}

/// Where values are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropoutPlace {
    /// What the dense layers see first: the hidden states, the flattened map or its mean.
    AfterReading,
    /// The output of every hidden dense layer.
    AfterDense,
    /// Both.
    Everywhere,
}

/// The settings of a head. Its default for a network is [`crate::Preset::head`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeadConfig {
    /// What it reads.
    pub features: FeatureShape,
    /// The classes that it tells apart, in the order of its outputs.
    pub classes: Classes,
    /// How it reads.
    pub reading: Reading,
    /// The widths of the hidden dense layers `fc_1`, `fc_2`, …, each with ReLU.
    pub dense: Vec<i64>,
    /// Dropout in training.
    pub dropout: Option<Dropout>,
    /// Batch normalisation of the hidden states (for each unit, over samples and steps) and after each hidden dense
    /// layer's ReLU: Keras's, epsilon 0.001, momentum 0.99.
    pub batch_norm: bool,
}

impl HeadConfig {
    /// The number of trained parameters, without making any. Also the check of the settings that can be asked for before any
    /// work, as [`crate::TrainingConfig::check`] is.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a setting is out of its range, or the head as a whole has more than 2^32 elements.
    pub fn trained_parameters(&self) -> Result<i64, Error> {
        let layout = self.layout()?;
        // The layout is none if a product or their sum is too large.
        Ok(layout.iter().filter(|entry| entry.role == Role::Trained).filter_map(Entry::count).sum())
    }

    /// The length of the vector that the first dense layer sees.
    pub(crate) fn read_length(&self) -> i64 {
        let cells = self.features.height * self.features.width;
        match self.reading {
            Reading::Recurrent { units, .. } => cells * units,
            Reading::Flatten => cells * self.features.channels,
            Reading::GlobalAverage => self.features.channels,
        }
    }

    /// Every tensor, in a fixed order.
    pub(crate) fn layout(&self) -> Result<Vec<Entry>, Error> {
        self.check()?;
        let mut entries = Vec::new();
        if let Reading::Recurrent { cell, units, .. } = self.reading {
            entries.extend(cell.layout(self.features.channels, units));
            if self.batch_norm {
                entries.extend(batch_norm("lstm_norm", units));
            }
        }
        let mut inputs = self.read_length();
        for (index, &outputs) in self.dense.iter().enumerate() {
            let name = format!("fc_{}", index + 1);
            entries.extend(dense(&name, inputs, outputs));
            if self.batch_norm {
                entries.extend(batch_norm(&format!("{name}_norm"), outputs));
            }
            inputs = outputs;
        }
        entries.extend(dense("output", inputs, self.classes.len() as i64));
        let mut total = 0;
        for entry in &entries {
            let sum = entry.count().and_then(|count| count.checked_add(total));
            total = sum.filter(|sum| *sum <= LARGEST_HEAD).ok_or_else(|| {
                Error::setting(
                    "the size of a head",
                    format!("more than 2^32 elements, with {} {:?}", entry.name, entry.shape),
                    "make its layers smaller",
                )
            })?;
        }
        Ok(entries)
    }

    fn check(&self) -> Result<(), Error> {
        let positive = |setting, value: i64| {
            let fits = (1..=LARGEST).contains(&value);
            if fits { Ok(()) } else { Err(Error::setting(setting, value, "write a number from 1 to 2^24")) }
        };
        let FeatureShape { channels, height, width } = self.features;
        positive("the number of channels", channels)?;
        positive("the height of the feature map", height)?;
        positive("the width of the feature map", width)?;
        positive("the number of cells of the feature map", height * width)?;
        if let Reading::Recurrent { units, .. } = self.reading {
            positive("the number of units", units)?;
        }
        if self.dense.len() > 16 {
            return Err(Error::setting(
                "the number of dense layers",
                self.dense.len(),
                "write at most 16 of them",
            ));
        }
        self.dense.iter().try_for_each(|&width| positive("the width of a dense layer", width))?;
        match self.dropout {
            Some(Dropout { rate, .. }) if !(0.0..1.0).contains(&rate) => Err(Error::setting(
                "the dropout rate",
                rate,
                "write a number from 0 to below 1, or no dropout",
            )),
            _ => Ok(()),
        }
    }
}

fn dense(name: &str, inputs: i64, outputs: i64) -> [Entry; 2] {
    [
        Entry::new(
            format!("{name}.weight"),
            &[outputs, inputs],
            Initial::GlorotUniform { inputs, outputs },
            Role::Trained,
        ),
        Entry::new(format!("{name}.bias"), &[outputs], Initial::Zeros, Role::Trained),
    ]
}

fn batch_norm(name: &str, width: i64) -> [Entry; 4] {
    let entry = |tensor, initial, role| Entry::new(format!("{name}.{tensor}"), &[width], initial, role);
    [
        entry("weight", Initial::Ones, Role::Trained),
        entry("bias", Initial::Zeros, Role::Trained),
        entry("running_mean", Initial::Zeros, Role::Statistic),
        entry("running_var", Initial::Ones, Role::Statistic),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SequenceOrder, training::tests::head_config};

    #[test]
    fn heads_that_cannot_be_counted_are_refused() {
        let features = |channels, side| FeatureShape { channels, height: side, width: side };
        let reading =
            Reading::Recurrent { order: SequenceOrder::Horizontal, cell: Cell::Lstm, units: 1 << 24 };
        for wrong in [
            // 2^12 · 2^12 cells of 2^24 units, and 2^24 neurons: 2^72 weights.
            HeadConfig { features: features(1, 1 << 12), reading, dense: vec![1 << 24], ..head_config() },
            // Each of 16 layers may be this large, and no head all of them.
            HeadConfig { dense: vec![1 << 16; 16], ..head_config() },
            HeadConfig { features: features(i64::MAX, i64::MAX), ..head_config() },
            HeadConfig { features: features(1, 1 << 40), ..head_config() },
        ] {
            assert!(matches!(wrong.trained_parameters(), Err(Error::Setting { .. })), "{wrong:?}");
        }
        assert_eq!(features(i64::MAX, i64::MAX).len(), usize::MAX);
    }
}
