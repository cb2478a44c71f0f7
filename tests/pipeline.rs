//! The whole pipeline on a few phantoms: interrupted or not, it ends with the same files.

use std::{collections::BTreeMap, fs, ops::ControlFlow, path::Path};

use radiograph::{Config, Error, Pipeline, Progress, Stage};
use radiograph_dataset::phantom::collection::Collections;

fn phantoms(folder: &Path) {
    Collections { patients: 40, seed: 3, side: 160 }.write(folder, |_, _| {}).unwrap();
}

fn config(folder: &Path) -> Config {
    let file = format!(
        "
        backbones = ['inception_v3']
        weights = {{ inception_v3 = 'random:1' }}
        data = {{ folder = '{}' }}
        input = {{ size = 96 }}
        training = {{ epochs = 2, folds = 2, batch = 8 }}
        head.layers.inception_v3 = {{ units = 8, dense = [8] }}
        evaluation = {{ bootstrap_replicates = 100, permutations = 200 }}
        explanation = {{ images_per_class = 1 }}
        ",
        folder.join("collections").display()
    );
    Config::resolve(Some(&file), &[]).unwrap()
}

/// The files of a run that a person or another program reads, but for times.
fn outcome(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = [
        "manifest.csv",
        "leakage.json",
        "comparison.json",
        "best.json",
        "inception_v3/predictions.csv",
        "inception_v3/metrics.json",
        "inception_v3/explanations.json",
        "inception_v3-baseline/predictions.csv",
        "inception_v3-baseline/model.safetensors",
    ];
    names.map(|name| (name.to_owned(), fs::read(run.join(name)).unwrap())).into()
}

#[test]
fn a_run_that_is_interrupted_again_and_again_ends_like_an_undisturbed_one() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let config = config(place.path());
    let (undisturbed, disturbed) = (place.path().join("undisturbed"), place.path().join("disturbed"));

    let mut said = Vec::new();
    let mut watch = |progress: Progress<'_>| {
        if let Progress::Said { sentence } = progress {
            said.push(sentence.to_owned());
        }
        ControlFlow::Continue(())
    };
    let outcome_of_run = Pipeline::new(config.clone(), &undisturbed, &mut watch).unwrap().run().unwrap();
    assert_eq!(outcome_of_run.models.len(), 2);
    assert!(said.iter().any(|sentence| sentence.contains("RANDOM weights")), "{said:?}");
    assert!(undisturbed.join("report.html").is_file());

    // Each attempt comes a little farther: after 1, 3, 7, … pieces of news it is broken off.
    let mut stages = Vec::new();
    for attempt in 1_usize.. {
        assert!(attempt < 60, "it does not come to an end: {stages:?}");
        let mut left = attempt * attempt;
        let mut watch = |_: Progress<'_>| {
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        match Pipeline::new(config.clone(), &disturbed, &mut watch).unwrap().run() {
            Ok(_) => break,
            Err(Error::Interrupted { stage }) => stages.push(stage),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(stages.len() >= 5 && stages.contains(&Stage::Train), "{stages:?}");
    assert_eq!(outcome(&disturbed), outcome(&undisturbed));

    // Nothing is left to do, and other settings are another run.
    let mut done = 0;
    let mut watch = |progress: Progress<'_>| {
        done += usize::from(matches!(progress, Progress::AlreadyDone { .. }));
        ControlFlow::Continue(())
    };
    Pipeline::new(config.clone(), &disturbed, &mut watch).unwrap().run().unwrap();
    assert!(done >= 6, "{done}");
    let other = Config { seed: 8, ..config };
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    assert!(matches!(Pipeline::new(other, &disturbed, &mut watch), Err(Error::OtherRun { .. })));
}

#[test]
fn a_folder_without_collections_is_refused_before_any_work() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("collections")).unwrap();
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let error = Pipeline::new(config(place.path()), &place.path().join("run"), &mut watch)
        .unwrap()
        .run()
        .unwrap_err();
    assert!(matches!(error, Error::NoImage { .. }), "{error}");
    let mut absent = config(place.path());
    absent.data.folder = place.path().join("nowhere");
    let error = Pipeline::new(absent, &place.path().join("other"), &mut watch);
    let error = error.unwrap().run().unwrap_err();
    assert!(error.to_string().contains("data.folder"), "{error}");
}
