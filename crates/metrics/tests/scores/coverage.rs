//! How often intervals contain the true value of a score, by simulation; `docs/intervals.md` publishes the full table.

use radiograph_metrics::{
    AucVariance, BinaryScores, Bootstrap, ClassScore, Classes, Clusters, Interval, Level, Metric,
    Predictions, Probabilities, Share, estimates,
};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::resampling::uniform;

/// Correlation between images of one patient.
const WITHIN_PATIENT: f64 = 0.5;

/// Kind of score.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A share of images that are right.
    Share,
    /// Area under the ROC curve, half of the patients ill.
    Auc,
    /// F1 of one of two equally frequent classes, both recognised equally well.
    F1,
}

/// Sets of images with a known true value of the score.
#[derive(Clone, Copy, Debug)]
struct Cell {
    kind: Kind,
    truth: f64,
    patients: usize,
    images: usize,
}

impl Cell {
    /// Share of `sets` whose interval contains the true value, of those that lie below and above it, and the mean width.
    fn coverage(self, sets: u64) -> [f64; 4] {
        let intervals: Vec<Interval> = (0..sets).into_par_iter().map(|set| self.interval(set)).collect();
        let share = |is: &dyn Fn(&Interval) -> bool| {
            intervals.iter().filter(|interval| is(interval)).count() as f64 / sets as f64
        };
        let width = intervals.iter().map(Interval::width).sum::<f64>() / sets as f64;
        let (below, above) = (share(&|of| of.high < self.truth), share(&|of| of.low > self.truth));
        [1.0 - below - above, below, above, width]
    }

    /// The interval of the set of this number.
    fn interval(self, set: u64) -> Interval {
        let mut random = ChaCha8Rng::seed_from_u64(100 * set + (1e4 * self.truth) as u64);
        random.set_stream((self.patients * 100 + self.images) as u64);
        let owners: Vec<String> =
            (0..self.patients * self.images).map(|image| (image / self.images).to_string()).collect();
        let clusters = Clusters::by_name(&owners);
        match self.kind {
            Kind::Share => {
                let right = self.outcomes(&mut random);
                Share::of(&clusters, |image| Some(right[image])).interval(Level::NINETY_FIVE).unwrap()
            }
            Kind::Auc => {
                let (positive, scores) = self.scores(&mut random);
                let scores = BinaryScores::new(&positive, &scores).unwrap();
                AucVariance::of(&scores, &clusters).unwrap().unwrap().interval(Level::NINETY_FIVE)
            }
            Kind::F1 => {
                let right = self.outcomes(&mut random);
                let classes = Classes::new(["ill", "well"]).unwrap();
                let ill = |image: usize| image / self.images % 2 == 0;
                let truth: Vec<&str> =
                    (0..right.len()).map(|image| if ill(image) { "ill" } else { "well" }).collect();
                let column: Vec<f64> = (0..right.len())
                    .map(|image| if ill(image) == right[image] { 0.9 } else { 0.1 })
                    .collect();
                let other = column.iter().map(|p| 1.0 - p).collect();
                let columns = Probabilities::from_columns([("ill", column), ("well", other)]).unwrap();
                let predictions =
                    Predictions::new(&classes, &truth, &columns).unwrap().with_patients(&owners).unwrap();
                let metric = Metric::Class(ClassScore::F1, classes.class("ill").unwrap());
                let bootstrap = Bootstrap::new(1_000, set).unwrap();
                estimates(&predictions, &[metric], &bootstrap).unwrap().remove(0).interval.unwrap()
            }
        }
    }

    /// Whether each image is right. With the probability of the correlation all images of a patient share one outcome.
    fn outcomes(self, random: &mut ChaCha8Rng) -> Vec<bool> {
        let mut right = Vec::with_capacity(self.patients * self.images);
        for _ in 0..self.patients {
            let (together, shared) = (uniform(random) < WITHIN_PATIENT, uniform(random));
            for _ in 0..self.images {
                let own = uniform(random);
                right.push(if together { shared } else { own } < self.truth);
            }
        }
        right
    }

