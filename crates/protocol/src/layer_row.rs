//! The layers of a network and its head as rows of a table, as in Table 2 of the paper.

use radiograph_weights::Facts;
use serde::{Deserialize, Serialize};

use crate::{Architecture, Cell, HeadConfig, HeadTensor, ProtocolError, Reading, Recurrence, Role, States};

/// A row: one layer of a head, or the whole frozen network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LayerRow {
    /// Name and kind in Keras's words, such as `lstm (LSTM)`.
    pub name: String,
    /// Shape of the input without the batch: rows, columns and channels of a map, steps and values of a sequence.
    pub input: Vec<i64>,
    /// Shape of the output without the batch.
    pub output: Vec<i64>,
    /// Number of parameters, frozen ones included and statistics of batch normalisation left out.
    pub parameters: i64,
}

impl LayerRow {
    /// The row of a frozen network that reads squares of `side` pixels, and the rows of the head on its feature map. A network
    /// that is computed from a file has no row: neither its input nor its parameters are known here.
    ///
    /// Dropout has no row: it changes no shape, and the paper's table has none.
    ///
    /// # Errors
    ///
    /// Those of [`HeadConfig::layout`].
    pub fn of_model(network: Architecture, side: i64, head: &HeadConfig) -> Result<Vec<Self>, ProtocolError> {
        let frozen = |facts: &Facts| Self {
            name: format!("pretrained ({})", facts.title),
            input: vec![side, side, facts.input_channels],
            output: map(head).to_vec(),
            parameters: facts.parameters,
        };
        let mut rows: Vec<Self> = Facts::known(network).map(frozen).into_iter().collect();
        rows.extend(Self::of_head(head)?);
        Ok(rows)
    }

    /// The rows of a head.
    ///
    /// # Errors
    ///
    /// Those of [`HeadConfig::layout`].
    pub fn of_head(head: &HeadConfig) -> Result<Vec<Self>, ProtocolError> {
        let mut rows = Rows { tensors: head.layout()?, rows: Vec::new() };
        let (map, mut length) = (map(head).to_vec(), head.vector_length());
        match head.reading {
            Reading::Recurrent(recurrence) => rows.push_recurrent(recurrence, map, head.batch_norm, length),
            Reading::Attention { .. } => rows.push("attention", "Attention", "attention.", map, vec![length]),
            Reading::GlobalAverage => {
                rows.push("global_average", "GlobalAveragePooling2D", NONE, map, vec![length]);
            }
            Reading::Flatten => rows.push("flatten", "Flatten", NONE, map, vec![length]),
        }
        for (number, &width) in (1..).zip(&head.dense) {
            let name = format!("fc_{number}");
            rows.push(&name, "Dense", &format!("{name}."), vec![length], vec![width]);
            if head.batch_norm {
                rows.push_norm(&format!("{name}_norm"), vec![width]);
            }
            length = width;
        }
        rows.push("output", "Dense", "output.", vec![length], vec![head.classes.len() as i64]);
        Ok(rows.rows)
    }

    /// Multiplications of a head's layer for one image: its weights, at every step of a sequence. Biases, one for each output or
    /// gate, are so few that they are counted along.
    pub fn products(&self) -> i64 {
        let steps = match (&self.input[..], self.output.len()) {
            ([steps, _], 2) => *steps,
            // Attention scores every place of the map; flattening and the mean have no parameters.
            ([rows, columns, _], 1) => rows * columns,
            _ => 1,
        };
        self.parameters * steps
    }
}

/// Beginning of the names of no tensor.
const NONE: &str = "-";

/// Rows, columns and channels of the feature map that a head reads.
fn map(head: &HeadConfig) -> [i64; 3] {
    [head.features.height, head.features.width, head.features.channels]
}

struct Rows {
    tensors: Vec<HeadTensor>,
    rows: Vec<LayerRow>,
}

impl Rows {
    /// Adds a layer whose tensors have names that begin with `tensors`.
    fn push(&mut self, name: &str, kind: &str, tensors: &str, input: Vec<i64>, output: Vec<i64>) {
        let parameters = self.count(|name| name.starts_with(tensors));
        self.rows.push(LayerRow { name: format!("{name} ({kind})"), input, output, parameters });
    }

