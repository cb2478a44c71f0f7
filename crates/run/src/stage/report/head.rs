//! Describes the head of a model for the report: in a sentence, and as a table of layers.

use radiograph_protocol::{ProtocolRecord, Reading};
use radiograph_report::Layer;
use serde_json::Value;

use crate::TrainingRecord;

/// The model in one sentence.
pub(super) fn in_words(record: &TrainingRecord) -> String {
    let record = match record {
        TrainingRecord::Head(record) => record,
        TrainingRecord::Probe(probe) => {
            return format!(
                "logistic regression on the mean over the map, C = {} by cross-validation",
                probe.c
            );
        }
    };
    let head = &record.protocol.head;
    let reading = match head.reading {
        Reading::Recurrent { order, cell, units } => {
            let word = |value: serde_json::Result<Value>| match value {
                Ok(Value::String(name)) => name.replace('-', " "),
                Ok(other) => other.to_string(),
                Err(_) => String::new(),
            };
            let (cell, order) = (word(serde_json::to_value(cell)), word(serde_json::to_value(order)));
            format!("{cell} of {units} units, {order} order")
        }
        Reading::Flatten => "flattened map".to_owned(),
        Reading::GlobalAverage => "mean over the map".to_owned(),
    };
    let dense: Vec<String> = head.dense.iter().map(ToString::to_string).collect();
    match dense.is_empty() {
        true => format!("{reading}, one dense layer to the classes"),
        false => format!("{reading}, dense {} with ReLU, dense to the classes", dense.join(" and ")),
    }
}

/// Each layer with the shapes of its input and output, as in Table 2 of the paper.
pub(super) fn layers(record: &ProtocolRecord) -> Vec<Layer> {
    let head = &record.protocol.head;
    let side = |side: i64| u64::try_from(side).unwrap_or(0);
    let map = [head.features.channels, head.features.height, head.features.width].map(side);
    let [channels, height, width] = map;
    let mut layers = Vec::new();
    let mut length = match head.reading {
        Reading::Recurrent { units, .. } => {
            let sequence = vec![height * width, channels];
            layers.push(Layer { name: "reshape".to_owned(), input: map.to_vec(), output: sequence.clone() });
            let states = vec![height * width, side(units)];
            layers.push(Layer { name: "recurrent".to_owned(), input: sequence, output: states.clone() });
            let flat = height * width * side(units);
            layers.push(Layer { name: "flatten".to_owned(), input: states, output: vec![flat] });
            flat
        }
        Reading::Flatten => {
            let flat = channels * height * width;
            layers.push(Layer { name: "flatten".to_owned(), input: map.to_vec(), output: vec![flat] });
            flat
        }
        Reading::GlobalAverage => {
            layers.push(Layer {
                name: "global average".to_owned(),
                input: map.to_vec(),
                output: vec![channels],
            });
            channels
        }
    };
    let widths = head.dense.iter().map(|width| side(*width)).chain([head.classes.len() as u64]);
    for (number, width) in (1..).zip(widths) {
        let last = number == head.dense.len() + 1;
        let name = if last { "output".to_owned() } else { format!("fc_{number}") };
        layers.push(Layer { name, input: vec![length], output: vec![width] });
        length = width;
    }
    layers
}
