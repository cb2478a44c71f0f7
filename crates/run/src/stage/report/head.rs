//! Describes the head of a model for the report: in a sentence, and as a table of layers.

use radiograph_protocol::{HeadConfig, Reading, Recurrence, States};
use radiograph_report::Layer;
use serde_json::Value;

use crate::{EnsembleOver, TrainingRecord};

/// The model in one sentence.
pub(super) fn in_words(record: &TrainingRecord) -> String {
    match record {
        TrainingRecord::Head(record) => head_in_words(&record.protocol.head),
        TrainingRecord::Probe(probe) => {
            format!("logistic regression on the mean over the map, C = {} by cross-validation", probe.c)
        }
        TrainingRecord::Ensemble(ensemble) => {
            let of = if ensemble.over == EnsembleOver::Folds { "the folds of " } else { "" };
            format!("mean of the probabilities of {of}{}", ensemble.members.join(", "))
        }
    }
}

fn head_in_words(head: &HeadConfig) -> String {
    let reading = match head.reading {
        Reading::Recurrent(recurrence) => recurrence_in_words(recurrence),
        Reading::Attention { units } => format!("mean over the map by attention of {units} units"),
        Reading::Flatten => "flattened map".to_owned(),
        Reading::GlobalAverage => "mean over the map".to_owned(),
        other => word(serde_json::to_value(other)),
    };
    let dense: Vec<String> = head.dense.iter().map(ToString::to_string).collect();
    match dense.is_empty() {
        true => format!("{reading}, one dense layer to the classes"),
        false => format!("{reading}, dense {} with ReLU, dense to the classes", dense.join(" and ")),
    }
}

fn recurrence_in_words(recurrence: Recurrence) -> String {
    let Recurrence { order, cell, units, layers, bidirectional, states } = recurrence;
    let (cell, order) = (word(serde_json::to_value(cell)), word(serde_json::to_value(order)));
    let layers = if layers > 1 { format!("{layers} layers of ") } else { String::new() };
    let both = if bidirectional { " in each direction" } else { "" };
    let last = if states == States::Last { ", last state" } else { "" };
    format!("{layers}{cell} of {units} units{both}, {order} order{last}")
}

/// The name of an alternative without hyphens.
fn word(value: serde_json::Result<Value>) -> String {
    match value {
        Ok(Value::String(name)) => name.replace('-', " "),
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// Each layer with the shapes of its input and output, as in Table 2 of the paper.
pub(super) fn layers(head: &HeadConfig) -> Vec<Layer> {
    let side = |side: i64| u64::try_from(side).unwrap_or(0);
    let map = [head.features.channels, head.features.height, head.features.width].map(side);
    let [channels, height, width] = map;
    let mut layers = Vec::new();
    let mut push = |name: String, input: &[u64], output: &[u64]| {
        layers.push(Layer { name, input: input.to_vec(), output: output.to_vec() });
    };
    let mut length = side(head.vector_length());
    match head.reading {
        Reading::Recurrent(recurrence) => {
            let (sequence, states) = ([height * width, channels], [height * width, side(recurrence.width())]);
            push("reshape".to_owned(), &map, &sequence);
            for number in 1..=recurrence.layers {
                let name = match recurrence.layers {
                    1 => "recurrent".to_owned(),
                    _ => format!("recurrent {number}"),
                };
                push(name, if number == 1 { &sequence } else { &states }, &states);
            }
            let name = if recurrence.states == States::Last { "last state" } else { "flatten" };
            push(name.to_owned(), &states, &[length]);
        }
        Reading::Attention { .. } => push("attention".to_owned(), &map, &[length]),
        Reading::GlobalAverage => push("global average".to_owned(), &map, &[length]),
        _ => push("flatten".to_owned(), &map, &[length]),
    }
    let widths = head.dense.iter().map(|width| side(*width)).chain([head.classes.len() as u64]);
    for (number, width) in (1..).zip(widths) {
        let last = number == head.dense.len() + 1;
        push(if last { "output".to_owned() } else { format!("fc_{number}") }, &[length], &[width]);
        length = width;
    }
    layers
}

#[cfg(test)]
mod tests {
    use radiograph_classes::Classes;
    use radiograph_protocol::{Cell, FeatureShape, SequenceOrder};

    use super::*;

    fn head(reading: Reading) -> HeadConfig {
        HeadConfig {
            features: FeatureShape { channels: 512, height: 7, width: 7 },
            classes: Classes::of_the_paper(),
            reading,
            dense: vec![4096, 4096],
            dropout: None,
            batch_norm: false,
        }
    }

    /// Name, input and output of each layer.
    fn told(reading: Reading) -> Vec<String> {
        let extents = |of: &[u64]| of.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
        let row =
            |layer: Layer| format!("{} {} {}", layer.name, extents(&layer.input), extents(&layer.output));
        layers(&head(reading)).into_iter().map(row).collect()
    }

    /// Table 2 of the paper for VGG19, and the same head in other forms.
    #[test]
    fn layers_and_words_follow_the_reading() {
        let paper = Recurrence::new(SequenceOrder::Horizontal, Cell::Lstm, 512);
        let dense = ["fc_1 25088 4096", "fc_2 4096 4096", "output 4096 3"];
        let table = ["reshape 512x7x7 49x512", "recurrent 49x512 49x512", "flatten 49x512 25088"];
        assert_eq!(told(Reading::Recurrent(paper)), [table, dense].concat());
        let words = |reading| head_in_words(&head(reading));
        assert_eq!(
            words(Reading::Recurrent(paper)),
            "lstm of 512 units, horizontal order, dense 4096 and 4096 with ReLU, dense to the classes"
        );
        let other =
            Recurrence { cell: Cell::Gru, layers: 2, bidirectional: true, states: States::Last, ..paper };
        assert_eq!(
            told(Reading::Recurrent(other))[..5],
            [
                "reshape 512x7x7 49x512",
                "recurrent 1 49x512 49x1024",
                "recurrent 2 49x1024 49x1024",
                "last state 49x1024 1024",
                "fc_1 1024 4096"
            ]
        );
        assert!(words(Reading::Recurrent(other)).starts_with(
            "2 layers of gru of 512 units in each direction, horizontal order, last state, dense"
        ));
        assert_eq!(told(Reading::Attention { units: 64 })[..2], ["attention 512x7x7 512", "fc_1 512 4096"]);
        assert!(
            words(Reading::Attention { units: 64 }).starts_with("mean over the map by attention of 64 units")
        );
        assert_eq!(told(Reading::GlobalAverage)[0], "global average 512x7x7 512");
        assert_eq!(told(Reading::Flatten)[..2], ["flatten 512x7x7 25088", "fc_1 25088 4096"]);
    }
}
