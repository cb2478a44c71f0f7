//! Compares intervals by kind of score with `intervals.json`, which scipy, statsmodels and scikit-learn computed from the
//! definitions (`tests/golden/intervals.py`).

use radiograph_metrics::{
    AucVariance, Average, Bootstrap, BootstrapMethod, ClassScore, Classes, Clusters, Estimate, Evaluation,
    Interval, IntervalMethod, Level, Metric, PairAverage, Predictions, Probabilities, Share, SubgroupTable,
    Undefined, estimates,
};
use serde_json::Value;

use crate::{
    reference::{all_close, close, mean_of, number, numbers, predictions},
    resampling::simulated,
};

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/intervals.json")).unwrap()
}

fn owners(case: &Value) -> Vec<String> {
    numbers(&case["patients"]).iter().map(ToString::to_string).collect()
}

fn ends(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

#[test]
fn shares_have_the_interval_of_their_effective_size() {
    let cases = golden()["shares"].as_array().unwrap().clone();
    assert_eq!(cases.len(), 15);
    for case in &cases {
        let right = numbers(&case["right"]);
        let clusters = Clusters::by_name(&owners(case));
        let share = Share::of(&clusters, |sample| Some(right[sample] == 1.0));
        close(share.effective_trials, number(&case["effective"]), "effective trials");
        let interval = share.interval(Level::new(number(&case["level"])).unwrap()).unwrap();
        all_close(&ends(interval), &[number(&case["low"]), number(&case["high"])], "ends");
        assert_eq!(interval.method == IntervalMethod::Wilson, !clusters.repeat());
    }
}

#[test]
fn areas_have_the_interval_of_their_logit() {
    for case in golden()["areas"].as_array().unwrap() {
        let set = predictions(case).with_patients(&owners(case)).unwrap();
        let class = set.class("class 0").unwrap();
        let metrics = [Metric::Auc(class), Metric::AveragedAuc(Average::Macro)];
        let found = estimates(&set, &metrics, &Bootstrap::new(100, 1).unwrap()).unwrap();
        for (estimate, key) in found.iter().zip(["class_0", "macro"]) {
            let interval = estimate.interval.unwrap();
            all_close(&ends(interval), &numbers(&case[key]), key);
            let clustered = set.clusters().repeat();
            assert_eq!(interval.method == IntervalMethod::DeLongClustered, clustered);
            assert_eq!((estimate.undefined_replicates, estimate.replicates), (0, 0));
        }
    }
}

#[test]
fn areas_without_a_variance_have_newcombes_interval() {
    for case in golden()["newcombe"].as_array().unwrap() {
        let count = |key: &str| case[key].as_u64().unwrap();
        let interval = AucVariance::newcombe(
            number(&case["auc"]),
            count("positives"),
            count("negatives"),
            Level::NINETY_FIVE,
        );
        // Roots near 0 have fewer digits than roots near 1.
        let expected = numbers(&case["interval"]);
        for (ours, theirs) in ends(interval).iter().zip(&expected) {
            assert!((ours - theirs).abs() < 1e-9, "{case}: {ours}, {theirs}");
        }
        assert!(interval.contains(number(&case["auc"])));
    }
    // A class of one patient, in a subgroup say, has an interval too.
    let classes = Classes::new(["a", "b"]).unwrap();
    let a = vec![0.9, 0.8, 0.4, 0.6, 0.3];
    let b = a.iter().map(|p| 1.0 - p).collect();
    let columns = Probabilities::from_columns([("a", a), ("b", b)]).unwrap();
    let set = Predictions::new(&classes, &["a", "b", "b", "b", "b"], &columns).unwrap();
    let metric = Metric::AveragedAuc(Average::Macro);
    let estimate = estimates(&set, &[metric], &Bootstrap::new(100, 1).unwrap()).unwrap().remove(0);
    assert_eq!(estimate.interval, Ok(AucVariance::newcombe(1.0, 1, 4, Level::NINETY_FIVE)));
}

/// Perfect predictions of the case `perfect`.
fn perfect() -> (Predictions, Value) {
    let case = golden()["perfect"].clone();
    let labels = numbers(&case["labels"]);
    let rows: Vec<Vec<f64>> = labels
        .iter()
        .map(|&label| (0..3).map(|class| if f64::from(class) == label { 0.8 } else { 0.1 }).collect())
        .collect();
    let given = serde_json::json!({ "labels": case["labels"], "probabilities": rows });
    (predictions(&given).with_patients(&owners(&case)).unwrap(), case)
}

#[test]
fn perfect_scores_have_limits() {
    let (set, expected) = perfect();
    let f1 = Metric::Averaged(ClassScore::F1, Average::Macro);
    let metrics = [
        Metric::Accuracy,
        f1,
        Metric::MatthewsCorrelation,
        Metric::CohenKappa,
        Metric::BalancedAccuracy,
        Metric::AveragedAuc(Average::Macro),
        Metric::AveragedAuc(Average::Micro),
        Metric::OneVsOneAuc(PairAverage::Macro),
        Metric::AveragedPrecision(Average::Macro),
        Metric::AveragedPrecision(Average::Weighted),
        Metric::AveragedPrecision(Average::Micro),
    ];
    let found = estimates(&set, &metrics, &Bootstrap::new(100, 1).unwrap()).unwrap();
    for (metric, estimate) in metrics.iter().zip(&found) {
        let (score, interval) = (estimate.score.unwrap(), estimate.interval.unwrap());
        assert!((score - 1.0).abs() < 1e-12 && (interval.high - 1.0).abs() < 1e-12, "{metric}");
        let low = number(&expected[metric.to_string()]);
        // Planted errors are whole numbers among 2^30.
        assert!((interval.low - low).abs() < 1e-8, "{metric}: ours {}, by definition {low}", interval.low);
    }
    // Every score of a perfect evaluation has an interval but calibration errors.
    let evaluation = Evaluation::of(&set, &Bootstrap::new(100, 1).unwrap()).unwrap();
    for score in evaluation.scores() {
        let without = score.estimate.interval == Err(Undefined::BiasedByResampling);
        // All confidences are 0.8, so the losses of all images are equal and no resample changes them; nor are they 0.
        let constant = [Metric::LogLoss, Metric::Brier].contains(&score.metric);
        assert!(score.estimate.interval.is_ok() || without || constant, "{}", score.metric);
    }
}

#[test]
fn small_and_perfect_subgroups_have_intervals() {
    let (set, _) = perfect();
    let groups: Vec<Option<String>> = (0..set.len()).map(|i| Some((i / 2 % 4).to_string())).collect();
    let set = set.with_field("group", &groups).unwrap();
    for metric in [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)] {
        let table = SubgroupTable::of(&set, "group", &metric, &Bootstrap::new(100, 1).unwrap(), 2).unwrap();
        assert_eq!(table.groups.len(), 4);
        for group in &table.groups {
            let interval = group.estimate.interval.unwrap();
            assert!(interval.high == 1.0 && interval.low < 0.9, "{metric} of {}: {interval:?}", group.group);
        }
    }
}

