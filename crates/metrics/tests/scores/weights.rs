//! Compares scores of weighted samples with scikit-learn, statsmodels and definitions in NumPy, which
//! `tests/golden/weights.py` wrote down; and a whole weight with a repetition.

use radiograph_metrics::{
    AucVariance, Average, BinaryScores, Bins, Bootstrap, CalibrationNorm, Clusters, ComparisonOptions, Error,
    Evaluation, McNemar, Metric, PairedTest, Permutation, Predictions, Reliability, Temperature, Undefined,
    compare, estimates, log_loss,
};
use serde_json::{Value, json};

use crate::{
    reference::{all_close, close, number, numbers, predictions},
    resampling::simulated,
};

struct Case {
    first: Predictions,
    second: Predictions,
    expected: Value,
}

fn cases() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../golden/weights.json")).unwrap();
    let of = |case: &Value| {
        let owners: Vec<String> = numbers(&case["patients"]).iter().map(ToString::to_string).collect();
        let model = |probabilities: &Value| {
            predictions(&json!({"labels": case["labels"], "probabilities": probabilities}))
                .with_patients(&owners)
                .unwrap()
                .with_weights(&numbers(&case["weights"]))
                .unwrap()
        };
        let (first, second) = (model(&case["probabilities"]), model(&case["second"]));
        Case { first, second, expected: case.clone() }
    };
    let cases: Vec<Case> = file["cases"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(cases.len(), 2);
    cases
}

fn bootstrap() -> Bootstrap {
    Bootstrap::new(200, 7).unwrap()
}

#[test]
fn weighted_scores_are_those_of_scikit_learn() {
    for Case { first, expected, .. } in cases() {
        let scores = expected["scores"].as_object().unwrap();
        assert_eq!(scores.len(), 48);
        for (name, theirs) in scores {
            let metric: Metric = name.parse().unwrap();
            close(metric.of(&first).unwrap(), number(theirs), name);
        }
        close(log_loss(&first).unwrap(), number(&scores["log loss"]), "log loss");
        let reliability = Reliability::of(&first, Bins::GUO).unwrap();
        let error = reliability.error(CalibrationNorm::Mean).unwrap();
        close(error, number(&scores["ECE (15 bins of equal width)"]), "ECE");
        let macro_auc = Metric::AveragedAuc(Average::Macro);
        let subset = first.select(&(0..first.len() / 2).collect::<Vec<_>>());
        assert_ne!(macro_auc.of(&subset).unwrap(), macro_auc.of(&first).unwrap()); // a selection keeps its weights
    }
}

#[test]
fn intervals_of_weighted_scores_are_those_of_their_definitions() {
    for Case { first, expected, .. } in cases() {
        let intervals = expected["intervals"].as_object().unwrap();
        let metrics: Vec<Metric> = intervals.keys().map(|name| name.parse().unwrap()).collect();
        assert_eq!(metrics.len(), 5);
        for (estimate, (name, theirs)) in
            estimates(&first, &metrics, &bootstrap()).unwrap().iter().zip(intervals)
        {
            let interval = estimate.interval.unwrap();
            all_close(&[interval.low, interval.high], &numbers(theirs), name);
        }
    }
}

#[test]
fn tests_of_weighted_areas_are_those_of_their_definitions() {
    let permutation = Permutation::new(500, 7).unwrap();
    let options = ComparisonOptions { bootstrap: bootstrap(), permutation, significance: 0.05 };
    for Case { first, second, expected } in cases() {
        let compared =
            |metric: &Metric| compare(("first", &first), ("second", &second), metric, &options).unwrap();
        for (name, theirs) in expected["differences"].as_object().unwrap() {
            let ours = compared(&name.parse().unwrap());
            assert_eq!(ours.test, PairedTest::DeLongClustered);
            all_close(&[ours.difference.score.unwrap(), ours.p_value.unwrap()], &numbers(theirs), name);
        }
        let alone =
            |of: &Predictions| of.select(&(0..of.len()).collect::<Vec<_>>()).with_clusters(&ids(of)).unwrap();
        let accuracy =
            compare(("a", &alone(&first)), ("b", &alone(&second)), &Metric::Accuracy, &options).unwrap();
        assert_eq!(accuracy.test, PairedTest::Permutation); // McNemar's counts have no weighted form
        assert!(matches!(McNemar::of(&first, &second), Err(Error::Undefined(Undefined::NoWeightedForm))));
        let heavier = second.clone().with_weights(&vec![1.0; second.len()]).unwrap();
        assert!(matches!(
            compare(("a", &first), ("b", &heavier), &Metric::Accuracy, &options),
            Err(Error::NotPaired { what: "weight", index: 0 })
        ));
    }
}

fn ids(of: &Predictions) -> Vec<String> {
    (0..of.len()).map(|at| at.to_string()).collect()
}

/// Sample i stands `1 + i mod 3` times.
fn repeated(once: &Predictions) -> (Predictions, Predictions) {
    let times: Vec<usize> = (0..once.len()).map(|i| 1 + i % 3).collect();
    let positions: Vec<usize> = times.iter().enumerate().flat_map(|(i, &n)| vec![i; n]).collect();
    let weights: Vec<f64> = times.iter().map(|&n| n as f64).collect();
    (once.clone().with_weights(&weights).unwrap(), once.select(&positions))
}

