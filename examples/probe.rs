//! A linear probe on features: the penalty is chosen by cross-validation by patient.
//!
//! `cargo run -p radiograph-examples --no-default-features --example probe`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use ndarray::Array2;
use radiograph_classes::Classes;
use radiograph_probe::{Examples, Folds, GRID, Stopping, choose};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Two films of each of 20 patients. Feature 0 tells the classes apart, feature 1 is noise.
    let classes = Classes::new(["normal", "pneumonia"])?;
    let noise = |row: usize| ((row * 7919) % 101) as f64 / 101.0;
    let features = Array2::from_shape_fn((40, 2), |(row, column)| match column {
        0 => noise(row) + 0.8 * ((row / 2) % 2) as f64,
        _ => noise(row + 13),
    });
    let names: Vec<&str> = (0..40).map(|row| ["normal", "pneumonia"][(row / 2) % 2]).collect();
    let patients: Vec<String> = (0..40).map(|row| format!("patient {}", row / 2)).collect();

    let examples = Examples::named(features.view(), &classes, &names)?;
    let folds = Folds::grouped(&examples, &patients, 5)?;
    let chosen = choose(&examples, &folds, &GRID, &Stopping::default())?;
    for candidate in &chosen.candidates {
        println!("C = {}: log loss {:.3} on held-out films", candidate.c, candidate.log_loss);
    }
    let probe = &chosen.probe;
    println!("C = {} was chosen; converged: {}", probe.c(), chosen.converged());
    println!("coefficients of pneumonia: {:.2}", probe.coefficients().row(1));
    println!("probabilities of the first film: {:.2}", probe.probabilities(features.view())?.row(0));
    Ok(())
}
