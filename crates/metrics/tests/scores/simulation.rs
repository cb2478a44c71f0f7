//! Simulates sets of images with a known true score, and counts how often intervals contain it.

use radiograph_metrics::{
    AucVariance, BinaryScores, Bins, Bootstrap, ClassScore, Classes, Clusters, DecisionCurve, Estimate,
    Interval, Level, Metric, Predictions, Probabilities, Recalibration, Share, Unpaired, estimates,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

/// Correlation between images of one patient.
const WITHIN_PATIENT: f64 = 0.5;

/// Ten probabilities, each in the middle of a bin.
const TEN: [f64; 10] = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95];

/// Share of right images in the first set of a difference.
const AT_HOME: f64 = 0.95;

/// Kinds of calibration, use and transport with the true values of their rows in the table; they need a hundred patients.
pub(crate) const IN_USE: [(Kind, [f64; 3]); 5] = [
    (Kind::Slope, [0.6, 1.0, 1.4]),
    (Kind::Intercept, [-0.5, 0.0, 0.5]),
    (Kind::CalibrationError, [0.02, 0.05, 0.15]),
    (Kind::NetBenefit, [0.1, 0.2, 0.5]),
    (Kind::Difference, [0.0, 0.05, 0.2]),
];

/// Kind of score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A share of images that are right.
    Share,
    /// Area under the ROC curve, half of the patients ill.
    Auc,
    /// F1 of one of two equally frequent classes, both recognised equally well.
    F1,
    /// Calibration slope of probabilities whose logits are standard normal times 1.5.
    Slope,
    /// Calibration intercept of such probabilities.
    Intercept,
    /// Debiased root mean square calibration error of ten equally frequent probabilities that are all off by as much.
    CalibrationError,
    /// Net benefit of ten equally frequent calibrated probabilities, at the threshold that stands for the true value.
    NetBenefit,
    /// Difference of two shares of right images, 0.95 at home, of as many other patients each.
    Difference,
}

/// Sets of images with a known true value of the score.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) truth: f64,
    pub(crate) patients: usize,
    pub(crate) images: usize,
}

impl Cell {
    /// Share of `sets` whose interval contains the true value, of those that lie below and above it, and the mean width.
    pub(crate) fn coverage(self, sets: u64) -> [f64; 4] {
        let intervals: Vec<Interval> = (0..sets).into_par_iter().map(|set| self.interval(set)).collect();
        let share = |is: &dyn Fn(&Interval) -> bool| {
            intervals.iter().filter(|interval| is(interval)).count() as f64 / sets as f64
        };
        let width = intervals.iter().map(Interval::width).sum::<f64>() / sets as f64;
        let truth = self.true_value();
        let (below, above) = (share(&|of| of.high < truth), share(&|of| of.low > truth));
        [1.0 - below - above, below, above, width]
    }

