//! The settings of a head, and the tensors that follow from them.

use radiograph_classes::Classes;
use serde::{Deserialize, Serialize};

use crate::{Dropout, FeatureShape, HeadTensor, Initial, ProtocolError, Reading, Role, States, reading};

/// Limit on the channels, the height, the width and the cells (height · width) of a feature map, on units, and on the width
/// of a dense layer. Settings come from files, so limits are explicit.
const LARGEST: i64 = 1 << 24;
/// Limit on the elements of all tensors of a head: 16 GiB.
const LARGEST_HEAD: i64 = 1 << 32;

/// The settings of a head. [`crate::Preset::head`] gives those of the paper for each network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeadConfig {
    /// Shape of the feature maps.
    pub features: FeatureShape,
    /// Classes, in the order of the outputs.
    pub classes: Classes,
    /// Step from a feature map to a vector.
    pub reading: Reading,
    /// Widths of the hidden dense layers `fc_1`, `fc_2`, …, each with ReLU.
    pub dense: Vec<i64>,
    /// Dropout in training.
    pub dropout: Option<Dropout>,
    /// Batch normalisation of the hidden states that are handed on (for each unit, over samples and, with all states, steps) and after each hidden dense
    /// layer's ReLU: Keras's, epsilon 0.001, momentum 0.99.
    pub batch_norm: bool,
}

impl HeadConfig {
    /// The number of trained parameters. It creates no tensor, so it can also check the settings before any work.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] if a setting is out of its range, or the head as a whole has more than 2^32 elements.
    pub fn trained_parameters(&self) -> Result<i64, ProtocolError> {
        let layout = self.layout()?;
        // `layout` refuses sizes that cannot be counted.
        Ok(layout.iter().filter(|tensor| tensor.role == Role::Trained).filter_map(HeadTensor::elements).sum())
    }

    /// Every tensor, in a fixed order.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] if a setting is out of its range, or the head as a whole has more than 2^32 elements.
    pub fn layout(&self) -> Result<Vec<HeadTensor>, ProtocolError> {
        self.check()?;
        let mut tensors = Vec::new();
        match self.reading {
            Reading::Recurrent(recurrence) => {
                tensors.extend(recurrence.layout(self.features.channels));
                if self.batch_norm {
                    tensors.extend(batch_norm(recurrence.cell.norm_prefix(), recurrence.width()));
                }
            }
            Reading::Attention { units } => {
                tensors.extend(reading::attention(units, self.features.channels));
            }
            Reading::Flatten | Reading::GlobalAverage => {}
        }
        let mut inputs = self.vector_length();
        for (index, &outputs) in self.dense.iter().enumerate() {
            let name = format!("fc_{}", index + 1);
            tensors.extend(dense(&name, inputs, outputs));
            if self.batch_norm {
                tensors.extend(batch_norm(&format!("{name}_norm"), outputs));
            }
            inputs = outputs;
        }
        tensors.extend(dense("output", inputs, self.classes.len() as i64));
        let mut total = 0;
        for tensor in &tensors {
            let sum = tensor.elements().and_then(|count| count.checked_add(total));
            total = sum.filter(|sum| *sum <= LARGEST_HEAD).ok_or_else(|| {
                ProtocolError::setting(
                    "the size of a head",
                    format!("more than 2^32 elements, with {} {:?}", tensor.name, tensor.shape),
                    "make its layers smaller",
                )
            })?;
        }
        Ok(tensors)
    }

    /// The length of the vector that the first dense layer sees, for settings that [`Self::layout`] accepts.
    pub fn vector_length(&self) -> i64 {
        let cells = self.features.height * self.features.width;
        match self.reading {
            Reading::Recurrent(recurrence) if recurrence.states == States::Last => recurrence.width(),
            Reading::Recurrent(recurrence) => cells * recurrence.width(),
            Reading::Flatten => cells * self.features.channels,
            Reading::Attention { .. } | Reading::GlobalAverage => self.features.channels,
        }
    }

    fn check(&self) -> Result<(), ProtocolError> {
        let positive = |setting, value: i64| match (1..=LARGEST).contains(&value) {
            true => Ok(()),
            false => Err(ProtocolError::setting(setting, value, "write a number from 1 to 2^24")),
        };
        let FeatureShape { channels, height, width } = self.features;
        positive("the number of channels", channels)?;
        positive("the height of the feature map", height)?;
        positive("the width of the feature map", width)?;
        positive("the number of cells of the feature map", height * width)?;
        match self.reading {
            Reading::Recurrent(recurrence) => {
                positive("the number of units", recurrence.units)?;
                recurrence.check()?;
            }
            Reading::Attention { units } => positive("the number of units", units)?,
            Reading::Flatten | Reading::GlobalAverage => {}
        }
        if self.dense.len() > 16 {
            return Err(ProtocolError::setting(
                "the number of dense layers",
                self.dense.len(),
                "write at most 16 of them",
            ));
        }
        self.dense.iter().try_for_each(|&width| positive("the width of a dense layer", width))?;
        match self.dropout {
            Some(Dropout { rate, .. }) if !(0.0..1.0).contains(&rate) => Err(ProtocolError::setting(
                "the dropout rate",
                rate,
                "write a number from 0 to below 1, or no dropout",
            )),
            _ => Ok(()),
        }
    }
}

