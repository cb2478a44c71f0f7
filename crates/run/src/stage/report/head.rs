//! Describes the head of a model for the report: in a sentence, and as a table of layers.

use radiograph_protocol::{Architecture, HeadConfig, LayerRow, Reading, Recurrence, States};
use radiograph_report::Layer;
use serde_json::Value;

use crate::{EnsembleOver, Error, TrainingRecord};

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

/// Each layer of a network and its head, as in Table 2 of the paper.
///
/// # Errors
///
/// [`Error::Protocol`] if the head is none.
pub(super) fn layers(network: Architecture, side: u32, head: &HeadConfig) -> Result<Vec<Layer>, Error> {
    let extents = |shape: &[i64]| shape.iter().map(|side| u64::try_from(*side).unwrap_or(0)).collect();
    let layer = |row: LayerRow| Layer {
        name: row.name,
        input: extents(&row.input),
        output: extents(&row.output),
        parameters: u64::try_from(row.parameters).ok(),
    };
    Ok(LayerRow::of_model(network, i64::from(side), head)?.into_iter().map(layer).collect())
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

    #[test]
    fn words_follow_the_reading() {
        let paper = Recurrence::new(SequenceOrder::Horizontal, Cell::Lstm, 512);
        let words = |reading| head_in_words(&head(reading));
        assert_eq!(
            words(Reading::Recurrent(paper)),
            "lstm of 512 units, horizontal order, dense 4096 and 4096 with ReLU, dense to the classes"
        );
        let other =
            Recurrence { cell: Cell::Gru, layers: 2, bidirectional: true, states: States::Last, ..paper };
        assert!(words(Reading::Recurrent(other)).starts_with(
            "2 layers of gru of 512 units in each direction, horizontal order, last state, dense"
        ));
        assert!(
            words(Reading::Attention { units: 64 }).starts_with("mean over the map by attention of 64 units")
        );
    }
}
