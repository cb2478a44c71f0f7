//! Compares calibration measures with statsmodels, with the package of Kumar et al. and with definitions in NumPy, which
//! `tests/golden/recalibration.py` wrote down; and counts how often intervals contain a known truth.

use radiograph_metrics::{
    BinaryCalibration, BinaryScores, Bins, Bootstrap, BrierDecomposition, CalibrationCurve, Clusters, Level,
    Recalibration, Undefined,
};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use serde_json::Value;

use crate::{
    reference::{all_close, close, number, numbers},
    resampling::uniform,
};

struct Case {
    scores: BinaryScores,
    clusters: Clusters,
    expected: Value,
}

fn cases() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../golden/recalibration.json")).unwrap();
    let of = |case: &Value| {
        let positive: Vec<bool> = numbers(&case["positive"]).iter().map(|&outcome| outcome == 1.0).collect();
        let names: Vec<String> = numbers(&case["patient"]).iter().map(ToString::to_string).collect();
        Case {
            scores: BinaryScores::new(&positive, &numbers(&case["p"])).unwrap(),
            clusters: Clusters::by_name(&names),
            expected: case.clone(),
        }
    };
    let cases: Vec<Case> = file["cases"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(cases.len(), 3);
    cases
}

#[test]
fn intercept_and_slope_and_their_intervals_are_those_of_statsmodels() {
    for Case { scores, clusters, expected } in cases() {
        let ours = Recalibration::of(&scores, &clusters, Level::NINETY_FIVE).unwrap();
        assert_eq!(ours.limited, 0);
        for (estimate, key) in [(ours.intercept, "intercept"), (ours.slope, "slope")] {
            let interval = estimate.interval.unwrap();
            let found = [estimate.score.unwrap(), interval.low, interval.high];
            for (ours, theirs) in found.into_iter().zip(numbers(&expected["regression"][key])) {
                assert!((ours - theirs).abs() < 1e-8, "{key}: ours {ours}, statsmodels {theirs}");
            }
        }
    }
}

#[test]
fn parts_of_the_brier_score_are_those_of_their_definition() {
    for Case { scores, clusters, expected } in cases() {
        let ours = BrierDecomposition::of(&scores, Bins::EqualWidth(10)).unwrap();
        for (part, key) in [
            (ours.brier, "brier"),
            (ours.reliability, "reliability"),
            (ours.resolution, "resolution"),
            (ours.uncertainty, "uncertainty"),
            (ours.within_bins, "within_bins"),
        ] {
            close(part.unwrap(), number(&expected["brier"][key]), key);
        }
        let scaled = scores.scaled_brier(&clusters, &Bootstrap::new(500, 1).unwrap()).unwrap();
        close(scaled.score.unwrap(), number(&expected["brier"]["scaled"]), "scaled Brier score");
        assert!(scaled.interval.unwrap().contains(scaled.score.unwrap()));
    }
}

#[test]
fn debiased_errors_are_those_of_kumar_and_of_the_variance_between_patients() {
    for Case { scores, clusters, expected } in cases() {
        let of = |clusters: &Clusters| {
            scores.calibration_error(Bins::EqualWidth(10), clusters, Level::NINETY_FIVE).unwrap()
        };
        let alone = of(&Clusters::each_alone(scores.len())).score.unwrap();
        let kumar = number(&expected["errors"]["kumar_squared"]).max(0.0).sqrt();
        close(alone, kumar, "debiased error of Kumar et al.");
        let clustered = of(&clusters);
        close(clustered.score.unwrap(), number(&expected["errors"]["clustered"]), "error by patient");
        let interval = clustered.interval.unwrap();
        close(interval.low, number(&expected["errors"]["low"]), "lower end");
        close(interval.high, number(&expected["errors"]["high"]), "upper end");
    }
}

#[test]
fn the_flexible_curve_is_the_lowess_of_statsmodels() {
    for Case { scores, clusters, expected } in cases() {
        let curve = CalibrationCurve::of(&scores, &clusters, 7, &Bootstrap::new(200, 1).unwrap()).unwrap();
        let (places, observed): (Vec<f64>, Vec<f64>) =
            curve.points.iter().map(|point| (point.predicted, point.observed.score.unwrap())).unzip();
        all_close(&places, &numbers(&expected["places"]), "places");
        all_close(&observed, &numbers(&expected["lowess"]), "LOWESS");
        for point in &curve.points {
            let share = point.observed.score.unwrap();
            match point.observed.interval {
                Ok(interval) => assert!(interval.contains(share) && interval.width() > 0.02, "{point:?}"),
                // The line is cut at 1 in every resample.
                Err(reason) => assert_eq!((reason, share), (Undefined::NoVariation, 1.0)),
            }
        }
    }
}

