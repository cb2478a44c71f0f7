//! Tests of whole protocols with tiny heads on a handful of images.

use std::{fs, ops::ControlFlow, path::Path};

use radiograph_features::{FeatureId, FeatureStore, Part, StoreDescription, StoreWriter};
use radiograph_files::ContentHash;
use radiograph_libtorch::Device;
use radiograph_protocol::{
    Cohort, FoldStart, Keep, LabelledImage, ModelRecord, Protocol, ProtocolRecord, Schedule, Subset,
    TestedModel, TrainingConfig,
};

use super::*;
use crate::{
    Error, Event, Feed, Samples, StoredFeatures,
    training::tests::{SAMPLES, SHAPE, classes, config, head_config, key, noise},
};

fn image(number: usize, subset: Subset) -> LabelledImage {
    LabelledImage {
        id: format!("north:{number}"),
        cluster: format!("north:p{}", number / 2),
        source: "north, \"city\"".to_owned(),
        class: ["covid", "normal", "pneumonia"][number % 3].to_owned(),
        image: ContentHash::of_bytes(&number.to_le_bytes()),
        subset,
    }
}

fn in_fold(number: u32) -> Subset {
    Subset::Training { fold: Some(number), validates: true }
}

/// Three folds of eight and six test images, mixed.
fn cohort() -> Cohort {
    let subset = |number: usize| if number % 5 == 4 { Subset::Test } else { in_fold(number as u32 % 3 + 1) };
    let images = (0..SAMPLES).map(|number| image(number, subset(number / 3))).collect();
    Cohort::new(&classes(), images).unwrap()
}

fn protocol(tested: TestedModel) -> Protocol {
    Protocol {
        head: head_config(),
        training: TrainingConfig { epochs: 2, ..config() },
        folds: 3,
        fold_start: FoldStart::Independent,
        tested,
    }
}

fn run(
    protocol: &Protocol,
    cohort: &Cohort,
    folder: &Path,
    watch: &mut dyn FnMut(TrainingProgress<'_>) -> ControlFlow<()>,
) -> Result<Option<ProtocolRecord>, Error> {
    let features = noise();
    let feed = Feed::new(&features, Device::CPU, u64::MAX)?;
    run_protocol(protocol, cohort, &feed, &key(), folder, watch)
}

fn finished(protocol: &Protocol, cohort: &Cohort, folder: &Path) -> ProtocolRecord {
    run(protocol, cohort, folder, &mut |_| ControlFlow::Continue(())).unwrap().unwrap()
}

/// Every file below a folder, with its content.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                // Locks.
                false if path.file_name().unwrap().to_str().unwrap().starts_with('.') => {}
                false => {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    all.push((name, fs::read(path).unwrap()));
                }
            }
        }
    }
    all.sort();
    all
}