#[test]
fn expanded_tails_are_those_of_student() {
    // A percentile interval of numbers 0 to 1 as replicates would show its tails; the quantile of many replicates does too.
    let case = golden()["bca_expanded"].clone();
    let sample = numbers(&case["sample"]);
    let mean = mean_of(&sample);
    let clusters = Clusters::each_alone(sample.len());
    let of = |method| {
        let bootstrap = Bootstrap::new(200_000, 20).unwrap().with_method(method);
        bootstrap.resample(&clusters, &[&mean]).remove(0).interval.unwrap()
    };
    let interval = of(BootstrapMethod::BcaExpanded);
    let (low, high) = (number(&case["low"]), number(&case["high"]));
    let allowed = 0.01 * (high - low);
    assert!((interval.low - low).abs() <= allowed, "low: ours {}, scipy {low}", interval.low);
    assert!((interval.high - high).abs() <= allowed, "high: ours {}, scipy {high}", interval.high);
    assert_eq!(interval.method, IntervalMethod::BootstrapBcaExpanded);
    let [percentile, expanded] = [BootstrapMethod::Percentile, BootstrapMethod::PercentileExpanded].map(of);
    assert!(expanded.low < percentile.low && expanded.high > percentile.high);
}

#[test]
fn undefined_resamples_are_shown_above_one_percent_and_refused_above_five() {
    let clusters = Clusters::each_alone(50);
    let bootstrap = Bootstrap::new(2_000, 4).unwrap();
    // Undefined without the first patients: each is left out of a resample with the chance (1 − 1/50)^50 = 0.364.
    let of = |needed: usize| -> Estimate {
        let mean = move |weights: &[u32]| {
            if weights[..needed].iter().all(|&weight| weight == 0) {
                return Err(Undefined::NoPositive);
            }
            Ok(weights.iter().enumerate().map(|(i, &w)| i as f64 * f64::from(w)).sum::<f64>() / 50.0)
        };
        bootstrap.resample(&clusters, &[&mean]).remove(0)
    };
    let often = of(2); // 0.13
    assert_eq!(often.interval, Err(Undefined::UndefinedInResamples));
    let sometimes = of(4); // 0.016
    assert!(sometimes.interval.is_ok());
    let share = sometimes.undefined_share().unwrap();
    assert!((0.01..0.03).contains(&share));
    assert!(sometimes.to_string().ends_with("% of resamples undefined)"), "{sometimes}");
    let seldom = of(6); // 0.002
    assert!(seldom.undefined_replicates > 0 && seldom.undefined_share().is_none());
    assert!(!seldom.to_string().contains("undefined"), "{seldom}");
}

