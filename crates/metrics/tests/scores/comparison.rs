//! Checks the paired tests against values of `paired.json`, against each other and against known properties.

use radiograph_metrics::{
    AucVariance, Average, Bins, Bootstrap, CalibrationNorm, Choice, Classes, Comparison, ComparisonOptions,
    Error, Family, McNemar, Metric, PairAverage, PairedAuc, PairedTest, Permutation, Predictions,
    Probabilities, Undefined, compare, holm,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use serde_json::Value;

use crate::{
    reference::{all_close, close, number, numbers, predictions},
    resampling::simulated,
};

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
        let permutation = OPTIONS().permutation.test(&first, &second, &Metric::Accuracy).unwrap();
        assert!(permutation.exact);
        assert!((permutation.p_value - mcnemar.exact()).abs() < 1e-12, "{b} {c}");
    }
    // Too many to try all: random exchanges come close.
    let (first, second) = discordant(40, 22);
    let permutation = OPTIONS().permutation.test(&first, &second, &Metric::Accuracy).unwrap();
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
fn the_test_follows_the_metric_and_the_number_of_patients() {
    let (first, second) = discordant(4, 8);
    let covid = first.class("covid").unwrap();
    let test = |metric: &Metric, first: &Predictions, second: &Predictions| {
        compare(("A", first), ("B", second), metric, &OPTIONS()).unwrap().test
    };
    let (area, of_class) = (Metric::AveragedAuc(Average::Macro), Metric::Auc(covid));
    assert_eq!(test(&Metric::Accuracy, &first, &second), PairedTest::McNemarExact);
    assert_eq!(test(&of_class, &first, &second), PairedTest::DeLong);
    assert_eq!(test(&area, &first, &second), PairedTest::DeLong);
    assert_eq!(test(&Metric::Brier, &first, &second), PairedTest::Permutation);
    assert_eq!(test(&Metric::AveragedAuc(Average::Micro), &first, &second), PairedTest::Permutation);
    let itself = compare(("A", &first), ("A again", &first), &of_class, &OPTIONS());
    assert_eq!(itself.unwrap().p_value, Ok(1.0));
    // Twenty-two images of twenty patients, eleven of each class: by patient.
    let owners: Vec<String> = (0..22).map(|i| if i > 19 { i - 2 } else { i }.to_string()).collect();
    let of = |set: &Predictions| set.clone().with_patients(&owners).unwrap();
    assert_eq!(test(&of_class, &of(&first), &of(&second)), PairedTest::DeLongClustered);
    assert_eq!(test(&Metric::Accuracy, &of(&first), &of(&second)), PairedTest::Permutation);
    // Nine of a class are too few for a normal distribution.
    let few: Vec<usize> = (0..18).collect();
    assert_eq!(test(&area, &first.select(&few), &second.select(&few)), PairedTest::Permutation);
}

/// The two models of a case, with their patients.
fn pair(case: &Value) -> (Predictions, Predictions) {
    let of = |model: &str| {
        let given = serde_json::json!({ "labels": case["labels"], "probabilities": case[model] });
        let owners: Vec<String> = numbers(&case["patients"]).iter().map(ToString::to_string).collect();
        predictions(&given).with_patients(&owners).unwrap()
    };
    (of("first_model"), of("second_model"))
}

fn cases(key: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../golden/paired.json")).unwrap();
    let cases = file[key].as_array().unwrap().clone();
    assert_eq!(cases.len(), 2);
    cases
}

#[test]
fn macro_areas_are_compared_as_the_definition_says() {
    for case in cases("macro_delong") {
        let (first, second) = pair(&case);
        let paired = PairedAuc::of_macro(&first, &second).unwrap();
        close(paired.first.auc, number(&case["first"]), "first");
        close(paired.second.auc, number(&case["second"]), "second");
        all_close(
            &[paired.first.variance, paired.second.variance],
            &numbers(&case["variances"]),
            "variances",
        );
        close(paired.covariance, number(&case["covariance"]), "covariance");
        close(paired.z().unwrap(), number(&case["z"]), "z");
        close(paired.p_value().unwrap(), number(&case["p"]), "p");
        let metric = Metric::AveragedAuc(Average::Macro);
        let compared = compare(("A", &first), ("B", &second), &metric, &OPTIONS()).unwrap();
        let interval = compared.difference.interval.unwrap();
        all_close(&[interval.low, interval.high], &numbers(&case["interval"]), "interval of the difference");
        close(compared.p_value.unwrap(), number(&case["p"]), "p of the comparison");
        assert_eq!(AucVariance::of_macro(&first), Ok(paired.first));
        // The order of the second model's classes does not matter.
        let classes = Classes::new(["class 2", "class 0", "class 1"]).unwrap();
        let labels: Vec<String> = (0..second.len()).map(|i| second.truth(i).name().to_owned()).collect();
        let reordered = Predictions::new(&classes, &labels, second.probabilities())
            .unwrap()
            .with_patients_where_known(second.patients().unwrap())
            .unwrap();
        assert_eq!(PairedAuc::of_macro(&first, &reordered).unwrap(), paired);
    }
}

