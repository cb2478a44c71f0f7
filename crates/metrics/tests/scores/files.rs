//! Tests that JSON output reads back the same, and that edited files are checked again.

use std::fmt::Debug;

use radiograph_metrics::{
    AucVariance, Average, Beta, BinaryScores, Bins, Bootstrap, CalibrationNorm, ClassScore, ConfusionMatrix,
    CrossTable, Evaluation, Level, McNemar, Metric, OperatingPoint, PrecisionRecallCurve, Predictions,
    Probabilities, Proportion, Reliability, RocCurve, SubgroupTable, Table, Temperature,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::resampling::simulated;

#[track_caller]
fn survives<T: Serialize + DeserializeOwned + Debug + PartialEq>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

fn predictions() -> Predictions {
    let predictions = simulated(60, 21);
    let names: Vec<String> = (0..predictions.len()).map(|i| format!("{i}.png")).collect();
    let sources: Vec<Option<&str>> = (0..predictions.len()).map(|i| (i % 3 > 0).then_some("north")).collect();
    predictions.with_ids(&names).unwrap().with_field("source", &sources).unwrap()
}

#[test]
fn inputs_survive_a_file() {
    let predictions = predictions();
    let text = serde_json::to_string(&predictions).unwrap();
    let read: Predictions = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert_eq!(read.probabilities(), predictions.probabilities());
    assert_eq!((read.ids(), read.patients()), (predictions.ids(), predictions.patients()));
    assert_eq!(read.cluster_names(), predictions.cluster_names());
    assert_eq!(read.clusters(), predictions.clusters());
    assert_eq!(read.field("source").unwrap(), predictions.field("source").unwrap());
    assert!((0..read.len()).all(|i| read.truth(i) == predictions.truth(i)));
    survives(predictions.probabilities());
    survives(predictions.clusters());
    survives(&predictions.one_vs_rest(&predictions.class("covid").unwrap()).unwrap());
    survives(&Proportion::new(3, 4).unwrap());
    survives(&ClassScore::F(Beta::new(0.5).unwrap()));
    survives(&Bins::EqualMass(7));
}

#[test]
fn what_somebody_changed_is_refused() {
    let error = |text: &str| serde_json::from_str::<Predictions>(text).unwrap_err().to_string();
    let probabilities = r#"{"classes":["a","b"],"rows":[[0.5,0.5],[0.1,0.9]]}"#;
    let file = |probabilities: &str, truth: &str| {
        format!(
            r#"{{"probabilities":{probabilities},"truth":{truth},"ids":null,"patients":null,"fields":{{}}}}"#
        )
    };
    assert!(serde_json::from_str::<Predictions>(&file(probabilities, r#"["a","b"]"#)).is_ok());
    assert!(error(&file(probabilities, r#"["a","c"]"#)).contains("sample 1 is labelled \"c\""));
    assert!(error(&file(probabilities, r#"["a"]"#)).contains("1 entries for 2 samples"));
    let bent = probabilities.replace("0.9", "0.8");
    assert!(error(&file(&bent, r#"["a","b"]"#)).contains("the probabilities of sample 1 sum to 0.9"));
    let short = probabilities.replace("0.1,0.9", "1.0");
    assert!(serde_json::from_str::<Probabilities>(&short).is_err());
    assert!(serde_json::from_str::<BinaryScores>(r#"{"positive":[true],"scores":[0.5,0.4]}"#).is_err());
}

#[test]
fn outcomes_survive_a_file() {
    let predictions = predictions();
    let covid = predictions.class("covid").unwrap();
    let scores = predictions.one_vs_rest(&covid).unwrap();
    let bootstrap = Bootstrap::new(100, 1).unwrap();
    let evaluation = Evaluation::of(&predictions, &bootstrap).unwrap();
    survives(&evaluation);
    survives(&evaluation.overall_table());
    survives(&ConfusionMatrix::of(&predictions));
    survives(&Table::from(&evaluation.confusion));
    survives(&RocCurve::of(&scores).unwrap().thinned(20));
    survives(&PrecisionRecallCurve::of(&scores).unwrap());
    survives(&AucVariance::of(&scores, predictions.clusters()).unwrap());
    survives::<OperatingPoint>(&scores.youden_point().unwrap());
    survives(&Reliability::of(&predictions, Bins::GUO).unwrap());
    survives(&Temperature::fit(&predictions).unwrap());
    survives(&CrossTable::of(&predictions, "source").unwrap());
    survives(&SubgroupTable::of(&predictions, "source", &Metric::Accuracy, &bootstrap, 2).unwrap());
    survives(&Proportion::new(3, 4).unwrap().wilson(Level::NINETY_FIVE).unwrap());
    survives(&McNemar { only_first: 2, only_second: 5 });
    for (metric, text) in [
        (Metric::Accuracy, r#""accuracy""#),
        (Metric::Auc(covid), r#""AUC of covid""#),
        (Metric::Averaged(ClassScore::F1, Average::Macro), r#""macro F1""#),
        (Metric::CalibrationError(Bins::GUO, CalibrationNorm::Mean), r#""ECE (15 bins of equal width)""#),
    ] {
        assert_eq!(serde_json::to_string(&metric).unwrap(), text);
    }
}
