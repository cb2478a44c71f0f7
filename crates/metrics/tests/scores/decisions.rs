//! Compares net benefits with the package dcurves, and variances of planned AUCs with their definition in Python;
//! `tests/golden/decisions.py` wrote both down.

use radiograph_metrics::{AucVariance, BinaryScores, Bootstrap, Clusters, DecisionCurve};
use serde_json::Value;

use crate::reference::{close, number, numbers};

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn net_benefits_are_those_of_dcurves() {
    let inputs = read(include_str!("../golden/recalibration.json"));
    let expected = read(include_str!("../golden/decisions.json"));
    let thresholds = numbers(&expected["thresholds"]);
    let (inputs, expected) =
        (inputs["cases"].as_array().unwrap(), expected["net_benefits"].as_array().unwrap());
    assert_eq!((inputs.len(), expected.len()), (3, 3));
    for (input, expected) in inputs.iter().zip(expected) {
        let positive: Vec<bool> = numbers(&input["positive"]).iter().map(|&outcome| outcome == 1.0).collect();
        let scores = BinaryScores::new(&positive, &numbers(&input["p"])).unwrap();
        let names: Vec<String> = numbers(&input["patient"]).iter().map(ToString::to_string).collect();
        let clusters = Clusters::by_name(&names);
        for expected in expected.as_array().unwrap() {
            let prevalence = expected["prevalence"].as_f64();
            let bootstrap = Bootstrap::new(200, 1).unwrap();
            let curve = DecisionCurve::of(&scores, &clusters, &thresholds, prevalence, &bootstrap).unwrap();
            let defaults = numbers(&expected["all"]);
            for (at, (point, model)) in curve.points.iter().zip(numbers(&expected["model"])).enumerate() {
                close(point.net_benefit.score.unwrap(), model, "net benefit");
                // Acting on all has 0 where prevalence and threshold are equal, up to rounding.
                let all = point.acting_on_all.unwrap();
                assert!((all - defaults[at]).abs() < 1e-12, "{all} and {}", defaults[at]);
                let advantage = point.advantage.score.unwrap();
                assert!((advantage - (model - defaults[at].max(0.0))).abs() < 1e-12);
                assert!(point.net_benefit.interval.unwrap().contains(model));
            }
        }
    }
}

#[test]
fn variances_of_planned_areas_are_those_of_hanley_and_mcneil() {
    let expected = read(include_str!("../golden/decisions.json"));
    let planned = expected["planned"].as_array().unwrap();
    assert_eq!(planned.len(), 4);
    for case in planned {
        let count = |at: usize| case[at].as_u64().unwrap();
        let ours = AucVariance::planned(number(&case[0]), count(1), count(2)).unwrap();
        close(ours.variance, number(&case[3]), "planned variance");
    }
}