#[test]
fn a_whole_training_leaves_histories_models_and_predictions_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let record = finished(&protocol(TestedModel::RefitForMedianBest), &cohort(), folder.path());
    let names: Vec<String> = files(folder.path()).into_iter().map(|(name, _)| name).collect();
    let mut expected: Vec<String> = ["history.csv", "model.json", "model.safetensors", "predictions.csv"]
        .iter()
        .flat_map(|name| (1..=3).map(move |fold| format!("fold-{fold}/{name}")).chain([(*name).to_owned()]))
        .chain(["training.json".to_owned()])
        .collect();
    expected.sort();
    assert_eq!(names, expected);
    assert_eq!(record.folds.len(), 3);
    assert!((1..=2).contains(&record.refit_epochs.unwrap()));

    let mut table = csv::Reader::from_path(folder.path().join("predictions.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let names: Vec<&str> = header.iter().collect();
    assert_eq!(names, ["id", "cluster", "source", "label", "p_covid", "p_normal", "p_pneumonia"]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    for (row, number) in rows.iter().zip([12, 13, 14, 27, 28, 29]) {
        let label = ["covid", "normal", "pneumonia"][number % 3];
        let known = [format!("north:{number}"), format!("north:p{}", number / 2)];
        assert_eq!([&row[0], &row[1], &row[2], &row[3]], [&known[0], &known[1], "north, \"city\"", label]);
        let sum: f64 = (4..7).map(|column| row[column].parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
    let validated = fs::read_to_string(folder.path().join("fold-2/predictions.csv")).unwrap();
    assert_eq!(validated.lines().count(), 1 + cohort().folds()[1].validation.len());
}

/// A plateau of patience 1 follows the validation losses, which a refit does not have.
#[test]
fn a_refit_has_the_rates_of_the_fold_that_gave_its_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let schedule = Schedule::Plateau { rate: 0.05, factor: 0.5, patience: 1 };
    let training = TrainingConfig { epochs: 8, schedule: schedule.clone(), keep: Keep::Best, ..config() };
    let protocol = Protocol { training, ..protocol(TestedModel::RefitForMedianBest) };
    let record = finished(&protocol, &cohort(), folder.path());
    let model = |name: &str| ModelRecord::read(&folder.path().join(name)).unwrap().unwrap();
    let folds: Vec<ModelRecord> = (1..=3).map(|fold| model(&format!("fold-{fold}"))).collect();
    let epochs = record.refit_epochs.unwrap();
    let source = folds.iter().find(|fold| fold.history.best_epoch() == Some(epochs)).unwrap();
    let rates = |record: &ModelRecord| -> Vec<f64> {
        record.history.epochs()[..epochs].iter().map(|epoch| epoch.rate).collect()
    };
    let refit = model("");
    assert_eq!(rates(&refit), rates(source));
    // The test means something: the rate fell, and training losses would have made other rates.
    let losses: Vec<f64> = refit.history.epochs().iter().map(|epoch| epoch.training.loss).collect();
    let followed: Vec<f64> = (0..epochs).map(|epoch| schedule.rate(&losses[..epoch])).collect();
    assert_ne!(rates(&refit), followed, "{losses:?}");
}

/// Interrupted after every epoch, and once in the middle of one, a protocol ends with the same bytes.
#[test]
fn a_protocol_that_is_broken_off_again_and_again_leaves_the_same_files() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let protocol = protocol(TestedModel::WeightedFolds(vec![1.0, 0.0, 3.0]));
    finished(&protocol, &cohort(), whole.path());
    let (mut runs, mut ahead) = (0, usize::MAX);
    loop {
        runs += 1;
        let mut steps = 0;
        let result = run(&protocol, &cohort(), broken.path(), &mut |progress| {
            assert!(progress.steps_ahead <= ahead, "what is ahead gets less");
            if let Event::Epoch(_) = progress.event {
                ahead = progress.steps_ahead;
                return ControlFlow::Break(());
            }
            steps += 1;
            if runs == 3 && steps == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if result.unwrap().is_some() {
            break;
        }
        assert!(runs < 20);
    }
    assert_eq!((runs, ahead), (8, 0), "six epochs, once broken within one, and the end");
    assert_eq!(files(broken.path()), files(whole.path()));
    let names: Vec<String> = files(whole.path()).into_iter().map(|(name, _)| name).collect();
    assert!(!names.contains(&"model.json".to_owned()), "no single model was tested");
    // Another run does nothing.
    let mut events = 0;
    run(&protocol, &cohort(), broken.path(), &mut |_| {
        events += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(events, 0);
}

#[test]
fn the_result_of_another_protocol_is_not_taken_for_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let protocol = protocol(TestedModel::Refit);
    finished(&protocol, &cohort(), folder.path());
    let refused = |protocol: &Protocol, cohort: &Cohort| {
        run(protocol, cohort, folder.path(), &mut |_| ControlFlow::Continue(())).unwrap_err().to_string()
    };
    let longer =
        Protocol { training: TrainingConfig { epochs: 3, ..protocol.training.clone() }, ..protocol.clone() };
    assert!(refused(&longer, &cohort()).contains("protocol.training.epochs 2, but 3 is asked for"));
    let message = refused(&protocol, &cohort().with_permuted_labels(1));
    assert!(message.contains("images"), "{message}");
}

#[test]
fn a_fold_whose_record_was_changed_is_damaged_and_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let protocol = protocol(TestedModel::Refit);
    finished(&protocol, &cohort(), folder.path());
    let path = folder.path().join("fold-2/model.json");
    let good: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut record = good.clone();
        change(&mut record["history"]);
        fs::write(&path, serde_json::to_vec(&record).unwrap()).unwrap();
        let _ = fs::remove_file(folder.path().join("training.json"));
        let error = run(&protocol, &cohort(), folder.path(), &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(matches!(&error, Error::Damaged { path: named, .. } if *named == path), "{error}");
        error.to_string()
    };
    assert!(refused(&|history| history[1]["epoch"] = 9.into()).contains("number of an epoch is 9"));
    assert!(refused(&|history| history[0]["epoch"] = 0.into()).contains("number of an epoch is 0"));
    let unvalidated = |history: &mut serde_json::Value| {
        history.as_array_mut().unwrap().iter_mut().for_each(|epoch| epoch["validation"] = ().into());
    };
    assert!(refused(&unvalidated).contains("validation"));
    fs::write(&path, serde_json::to_vec(&good).unwrap()).unwrap();
    assert_eq!(finished(&protocol, &cohort(), folder.path()).folds.len(), 3);
}

/// Without a model beside the predictions, no other step removes leftovers from the folder.
#[test]
fn what_a_killed_write_left_beside_the_predictions_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join(".radiograph-a1.partial");
    fs::write(&left, b"id,pat").unwrap();
    finished(&protocol(TestedModel::WeightedFolds(vec![1.0; 3])), &cohort(), folder.path());
    assert!(!left.exists());
}

#[test]
fn protocols_that_do_not_fit_are_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let refit = protocol(TestedModel::Refit);
    let plateau = Schedule::Plateau { rate: 1e-3, factor: 0.5, patience: 1 };
    let without_test: Vec<LabelledImage> =
        cohort().images().iter().filter(|image| image.subset != Subset::Test).cloned().collect();
    let backwards = ["pneumonia", "normal", "covid"];
    let other_order = radiograph_classes::Classes::new(backwards).unwrap();
    let cases = [
        (Protocol { folds: 4, ..refit.clone() }, cohort()),
        (Protocol { folds: 1, ..refit.clone() }, cohort()),
        (protocol(TestedModel::WeightedFolds(vec![1.0])), cohort()),
        (protocol(TestedModel::WeightedFolds(vec![0.0; 3])), cohort()),
        (protocol(TestedModel::WeightedFolds(vec![1.0, -0.5, 1.0])), cohort()),
        (protocol(TestedModel::WeightedFolds(vec![1.0, f64::NAN, 1.0])), cohort()),
        (Protocol { folds: 0, ..protocol(TestedModel::RefitForMedianBest) }, cohort()),
        (Protocol { training: TrainingConfig { schedule: plateau, ..config() }, ..refit.clone() }, cohort()),
        (
            Protocol { training: TrainingConfig { epochs: i64::MAX as usize, ..config() }, ..refit.clone() },
            cohort(),
        ),
        (refit.clone(), Cohort::new(&classes(), without_test).unwrap()),
        (refit.clone(), Cohort::new(&other_order, cohort().images().to_vec()).unwrap()),
    ];
    for (protocol, cohort) in cases {
        let result = run(&protocol, &cohort, folder.path(), &mut |_| ControlFlow::Continue(()));
        assert!(result.is_err(), "{:?} {:?}", protocol.folds, protocol.tested);
    }
    assert!(files(folder.path()).is_empty());
    // Without folds, only the refit runs.
    let record = finished(&Protocol { folds: 0, ..refit }, &cohort(), folder.path());
    assert_eq!((record.folds.len(), record.refit_epochs), (0, Some(2)));
}

/// Images 0 to 2, of which 0 has two variants and 1 has one; 2 is missing.
#[test]
fn a_store_gives_images_and_their_variants() {
    let folder = tempfile::tempdir().unwrap();
    let images = [image(0, in_fold(1)), image(1, Subset::Test), image(2, in_fold(1))];
    let shape = [SHAPE.channels, SHAPE.height, SHAPE.width].map(|side| side as usize);
    let description = StoreDescription::new(key(), shape).unwrap();
    let mut writer = StoreWriter::open(folder.path(), &description, Part::WHOLE).unwrap();
    let ids = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
        .map(|(number, variant): (usize, u32)| FeatureId::variant(images[number].image, variant));
    writer.write(&ids, &vec![0.5; 5 * SHAPE.len()]).unwrap();
    drop(writer);
    let store = FeatureStore::open(folder.path()).unwrap();

    let all = Cohort::new(&classes(), images.to_vec()).unwrap();
    let error = StoredFeatures::of_cohort(&store, &all).unwrap_err();
    assert!(matches!(error, Error::Features { samples: 1, .. }), "{error}");
    let (there, missing) = all.clone().without_missing(&store).unwrap();
    assert_eq!(missing, [images[2].clone()]);
    let there = there.with_variants_in(&store).unwrap();
    assert_eq!(there.maps(), 4, "a test image is itself alone");
    let features = StoredFeatures::of_cohort(&store, &there).unwrap();
    assert_eq!(
        (0..4).map(|number| crate::Features::name(&features, number)).collect::<Vec<_>>(),
        ["north:0", "north:0", "north:0", "north:1"]
    );
    // In the other order, the remaining images keep their variants, and their labels if these were permuted.
    let (later, _) = all.clone().with_variants_in(&store).unwrap().without_missing(&store).unwrap();
    assert_eq!((later.maps(), later.is_permuted()), (4, false));
    let seed = (0..99).find(|&seed| {
        let label = all.clone().with_permuted_labels(seed).label(0).unwrap();
        label.name() == "pneumonia"
    });
    let (permuted, _) = all.with_permuted_labels(seed.unwrap()).without_missing(&store).unwrap();
    assert!(permuted.is_permuted());
    assert_eq!(permuted.label(0).unwrap().name(), "pneumonia", "image 2's label");
    assert_eq!(
        (there.own_maps(&[0, 1]), Samples::of_cohort(&there, &[0, 1]).unwrap().originals()),
        (vec![0, 3], vec![0, 3])
    );
}