fn dense(name: &str, inputs: i64, outputs: i64) -> [HeadTensor; 2] {
    [
        HeadTensor::new(
            format!("{name}.weight"),
            &[outputs, inputs],
            Initial::GlorotUniform { inputs, outputs },
            Role::Trained,
        ),
        HeadTensor::new(format!("{name}.bias"), &[outputs], Initial::Zeros, Role::Trained),
    ]
}

fn batch_norm(name: &str, width: i64) -> [HeadTensor; 4] {
    let tensor = |tensor, initial, role| HeadTensor::new(format!("{name}.{tensor}"), &[width], initial, role);
    [
        tensor("weight", Initial::Ones, Role::Trained),
        tensor("bias", Initial::Zeros, Role::Trained),
        tensor("running_mean", Initial::Zeros, Role::Statistic),
        tensor("running_var", Initial::Ones, Role::Statistic),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cell, Recurrence, SequenceOrder};

    #[test]
    fn heads_that_cannot_be_counted_are_refused() {
        let shape = |channels, side| FeatureShape { channels, height: side, width: side };
        let recurrent =
            |units| Reading::Recurrent(Recurrence::new(SequenceOrder::Horizontal, Cell::Lstm, units));
        let small = HeadConfig {
            features: shape(4, 3),
            classes: Classes::new(["covid", "normal", "pneumonia"]).unwrap(),
            reading: recurrent(8),
            dense: vec![16, 16],
            dropout: None,
            batch_norm: false,
        };
        assert!(small.trained_parameters().unwrap() > 0);
        for wrong in [
            // 2^12 · 2^12 cells of 2^24 units, and 2^24 neurons: 2^72 weights.
            HeadConfig {
                features: shape(1, 1 << 12),
                reading: recurrent(1 << 24),
                dense: vec![1 << 24],
                ..small.clone()
            },
            // One layer may be this large, but not all 16 layers of a head.
            HeadConfig { dense: vec![1 << 16; 16], ..small.clone() },
            HeadConfig { features: shape(i64::MAX, i64::MAX), ..small.clone() },
            HeadConfig { features: shape(1, 1 << 40), ..small.clone() },
            HeadConfig { reading: Reading::Attention { units: 0 }, ..small.clone() },
            HeadConfig {
                reading: Reading::Recurrent(Recurrence {
                    layers: 17,
                    ..Recurrence::new(SequenceOrder::Horizontal, Cell::Gru, 8)
                }),
                ..small.clone()
            },
        ] {
            let result = wrong.trained_parameters();
            assert!(matches!(result, Err(ProtocolError::Setting { .. })), "{wrong:?}");
        }
        assert_eq!(shape(i64::MAX, i64::MAX).len(), usize::MAX);
    }

    /// Vectors of a map of 4 channels on a grid of 3 by 3.
    #[test]
    fn the_first_dense_layer_fits_what_is_read() {
        let recurrence = Recurrence::new(SequenceOrder::Horizontal, Cell::Gru, 8);
        let (bidirectional, states) = (true, States::Last);
        for (reading, length) in [
            (Reading::Recurrent(recurrence), 72),
            (Reading::Recurrent(Recurrence { bidirectional, layers: 3, ..recurrence }), 144),
            (Reading::Recurrent(Recurrence { states, ..recurrence }), 8),
            (Reading::Recurrent(Recurrence { states, bidirectional, ..recurrence }), 16),
            (Reading::Attention { units: 5 }, 4),
            (Reading::GlobalAverage, 4),
            (Reading::Flatten, 36),
        ] {
            let head = HeadConfig {
                features: FeatureShape { channels: 4, height: 3, width: 3 },
                classes: Classes::new(["covid", "normal"]).unwrap(),
                reading,
                dense: vec![6],
                dropout: None,
                batch_norm: false,
            };
            let layout = head.layout().unwrap();
            let first = layout.iter().find(|tensor| tensor.name == "fc_1.weight").unwrap();
            assert_eq!(first.shape, [6, length], "{reading:?}");
            assert_eq!(head.vector_length(), length);
        }
    }
}