    /// The true value of the score.
    fn true_value(self) -> f64 {
        if self.kind != Kind::NetBenefit {
            return self.truth;
        }
        let acted = TEN.into_iter().filter(|p| *p >= self.truth);
        acted.map(|p| (p - (1.0 - p) * self.truth / (1.0 - self.truth)) / TEN.len() as f64).sum()
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
                AucVariance::of(&scores, &clusters).unwrap().interval(Level::NINETY_FIVE)
            }
            Kind::F1 => {
                let metric = Metric::Class(ClassScore::F1, "ill".parse().unwrap());
                self.estimate(&metric, &self.outcomes(&mut random), &owners, set).interval.unwrap()
            }
            Kind::Slope | Kind::Intercept => {
                let sigmoid = |logit: f64| (1.0 + (-logit).exp()).recip();
                let logits: Vec<f64> = owners.iter().map(|_| 1.5 * normal(&mut random)).collect();
                let (shift, slope) =
                    if self.kind == Kind::Slope { (0.0, self.truth) } else { (self.truth, 1.0) };
                let positive = self.drawn(&mut random, |image| sigmoid(shift + slope * logits[image]));
                let p: Vec<f64> = logits.into_iter().map(sigmoid).collect();
                let scores = BinaryScores::new(&positive, &p).unwrap();
                let fitted = Recalibration::of(&scores, &clusters, Level::NINETY_FIVE).unwrap();
                let estimate = if self.kind == Kind::Slope { fitted.slope } else { fitted.intercept };
                estimate.interval.unwrap()
            }
            Kind::CalibrationError | Kind::NetBenefit => {
                let p: Vec<f64> =
                    owners.iter().map(|_| TEN[(10.0 * uniform(&mut random)) as usize]).collect();
                let off = if self.kind == Kind::NetBenefit { 0.0 } else { self.truth };
                let positive = self
                    .drawn(&mut random, |image| if p[image] < 0.5 { p[image] + off } else { p[image] - off });
                let scores = BinaryScores::new(&positive, &p).unwrap();
                if self.kind == Kind::CalibrationError {
                    let of = scores.calibration_error(Bins::EqualWidth(10), &clusters, Level::NINETY_FIVE);
                    return of.unwrap().interval.unwrap();
                }
                let bootstrap = Bootstrap::new(1_000, set).unwrap();
                let curve = DecisionCurve::of(&scores, &clusters, &[self.truth], None, &bootstrap).unwrap();
                curve.points[0].net_benefit.interval.unwrap()
            }
            Kind::Difference => {
                let home = Cell { truth: AT_HOME, ..self }.outcomes(&mut random);
                let there = Cell { truth: AT_HOME - self.truth, ..self }.outcomes(&mut random);
                let [home, there] =
                    [home, there].map(|right| self.estimate(&Metric::Accuracy, &right, &owners, set));
                Unpaired::between(Metric::Accuracy, home, there).difference.interval.unwrap()
            }
        }
    }

    /// The metric of two equally frequent classes, "ill" and "well", recognised in the images that are right.
    fn estimate(self, metric: &Metric, right: &[bool], owners: &[String], set: u64) -> Estimate {
        let classes = Classes::new(["ill", "well"]).unwrap();
        let ill = |image: usize| (image / self.images).is_multiple_of(2);
        let truth: Vec<&str> =
            (0..right.len()).map(|image| if ill(image) { "ill" } else { "well" }).collect();
        let column: Vec<f64> =
            (0..right.len()).map(|image| if ill(image) == right[image] { 0.9 } else { 0.1 }).collect();
        let other = column.iter().map(|p| 1.0 - p).collect();
        let columns = Probabilities::from_columns([("ill", column), ("well", other)]).unwrap();
        let predictions =
            Predictions::new(&classes, &truth, &columns).unwrap().with_patients(owners).unwrap();
        let bootstrap = Bootstrap::new(1_000, set).unwrap();
        estimates(&predictions, std::slice::from_ref(metric), &bootstrap).unwrap().remove(0)
    }

    /// Whether each image is right. With the probability of the correlation all images of a patient share one outcome.
    fn outcomes(self, random: &mut ChaCha8Rng) -> Vec<bool> {
        self.drawn(random, |_| self.truth)
    }

    /// Whether each image has what it has with this probability, in patients that share one draw as often.
    fn drawn(self, random: &mut ChaCha8Rng, probability: impl Fn(usize) -> f64) -> Vec<bool> {
        let mut drawn = Vec::with_capacity(self.patients * self.images);
        for _ in 0..self.patients {
            let (together, shared) = (uniform(random) < WITHIN_PATIENT, uniform(random));
            for _ in 0..self.images {
                let own = uniform(random);
                drawn.push(if together { shared } else { own } < probability(drawn.len()));
            }
        }
        drawn
    }

    /// Classes and scores: standard normal, shifted for the ill so that the area is the true value; half of the variance
    /// belongs to the patient, whose images are of one class.
    fn scores(self, random: &mut ChaCha8Rng) -> (Vec<bool>, Vec<f64>) {
        let shift = 2.0_f64.sqrt() * Normal::standard().inverse_cdf(self.truth);
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

fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (radius, angle) = (1.0 - uniform(random), uniform(random));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// True values from 0.5 to 0.99: discreteness makes single ones miss, so their mean counts.
fn grid(steps: usize) -> impl Iterator<Item = f64> {
    (0..steps).map(move |step| 0.5 + 0.49 * step as f64 / (steps - 1) as f64)
}

/// Coverage of one kind for one size over the grid: mean and smallest.
pub(crate) fn over_grid(
    kind: Kind,
    (patients, images): (usize, usize),
    steps: usize,
    sets: u64,
) -> (f64, f64) {
    let each: Vec<f64> =
        grid(steps).map(|truth| Cell { kind, truth, patients, images }.coverage(sets)[0]).collect();
    (each.iter().sum::<f64>() / steps as f64, each.iter().copied().fold(1.0, f64::min))
}

fn uniform(random: &mut impl Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}