    /// Classes and scores: standard normal, shifted for the ill so that the area is the true value; half of the variance
    /// belongs to the patient, whose images are of one class.
    fn scores(self, random: &mut ChaCha8Rng) -> (Vec<bool>, Vec<f64>) {
        let shift = 2.0_f64.sqrt() * Normal::standard().inverse_cdf(self.truth);
        let normal = |random: &mut ChaCha8Rng| {
            let (radius, angle) = (1.0 - uniform(random), uniform(random));
            (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
        };
        let (mut positive, mut scores) = (Vec::new(), Vec::new());
        for patient in 0..self.patients {
            let ill = patient % 2 == 0;
            let of_patient = WITHIN_PATIENT.sqrt() * normal(random);
            for _ in 0..self.images {
                positive.push(ill);
                let own = (1.0 - WITHIN_PATIENT).sqrt() * normal(random);
                scores.push(of_patient + own + if ill { shift } else { 0.0 });
            }
        }
        (positive, scores)
    }
}

/// True values from 0.5 to 0.99: discreteness makes single ones miss, so their mean counts.
fn grid(steps: usize) -> impl Iterator<Item = f64> {
    (0..steps).map(move |step| 0.5 + 0.49 * step as f64 / (steps - 1) as f64)
}

/// The numbers of patients and of images each.
const SIZES: [(usize, usize); 4] = [(30, 1), (30, 4), (100, 1), (100, 4)];

/// Coverage of one kind for one size over the grid: mean and smallest.
fn over_grid(kind: Kind, (patients, images): (usize, usize), steps: usize, sets: u64) -> (f64, f64) {
    let each: Vec<f64> =
        grid(steps).map(|truth| Cell { kind, truth, patients, images }.coverage(sets)[0]).collect();
    (each.iter().sum::<f64>() / steps as f64, each.iter().copied().fold(1.0, f64::min))
}

/// The reduced form of the published table: fewer sets, and limits that leave room for their noise.
#[test]
fn intervals_cover_the_truth_for_every_kind_of_score() {
    for (kind, steps, sets) in [(Kind::Share, 12, 250), (Kind::Auc, 8, 250), (Kind::F1, 3, 100)] {
        for size in [(30, 1), (30, 4)] {
            let (mean, lowest) = over_grid(kind, size, steps, sets);
            println!("{kind:?} {size:?}: mean {mean:.3}, lowest {lowest:.3}");
            // The standard error of one coverage is √(0.95 · 0.05 / sets): 0.014 for 250 sets, 0.022 for 100.
            assert!((0.93..=0.985).contains(&mean), "{kind:?} {size:?}: mean coverage {mean}");
            assert!(lowest >= 0.90 - 4.0 * (0.09 / sets as f64).sqrt(), "{kind:?} {size:?}: lowest {lowest}");
        }
    }
    let near_one = Cell { kind: Kind::Auc, truth: 0.99, patients: 30, images: 1 }.coverage(500)[0];
    assert!(near_one >= 0.90, "AUC 0.99 with 30 patients: {near_one}");
}

/// The published table. Takes minutes in release:
/// `cargo test --release -p radiograph-metrics --test scores -- --ignored --nocapture coverage_table`
#[test]
#[ignore = "minutes of simulation; it prints the table of docs/intervals.md"]
fn coverage_table() {
    let sets = std::env::var("COVERAGE_SETS").map_or(2_000, |sets| sets.parse().unwrap());
    println!("| score | true value | patients | images each | covers | too low | too high | mean width |");
    println!("|:--|--:|--:|--:|--:|--:|--:|--:|");
    for kind in [Kind::Share, Kind::Auc, Kind::F1] {
        for (patients, images) in SIZES {
            for truth in [0.7, 0.9, 0.95, 0.99] {
                let [covers, below, above, width] = Cell { kind, truth, patients, images }.coverage(sets);
                println!(
                    "| {kind:?} | {truth} | {patients} | {images} | {covers:.3} | {below:.3} | {above:.3} | {width:.3} |"
                );
            }
        }
    }
    println!("\n| score | patients | images each | mean over the grid | lowest |");
    println!("|:--|--:|--:|--:|--:|");
    for (kind, steps) in [(Kind::Share, 50), (Kind::Auc, 25), (Kind::F1, 4)] {
        for size in SIZES {
            let (mean, lowest) = over_grid(kind, size, steps, sets);
            println!("| {kind:?} | {} | {} | {mean:.3} | {lowest:.3} |", size.0, size.1);
        }
    }
}
