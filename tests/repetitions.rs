//! Tests repeated trainings: seeds, ensembles and splits, one after another and side by side.

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use radiograph::{Config, Error, Pipeline, Predictor, Progress, Stage, run::Error as RunError};
use radiograph_dataset::manifest::{Manifest, PrivateFiles};
use radiograph_metrics::{Metric, Predictions};
use radiograph_phantoms::collection::Collections;

fn config(folder: &Path, changes: &[&str]) -> Config {
    let key = folder.join("key");
    fs::write(&key, "1".repeat(64)).unwrap();
    let file = format!(
        "
        backbones = ['inception_v3', 'densenet121']
        baselines = ['linear-probe']
        weights = {{ inception_v3 = 'random:1', densenet121 = 'random:2' }}
        audit = false
        data = {{ folder = '{}', key_file = '{}' }}
        input = {{ size = 75 }}
        training = {{ epochs = 1, folds = 2, batch_size = 8, seeds = 2, ensembles = ['seeds', 'folds', 'networks'] }}
        head.layers.inception_v3 = {{ units = 8, dense = [8] }}
        head.layers.densenet121 = {{ units = 8, dense = [8] }}
        evaluation = {{ bootstrap_replicates = 100, permutations = 100 }}
        explanation = {{ images_per_class = 0 }}
        compute = {{ threads = 1, feature_stores = '{}' }}
        ",
        folder.join("collections").display(),
        key.display(),
        folder.join("features").display()
    );
    let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
    Config::resolve(Some(&file), &changes).unwrap()
}

