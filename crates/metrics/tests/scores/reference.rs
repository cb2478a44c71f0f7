//! Locates the reference values and defines the tolerance of comparisons.

use std::path::PathBuf;

use radiograph_metrics::{Classes, Predictions, Probabilities, Undefined};
use serde_json::Value;

/// The file of this name in the folder `RADIOGRAPH_REFERENCE`, or the copy beside the tests.
pub(crate) fn read(name: &str) -> Value {
    let folder = match std::env::var_os("RADIOGRAPH_REFERENCE") {
        // Tests run in the folder of their package; a relative path is meant from the root of the project.
        Some(folder) => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
    };
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The weighted mean of a sample, as a bootstrap asks for it.
pub(crate) fn mean_of(sample: &[f64]) -> impl Fn(&[u32]) -> Result<f64, Undefined> + '_ {
    |weights| {
        let (sum, count) = sample
            .iter()
            .zip(weights)
            .fold((0.0, 0), |(sum, count), (x, &weight)| (sum + x * f64::from(weight), count + weight));
        if count == 0 { Err(Undefined::NoSample) } else { Ok(sum / f64::from(count)) }
    }
}

/// Fails unless the two agree to nine digits: variances of 1e-5 and p-values of 1e-8 count as much as areas do.
#[track_caller]
pub(crate) fn close(ours: f64, theirs: f64, what: &str) {
    assert!(
        (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1e-9),
        "{what}: ours {ours}, reference {theirs}"
    );
}

#[track_caller]
pub(crate) fn all_close(ours: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}: number of values");
    for (at, (&ours, &theirs)) in ours.iter().zip(theirs).enumerate() {
        close(ours, theirs, &format!("{what}[{at}]"));
    }
}

#[track_caller]
pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

#[track_caller]
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}")).iter().map(number).collect()
}

/// Labels and probabilities of a case; the classes are named after their positions.
pub(crate) fn predictions(case: &Value) -> Predictions {
    let rows: Vec<Vec<f64>> = case["probabilities"].as_array().unwrap().iter().map(numbers).collect();
    let classes = Classes::new((0..rows[0].len()).map(|k| format!("class {k}"))).unwrap();
    let truth: Vec<String> = numbers(&case["labels"]).iter().map(|label| format!("class {label}")).collect();
    let columns = (0..classes.len()).map(|k| rows.iter().map(|row| row[k]).collect());
    let named = Probabilities::from_columns(classes.names().zip(columns)).unwrap();
    Predictions::new(&classes, &truth, &named).unwrap()
}