#[test]
fn the_macro_area_of_two_classes_is_that_of_either() {
    let set = simulated(60, 5);
    let [covid, rest] = [0.0, 1.0]
        .map(|sign: f64| set.probabilities().values().column(0).mapv(|p| (sign - p).abs()).to_vec());
    let classes = Classes::new(["covid", "rest"]).unwrap();
    let truth: Vec<&str> =
        (0..set.len()).map(|i| if set.truth(i).name() == "covid" { "covid" } else { "rest" }).collect();
    let columns = Probabilities::from_columns([("covid", covid), ("rest", rest)]).unwrap();
    let two = Predictions::new(&classes, &truth, &columns)
        .unwrap()
        .with_patients_where_known(set.patients().unwrap())
        .unwrap();
    let of_class = two.one_vs_rest(&two.class("covid").unwrap()).unwrap();
    let area = AucVariance::of(&of_class, two.clusters()).unwrap();
    let average = AucVariance::of_macro(&two).unwrap();
    close(average.auc, area.auc, "area");
    close(average.variance, area.variance, "variance");
}

#[test]
fn exchanges_give_the_p_values_of_the_definition() {
    for case in cases("exchanges") {
        let (first, second) = pair(&case);
        let class = first.class("class 0").unwrap();
        for (name, metric) in [
            ("macro AUC", Metric::AveragedAuc(Average::Macro)),
            ("AUC of class 0", Metric::Auc(class.clone())),
            ("average precision of class 0", Metric::AveragePrecision(class)),
            ("micro AUC", Metric::AveragedAuc(Average::Micro)),
            ("log loss", Metric::LogLoss),
        ] {
            let outcome = OPTIONS().permutation.test(&first, &second, &metric).unwrap();
            assert!(outcome.exact && outcome.smallest().is_none());
            close(outcome.p_value, number(&case["p"][name]), name);
        }
    }
}

/// Predictions of two classes with the odds of the first raised to `power`: the order stays, the scale does not.
fn with_odds_to_the(power: f64, set: &Predictions) -> Predictions {
    let covid: Vec<f64> = set
        .probabilities()
        .values()
        .column(0)
        .iter()
        .map(|p| p.powf(power) / (p.powf(power) + (1.0 - p).powf(power)))
        .collect();
    let normal = covid.iter().map(|p| 1.0 - p).collect();
    let truth: Vec<String> = (0..set.len()).map(|i| set.truth(i).name().to_owned()).collect();
    let columns = Probabilities::from_columns([("covid", covid), ("normal", normal)]).unwrap();
    Predictions::new(set.classes(), &truth, &columns).unwrap()
}

/// Two-class predictions whose scores of the true class are `gap` standard deviations higher.
fn drawn(samples: usize, gap: f64, random: &mut ChaCha8Rng) -> Predictions {
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let truth: Vec<&str> = (0..samples).map(|i| if i % 2 == 0 { "covid" } else { "normal" }).collect();
    let covid: Vec<f64> = truth
        .iter()
        .map(|truth| {
            // Twelve uniform numbers less six: mean 0, variance 1, nearly normal.
            let noise = (0..12).map(|_| f64::from(random.next_u32()) / 2.0_f64.powi(32)).sum::<f64>() - 6.0;
            let score = noise + if *truth == "covid" { gap / 2.0 } else { -gap / 2.0 };
            1.0 / (1.0 + (-score).exp())
        })
        .collect();
    let normal = covid.iter().map(|p| 1.0 - p).collect();
    let columns = Probabilities::from_columns([("covid", covid), ("normal", normal)]).unwrap();
    Predictions::new(&classes, &truth, &columns).unwrap()
}

