//! Fuzzes the constructors: any labels, columns, patients and counts give either scorable predictions or a typed error.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use radiograph_metrics::{BinaryScores, Bootstrap, Classes, ConfusionMatrix, Evaluation, Predictions, Probabilities};

#[derive(Arbitrary, Debug)]
struct Input {
    columns: Vec<(String, Vec<f64>)>,
    /// Rows given as weights, so that some of them are distributions.
    weights: Vec<[u8; 3]>,
    truth: Vec<u8>,
    patients: Vec<String>,
    positive: Vec<bool>,
    scores: Vec<f64>,
    counts: Vec<Vec<u64>>,
}

fuzz_target!(|input: Input| {
    let _ = Probabilities::from_columns(input.columns.iter().map(|(name, column)| (name.as_str(), column.clone())));
    if let Ok(scores) = BinaryScores::new(&input.positive, &input.scores) {
        let _ = (scores.auc(), scores.average_precision(), scores.youden_point());
    }
    let names = ["a", "b", "c"];
    let classes = Classes::new(names).expect("three names");
    if let Ok(matrix) = ConfusionMatrix::from_counts(&classes, &input.counts) {
        let _ = (matrix.accuracy(), matrix.matthews_correlation(), matrix.cohen_kappa());
    }
    let total = |row: &[u8; 3]| row.iter().map(|&w| f64::from(w)).sum::<f64>();
    let columns = (0..3).map(|k| {
        let column = input.weights.iter().take(40).map(|row| f64::from(row[k]) / total(row)).collect();
        (names[k], column)
    });
    let Ok(probabilities) = Probabilities::from_columns(columns) else { return };
    let truth: Vec<&str> = input.truth.iter().map(|&label| names.get(usize::from(label)).copied().unwrap_or("?")).collect();
    let Ok(predictions) = Predictions::new(&classes, &truth, &probabilities) else { return };
    let predictions = predictions.clone().with_patients(&input.patients).unwrap_or(predictions);
    let bootstrap = Bootstrap::new(100, 1).expect("in range");
    assert!(Evaluation::of(&predictions, &bootstrap).is_ok());
});