    fn push_norm(&mut self, name: &str, shape: Vec<i64>) {
        self.push(name, "BatchNormalization", &format!("{name}."), shape.clone(), shape);
    }

    fn push_recurrent(&mut self, recurrence: Recurrence, map: Vec<i64>, batch_norm: bool, length: i64) {
        let sequence = vec![map[0] * map[1], map[2]];
        let states = vec![map[0] * map[1], recurrence.width()];
        self.push("reshape", "Reshape", NONE, map, sequence.clone());
        let (prefix, kind) = (recurrence.cell.prefix(), kind(recurrence.cell));
        let kind = if recurrence.bidirectional { format!("Bidirectional {kind}") } else { kind.to_owned() };
        for layer in 0..recurrence.layers {
            let name = match recurrence.layers {
                1 => prefix.to_owned(),
                _ => format!("{prefix}_{}", layer + 1),
            };
            let ends = [format!("_l{layer}"), format!("_l{layer}_reverse")];
            let own = |tensor: &str| {
                tensor.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
                    && ends.iter().any(|end| tensor.ends_with(end))
            };
            let parameters = self.count(own);
            let input = if layer == 0 { &sequence } else { &states };
            let (input, output) = (input.clone(), states.clone());
            self.rows.push(LayerRow { name: format!("{name} ({kind})"), input, output, parameters });
        }
        let handed_on = match recurrence.states {
            States::Last => {
                self.push("last_state", "Lambda", NONE, states, vec![length]);
                vec![length]
            }
            States::All => states,
        };
        if batch_norm {
            self.push_norm(recurrence.cell.norm_prefix(), handed_on.clone());
        }
        if recurrence.states == States::All {
            self.push("flatten", "Flatten", NONE, handed_on, vec![length]);
        }
    }

    /// Number of parameters in the tensors of these names, as Keras counts them: a second bias that is never trained is none.
    fn count(&self, own: impl Fn(&str) -> bool) -> i64 {
        let counts = |tensor: &&HeadTensor| match tensor.role {
            Role::Trained => true,
            Role::Frozen => !tensor.name.contains(".bias_hh"),
            Role::Statistic => false,
        };
        let own = self.tensors.iter().filter(|tensor| own(&tensor.name)).filter(counts);
        own.filter_map(HeadTensor::elements).sum()
    }
}

/// Keras's name of a cell's layer.
fn kind(cell: Cell) -> &'static str {
    match cell {
        Cell::Lstm | Cell::LstmReluFrozen => "LSTM",
        Cell::LstmPeephole { .. } => "LSTM with peepholes",
        Cell::Gru => "GRU",
        Cell::Simple => "SimpleRNN",
    }
}

#[cfg(test)]
mod tests {
    use radiograph_classes::Classes;

    use super::*;
    use crate::{FeatureShape, Preset, SequenceOrder};

    /// Name, input, output and parameters of each layer in one line.
    fn told(rows: &[LayerRow]) -> Vec<String> {
        let extents = |of: &[i64]| of.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
        let line = |row: &LayerRow| {
            format!("{} {} {} {}", row.name, extents(&row.input), extents(&row.output), row.parameters)
        };
        rows.iter().map(line).collect()
    }

    /// The preset's head on the map that the network makes of 224 pixels.
    fn rows(preset: Preset, network: Architecture) -> Vec<LayerRow> {
        let [channels, height, width] = Facts::of(network).feature_shape(224, 224).unwrap();
        let shape = FeatureShape { channels, height, width };
        LayerRow::of_model(network, 224, &preset.head(network, shape, &Classes::of_the_paper())).unwrap()
    }

    #[test]
    fn products_are_counted_at_every_place_where_weights_are_applied() {
        let row = |input: &[i64], output: &[i64]| LayerRow {
            name: "attention".to_owned(),
            input: input.to_vec(),
            output: output.to_vec(),
            parameters: 65_792,
        };
        // 128 units read 49 places; hidden states are read step by step; a dense layer reads once.
        assert_eq!(row(&[7, 7, 512], &[512]).products(), 49 * 65_792);
        assert_eq!(row(&[49, 512], &[49, 128]).products(), 49 * 65_792);
        assert_eq!(row(&[512], &[128]).products(), 65_792);
    }

