//! Measures the whole evaluation of a run of the paper's size: 1,388 images of three classes, eight models, scores with intervals,
//! calibration, subgroups, and all paired tests in one family; and the AUC of a million scores with its interval.
//!
//! `cargo run --release -p radiograph-metrics --example whole_evaluation`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::{error::Error, time::Instant};

use radiograph_metrics::{
    AucVariance, Average, BinaryScores, Bootstrap, Choice, Classes, Clusters, ComparisonOptions, Evaluation,
    Family, Level, Metric, Permutation, Predictions, Probabilities, SubgroupTable, Temperature,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

const MODELS: u64 = 8;
const IMAGES: usize = 1388;

fn main() -> Result<(), Box<dyn Error>> {
    let models = (0..MODELS).map(predictions).collect::<Result<Vec<_>, _>>()?;
    let bootstrap = Bootstrap::new(5000, 7)?.with_level(Level::new(0.95)?);

    let begin = Instant::now();
    for test in &models {
        Evaluation::of(test, &bootstrap)?;
        Evaluation::of_calibration(&Temperature::fit(test)?.apply(test), &bootstrap)?;
        for field in ["source", "view", "sex", "age"] {
            for metric in [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)] {
                SubgroupTable::of(test, field, &metric, &bootstrap, 10)?;
            }
        }
    }
    println!("scores, calibration and subgroups of {MODELS} models: {:.2} s", begin.elapsed().as_secs_f64());

    let compared = Instant::now();
    let names: Vec<String> = (0..MODELS).map(|model| format!("model {model}")).collect();
    let named: Vec<(&str, &Predictions)> = names.iter().map(String::as_str).zip(&models).collect();
    let options =
        ComparisonOptions { bootstrap, permutation: Permutation::new(10_000, 7)?, significance: 0.05 };
    let metrics = [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)];
    let family = Family::of(&named, ("model 0", Choice::Beforehand), &[], &metrics, &options)?;
    println!("{} paired tests: {:.2} s", family.tests, compared.elapsed().as_secs_f64());
    println!("together: {:.2} s", begin.elapsed().as_secs_f64());

    let (positive, scores) = scored(1_000_000);
    let begin = Instant::now();
    let area = AucVariance::of(&BinaryScores::new(&positive, &scores)?, &Clusters::each_alone(scores.len()))?;
    let interval = area.interval(Level::new(0.95)?);
    let (low, high) = (interval.low, interval.high);
    println!(
        "AUC of 1,000,000 scores, {:.4} ({low:.4} to {high:.4}): {:.2} s",
        area.auc,
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}

fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Distinct scores that are somewhat higher for positives.
fn scored(samples: usize) -> (Vec<bool>, Vec<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    (0..samples)
        .map(|_| {
            let positive = random.next_u32().is_multiple_of(2);
            (positive, uniform(&mut random) + if positive { 0.2 } else { 0.0 })
        })
        .unzip()
}

/// A model's predictions of the same images, about three for each patient, with the fields of a run.
fn predictions(model: u64) -> Result<Predictions, Box<dyn Error>> {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut noise = ChaCha8Rng::seed_from_u64(100 + model);
    let classes = Classes::new(["covid", "normal", "pneumonia"])?;
    let names: Vec<&str> = classes.names().collect();
    let (mut truth, mut patients) = (Vec::new(), Vec::new());
    let mut fields = vec![Vec::new(); 4];
    let mut columns = vec![Vec::new(); 3];
    for image in 0..IMAGES {
        let label = (random.next_u32() % 3) as usize;
        let row: Vec<f64> =
            (0..3).map(|k| (3.0 * uniform(&mut noise) + if k == label { 2.0 } else { 0.0 }).exp()).collect();
        let sum: f64 = row.iter().sum();
        columns.iter_mut().zip(&row).for_each(|(column, value)| column.push(value / sum));
        truth.push(names[label]);
        patients.push((image / 3).to_string());
        for field in &mut fields {
            field.push(Some((random.next_u32() % 3).to_string()));
        }
    }
    let probabilities = Probabilities::from_columns(names.into_iter().zip(columns))?;
    let mut predictions = Predictions::new(&classes, &truth, &probabilities)?.with_patients(&patients)?;
    for (name, values) in ["source", "view", "sex", "age"].into_iter().zip(&fields) {
        predictions = predictions.with_field(name, values)?;
    }
    Ok(predictions)
}
