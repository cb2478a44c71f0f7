//! Measures areas under large curves, the clustered bootstrap, and the forensics of one printed table.
//!
//! `cargo bench -p radiograph-benches --no-default-features --bench metrics`; `cargo xtask bench --peers metrics` measures
//! scikit-learn and others beside it.

#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::unwrap_used, reason = "a bench may fail this way")]

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use radiograph_forensics::{PrintedTable, Rounding, examine};
use radiograph_metrics::{
    Average, BinaryScores, Bootstrap, ClassScore, Classes, Evaluation, Metric, Predictions, Probabilities,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

fn uniform(random: &mut impl Rng) -> f64 {
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

/// Predictions of three classes, with about three images per patient.
fn predictions(samples: usize) -> Predictions {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let classes = Classes::new(["covid", "normal", "pneumonia"]).unwrap();
    let names: Vec<&str> = classes.names().collect();
    let (mut truth, mut patients) = (Vec::new(), Vec::new());
    let mut columns = vec![Vec::new(); 3];
    for sample in 0..samples {
        let label = (random.next_u32() % 3) as usize;
        let row: Vec<f64> =
            (0..3).map(|k| (3.0 * uniform(&mut random) + if k == label { 2.0 } else { 0.0 }).exp()).collect();
        let sum: f64 = row.iter().sum();
        columns.iter_mut().zip(&row).for_each(|(column, value)| column.push(value / sum));
        truth.push(names[label]);
        patients.push((sample / 3).to_string());
    }
    let probabilities = Probabilities::from_columns(names.into_iter().zip(columns)).unwrap();
    Predictions::new(&classes, &truth, &probabilities).unwrap().with_patients(&patients).unwrap()
}

fn areas(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("areas");
    for samples in [10_000_usize, 1_000_000] {
        let (positive, scores) = scored(samples);
        let binary = BinaryScores::new(&positive, &scores).unwrap();
        group.throughput(Throughput::Elements(samples as u64));
        group.bench_with_input(BenchmarkId::new("auc", samples), &binary, |bench, binary| {
            bench.iter(|| black_box(binary).auc());
        });
        group.bench_with_input(BenchmarkId::new("average_precision", samples), &binary, |bench, binary| {
            bench.iter(|| black_box(binary).average_precision());
        });
    }
    group.finish();
}

fn bootstrap(criterion: &mut Criterion) {
    let metrics = [
        Metric::Accuracy,
        Metric::Averaged(ClassScore::F1, Average::Macro),
        Metric::AveragedAuc(Average::Macro),
    ];
    let mut group = criterion.benchmark_group("bootstrap");
    group.sample_size(10);
    let predictions = predictions(1388);
    for replicates in [200_u32, 2_000] {
        let bootstrap = Bootstrap::new(replicates, 7).unwrap();
        let id = BenchmarkId::new("accuracy_macro_f1_macro_auc/n=1388/k=3", replicates);
        group.bench_with_input(id, &bootstrap, |bench, bootstrap| {
            bench.iter(|| bootstrap.estimate(black_box(&predictions), &metrics).unwrap());
        });
    }
    group.finish();
}

/// The scores of one model of the size of the paper's test part, with all intervals.
fn evaluation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluation");
    group.sample_size(10);
    let predictions = predictions(1388);
    for replicates in [1_000_u32, 5_000] {
        let bootstrap = Bootstrap::new(replicates, 7).unwrap();
        group.bench_with_input(BenchmarkId::new("n=1388/k=3", replicates), &bootstrap, |bench, bootstrap| {
            bench.iter(|| Evaluation::of(black_box(&predictions), bootstrap).unwrap());
        });
    }
    group.finish();
}

/// The rows of two networks in Table 3 of the paper: the easiest ones, and those with two wrong cells.
fn forensics(criterion: &mut Criterion) {
    let file = include_str!("../../crates/forensics/tests/golden/paper_table_3.csv");
    let mut group = criterion.benchmark_group("forensics");
    group.sample_size(10);
    for table in PrintedTable::read_csv(file.as_bytes()).unwrap() {
        let id = BenchmarkId::new("table_3", table.name());
        group.bench_function(id, |bench| {
            bench.iter_batched(
                || table.clone(),
                |table| examine(&table, Rounding::HalfUp).unwrap(),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, areas, bootstrap, evaluation, forensics);
criterion_main!(benches);