#[test]
fn a_rising_transform_of_one_model_changes_no_p_value() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let (first, second) = (drawn(40, 1.8, &mut random), drawn(40, 1.0, &mut random));
    let class = first.class("covid").unwrap();
    let few: Vec<usize> = (0..16).collect();
    for metric in [
        Metric::Auc(class.clone()),
        Metric::AveragePrecision(class),
        Metric::AveragedAuc(Average::Macro),
        Metric::AveragedAuc(Average::Micro),
        Metric::AveragedAuc(Average::Weighted),
        Metric::AveragedPrecision(Average::Macro),
        Metric::AveragedPrecision(Average::Micro),
        Metric::AveragedPrecision(Average::Weighted),
        Metric::OneVsOneAuc(PairAverage::Macro),
        Metric::OneVsOneAuc(PairAverage::Weighted),
    ] {
        for (first, second) in [(&first, &second), (&first.select(&few), &second.select(&few))] {
            let p = |second: &Predictions| {
                let exchanged = OPTIONS().permutation.test(first, second, &metric).unwrap();
                let compared = compare(("A", first), ("B", second), &metric, &OPTIONS()).unwrap();
                (exchanged.p_value, compared.p_value.unwrap())
            };
            let before = p(second);
            assert!(before.0 < 1.0 && before.1 < 1.0);
            for power in [0.2, 3.0] {
                assert_eq!(p(&with_odds_to_the(power, second)), before, "{metric}, power {power}");
            }
            // A model differs in nothing from itself on another scale.
            let itself = OPTIONS().permutation.test(first, &with_odds_to_the(3.0, first), &metric);
            assert_eq!(itself.unwrap().p_value, 1.0, "{metric}");
        }
    }
}

/// Exchanging probabilities of two scales mixes them into a ranking worse than either, which hides a real difference.
#[test]
fn another_scale_costs_no_power() {
    let mut random = ChaCha8Rng::seed_from_u64(44);
    let options = ComparisonOptions { permutation: Permutation::new(500, 1).unwrap(), ..OPTIONS() };
    let metric = |set: &Predictions| Metric::Auc(set.class("covid").unwrap());
    let mut found = 0;
    for _ in 0..100 {
        let (good, poor) = (drawn(80, 2.4, &mut random), drawn(80, 1.2, &mut random));
        let other_scale = with_odds_to_the(0.05, &poor);
        let outcome = options.permutation.test(&good, &other_scale, &metric(&good)).unwrap();
        found += u32::from(outcome.p_value < 0.05);
    }
    // The AUCs are 0.955 and 0.80, standard error of their difference 0.053: power about 0.83.
    assert!(found >= 70, "{found} of 100");
}

#[test]
fn a_p_value_is_printed_no_smaller_than_the_exchanges_can_show() {
    let (first, second) = discordant(40, 0);
    let options = ComparisonOptions { permutation: Permutation::new(1_000, 1).unwrap(), ..OPTIONS() };
    let comparison = compare(("A", &first), ("B", &second), &Metric::BalancedAccuracy, &options).unwrap();
    assert_eq!((comparison.p_value, comparison.smallest_p_value), (Ok(1.0 / 1001.0), Some(1.0 / 1001.0)));
    assert_eq!(comparison.p_in_words().unwrap(), "p ≤ 0.0010");
    let mut corrected = comparison;
    corrected.adjusted_p_value = Some(6.0 / 1001.0);
    assert!(corrected.statement().ends_with("(p ≤ 0.0060, Holm-corrected)"), "{}", corrected.statement());
    for (draws, words) in [(3_000.0, "p ≤ 0.0004"), (9_999.0, "p ≤ 0.0001"), (30_000.0, "p ≤ 3.4e-5")] {
        corrected.p_value = Ok(1.0 / (draws + 1.0));
        (corrected.smallest_p_value, corrected.adjusted_p_value) = (Some(1.0 / (draws + 1.0)), None);
        assert_eq!(corrected.p_in_words().unwrap(), words);
    }
    // With 10,000 exchanges "p < 0.0001" would claim more than any outcome can show.
    let options = ComparisonOptions { permutation: Permutation::new(10_000, 1).unwrap(), ..options };
    let comparison = compare(("A", &first), ("B", &second), &Metric::BalancedAccuracy, &options).unwrap();
    assert_eq!(comparison.p_in_words().unwrap(), "p ≤ 0.0001");
    let table = radiograph_metrics::Table::from(&[comparison][..]).to_csv();
    assert!(table.contains(",0.0001,"), "{table}");
    // An exact test has no such limit.
    let exact = compare(("A", &first), ("B", &second), &Metric::Accuracy, &OPTIONS()).unwrap();
    assert_eq!((exact.p_in_words().unwrap().as_str(), exact.smallest_p_value), ("p < 0.0001", None));
}