/// The files that training wrote, by path from the run folder.
fn trained(run: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(folder: &Path, run: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if path.is_dir() && !name.starts_with('.') {
                walk(&path, run, found);
            } else if folder != run && path.is_file() && !name.starts_with('.') {
                found.insert(path.strip_prefix(run).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(run, run, &mut found);
    found.retain(|path, _| !path.starts_with("private"));
    found
}

fn predictions(path: &Path) -> Predictions {
    Predictions::read_csv(fs::File::open(path).unwrap(), None).unwrap()
}

fn mean_of(run: &Path, tables: &[&str], ensemble: &str) {
    let mean = predictions(&run.join(ensemble));
    let members: Vec<Predictions> = tables.iter().map(|table| predictions(&run.join(table))).collect();
    for (row, id) in mean.ids().unwrap().iter().enumerate() {
        for (column, _) in mean.classes().names().enumerate() {
            let sum: f64 = members
                .iter()
                .map(|member| {
                    assert_eq!(member.ids().unwrap()[row], *id);
                    member.probabilities().values()[[row, column]]
                })
                .sum();
            let (expected, found) =
                (sum / members.len() as f64, mean.probabilities().values()[[row, column]]);
            assert!((expected - found).abs() < 1e-12, "{ensemble}, {id}: {found}, expected {expected}");
        }
    }
}

#[test]
fn seeds_ensembles_and_splits_are_the_same_side_by_side_and_interrupted() {
    let place = tempfile::tempdir().unwrap();
    Collections { patients: 30, seed: 3, side: 96 }.write(place.path(), |_, _| {}).unwrap();
    let one_by_one = place.path().join("one-by-one");
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let split_twice = config(place.path(), &["repeats=2"]);
    let outcome = Pipeline::open(split_twice, &one_by_one, &mut watch).unwrap().run().unwrap();

    // The tasks side by side write the same files, also if the stage is interrupted again and again.
    let side_by_side = place.path().join("side-by-side");
    let parallel = config(place.path(), &["compute.parallel_trainings=3"]);
    let mut interruptions = 0;
    for attempt in 1_usize.. {
        assert!(attempt < 60, "it does not come to an end");
        let mut left = 1 + attempt;
        let mut watch = |progress: Progress<'_>| {
            left -= usize::from(
                matches!(progress, Progress::Advanced { unit: "training steps", .. }) && left > 0,
            );
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut pipeline = Pipeline::open(parallel.clone(), &side_by_side, &mut watch).unwrap();
        pipeline.assemble().unwrap();
        pipeline.extract(radiograph_features::Part::WHOLE).unwrap();
        match pipeline.train() {
            Ok(_) => break,
            Err(Error::Run(RunError::Interrupted { stage: Stage::Train })) => interruptions += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(interruptions >= 3, "{interruptions}");
    let (mut expected, found) = (trained(&one_by_one), trained(&side_by_side));
    expected.retain(|path, _| {
        !path.starts_with("repeats") && !path.starts_with("figures") && !path.ends_with("metrics.json")
    });
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    // Heads of two networks with two seeds, each with two folds and a refit.
    let models = found.keys().filter(|path| path.ends_with("model.safetensors")).count();
    assert_eq!(models, 2 * 2 * 3);
    for (path, content) in &found {
        assert!(*content == expected[path], "{} differs", path.display());
    }

    // Seeds are other trainings, and ensembles are the means of their members.
    let weights = |name: &str| &expected[Path::new(name)];
    assert!(weights("inception_v3/model.safetensors") != weights("inception_v3-seed-2/model.safetensors"));
    let table = |folder: &str| format!("{folder}/predictions.csv");
    let seeds = ["inception_v3", "inception_v3-seed-2"].map(table);
    mean_of(&one_by_one, &[&seeds[0], &seeds[1]], "inception_v3-seed-ensemble/predictions.csv");
    let validated = ["inception_v3/fold-2", "inception_v3-seed-2/fold-2"].map(table);
    mean_of(
        &one_by_one,
        &[&validated[0], &validated[1]],
        "inception_v3-seed-ensemble/fold-2/predictions.csv",
    );
    let folds = [
        "inception_v3/fold-1",
        "inception_v3/fold-2",
        "inception_v3-seed-2/fold-1",
        "inception_v3-seed-2/fold-2",
    ]
    .map(|fold| format!("{fold}/test-predictions.csv"));
    let folds: Vec<&str> = folds.iter().map(String::as_str).collect();
    mean_of(&one_by_one, &folds, "inception_v3-fold-ensemble/predictions.csv");
    let all = [seeds, ["densenet121", "densenet121-seed-2"].map(table)].concat();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    mean_of(&one_by_one, &all, "network-ensemble/predictions.csv");

    spreads_are_those_of_the_seeds_and_splits(&one_by_one, &outcome);
    an_ensemble_predicts_what_was_tested(&one_by_one);
}

/// Where a run lies changes no score: moved, it is done.
#[test]
fn a_run_with_further_splits_can_be_moved() {
    let place = tempfile::tempdir().unwrap();
    Collections { patients: 24, seed: 3, side: 96 }.write(place.path(), |_, _| {}).unwrap();
    let mut config = config(
        place.path(),
        &[
            "backbones=['densenet121']",
            "training.seeds=1",
            "training.ensembles=[]",
            "baselines=false",
            "repeats=2",
        ],
    );
    config.compute.feature_stores = None;
    let begun = |run: &Path| {
        let mut begun = Vec::new();
        let mut watch = |progress: Progress<'_>| {
            if let Progress::Started { stage, .. } = progress {
                begun.push(stage);
            }
            ControlFlow::Continue(())
        };
        Pipeline::open(config.clone(), run, &mut watch).unwrap().run().unwrap();
        begun
    };
    let (here, there) = (place.path().join("here"), place.path().join("there"));
    assert!(begun(&here).contains(&Stage::Repeat));
    fs::rename(&here, &there).unwrap();
    assert_eq!(begun(&there), []);
}

fn spreads_are_those_of_the_seeds_and_splits(run: &Path, outcome: &radiograph::Outcome) {
    let accuracy = |path: PathBuf| Metric::Accuracy.of(&predictions(&path.join("predictions.csv"))).unwrap();
    let spreads = &outcome.evaluated.spreads;
    let models: Vec<&str> = spreads.iter().map(|spread| spread.model.as_str()).collect();
    assert_eq!(models, ["inception_v3", "densenet121"], "a linear probe has one seed");
    let score = spreads[0].score(&Metric::Accuracy).unwrap();
    let [first, second] = ["inception_v3", "inception_v3-seed-2"].map(|name| accuracy(run.join(name)));
    assert!((score.mean.unwrap() - (first + second) / 2.0).abs() < 1e-12);
    assert!((score.deviation.unwrap() - (first - second).abs() / f64::sqrt(2.0)).abs() < 1e-12);
    // One epoch is too few, and said so of every seed.
    assert_eq!(spreads[0].unconverged.len(), 2);

    let further = run.join("repeats/split-2");
    assert!(fs::read(further.join("manifest.csv")).unwrap() != fs::read(run.join("manifest.csv")).unwrap());
    let split = outcome.splits.iter().find(|spread| spread.model == "network-ensemble").unwrap();
    let values: Vec<f64> =
        split.score(&Metric::Accuracy).unwrap().values.iter().map(|value| value.value.unwrap()).collect();
    assert_eq!(values, [run, &further].map(|run| accuracy(run.join("network-ensemble"))));
    // The page has a table of each, and compares first seeds and ensembles alone.
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    for label in ["inception_v3: scores over 2 seeds", "network-ensemble: scores over 2 splits"] {
        assert!(page.contains(label), "no table {label}");
    }
    let compared = &outcome.evaluated.comparisons;
    let pairs = compared.with_chosen.iter().chain(&compared.with_baseline);
    assert!(pairs.clone().all(|pair| !pair.first.ends_with("seed-2") && !pair.second.ends_with("seed-2")));
    assert!(pairs.clone().any(|pair| pair.first == "network-ensemble" || pair.second == "network-ensemble"));
}

/// With the ensemble of seeds as the recommended model, a film gets the mean that was tested.
fn an_ensemble_predicts_what_was_tested(run: &Path) {
    let best = run.join("best.json");
    let text = fs::read_to_string(&best).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&text).unwrap();
    changed["model"] = "inception_v3-seed-ensemble".into();
    fs::write(&best, changed.to_string()).unwrap();
    let predictor = Predictor::of_run(run, None).unwrap();
    let own = predictions(&run.join("inception_v3-seed-ensemble/predictions.csv"));
    let own = match &predictor.evaluation().temperature {
        Some(temperature) => temperature.apply(&own),
        None => own,
    };
    let (manifest, files) =
        (Manifest::read(&run.join("manifest.csv")).unwrap(), PrivateFiles::read(run).unwrap());
    for (at, id) in own.ids().unwrap().iter().enumerate().take(4) {
        let row = manifest.rows().iter().find(|row| row.id.to_string() == *id).unwrap();
        let prediction = predictor.predict(&files.get(&row.id).unwrap().file()).unwrap();
        let expected = own.probabilities().values().row(at).to_vec();
        for ((class, probability), expected) in prediction.probabilities.iter().zip(expected) {
            assert!((probability - expected).abs() < 1e-5, "{id}: {class} {probability}, tested {expected}");
        }
    }
    changed["model"] = "network-ensemble".into();
    fs::write(&best, changed.to_string()).unwrap();
    let error = Predictor::of_run(run, None).unwrap_err().to_string();
    assert!(error.contains("network-ensemble is no model to predict with"), "{error}");
    fs::write(&best, text).unwrap();
}
