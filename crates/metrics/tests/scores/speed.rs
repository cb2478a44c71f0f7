//! Measures what an evaluation of the size of a run costs. Ignored: times on a busy machine prove nothing.

use std::time::Instant;

use radiograph_metrics::{
    AucVariance, Average, BinaryScores, Bootstrap, Choice, Clusters, ComparisonOptions, Evaluation, Family,
    Level, Metric, Permutation, Predictions,
};

use crate::resampling::simulated;

/// `cargo test -p radiograph-metrics --test scores -- --ignored --nocapture seconds`
#[test]
#[ignore = "prints times"]
fn an_evaluation_of_eight_models_takes_seconds() {
    let models: Vec<Predictions> = (0..8)
        .map(|seed| {
            let set = simulated(700, seed);
            set.select(&(0..1_388.min(set.len())).collect::<Vec<_>>())
        })
        .collect();
    let bootstrap = Bootstrap::new(5_000, 7).unwrap();
    let clock = Instant::now();
    for model in &models {
        Evaluation::of(model, &bootstrap).unwrap();
    }
    println!("8 evaluations of {} images, 5,000 replicates: {:.1?}", models[0].len(), clock.elapsed());
    let clock = Instant::now();
    let names: Vec<String> = (0..8).map(|at| at.to_string()).collect();
    // The same samples under eight names: the cost does not depend on the scores.
    let named: Vec<(&str, &Predictions)> = names.iter().map(|name| (name.as_str(), &models[0])).collect();
    let options = ComparisonOptions {
        bootstrap,
        permutation: Permutation::new(10_000, 7).unwrap(),
        significance: 0.05,
    };
    let metrics = [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)];
    let family = Family::of(&named, ("0", Choice::Beforehand), &[], &metrics, &options).unwrap();
    println!("{} paired tests with intervals: {:.1?}", family.tests, clock.elapsed());
    let positive: Vec<bool> = (0..1_000_000).map(|i| i % 3 == 0).collect();
    let scores: Vec<f64> = (0..1_000_000_u64).map(|i| (i * 7_919 % 1_000_003) as f64).collect();
    let scores = BinaryScores::new(&positive, &scores).unwrap();
    let clock = Instant::now();
    let clusters = Clusters::each_alone(scores.len());
    let interval = AucVariance::of(&scores, &clusters).unwrap().unwrap().interval(Level::NINETY_FIVE);
    println!("AUC of 1,000,000 scores with interval ({:.4}): {:.1?}", interval.low, clock.elapsed());
}