#[test]
fn a_whole_weight_is_a_repetition_and_a_common_factor_is_nothing() {
    let (weighted, repeated) = repeated(&simulated(120, 3));
    let metrics: Vec<Metric> =
        Evaluation::of(&weighted, &bootstrap()).unwrap().scores().map(|score| score.metric.clone()).collect();
    assert_eq!(metrics.len(), 48);
    let factor: Vec<f64> = weighted.weights().unwrap().iter().map(|weight| 0.3 * weight).collect();
    let scaled = weighted.clone().with_weights(&factor).unwrap();
    let all = |of: &Predictions| estimates(of, &metrics, &bootstrap()).unwrap();
    let (by_weight, by_repetition, by_scaled) = (all(&weighted), all(&repeated), all(&scaled));
    for (at, metric) in metrics.iter().enumerate() {
        let score = by_weight[at].score.unwrap();
        assert!((score - by_repetition[at].score.unwrap()).abs() < 1e-12, "{metric}");
        assert!((score - by_scaled[at].score.unwrap()).abs() < 1e-12, "{metric}");
        let (Ok(ours), Ok(scaled)) = (by_weight[at].interval, by_scaled[at].interval) else {
            assert!(matches!(metric, Metric::CalibrationError(..)), "{metric}");
            continue;
        };
        assert!((ours.low - scaled.low).abs() < 1e-9 && (ours.high - scaled.high).abs() < 1e-9, "{metric}");
        // Copies of an image are not new evidence, so intervals agree too; that of a share counts trials in a correction.
        let copies = by_repetition[at].interval.unwrap();
        let slack = if metric.is_share() { 0.02 } else { 1e-9 };
        assert!((ours.width() / copies.width() - 1.0).abs() < slack, "{metric}: {ours:?} {copies:?}");
    }
    let of = |set: &Predictions| Temperature::fit(set).unwrap().value;
    assert!((of(&weighted) - of(&repeated)).abs() < 1e-9);
    assert_ne!(of(&weighted), of(&simulated(120, 3)));
}

#[test]
fn what_has_no_weighted_form_says_so_and_weights_are_checked() {
    let set = simulated(60, 5);
    let with = |weights: &[f64]| set.clone().with_weights(weights);
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut weights = vec![1.0; set.len()];
        weights[3] = bad;
        assert!(matches!(with(&weights), Err(Error::InvalidWeight { index: 3, .. })), "{bad}");
    }
    assert!(matches!(with(&[1.0]), Err(Error::LengthMismatch { got: 1, .. })));
    let weighted = with(&vec![2.0; set.len()]).unwrap();
    let covid = set.class("covid").unwrap();
    assert!(matches!(weighted.one_vs_rest(&covid), Err(Error::Undefined(Undefined::NoWeightedForm))));
    assert_eq!(weighted.top_label(), Err(Undefined::NoWeightedForm));
    // They survive both forms of storage, a selection and a join.
    let mut table = Vec::new();
    weighted.write_csv(&mut table).unwrap();
    let read = Predictions::read_csv(table.as_slice(), Some(set.classes())).unwrap();
    assert_eq!(read.weights(), weighted.weights());
    let text = serde_json::to_string(&weighted).unwrap();
    assert_eq!(serde_json::from_str::<Predictions>(&text).unwrap().weights(), weighted.weights());
    assert_eq!(weighted.select(&[0, 2]).weights(), Some(&[2.0, 2.0][..]));
    assert!(Predictions::concat(&[&weighted, &set]).is_err());
    // A perfect area has no variance, and its limit counts patients.
    let file = "label,sample_weight,p_a,p_b\na,2,0.9,0.1\na,1,0.8,0.2\nb,1,0.2,0.8\nb,3,0.1,0.9\n";
    let perfect = Predictions::read_csv(file.as_bytes(), None).unwrap();
    let metrics = [Metric::Auc(perfect.class("a").unwrap()), Metric::AveragedAuc(Average::Macro)];
    for estimate in estimates(&perfect, &metrics, &bootstrap()).unwrap() {
        assert_eq!((estimate.score, estimate.interval), (Ok(1.0), Err(Undefined::NoWeightedForm)));
    }
}

#[test]
fn weights_of_one_are_no_weights() {
    let set = simulated(90, 6);
    let ones = set.clone().with_weights(&vec![1.0; set.len()]).unwrap();
    let covid = Metric::Auc(set.class("covid").unwrap());
    let of =
        |set: &Predictions| estimates(set, std::slice::from_ref(&covid), &bootstrap()).unwrap().remove(0);
    let (plain, weighted) = (of(&set), of(&ones));
    assert!((plain.score.unwrap() - weighted.score.unwrap()).abs() < 1e-12);
    assert!((plain.interval.unwrap().low - weighted.interval.unwrap().low).abs() < 1e-12);
    let scores: BinaryScores = set.one_vs_rest(&set.class("covid").unwrap()).unwrap();
    let clusters: &Clusters = set.clusters();
    let direct = AucVariance::of(&scores, clusters).unwrap().interval(bootstrap().level());
    assert_eq!(plain.interval, Ok(direct));
}
