//! Compares this crate with every value of `statistics.json` (scipy, statsmodels, scikit-learn).

use radiograph_metrics::{
    Bootstrap, BootstrapMethod, Clusters, Level, McNemar, Metric, PairAverage, Proportion, holm,
};
use serde_json::Value;

use crate::reference::{all_close, close, mean_of, number, numbers, predictions, read};

fn cases(key: &str) -> Vec<Value> {
    let cases = read("statistics.json")[key].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn golden_statistics_no_key_is_left_out() {
    let file = read("statistics.json");
    let mut keys: Vec<&str> = file.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["bca_mean", "holm", "mcnemar", "one_vs_one", "proportion", "scipy", "statsmodels"]);
}

#[test]
fn golden_statistics_proportions() {
    for case in cases("proportion") {
        let count = |key: &str| case[key].as_u64().unwrap();
        let proportion = Proportion::new(count("successes"), count("n")).unwrap();
        let level = Level::new(number(&case["level"])).unwrap();
        let wilson = proportion.wilson(level).unwrap();
        all_close(&[wilson.low, wilson.high], &numbers(&case["wilson"]), &format!("Wilson of {case}"));
        let exact = proportion.clopper_pearson(level).unwrap();
        all_close(&[exact.low, exact.high], &numbers(&case["clopper_pearson"]), &format!("exact of {case}"));
        assert_eq!(case.as_object().unwrap().len(), 5);
    }
}

#[test]
fn golden_statistics_mcnemar() {
    for case in cases("mcnemar") {
        let count = |key: &str| case[key].as_u64().unwrap();
        let test = McNemar { only_first: count("b"), only_second: count("c") };
        close(test.exact(), number(&case["exact"]), &format!("exact of {case}"));
        close(test.mid_p(), number(&case["mid_p"]), &format!("mid-p of {case}"));
        assert_eq!(case.as_object().unwrap().len(), 4);
    }
}

#[test]
fn golden_statistics_holm() {
    for case in cases("holm") {
        all_close(&holm(&numbers(&case["p"])).unwrap(), &numbers(&case["adjusted"]), "Holm");
    }
}

#[test]
fn golden_statistics_one_vs_one() {
    let case = read("statistics.json")["one_vs_one"].clone();
    let predictions = predictions(&case);
    let expected = number(&case["macro_auc_ovo"]);
    close(predictions.average_one_vs_one_auc(PairAverage::Macro).unwrap(), expected, "one-vs-one");
    let by_name = Metric::OneVsOneAuc(PairAverage::Macro).of(&predictions).unwrap();
    close(by_name, expected, "one-vs-one by name");
    assert_eq!(case.as_object().unwrap().len(), 3);
}

#[test]
fn golden_statistics_bca_of_a_mean() {
    let case = read("statistics.json")["bca_mean"].clone();
    let sample = numbers(&case["sample"]);
    let mean = mean_of(&sample);
    let bootstrap = Bootstrap::new(200_000, 20)
        .unwrap()
        .with_method(BootstrapMethod::Bca)
        .with_level(Level::new(number(&case["level"])).unwrap());
    let estimates = bootstrap.resample(&Clusters::each_alone(sample.len()), &[&mean]);
    let interval = estimates[0].interval.unwrap();
    let (low, high) = (number(&case["low"]), number(&case["high"]));
    let allowed = 0.01 * (high - low);
    assert!((interval.low - low).abs() <= allowed, "low: ours {}, scipy {low}", interval.low);
    assert!((interval.high - high).abs() <= allowed, "high: ours {}, scipy {high}", interval.high);
}
