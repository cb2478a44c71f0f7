//! Descriptions of figures for screen readers.

use radiograph_metrics::ConfusionMatrix;

use crate::{Epoch, LossAndAccuracy, figure::Quantity, number::Percent};

/// Training and validation of a last epoch.
pub(super) fn last_epoch(name: &str, last: &Epoch, quantity: Quantity, percent: Percent) -> String {
    let value = |scores: LossAndAccuracy| match quantity {
        Quantity::Accuracy => percent.score(Ok(scores.accuracy)),
        Quantity::Loss => format!("{:.3}", scores.loss),
    };
    let validation =
        last.validation.map_or_else(String::new, |scores| format!(", validation {}", value(scores)));
    format!("{name}, epoch {}: training {}{validation}.", last.number, value(last.training))
}

/// Every cell of a confusion matrix.
pub(super) fn confusion_in_words(matrix: &ConfusionMatrix) -> String {
    let names: Vec<&str> = matrix.classes().names().collect();
    let row = |(truth, row): (usize, &&[u64])| {
        let cells: Vec<String> =
            row.iter().zip(&names).map(|(count, name)| format!("{count} as {name}")).collect();
        format!("Of {} images of {}: {}.", row.iter().sum::<u64>(), names[truth], cells.join(", "))
    };
    let rows = matrix.rows();
    // The table beside the figure has all numbers; a description of a hundred rows helps nobody.
    let mut words: Vec<String> = rows.iter().enumerate().take(8).map(row).collect();
    if rows.len() > 8 {
        words.push(format!("And {} more classes, in the table.", rows.len() - 8));
    }
    words.join(" ")
}
