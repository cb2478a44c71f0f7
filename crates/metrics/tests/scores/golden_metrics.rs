//! Compares this crate with every value of `metrics.json` (scikit-learn).

use std::collections::BTreeSet;

use radiograph_metrics::{
    AucVariance, Average, BinaryScores, Bins, CalibrationNorm, ClassScore, Clusters, ConfusionMatrix, Metric,
    PairedAuc, PrecisionRecallCurve, Predictions, RankingScore, Reliability, RocCurve, WhenUndefined,
    brier_score, log_loss,
};
use serde_json::Value;

use crate::reference::{all_close, close, number, numbers, predictions, read};

/// Calls `check` on every case; it must name the keys that it looked at, and together no key may be left out.
fn each_case(check: impl Fn(&Value, &Predictions)) {
    let file = read("metrics.json");
    let cases = file["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let predictions = predictions(case);
        assert_eq!(predictions.len() as f64, number(&case["n"]));
        assert_eq!(predictions.classes().len() as f64, number(&case["classes"]));
        check(case, &predictions);
    }
}

#[test]
fn golden_metrics_no_key_is_left_out() {
    let known: BTreeSet<&str> = [
        "n",
        "classes",
        "labels",
        "probabilities",
        "confusion",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "support",
        "mcc",
        "cohen_kappa",
        "one_vs_rest_auc",
        "average_precision",
        "log_loss",
        "brier_multiclass",
        "macro_auc",
        "micro_auc",
        "ece_15_equal_width_top_label",
        "macro",
        "micro",
        "weighted",
        "roc_class_0",
        "pr_class_0",
        "delong_class_0",
    ]
    .into();
    each_case(|case, _| {
        let keys: BTreeSet<&str> = case.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, known);
    });
}

#[test]
fn golden_metrics_confusion_and_its_scores() {
    each_case(|case, predictions| {
        let matrix = ConfusionMatrix::of(predictions);
        let rows: Vec<Vec<f64>> =
            matrix.rows().iter().map(|row| row.iter().map(|&n| n as f64).collect()).collect();
        let expected: Vec<Vec<f64>> = case["confusion"].as_array().unwrap().iter().map(numbers).collect();
        assert_eq!(rows, expected);
        close(matrix.accuracy().unwrap(), number(&case["accuracy"]), "accuracy");
        close(matrix.balanced_accuracy().unwrap(), number(&case["balanced_accuracy"]), "balanced accuracy");
        close(matrix.matthews_correlation().unwrap(), number(&case["mcc"]), "MCC");
        close(matrix.cohen_kappa().unwrap(), number(&case["cohen_kappa"]), "kappa");
        for (key, score) in
            [("precision", ClassScore::Precision), ("recall", ClassScore::Recall), ("f1", ClassScore::F1)]
        {
            let ours: Vec<f64> = predictions
                .classes()
                .iter()
                .map(|class| matrix.class_score(score, &class).unwrap())
                .collect();
            all_close(&ours, &numbers(&case[key]), key);
            for (name, average) in
                [("macro", Average::Macro), ("micro", Average::Micro), ("weighted", Average::Weighted)]
            {
                let ours = matrix.average(score, average, WhenUndefined::Refuse).score.unwrap();
                close(ours, number(&case[name][key]), &format!("{name} {key}"));
                let by_name = Metric::Averaged(score, average).of(predictions).unwrap();
                assert_eq!(ours, by_name);
            }
        }
        let supports: Vec<f64> = predictions
            .classes()
            .iter()
            .map(|class| matrix.one_vs_rest(&class).unwrap().support() as f64)
            .collect();
        assert_eq!(supports, numbers(&case["support"]));
        assert_eq!(case["macro"].as_object().unwrap().len(), 3);
    });
}

#[test]
fn golden_metrics_areas() {
    each_case(|case, predictions| {
        let one_vs_rest =
            || predictions.classes().iter().map(|class| predictions.one_vs_rest(&class).unwrap());
        let aucs: Vec<f64> = one_vs_rest().map(|scores| scores.auc().unwrap()).collect();
        all_close(&aucs, &numbers(&case["one_vs_rest_auc"]), "AUC");
        let precisions: Vec<f64> = one_vs_rest().map(|scores| scores.average_precision().unwrap()).collect();
        all_close(&precisions, &numbers(&case["average_precision"]), "average precision");
        for (key, average) in [("macro_auc", Average::Macro), ("micro_auc", Average::Micro)] {
            let ours = predictions.average_ranking(RankingScore::Auc, average, WhenUndefined::Refuse);
            close(ours.score.unwrap(), number(&case[key]), key);
        }
    });
}

#[test]
fn golden_metrics_calibration() {
    each_case(|case, predictions| {
        close(log_loss(predictions).unwrap(), number(&case["log_loss"]), "log loss");
        close(brier_score(predictions).unwrap(), number(&case["brier_multiclass"]), "Brier");
        let reliability = Reliability::of(predictions, Bins::GUO).unwrap();
        let error = reliability.error(CalibrationNorm::Mean).unwrap();
        close(error, number(&case["ece_15_equal_width_top_label"]), "ECE");
    });
}

#[test]
fn golden_metrics_curves() {
    each_case(|case, predictions| {
        let scores = predictions.one_vs_rest(&predictions.class("class 0").unwrap()).unwrap();
        let roc = RocCurve::of(&scores).unwrap();
        let of =
            |part: fn(&radiograph_metrics::RocPoint) -> f64| roc.points.iter().map(part).collect::<Vec<_>>();
        all_close(&of(|point| point.false_positive_rate), &numbers(&case["roc_class_0"]["fpr"]), "fpr");
        all_close(&of(|point| point.true_positive_rate), &numbers(&case["roc_class_0"]["tpr"]), "tpr");

        let curve = PrecisionRecallCurve::of(&scores).unwrap();
        // scikit-learn walks from the lowest threshold up.
        let precision: Vec<f64> = curve.points.iter().rev().map(|point| point.precision).collect();
        let recall: Vec<f64> = curve.points.iter().rev().map(|point| point.recall).collect();
        all_close(&precision, &numbers(&case["pr_class_0"]["precision"]), "precision");
        all_close(&recall, &numbers(&case["pr_class_0"]["recall"]), "recall");
    });
}

#[test]
fn golden_metrics_delong() {
    each_case(|case, predictions| {
        let expected = &case["delong_class_0"];
        let first = predictions.one_vs_rest(&predictions.class("class 0").unwrap()).unwrap();
        let second = BinaryScores::new(first.positive(), &numbers(&expected["second_score"])).unwrap();
        let alone = Clusters::each_alone(first.len());
        let paired = PairedAuc::of(&first, &second, &alone).unwrap();
        all_close(&[paired.first.auc, paired.second.auc], &numbers(&expected["auc"]), "AUC");
        let variances = [paired.first.variance, paired.second.variance];
        all_close(&variances, &numbers(&expected["variance"]), "variance");
        close(paired.covariance, number(&expected["covariance"]), "covariance");
        close(paired.z().unwrap(), number(&expected["z"]), "z");
        assert_eq!(AucVariance::of(&first, &alone).unwrap(), paired.first);
        assert_eq!(expected.as_object().unwrap().len(), 5);
    });
}