#[test]
fn stratified_resamples_have_every_class() {
    // Two of forty patients have the class; 13 % of plain resamples have neither.
    let classes = Classes::new(["rare", "other"]).unwrap();
    let truth: Vec<&str> = (0..40).map(|i| if i < 2 { "rare" } else { "other" }).collect();
    let rare: Vec<f64> = (0..40).map(|i| f64::from(i * 17 % 40) / 40.0).collect();
    let other = rare.iter().map(|p| 1.0 - p).collect();
    let columns = Probabilities::from_columns([("rare", rare), ("other", other)]).unwrap();
    let set = Predictions::new(&classes, &truth, &columns).unwrap();
    let metric = [Metric::AveragedPrecision(Average::Macro)];
    let plain = Bootstrap::new(1_000, 2).unwrap();
    let refused = plain.estimate(&set, &metric).unwrap().remove(0);
    assert_eq!(refused.interval, Err(Undefined::UndefinedInResamples));
    let stratified = plain.stratified().estimate(&set, &metric).unwrap().remove(0);
    assert!(stratified.interval.is_ok() && stratified.undefined_replicates == 0);
}

#[test]
fn bins_of_confidence_count_patients() {
    let set = simulated(80, 3);
    let evaluation = Evaluation::of(&set, &Bootstrap::new(100, 1).unwrap()).unwrap();
    assert!(set.clusters().repeat());
    for bin in &evaluation.reliability.points {
        assert_eq!((bin.share.successes, bin.share.trials), (bin.correct, bin.samples));
        assert!(bin.share.patients <= bin.samples && bin.share.effective_trials <= bin.samples as f64);
    }
    assert!(evaluation.reliability.points.iter().any(|bin| bin.share.effective_trials < bin.samples as f64));
}

#[test]
fn likelihood_ratios_and_predictive_values_are_those_of_the_definition() {
    let cases = golden()["ratios"].as_array().unwrap().clone();
    assert_eq!(cases.len(), 4);
    let classes = Classes::new(["ill", "well"]).unwrap();
    for case in &cases {
        let counts = numbers(&case["counts"]);
        let [hits, ill, spared, well] = [0, 1, 2, 3].map(|at| counts[at] as usize);
        let truth: Vec<&str> = (0..ill + well).map(|i| if i < ill { "ill" } else { "well" }).collect();
        let called = |i: usize| if i < ill { i < hits } else { i - ill >= spared };
        let p: Vec<f64> = (0..ill + well).map(|i| if called(i) { 0.75 } else { 0.25 }).collect();
        let rest = p.iter().map(|p| 1.0 - p).collect();
        let columns = Probabilities::from_columns([("ill", p), ("well", rest)]).unwrap();
        let set = Predictions::new(&classes, &truth, &columns).unwrap();
        let rates = set.rates_of(&classes.class("ill").unwrap()).unwrap();
        let level = Level::NINETY_FIVE;
        for (key, ratio) in [
            ("positive", rates.positive_likelihood_ratio(level).unwrap()),
            ("negative", rates.negative_likelihood_ratio(level).unwrap()),
        ] {
            all_close(&[ratio.low, ratio.high.unwrap()], &numbers(&case[key]), key);
        }
        for (key, value) in [("ppv", rates.ppv(0.1, level).unwrap()), ("npv", rates.npv(0.1, level).unwrap())]
        {
            all_close(&[value.value.unwrap(), value.low, value.high], &numbers(&case[key]), key);
        }
    }
}
