//! Tests subgroups, cross tables, evaluations and their tables.

use radiograph_metrics::{
    Average, Bootstrap, CrossTable, Error, Evaluation, Group, IntervalMethod, Metric, PrecisionRecallCurve,
    Predictions, RocCurve, SubgroupTable, Table, Undefined,
};

use crate::resampling::simulated;

fn with_sources(patients: usize) -> Predictions {
    let predictions = simulated(patients, 11);
    let source = |i: usize| match (predictions.truth(i).name(), i % 7) {
        ("covid", _) => Some("hospital A"),
        (_, 0) => None,
        (_, n) => Some(if n < 4 { "hospital B" } else { "hospital C" }),
    };
    let sources: Vec<Option<&str>> = (0..predictions.len()).map(source).collect();
    predictions.with_field("source", &sources).unwrap()
}

#[test]
fn the_missing_are_a_group_and_one_class_has_no_auc() {
    let predictions = with_sources(80);
    let bootstrap = Bootstrap::new(200, 3).unwrap();
    let auc = Metric::AveragedAuc(Average::Macro);
    let table = SubgroupTable::of(&predictions, "source", &auc, &bootstrap, 2).unwrap();
    let groups: Vec<String> = table.groups.iter().map(|group| group.group.to_string()).collect();
    assert_eq!(groups, ["hospital A", "hospital B", "hospital C", "(missing)"]);
    assert_eq!(table.groups.iter().map(|group| group.samples).sum::<usize>(), predictions.len());
    assert_eq!(table.groups[0].estimate.score, Err(Undefined::ClassUndefined));
    let accuracy = SubgroupTable::of(&predictions, "source", &Metric::Accuracy, &bootstrap, 2).unwrap();
    assert!(accuracy.groups.iter().all(|group| group.estimate.interval.is_ok()));
    let strict = SubgroupTable::of(&predictions, "source", &Metric::Accuracy, &bootstrap, 10_000).unwrap();
    assert!(strict.groups.iter().all(|group| group.estimate.score == Err(Undefined::TooFewSamples)));
    assert!(Table::from(&accuracy).to_text().contains("(missing)"));
    assert!(matches!(
        SubgroupTable::of(&predictions, "sex", &auc, &bootstrap, 2),
        Err(Error::UnknownField { field, known }) if field == "sex" && known == ["source"]
    ));
    let text = serde_json::to_string(&table).unwrap();
    assert_eq!(serde_json::from_str::<SubgroupTable>(&text).unwrap().groups[3].group, Group::Missing);
}

#[test]
fn a_class_from_one_source_is_warned_of() {
    let cross = CrossTable::of(&with_sources(80), "source").unwrap();
    let warnings = cross.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("covid: ") && warnings[0].contains("hospital A"), "{warnings:?}");
    assert_eq!(Table::from(&cross).rows().len(), 3);
}

#[test]
fn an_evaluation_has_intervals_that_say_how_they_were_made() {
    let clustered = simulated(90, 4);
    let bootstrap = Bootstrap::new(300, 3).unwrap();
    let evaluation = Evaluation::of(&clustered, &bootstrap).unwrap();
    assert!(evaluation.samples > evaluation.patients && evaluation.of_unknown_patient == 0);
    assert_eq!((evaluation.clusters, evaluation.patients), (90, 90));
    assert_eq!(evaluation.units_in_words(), "90 clusters");
    let method = |evaluation: &Evaluation| evaluation.overall[0].estimate.interval.unwrap().method;
    assert_eq!(evaluation.overall[0].metric, Metric::Accuracy);
    assert_eq!(method(&evaluation), IntervalMethod::WilsonClustered);
    for class in &evaluation.classes {
        assert_eq!(class.scores.len(), 9);
        let metric = |at: usize| class.scores[at].metric.to_string();
        assert_eq!(
            [metric(0), metric(7)],
            ["precision", "AUC"].map(|name| format!("{name} of {}", class.class))
        );
        assert!(
            class.scores.iter().all(|score| score
                .estimate
                .interval
                .unwrap()
                .contains(score.estimate.score.unwrap()))
        );
    }
    // Resampling adds to the bias of a calibration error; its value stands alone, in words too.
    let without: Vec<String> = evaluation
        .overall
        .iter()
        .filter(|score| score.estimate.interval == Err(Undefined::BiasedByResampling))
        .map(|score| {
            assert!(score.estimate.score.is_ok());
            score.metric.to_string()
        })
        .collect();
    assert_eq!(without, ["ECE (15 bins of equal width)", "MCE (15 bins of equal width)"]);
    let table = evaluation.overall_table().to_text();
    assert!(table.contains("(resampling adds to its bias)"));
    // One image a patient: shares have Wilson's interval.
    let firsts: Vec<usize> =
        (0..clustered.clusters().len()).filter_map(|p| clustered.clusters().members(p).next()).collect();
    let independent = Evaluation::of(&clustered.select(&firsts), &bootstrap).unwrap();
    assert_eq!(method(&independent), IntervalMethod::Wilson);
    let text = serde_json::to_string(&evaluation).unwrap();
    let read: Evaluation = serde_json::from_str(&text).unwrap();
    assert_eq!(read, evaluation);
    // Read scores are found by metrics of the original classes.
    let auc = Metric::Auc(clustered.class("normal").unwrap());
    assert!(read.estimate(&auc).is_some() && read.estimate(&auc) == evaluation.estimate(&auc));
    assert!(text.contains(r#"{"name":"macro F1","estimate":{"score":{"value":"#), "{text}");
    assert!(text.contains(r#"{"name":"accuracy (one-vs-rest)","estimate":{"score":{"value":"#), "{text}");
    assert!(serde_json::from_str::<Evaluation>(&text.replace("macro F1", "macro Q1")).is_err());
    assert!(text.contains(r#""score":{"value":"#));
    assert_eq!(evaluation.class_table().rows().len(), 3);
    assert_eq!(evaluation.long_class_table().rows().len(), 27);
    assert!(evaluation.overall_table().to_markdown().starts_with("| score"));
}

#[test]
fn thinned_curves_keep_their_area() {
    let predictions = simulated(3_000, 2);
    let scores = predictions.one_vs_rest(&predictions.class("covid").unwrap()).unwrap();
    let roc = RocCurve::of(&scores).unwrap();
    assert!(roc.points.len() > 1_000);
    let thin = roc.thinned(100);
    assert!(thin.curve.points.len() <= 100 && thin.deviation < 0.01);
    assert!((thin.curve.area() - scores.auc().unwrap()).abs() < 0.002);
    assert_eq!(
        (thin.curve.points.first(), thin.curve.points.last()),
        (roc.points.first(), roc.points.last())
    );
    let pr = PrecisionRecallCurve::of(&scores).unwrap();
    assert!(pr.thinned(100).curve.points.len() <= 100);
}
