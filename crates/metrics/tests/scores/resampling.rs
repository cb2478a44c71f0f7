//! Tests the bootstrap: coverage, patients, threads, and undefined intervals.

use radiograph_metrics::{
    AucVariance, Average, BinaryScores, Bootstrap, BootstrapMethod, ClassScore, Classes, Clusters, Level,
    Metric, Predictions, Probabilities, Undefined,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A number in [0, 1).
pub(crate) fn uniform(random: &mut impl Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// `patients` patients with one to three images each; a patient's images share most of what makes them easy or hard.
pub(crate) fn simulated(patients: usize, seed: u64) -> Predictions {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let classes = Classes::new(["covid", "normal", "pneumonia"]).unwrap();
    let names: Vec<&str> = classes.names().collect();
    let (mut truth, mut owners, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for patient in 0..patients {
        let label = (random.next_u32() % 3) as usize;
        let ease = 1.5 * uniform(&mut random);
        for _ in 0..=random.next_u32() % 3 {
            let mut row: Vec<f64> = (0..3).map(|_| (2.0 * uniform(&mut random)).exp()).collect();
            row[label] *= ease.exp();
            let sum: f64 = row.iter().sum();
            rows.extend(row.iter().map(|p| p / sum));
            truth.push(names[label]);
            owners.push(format!("p{patient}"));
        }
    }
    let matrix = ndarray::Array2::from_shape_vec((truth.len(), 3), rows).unwrap();
    let probabilities = Probabilities::new(&classes, matrix).unwrap();
    Predictions::new(&classes, &truth, &probabilities).unwrap().with_patients(&owners).unwrap()
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    // Four hundred sets of 120 patients with one to three images; each patient has an own chance of being right, evenly
    // between 0.5 and 1. Images are weighted equally, so the truth is the mean chance, 0.75.
    let (sets, patients, truth) = (400, 120, 0.75);
    for method in [BootstrapMethod::Percentile, BootstrapMethod::Bca] {
        let mut covered = 0;
        let mut covered_by_images = 0;
        for set in 0..sets {
            let mut random = ChaCha8Rng::seed_from_u64(1_000 + set);
            let (mut owners, mut right) = (Vec::new(), Vec::new());
            for patient in 0..patients {
                let images = 1 + random.next_u32() % 3;
                // All images of a patient are right or wrong together half of the time.
                let (chance, shared) = (0.5 + 0.5 * uniform(&mut random), uniform(&mut random));
                let together = uniform(&mut random) < 0.5;
                for _ in 0..images {
                    let own = uniform(&mut random);
                    right.push(if together { shared } else { own } < chance);
                    owners.push(format!("p{patient}"));
                }
            }
            let accuracy = |weights: &[u32]| {
                let (hits, all) = right
                    .iter()
                    .zip(weights)
                    .fold((0, 0), |(hits, all), (&right, &w)| (hits + w * u32::from(right), all + w));
                if all == 0 { Err(Undefined::NoSample) } else { Ok(f64::from(hits) / f64::from(all)) }
            };
            let bootstrap = Bootstrap::new(1_000, set).unwrap().with_method(method);
            let by_patient = bootstrap.resample(&Clusters::by_name(&owners), &[&accuracy]).remove(0);
            covered += u32::from(by_patient.interval.unwrap().contains(truth));
            let by_image = bootstrap.resample(&Clusters::each_alone(right.len()), &[&accuracy]).remove(0);
            covered_by_images += u32::from(by_image.interval.unwrap().contains(truth));
        }
        println!("{method:?}: {covered} of {sets} by patient, {covered_by_images} by image");
        assert!((368..=392).contains(&covered), "{method:?} covered {covered} of 400");
        // The same data resampled image by image promises too much.
        assert!(covered_by_images < 368, "{covered_by_images}");
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let predictions = simulated(150, 3);
    let metrics = [
        Metric::Accuracy,
        Metric::Averaged(ClassScore::F1, Average::Macro),
        Metric::AveragedAuc(Average::Macro),
        Metric::LogLoss,
    ];
    let bootstrap = Bootstrap::new(500, 42).unwrap().with_method(BootstrapMethod::Bca);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| serde_json::to_string(&bootstrap.estimate(&predictions, &metrics).unwrap()).unwrap())
    };
    let one = on(1);
    for threads in [2, 3, 8] {
        assert_eq!(on(threads), one);
    }
    let other_seed = Bootstrap::new(500, 43).unwrap().with_method(BootstrapMethod::Bca);
    assert_ne!(serde_json::to_string(&other_seed.estimate(&predictions, &metrics).unwrap()).unwrap(), one);
}

#[test]
fn repeating_pictures_of_the_same_patients_does_not_narrow_intervals() {
    let once = simulated(120, 9);
    let again: Vec<usize> = (0..once.len()).chain(0..once.len()).collect();
    let twice = once.select(&again);
    let metrics = [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)];
    let bootstrap = Bootstrap::new(2_000, 1).unwrap();
    let of = |predictions: &Predictions| bootstrap.estimate(predictions, &metrics).unwrap();
    assert_eq!(of(&once), of(&twice));
}

#[test]
fn more_patients_narrow_intervals_and_higher_levels_widen_them() {
    let metrics = [Metric::Accuracy, Metric::AveragedAuc(Average::Macro), Metric::Brier, Metric::CohenKappa];
    let bootstrap = Bootstrap::new(1_000, 5).unwrap();
    let widths = |bootstrap: &Bootstrap, predictions: &Predictions| -> Vec<f64> {
        let estimates = bootstrap.estimate(predictions, &metrics).unwrap();
        estimates.iter().map(|estimate| estimate.interval.unwrap().width()).collect()
    };
    // The same samples four times over, each time as new patients: half the width.
    let base = simulated(100, 8);
    let four: Vec<usize> = (0..4 * base.len()).map(|i| i % base.len()).collect();
    let owners: Vec<String> =
        (0..four.len()).map(|i| format!("{} {}", i / base.len(), base.clusters().of(four[i]))).collect();
    let quadrupled = base.select(&four).with_patients(&owners).unwrap();
    let wider = bootstrap.with_level(Level::new(0.99).unwrap());
    for ((narrow, wide), widest) in
        widths(&bootstrap, &quadrupled).iter().zip(widths(&bootstrap, &base)).zip(widths(&wider, &base))
    {
        assert!((0.4..0.6).contains(&(narrow / wide)), "{narrow} {wide}");
        assert!(widest > wide);
    }
}

#[test]
fn what_resampling_cannot_say_is_undefined() {
    let classes = Classes::new(["a", "b"]).unwrap();
    let columns = |a: [f64; 4]| {
        let b = a.iter().map(|p| 1.0 - p).collect();
        Probabilities::from_columns([("a", a.to_vec()), ("b", b)]).unwrap()
    };
    let bootstrap = Bootstrap::new(200, 0).unwrap();
    let interval = |predictions: &Predictions, metric: Metric| {
        bootstrap.estimate(predictions, &[metric]).unwrap().remove(0).interval
    };
    let perfect = Predictions::new(&classes, &["a", "a", "b", "b"], &columns([0.9, 0.8, 0.1, 0.2])).unwrap();
    assert_eq!(interval(&perfect, Metric::Accuracy), Err(Undefined::NoVariation));
    let one_patient = perfect.clone().with_patients(&["p"; 4]).unwrap();
    assert_eq!(interval(&one_patient, Metric::Accuracy), Err(Undefined::TooFewPatients));
    let one_class = Predictions::new(&classes, &["a"; 4], &columns([0.9, 0.8, 0.1, 0.2])).unwrap();
    let auc = Metric::AveragedAuc(Average::Macro);
    assert_eq!(interval(&one_class, auc.clone()), Err(Undefined::EstimateUndefined));
    // Two patients, one class each: half of the resamples hold a single class.
    let two = perfect.with_patients(&["p", "p", "q", "q"]).unwrap();
    let estimate = bootstrap.estimate(&two, &[auc]).unwrap().remove(0);
    assert!((60..140).contains(&estimate.undefined_replicates));
    assert_eq!(estimate.interval, Err(Undefined::UndefinedInResamples));
    for (replicates, accepted) in [(99, false), (100, true), (10_000_001, false)] {
        assert_eq!(Bootstrap::new(replicates, 0).is_ok(), accepted);
    }
}

/// Obuchowski's variance is that of the patient bootstrap, also where one patient has positive and negative images.
#[test]
fn clustered_delong_agrees_with_the_bootstrap() {
    let mut random = ChaCha8Rng::seed_from_u64(77);
    let (mut positive, mut scores, mut owners) = (Vec::new(), Vec::new(), Vec::new());
    for patient in 0..150 {
        let shift = 2.0 * uniform(&mut random); // some patients' images all look ill
        for image in 0..4 {
            positive.push(image % 2 == 0);
            scores.push(shift + uniform(&mut random) + if image % 2 == 0 { 0.5 } else { 0.0 });
            owners.push(patient.to_string());
        }
    }
    let (scores, clusters) = (BinaryScores::new(&positive, &scores).unwrap(), Clusters::by_name(&owners));
    let clustered = AucVariance::of(&scores, &clusters).unwrap();
    let unaware = AucVariance::of(&scores, &Clusters::each_alone(positive.len())).unwrap();
    // One standard error to each side is 68.27 %.
    let bootstrap = Bootstrap::new(4_000, 3).unwrap().with_level(Level::new(0.682_689_5).unwrap());
    let auc = |weights: &[u32]| {
        let picked: Vec<usize> =
            weights.iter().enumerate().flat_map(|(i, &w)| std::iter::repeat_n(i, w as usize)).collect();
        let positive: Vec<bool> = picked.iter().map(|&i| scores.positive()[i]).collect();
        let values: Vec<f64> = picked.iter().map(|&i| scores.scores()[i]).collect();
        BinaryScores::new(&positive, &values).map_err(|_| Undefined::NoSample)?.auc()
    };
    let interval = bootstrap.resample(&clusters, &[&auc]).remove(0).interval.unwrap();
    let ratio = |variance: f64| 2.0 * variance.sqrt() / interval.width();
    assert!((0.93..1.07).contains(&ratio(clustered.variance)), "{}", ratio(clustered.variance));
    assert!(ratio(unaware.variance) > 1.2, "images of one patient that move together leave the AUC alone");
}