/// A set of 400 images of patients with `images` each, whose chance of being positive is p^power / (p^power + (1 − p)^power).
/// Half of the time all images of a patient share one outcome, and they share p.
fn simulated(seed: u64, images: usize, power: f64) -> (BinaryScores, Clusters) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut positive, mut scores, mut owners) = (Vec::new(), Vec::new(), Vec::new());
    for patient in 0..400 / images {
        let (p, shared) = (0.05 + 0.9 * uniform(&mut random), uniform(&mut random));
        let chance = p.powf(power) / (p.powf(power) + (1.0 - p).powf(power));
        let together = uniform(&mut random) < 0.5;
        for _ in 0..images {
            let own = uniform(&mut random);
            positive.push(if together { shared } else { own } < chance);
            scores.push(p);
            owners.push(patient.to_string());
        }
    }
    (BinaryScores::new(&positive, &scores).unwrap(), Clusters::by_name(&owners))
}

#[test]
fn intervals_of_slope_and_intercept_cover_the_truth() {
    for (images, power) in [(1, 1.0), (1, 0.6), (4, 1.0), (4, 1.6)] {
        let (mut slopes, mut intercepts, mut unaware) = (0, 0, 0);
        for seed in 0..400 {
            let (scores, clusters) = simulated(seed, images, power);
            let of = |clusters: &Clusters| Recalibration::of(&scores, clusters, Level::NINETY_FIVE).unwrap();
            let (aware, alone) = (of(&clusters), of(&Clusters::each_alone(scores.len())));
            slopes += u32::from(aware.slope.interval.unwrap().contains(power));
            // By symmetry the intercept is 0 whatever the slope.
            intercepts += u32::from(aware.intercept.interval.unwrap().contains(0.0));
            unaware += u32::from(alone.intercept.interval.unwrap().contains(0.0));
        }
        // 380 of 400 are expected, with a standard deviation of 4.4.
        assert!((362..=396).contains(&slopes), "slope, {images} images, {power}: {slopes}");
        assert!((362..=396).contains(&intercepts), "intercept, {images} images, {power}: {intercepts}");
        assert!(images == 1 || unaware < 345, "images counted as patients: {unaware}");
    }
}

#[test]
fn debiased_errors_are_right_on_average_and_their_intervals_cover_the_truth() {
    for (images, power) in [(1, 1.0), (1, 0.5), (4, 1.0), (4, 0.5)] {
        let bins = Bins::EqualWidth(10);
        // The true error over bins: the mean over p within each bin, 0.05 to 0.95 evenly.
        let chance = |p: f64| p.powf(power) / (p.powf(power) + (1.0 - p).powf(power)) - p;
        let (steps, mut gaps) = (90_000_u32, [[0.0, 0.0]; 10]);
        for step in 0..steps {
            let p = 0.05 + 0.9 * (f64::from(step) + 0.5) / f64::from(steps);
            let gap = &mut gaps[(p * 10.0) as usize];
            *gap = [gap[0] + chance(p), gap[1] + 1.0];
        }
        let truth: f64 = gaps.iter().map(|[sum, number]| sum * sum / number).sum::<f64>() / f64::from(steps);
        let (mut covered, mut total, mut total_plain) = (0, 0.0, 0.0);
        for seed in 0..400 {
            let (scores, clusters) = simulated(1_000 + seed, images, power);
            let of =
                |clusters: &Clusters| scores.calibration_error(bins, clusters, Level::NINETY_FIVE).unwrap();
            let estimate = of(&clusters);
            covered += u32::from(estimate.interval.unwrap().contains(truth.sqrt()));
            total += estimate.score.unwrap().powi(2);
            total_plain += BrierDecomposition::of(&scores, bins).unwrap().reliability.unwrap();
        }
        assert!(covered >= 370, "{images} images, {power}: {covered} of 400");
        let (mean, plain) = (total / 400.0, total_plain / 400.0);
        // Sums below 0 count as 0, which leaves a part of the bias where the truth is 0.
        assert!((mean - truth).abs() < 0.5 * (plain - truth), "{images}, {power}: {mean}, {plain}, {truth}");
    }
}

#[test]
fn a_class_has_all_of_its_calibration_in_one_place() {
    let Case { scores, clusters, .. } = cases().remove(1);
    let bootstrap = Bootstrap::new(300, 5).unwrap();
    let all = BinaryCalibration::of(&scores, &clusters, &bootstrap).unwrap();
    assert_eq!(all.recalibration, Recalibration::of(&scores, &clusters, bootstrap.level()).unwrap());
    assert_eq!(all.scaled_brier, scores.scaled_brier(&clusters, &bootstrap).unwrap());
    let text = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<BinaryCalibration>(&text).unwrap(), all);
    let other = Clusters::each_alone(3);
    assert!(BinaryCalibration::of(&scores, &other, &bootstrap).is_err());
}
