//! Checks the paired tests against each other and against known properties.

use radiograph_metrics::{
    Bins, Bootstrap, CalibrationNorm, Classes, Comparison, ComparisonOptions, Error, McNemar, Metric,
    PairedTest, Permutation, Predictions, Probabilities, Undefined, compare, compare_with_best,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::resampling::simulated;

const OPTIONS: fn() -> ComparisonOptions = || ComparisonOptions {
    bootstrap: Bootstrap::new(500, 1).unwrap(),
    permutation: Permutation::new(20_000, 1).unwrap(),
    significance: 0.05,
};

/// Two-class predictions of a sure model that is right where told; all patients alone.
fn model(right: &[bool]) -> Predictions {
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let truth: Vec<&str> = (0..right.len()).map(|i| if i % 2 == 0 { "covid" } else { "normal" }).collect();
    let covid: Vec<f64> = right
        .iter()
        .zip(&truth)
        .map(|(&right, &t)| if right == (t == "covid") { 0.9 } else { 0.1 })
        .collect();
    let normal = covid.iter().map(|p| 1.0 - p).collect();
    let columns = Probabilities::from_columns([("covid", covid), ("normal", normal)]).unwrap();
    Predictions::new(&classes, &truth, &columns).unwrap()
}

/// `only_first` samples that only the first gets right, then `only_second`, then ten that both do.
fn discordant(only_first: usize, only_second: usize) -> (Predictions, Predictions) {
    let total = only_first + only_second + 10;
    let second: Vec<bool> = (0..total).map(|i| i >= only_first).collect();
    let first: Vec<bool> = (0..total).map(|i| i < only_first || i >= only_first + only_second).collect();
    (model(&first), model(&second))
}

#[test]
fn exchanging_single_images_is_mcnemars_test() {
    for (b, c) in [(0, 1), (2, 3), (0, 5), (2, 7), (6, 6), (0, 12)] {
        let (first, second) = discordant(b, c);
        let mcnemar = McNemar::of(&first, &second).unwrap();
        assert_eq!((mcnemar.only_first, mcnemar.only_second), (b as u64, c as u64));
        let permutation = OPTIONS().permutation.test(&first, &second, &Metric::Accuracy).unwrap().unwrap();
        assert!(permutation.exact);
        assert!((permutation.p_value - mcnemar.exact()).abs() < 1e-12, "{b} {c}");
    }
    // Too many to try all: random exchanges come close.
    let (first, second) = discordant(40, 22);
    let permutation = OPTIONS().permutation.test(&first, &second, &Metric::Accuracy).unwrap().unwrap();
    assert!(!permutation.exact && permutation.exchanges == 20_000);
    assert!((permutation.p_value - McNemar::of(&first, &second).unwrap().exact()).abs() < 0.005);
}

#[test]
fn a_patient_with_several_images_is_one_piece_of_evidence() {
    // Twelve discordant images, all for one model: strong evidence from twelve patients, none from two.
    let (first, second) = discordant(12, 0);
    let alone = compare(("A", &first), ("B", &second), &Metric::Accuracy, &OPTIONS()).unwrap();
    assert_eq!(alone.test, PairedTest::McNemarExact);
    assert_eq!(alone.differs(), Some(true));
    assert!(
        alone.statement().starts_with("A is better than B in accuracy by 0.5455 (p = 0.0005)"),
        "{}",
        alone.statement()
    );
    let owners: Vec<String> =
        (0..first.len()).map(|i| if i < 12 { format!("p{}", i % 2) } else { format!("q{i}") }).collect();
    let (first, second) = (first.with_patients(&owners).unwrap(), second.with_patients(&owners).unwrap());
    let clustered = compare(("A", &first), ("B", &second), &Metric::Accuracy, &OPTIONS()).unwrap();
    assert_eq!(clustered.test, PairedTest::Permutation);
    assert_eq!(clustered.p_value, Ok(0.5));
    assert_eq!(clustered.statement(), "A is not distinguishable from B in accuracy (p = 0.50)");
}

#[test]
fn the_test_follows_the_metric() {
    let (first, second) = discordant(4, 2);
    let covid = first.class("covid").unwrap();
    let test = |metric: Metric| compare(("A", &first), ("B", &second), &metric, &OPTIONS()).unwrap().test;
    assert_eq!(test(Metric::Accuracy), PairedTest::McNemarExact);
    assert_eq!(test(Metric::Auc(covid)), PairedTest::DeLong);
    assert_eq!(test(Metric::Brier), PairedTest::Permutation);
    let itself =
        compare(("A", &first), ("A again", &first), &Metric::Auc(first.class("covid").unwrap()), &OPTIONS());
    assert_eq!(itself.unwrap().p_value, Ok(1.0));
}

#[test]
fn the_best_is_compared_with_every_other_and_corrected() {
    let models: Vec<(String, Predictions)> = [40, 5, 38, 0]
        .into_iter()
        .map(|errors| (format!("{errors} errors"), model(&(0..100).map(|i| i >= errors).collect::<Vec<_>>())))
        .collect();
    let named: Vec<(&str, &Predictions)> = models.iter().map(|(name, set)| (name.as_str(), set)).collect();
    let comparisons = compare_with_best(&named, &Metric::Accuracy, &OPTIONS()).unwrap();
    let seconds: Vec<&str> = comparisons.iter().map(|c| c.second.as_str()).collect();
    assert_eq!(seconds, ["40 errors", "5 errors", "38 errors"]);
    assert!(comparisons.iter().all(|c| c.first == "0 errors"));
    let adjusted: Vec<f64> = comparisons.iter().map(|c| c.adjusted_p_value.unwrap()).collect();
    // Errors are nested, so b discordant images give 2^(1−b). Of the six pairs 40/0 has 2^-39, 38/0 2^-37, 40/5 2^-34,
    // 38/5 2^-32, 5/0 2^-4 and 40/38 2^-1; Holm multiplies them by 6, 5, 4, 3, 2 and 1.
    assert!((adjusted[0] - 6.0 * 2.0_f64.powi(-39)).abs() < 1e-18);
    assert!((adjusted[1] - 0.125).abs() < 1e-12);
    assert!((adjusted[2] - 5.0 * 2.0_f64.powi(-37)).abs() < 1e-18);
    assert_eq!(comparisons[1].differs(), Some(false));
    let raw: Vec<f64> = comparisons.iter().map(|c| c.p_value.unwrap()).collect();
    assert!((raw[1] - 0.0625).abs() < 1e-12 && raw[0] < raw[2] && raw[2] < raw[1], "{raw:?}");
    let by_loss = compare_with_best(&named, &Metric::LogLoss, &OPTIONS()).unwrap();
    assert!(by_loss.iter().all(|c| c.first == "0 errors" && !c.higher_is_better));
    assert!(by_loss[0].statement().contains("is better than"), "{}", by_loss[0].statement());
    assert!(compare_with_best(&named[..1], &Metric::Accuracy, &OPTIONS()).is_err());
}

/// Eight models of one and the same quality: which is best is chance, and a test that forgets this is wrong too often.
#[test]
fn the_best_of_equal_models_is_called_better_no_more_often_than_the_level() {
    const SETS: u32 = 300;
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let truth: Vec<&str> = (0..80).map(|i| if i % 2 == 0 { "covid" } else { "normal" }).collect();
    let mut random = ChaCha8Rng::seed_from_u64(31);
    // Twelve uniform numbers less six: mean 0, variance 1, nearly normal.
    let mut noise = || (0..12).map(|_| f64::from(random.next_u32()) / 2.0_f64.powi(32)).sum::<f64>() - 6.0;
    let options = ComparisonOptions { bootstrap: Bootstrap::new(100, 1).unwrap(), ..OPTIONS() };
    let mut false_alarms = 0;
    for _ in 0..SETS {
        let models: Vec<Predictions> = (0..8)
            .map(|_| {
                let score = |truth: &&str| if *truth == "covid" { noise() + 0.8 } else { noise() - 0.8 };
                let covid: Vec<f64> = truth.iter().map(score).map(|s| 1.0 / (1.0 + (-s).exp())).collect();
                let normal = covid.iter().map(|p| 1.0 - p).collect();
                let columns = Probabilities::from_columns([("covid", covid), ("normal", normal)]).unwrap();
                Predictions::new(&classes, &truth, &columns).unwrap()
            })
            .collect();
        let named: Vec<(&str, &Predictions)> = models.iter().map(|model| ("equal", model)).collect();
        let auc = Metric::Auc(models[0].class("covid").unwrap());
        let comparisons = compare_with_best(&named, &auc, &options).unwrap();
        false_alarms += u32::from(comparisons.iter().any(|c| c.differs() == Some(true)));
    }
    // 15 are allowed; the standard error of that many is √(300 · 0.05 · 0.95) = 3.8.
    println!("{false_alarms} of {SETS}");
    assert!(false_alarms <= 15 + 8, "{false_alarms} false alarms in {SETS} sets at a level of 5 %");
}

#[test]
fn a_difference_of_calibration_errors_has_no_interval() {
    let (first, second) = discordant(4, 2);
    let error = Metric::CalibrationError(Bins::GUO, CalibrationNorm::Mean);
    let comparison = compare(("A", &first), ("B", &second), &error, &OPTIONS()).unwrap();
    assert_eq!(comparison.difference.interval, Err(Undefined::BiasedByResampling));
    assert!(comparison.difference.score.is_ok() && comparison.p_value.is_ok());
}

#[test]
fn what_is_not_the_same_sample_is_refused_by_name() {
    let (first, second) = discordant(3, 3);
    let not_paired = |second: &Predictions| McNemar::of(&first, second).unwrap_err();
    let shorter = second.select(&[0, 1, 2]);
    assert!(matches!(not_paired(&shorter), Error::LengthMismatch { expected: 16, got: 3, .. }));
    let shuffled: Vec<usize> = (0..16).map(|i| i ^ 1).collect();
    assert!(matches!(not_paired(&second.select(&shuffled)), Error::NotPaired { what: "label", index: 0 }));
    let ids = |offset: usize| (0..16).map(|i| format!("{}", i + offset * (i / 9))).collect::<Vec<_>>();
    let (a, b) = (first.clone().with_ids(&ids(0)).unwrap(), second.clone().with_ids(&ids(5)).unwrap());
    assert!(matches!(McNemar::of(&a, &b), Err(Error::NotPaired { what: "id", index: 9 })));
    let owners = vec!["p"; 16];
    assert!(McNemar::of(&first, &second.with_patients(&owners).unwrap()).is_err());
}

#[test]
fn comparisons_survive_a_file_and_do_not_depend_on_threads() {
    let (first, second) = (simulated(60, 1), simulated(60, 1));
    let classes = first.classes().clone();
    let blurred = {
        let values = second.probabilities().values().mapv(|p| 0.5 * p + 0.5 / 3.0);
        let truth: Vec<_> = (0..second.len()).map(|i| second.truth(i)).collect();
        Predictions::new(&classes, &truth, &Probabilities::new(&classes, values).unwrap())
            .unwrap()
            .with_patients(second.patients().unwrap())
            .unwrap()
    };
    let on = |threads: usize| -> Comparison {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            compare(("sharp", &first), ("blurred", &blurred), &Metric::LogLoss, &OPTIONS()).unwrap()
        })
    };
    let comparison = on(1);
    assert_eq!(comparison, on(3));
    let text = serde_json::to_string(&comparison).unwrap();
    let read: Comparison = serde_json::from_str(&text).unwrap();
    assert_eq!(read.statement(), comparison.statement());
}