    /// Table 2 (b) and (d) of the paper; the parameters are those of Keras for these layers. The last two rows of (d) are damaged in
    /// the text at hand: fc_2 is 4096 to 4096, and the output is 4096 to 3.
    #[test]
    fn rows_are_those_of_table_2() {
        assert_eq!(
            told(&rows(Preset::Paper, Architecture::DENSENET121)),
            [
                "pretrained (DenseNet121) 224x224x3 7x7x1024 6953856",
                "reshape (Reshape) 7x7x1024 49x1024 0",
                "lstm (LSTM) 49x1024 49x1024 8392704",
                "flatten (Flatten) 49x1024 50176 0",
                "fc_1 (Dense) 50176 4096 205524992",
                "fc_2 (Dense) 4096 4096 16781312",
                "output (Dense) 4096 3 12291",
            ]
        );
        assert_eq!(
            told(&rows(Preset::Paper, Architecture::INCEPTION_V3))[1..5],
            [
                "reshape (Reshape) 5x5x2048 25x2048 0",
                "lstm (LSTM) 25x2048 25x512 5244928",
                "flatten (Flatten) 25x512 12800 0",
                "fc_1 (Dense) 12800 4096 52432896",
            ]
        );
    }

    /// The released program normalises after each layer, and its LSTM is counted although it is frozen. Its Inception-ResNetV2 has
    /// one dense layer.
    #[test]
    fn frozen_and_normalised_layers_have_rows() {
        assert_eq!(
            told(&rows(Preset::ReleasedCode, Architecture::INCEPTION_RESNET_V2))[1..],
            [
                "reshape (Reshape) 5x5x1536 25x1536 0",
                "lstm (LSTM) 25x1536 25x512 4196352",
                "lstm_norm (BatchNormalization) 25x512 25x512 1024",
                "flatten (Flatten) 25x512 12800 0",
                "fc_1 (Dense) 12800 4096 52432896",
                "fc_1_norm (BatchNormalization) 4096 4096 8192",
                "output (Dense) 4096 3 12291",
            ]
        );
    }

    #[test]
    fn parameters_of_all_rows_are_those_that_are_trained() {
        let features = FeatureShape { channels: 12, height: 3, width: 2 };
        let recurrence = Recurrence::new(SequenceOrder::Horizontal, Cell::Gru, 8);
        for reading in [
            Reading::Recurrent(Recurrence { layers: 2, bidirectional: true, ..recurrence }),
            Reading::Recurrent(Recurrence { states: States::Last, cell: Cell::Simple, ..recurrence }),
            Reading::Attention { units: 5 },
            Reading::GlobalAverage,
            Reading::Flatten,
        ] {
            let classes = Classes::of_the_paper();
            let head =
                HeadConfig { features, classes, reading, dense: vec![6], dropout: None, batch_norm: true };
            let rows = LayerRow::of_head(&head).unwrap();
            let counted: i64 = rows.iter().map(|row| row.parameters).sum();
            assert_eq!(counted, head.trained_parameters().unwrap(), "{reading:?}");
            for pair in rows.windows(2) {
                assert_eq!(pair[0].output, pair[1].input, "{reading:?}");
            }
        }
        let both = Reading::Recurrent(Recurrence { layers: 2, bidirectional: true, ..recurrence });
        let head = HeadConfig {
            features,
            classes: Classes::of_the_paper(),
            reading: both,
            dense: Vec::new(),
            dropout: None,
            batch_norm: false,
        };
        let names: Vec<String> = LayerRow::of_head(&head).unwrap().into_iter().map(|row| row.name).collect();
        let expected = [
            "reshape (Reshape)",
            "gru_1 (Bidirectional GRU)",
            "gru_2 (Bidirectional GRU)",
            "flatten (Flatten)",
            "output (Dense)",
        ];
        assert_eq!(names, expected);
    }
}