#[test]
fn all_printed_tests_are_one_family() {
    let models: Vec<(String, Predictions)> = [40, 5, 38, 0]
        .into_iter()
        .map(|errors| (format!("{errors} errors"), model(&(0..100).map(|i| i >= errors).collect::<Vec<_>>())))
        .collect();
    let named: Vec<(&str, &Predictions)> = models.iter().map(|(name, set)| (name.as_str(), set)).collect();
    let of = |chosen, further: &[(&str, &str)], metrics: &[Metric]| {
        Family::of(&named, chosen, further, metrics, &OPTIONS()).unwrap()
    };
    // The chosen one is compared, whether it is the best here or not.
    let chosen = ("5 errors", Choice::Beforehand);
    let family = of(chosen, &[("40 errors", "38 errors"), ("0 errors", "5 errors")], &[Metric::Accuracy]);
    let pairs: Vec<(&str, &str)> =
        family.comparisons.iter().map(|c| (c.first.as_str(), c.second.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("5 errors", "40 errors"),
            ("5 errors", "38 errors"),
            ("5 errors", "0 errors"),
            ("40 errors", "38 errors")
        ]
    );
    // Errors are nested, so b discordant images give 2^(1−b): 2^-34, 2^-32, 2^-4 and 2^-1, times 4, 3, 2 and 1.
    let expected = [4.0 * 2.0_f64.powi(-34), 3.0 * 2.0_f64.powi(-32), 0.125, 0.5];
    let adjusted: Vec<f64> = family.comparisons.iter().map(|c| c.adjusted_p_value.unwrap()).collect();
    all_close(&adjusted, &expected, "adjusted");
    assert_eq!((family.tests, family.comparisons[2].differs()), (4, Some(false)));
    let name = |text: &str| text.to_owned();
    assert_eq!(
        family.not_tested,
        [(name("40 errors"), name("0 errors")), (name("38 errors"), name("0 errors"))]
    );
    // A second score doubles the family: eight tests, corrected together.
    let both = of(chosen, &[("40 errors", "38 errors")], &[Metric::Accuracy, Metric::LogLoss]);
    let raw: Vec<f64> = both.comparisons.iter().map(|c| c.p_value.unwrap()).collect();
    let adjusted: Vec<f64> = both.comparisons.iter().map(|c| c.adjusted_p_value.unwrap()).collect();
    assert_eq!((both.tests, adjusted), (8, holm(&raw).unwrap()));
    let metrics: Vec<&Metric> = both.comparisons.iter().map(|c| &c.metric).collect();
    assert_eq!(metrics[..4], [&Metric::Accuracy, &Metric::Accuracy, &Metric::Accuracy, &Metric::LogLoss]);
    assert!(both.comparisons[3].statement().contains("is better than 40 errors in log loss"));
    // Five discordant images have 32 exchanges, of which two are as far apart: p is 2⁻⁴ before any correction.
    close(both.comparisons[5].p_value.unwrap(), 0.0625, "five discordant images");
    assert_eq!(both.comparisons[5].differs(), Some(false));
    // Chosen by these samples, any of the six pairs might have been printed: 2^-4 is the fifth of six.
    let on_these = of(("0 errors", Choice::OnTheseSamples), &[], &[Metric::Accuracy]);
    assert_eq!((on_these.tests, on_these.comparisons.len()), (6, 3));
    let adjusted: Vec<f64> = on_these.comparisons.iter().map(|c| c.adjusted_p_value.unwrap()).collect();
    // 40/0 2^-39, 38/0 2^-37, 40/5 2^-34, 38/5 2^-32, 5/0 2^-4 and 40/38 2^-1, times 6, 5, 4, 3, 2 and 1.
    let expected = [6.0 * 2.0_f64.powi(-39), 2.0 * 2.0_f64.powi(-4), 5.0 * 2.0_f64.powi(-37)];
    all_close(&adjusted, &expected, "adjusted over all pairs");
    let refused = |models: &[(&str, &Predictions)], chosen: &str| {
        Family::of(models, (chosen, Choice::Beforehand), &[], &[Metric::Accuracy], &OPTIONS()).unwrap_err()
    };
    assert!(matches!(refused(&named[..1], "40 errors"), Error::InvalidSetting { .. }));
    assert!(matches!(refused(&named, "6 errors"), Error::UnknownModel { model, .. } if model == "6 errors"));
}

#[test]
fn a_family_is_corrected_as_statsmodels_does() {
    let file: Value = serde_json::from_str(include_str!("../golden/paired.json")).unwrap();
    let family = &file["family"];
    all_close(&holm(&numbers(&family["p"])).unwrap(), &numbers(&family["holm"]), "Holm");
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
        let names: Vec<String> = (0..8).map(|number| number.to_string()).collect();
        let named: Vec<(&str, &Predictions)> = names.iter().map(String::as_str).zip(&models).collect();
        let auc = Metric::Auc(models[0].class("covid").unwrap());
        let score = |at: &usize| auc.of(&models[*at]).unwrap();
        let best = (0..8).max_by(|a, b| score(a).total_cmp(&score(b))).unwrap();
        let chosen = (names[best].as_str(), Choice::OnTheseSamples);
        let family = Family::of(&named, chosen, &[], std::slice::from_ref(&auc), &options).unwrap();
        false_alarms += u32::from(family.comparisons.iter().any(|c| c.differs() == Some(true)));
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
            .with_patients_where_known(second.patients().unwrap())
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
