//! Tests of cross-validations of tiny heads: folds do not leak into each other, and mismatched resumes are refused.

use std::fs;

use radiograph_libtorch::Device;
use radiograph_protocol::{Keep, median_best_epoch};

use super::*;
use crate::{
    Features, InMemory,
    training::tests::{SAMPLES, classes, config, fingerprint, head_config, key, noise, samples},
};

/// Three folds of ten.
fn folds() -> Vec<Fold> {
    (0..3).map(|fold| (fold * 10..(fold + 1) * 10).collect::<Vec<_>>().into()).collect()
}

/// The same, but the first fold holds out only three samples.
fn strange_folds() -> Vec<Fold> {
    let mut folds = folds();
    folds[0] = vec![0, 1, 2].into();
    folds
}

struct Setting {
    features: InMemory,
    samples: Samples,
    head: HeadConfig,
    config: TrainingConfig,
    key: ExtractionKey,
    folder: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        Self {
            features: noise(),
            samples: samples(0..SAMPLES),
            head: head_config(),
            config: TrainingConfig { epochs: 2, ..config() },
            key: key(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn with<T>(&self, work: impl FnOnce(Trainings<'_>) -> T) -> T {
        let feed = Feed::new(&self.features, Device::CPU, u64::MAX).unwrap();
        work(Trainings {
            head: &self.head,
            config: &self.config,
            feed: &feed,
            samples: &self.samples,
            key: &self.key,
            folder: self.folder.path(),
        })
    }

    fn cross_validate(&self, folds: &[Fold], start: FoldStart) -> Vec<ModelRecord> {
        let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
        self.with(|trainings| trainings.cross_validate(folds, start, go_on)).unwrap().unwrap()
    }

    fn weights(&self, name: &str) -> ContentHash {
        self.with(|trainings| fingerprint(trainings.model(name).unwrap().head()))
    }
}

/// If any weight leaked from one fold into the next, the second fold would see what happened in the first.
#[test]
fn a_fold_does_not_know_what_happened_in_another() {
    let (usual, other) = (Setting::new(), Setting::new());
    usual.cross_validate(&folds(), FoldStart::Independent);
    other.cross_validate(&strange_folds(), FoldStart::Independent);
    assert_ne!(usual.weights("fold-1"), other.weights("fold-1"));
    for name in ["fold-2", "fold-3"] {
        assert_eq!(usual.weights(name), other.weights(name), "{name}");
    }
    assert_ne!(usual.weights("fold-2"), usual.weights("fold-3"), "each fold draws its own weights");
}

/// Samples that are held out without validating change the training samples, and not the validation samples.
#[test]
fn what_is_made_from_a_held_out_image_is_held_out_with_it() {
    let setting = Setting::new();
    let mut with_children = folds();
    with_children.iter_mut().for_each(|fold| fold.validation.truncate(4));
    let records = setting.cross_validate(&with_children, FoldStart::Independent);
    let [training, validation] = records[0].samples;
    assert_eq!(training, Some(samples(10..SAMPLES).digest()));
    assert_eq!(validation, Some(samples(0..4).digest()));
}

#[test]
fn chained_folds_hand_their_weights_on_and_are_labelled() {
    let (usual, other) = (Setting::new(), Setting::new());
    let records = usual.cross_validate(&folds(), FoldStart::Chained);
    other.cross_validate(&strange_folds(), FoldStart::Chained);
    assert_ne!(usual.weights("fold-2"), other.weights("fold-2"));
    let labels: Vec<bool> = records.iter().map(|record| record.contaminated).collect();
    assert_eq!(labels, [false, true, true]);
    let reread = usual.with(|trainings| trainings.model("fold-3").unwrap().record().contaminated);
    assert!(reread, "the label is in the file");
}

/// The field in which the request differs from the folder.
fn foreign(result: Result<Option<Vec<ModelRecord>>, Error>) -> String {
    match result.unwrap_err() {
        Error::Foreign { field, .. } => field,
        other => panic!("{other}"),
    }
}

#[test]
fn chained_and_independent_folds_do_not_mix() {
    let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
    for (first, second) in
        [(FoldStart::Independent, FoldStart::Chained), (FoldStart::Chained, FoldStart::Independent)]
    {
        // Finished folds, and a checkpoint in the second one.
        for whole in [true, false] {
            let setting = Setting::new();
            let mut stop = |fold, event: Event<'_>| match event {
                Event::Epoch(_) if fold == 2 && !whole => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            };
            let done = setting.with(|all| all.cross_validate(&folds(), first, &mut stop)).unwrap();
            assert_eq!(done.is_some(), whole);
            let other = setting.with(|all| all.cross_validate(&folds(), second, go_on));
            assert_eq!(foreign(other), "first weights", "{first:?}, {whole}");
            let same = setting.with(|all| all.cross_validate(&folds(), first, go_on));
            assert_eq!(same.unwrap().unwrap().len(), 3);
        }
    }
}

/// Simulates a previous fold that was trained again elsewhere, or whose label was removed.
#[test]
fn a_chained_fold_belongs_to_the_one_before() {
    let setting = Setting::new();
    let records = setting.cross_validate(&folds(), FoldStart::Chained);
    assert_eq!(records[1].began_from, Some(records[0].weights));
    let path = setting.folder.path().join("fold-2/model.json");
    let text = fs::read_to_string(&path).unwrap();
    let other = ContentHash::of_bytes(b"others").to_string();
    let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
    for (from, to, field) in [
        (records[0].weights.to_string(), other, "first weights"),
        ("\"contaminated\": true".to_owned(), "\"contaminated\": false".to_owned(), "contaminated"),
    ] {
        assert!(text.contains(&from), "{from}");
        fs::write(&path, text.replace(&from, &to)).unwrap();
        let refused = setting.with(|all| all.cross_validate(&folds(), FoldStart::Chained, go_on));
        assert_eq!(foreign(refused), field);
    }
}

#[test]
fn a_finished_fold_is_not_taken_for_one_of_other_features() {
    let mut setting = Setting::new();
    setting.cross_validate(&folds(), FoldStart::Independent);
    setting.features = InMemory::new(setting.features.shape(), vec![0.5; SAMPLES * 36]).unwrap();
    let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
    let refused = setting.with(|all| all.cross_validate(&folds(), FoldStart::Independent, go_on));
    assert_eq!(foreign(refused), "features");
}

#[test]
fn what_a_killed_training_left_is_removed() {
    let setting = Setting::new();
    let folder = setting.folder.path().join("fold-1");
    let names = || -> Vec<String> {
        let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(".lock")).collect();
        names.sort();
        names
    };
    // Killed while it wrote its first checkpoint; then after its model was written.
    fs::create_dir(&folder).unwrap();
    for left in [
        vec![".radiograph-a1.partial"],
        vec![
            ".radiograph-b2.partial",
            "checkpoint.json",
            "weights-12.safetensors",
            "optimizer-12.safetensors",
        ],
    ] {
        left.iter().for_each(|name| fs::write(folder.join(name), b"half").unwrap());
        setting.cross_validate(&folds(), FoldStart::Independent);
        assert_eq!(names(), ["history.csv", "model.json", "model.safetensors"], "{left:?}");
    }
}

/// A record may claim any size; the file of weights has the real one.
#[test]
fn a_model_that_asks_for_more_than_its_file_holds_is_damaged() {
    let setting = Setting::new();
    setting.cross_validate(&folds(), FoldStart::Independent);
    let path = setting.folder.path().join("fold-1/model.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    // 72 inputs and 16 units in the next layer: 88 · 2^24 weights of 4 bytes, 6 GB; then a size that overflows.
    for (width, expected) in [(1_i64 << 24, "instead of F32 [16777216, 72]"), (1 << 62, "dense layer")] {
        record["head"]["dense"][0] = width.into();
        fs::write(&path, serde_json::to_vec(&record).unwrap()).unwrap();
        let error = setting.with(|all| all.model("fold-1")).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }) && error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn folds_that_were_broken_off_go_on_where_they_were() {
    let (whole, broken) = (Setting::new(), Setting::new());
    whole.cross_validate(&folds(), FoldStart::Independent);
    let mut runs = 0;
    let mut first_of_fold = Vec::new();
    loop {
        let mut epochs = 0;
        let mut observe = |fold, event: Event<'_>| {
            first_of_fold.push(fold);
            if let Event::Epoch(_) = event {
                epochs += 1;
            }
            if epochs == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let done = broken.with(|trainings| {
            trainings.cross_validate(&folds(), FoldStart::Independent, &mut observe).unwrap()
        });
        runs += 1;
        if done.is_some() || runs == 20 {
            break;
        }
    }
    assert!((3..=7).contains(&runs), "{runs}");
    assert!(first_of_fold.is_sorted(), "a finished fold is not run again");
    for name in ["fold-1", "fold-2", "fold-3"] {
        assert_eq!(whole.weights(name), broken.weights(name), "{name}");
        let files = fs::read_dir(broken.folder.path().join(name)).unwrap().count();
        assert_eq!(files, 4, "weights, record, history and lock alone");
    }
    // Another setting in the same folder is refused, finished or not.
    let trainings = Setting { config: TrainingConfig { epochs: 3, ..config() }, ..broken };
    let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
    let error = trainings.with(|all| all.cross_validate(&folds(), FoldStart::Independent, go_on));
    assert!(matches!(error, Err(Error::Foreign { .. })));
}

/// The epochs of a fold that early stopping ended do not depend on their maximum number.
#[test]
fn a_fold_that_stopped_early_is_finished_with_more_epochs_too() {
    let patient = TrainingConfig { epochs: 60, patience: Some(2), keep: Keep::Best, ..config() };
    let (mut setting, mut longer) = (Setting::new(), Setting::new());
    setting.config = patient.clone();
    longer.config = TrainingConfig { epochs: 70, ..patient.clone() };
    let records = setting.cross_validate(&folds(), FoldStart::Independent);
    assert!(records.iter().all(|record| record.history.epochs().len() < 60));
    setting.config = longer.config.clone();
    let observe = &mut |_, event: Event<'_>| panic!("{event:?}");
    let again = setting.with(|all| all.cross_validate(&folds(), FoldStart::Independent, observe));
    assert_eq!(again.unwrap().unwrap().len(), 3);
    longer.cross_validate(&folds(), FoldStart::Independent);
    let [found, expected] =
        [&setting, &longer].map(|setting| fs::read(setting.folder.path().join("fold-2/model.json")).unwrap());
    assert_eq!(found, expected);
    setting.config.epochs = 1;
    let fewer = setting.with(|all| all.cross_validate(&folds(), FoldStart::Independent, observe));
    assert_eq!(foreign(fewer), "training.epochs");
}

#[test]
fn a_refit_uses_every_sample_and_answers_by_name() {
    let setting = Setting::new();
    let records = setting.cross_validate(&folds(), FoldStart::Independent);
    let epochs = median_best_epoch(&records).unwrap();
    assert!((1..=2).contains(&epochs));
    let refit = TrainingConfig { epochs, ..setting.config.clone() };
    let record = setting
        .with(|trainings| trainings.refit("model", &refit, &mut |_| ControlFlow::Continue(())))
        .unwrap()
        .unwrap();
    assert_eq!(record.history.epochs().len(), epochs);
    assert!(record.history.epochs()[0].validation.is_none());
    setting.with(|trainings| {
        let model = trainings.model("model").unwrap();
        let indices: Vec<usize> = (0..SAMPLES).collect();
        let all = model.predict(trainings.feed, &indices, 7).unwrap();
        assert_eq!(all.len(), SAMPLES);
        for row in all.rows() {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        // The batch size changes the result only by f32 rounding.
        let one = model.predict(trainings.feed, &indices[4..5], 1).unwrap();
        assert!((one.of(0, "normal").unwrap() - all.of(4, "normal").unwrap()).abs() < 1e-6);
        let hot = model.with_temperature(1e6).unwrap();
        let even = hot.predict(trainings.feed, &indices[..1], 1).unwrap();
        assert!((even.of(0, "covid").unwrap() - 1.0 / 3.0).abs() < 1e-4);
        assert!(hot.with_temperature(0.0).is_err());
    });
}

#[test]
fn a_model_is_not_loaded_for_other_features_or_classes() {
    let setting = Setting::new();
    setting.cross_validate(&folds(), FoldStart::Independent);
    let folder = setting.folder.path().join("fold-1");
    let load = |key: &ExtractionKey, names: &[&str]| {
        let classes = Classes::new(names.iter().copied()).unwrap();
        Model::load(&folder, key, &classes, Device::CPU)
    };
    let names: Vec<String> = classes().names().map(str::to_owned).collect();
    let reversed: Vec<&str> = names.iter().rev().map(String::as_str).collect();
    assert!(load(&key(), &reversed).is_ok(), "classes go by name");
    let error = load(&ExtractionKey { backbone: "densenet121".into(), ..key() }, &reversed).unwrap_err();
    assert!(error.to_string().contains("backbone vgg19, but densenet121 is asked for"), "{error}");
    let weights = ContentHash::of_bytes(b"others");
    assert!(load(&ExtractionKey { weights, ..key() }, &reversed).is_err());
    assert!(matches!(load(&key(), &["covid", "normal"]), Err(Error::Classes(_))));
    let path = folder.join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(load(&key(), &reversed), Err(Error::Damaged { .. })));
    fs::remove_file(folder.join("model.json")).unwrap();
    assert!(matches!(load(&key(), &reversed), Err(Error::Damaged { .. })));
}

#[test]
fn folds_that_are_none_are_refused() {
    let setting = Setting::new();
    let trained_on = Fold { held_out: vec![1], validation: vec![2] };
    for wrong in [
        vec![],
        vec![vec![0].into()],
        vec![vec![0].into(), Fold::default()],
        vec![vec![0].into(), vec![0].into()],
        vec![vec![0].into(), vec![30].into()],
        vec![vec![0].into(), trained_on],
    ] {
        let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
        let refused =
            setting.with(|trainings| trainings.cross_validate(&wrong, FoldStart::Independent, go_on));
        assert!(refused.is_err(), "{wrong:?}");
    }
}
