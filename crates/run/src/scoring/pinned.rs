//! Tests that pin the scores and comparisons of fixed predictions to the revisions of the stages `evaluate` and `compare`.
//!
//! A change of the metrics that moves a pinned value must raise the revision in [`Stage::revision`].

use std::{collections::HashMap, fs, path::Path};

use radiograph_classes::Classes;
use radiograph_files::ContentHash;
use radiograph_metrics::{Bootstrap, Choice};
use radiograph_protocol::Preset;
use serde::Serialize;
use serde_json::Value;

use super::{Compared, compare_models, evaluate_model};
use crate::{Config, Stage};

/// Predictions for sixty images of thirty patients and two sources. `wobble` moves some scores across the middle.
fn write_predictions(folder: &Path, wobble: f64) {
    write_predictions_of("x", folder, wobble);
}

/// The same of a collection with this name: every image is validated in one fold.
fn write_predictions_of(collection: &str, folder: &Path, wobble: f64) {
    let mut text = "id,patient,source,label,p_covid,p_normal\n".to_owned();
    for number in 0..60 {
        let covid = number % 2 == 0;
        let source = if number % 3 == 0 { "nih" } else { "cohen" };
        let label = if covid { "covid" } else { "normal" };
        let moved = f64::from(number * 7 % 11) / 11.0 * wobble;
        let p = if covid { 0.9 - moved } else { 0.1 + moved };
        text.push_str(&format!(
            "{collection}:{number},{collection}:{},{source},{label},{p:.6},{:.6}\n",
            number / 2,
            1.0 - p
        ));
    }
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("predictions.csv"), text).unwrap();
}

/// Hash of a value as JSON, with six significant digits: logarithms differ in the last bit between machines.
fn digest(value: &impl Serialize) -> String {
    fn round(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => {
                *value = Value::String(format!("{:.5e}", number.as_f64().unwrap()));
            }
            Value::Array(values) => values.iter_mut().for_each(round),
            Value::Object(fields) => fields.values_mut().for_each(round),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(value).unwrap();
    round(&mut value);
    ContentHash::of_bytes(value.to_string().as_bytes()).short().to_owned()
}

#[test]
fn the_revision_of_evaluate_stands_for_these_scores() {
    let folder = tempfile::tempdir().unwrap();
    write_predictions(folder.path(), 0.7);
    for fold in [1, 2] {
        write_predictions_of(&format!("x{fold}"), &folder.path().join(format!("fold-{fold}")), 0.6);
    }
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let bootstrap = Bootstrap::new(200, 7).unwrap();
    let folds = [(1, false), (2, false)];
    let scored =
        evaluate_model("vgg19", folder.path(), &folds, "their mean", &classes, &HashMap::new(), &bootstrap)
            .unwrap();
    assert_eq!((Stage::Evaluate.revision(), digest(&scored).as_str()), (3, "20ffd326e120"));
}

#[test]
fn the_revision_of_compare_stands_for_these_comparisons() {
    let run = tempfile::tempdir().unwrap();
    for (name, wobble) in [("vgg19", 0.5), ("vgg19-baseline", 0.9)] {
        write_predictions(&run.path().join(name), wobble);
    }
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let settings = Config::of(Preset::Paper).evaluation;
    let models = ["vgg19", "vgg19-baseline"].map(str::to_owned);
    let pairs = [(models[0].clone(), models[1].clone())];
    let chosen = ("vgg19", Choice::Beforehand);
    let compared = Compared { models: &models, chosen, baselines: &pairs, unconverged: &[] };
    let compared = compare_models(run.path(), &compared, &classes, &settings, 7).unwrap();
    assert_eq!((Stage::Compare.revision(), digest(&compared).as_str()), (4, "233f936777c3"));
}
