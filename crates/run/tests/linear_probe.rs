//! Tests the linear probe of a run: what it writes, when it runs again, and that it learns.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, ops::ControlFlow, path::Path};

use radiograph_features::{
    Element, ExtractionKey, FeatureId, FeatureStore, Part, StoreDescription, StoreWriter,
};
use radiograph_files::ContentHash;
use radiograph_protocol::{Cohort, Convergence, LabelledImage, Subset};
use radiograph_report::WeightsOrigin;
use radiograph_run::{
    Baseline, Config, Error, FrozenRecord, ModelKind, Preset, ProbeRecord, Progress, Run, read_predictions,
};

const NAME: &str = "vgg19-linear-probe";

/// Ninety images of 45 patients. Channel k is high in class k; position says nothing.
fn images(classes: &[String]) -> Vec<(LabelledImage, Vec<f32>)> {
    let image = |number: usize| {
        let (patient, class) = (number / 2, number / 2 % 3);
        let subset = match patient % 5 {
            0 => Subset::Test,
            fold => {
                Subset::Training { fold: Some(fold as u32 % 2 + 1), validates: !number.is_multiple_of(7) }
            }
        };
        let image = LabelledImage {
            id: format!("x:{number}"),
            cluster: format!("x:{patient}"),
            source: "x".to_owned(),
            class: classes[class].clone(),
            image: ContentHash::of_bytes(&number.to_le_bytes()),
            subset,
        };
        let noise = |at: usize| ((number * 31 + at * 17) % 23) as f32 / 23.0;
        let map = (0..3 * 4).map(|at| noise(at) + if at / 4 == class { 1.0 } else { 0.0 }).collect();
        (image, map)
    };
    (0..90).map(image).collect()
}

fn store(folder: &Path, images: &[(LabelledImage, Vec<f32>)]) -> FeatureStore {
    let key = ExtractionKey {
        backbone: "vgg19".to_owned(),
        weights: ContentHash::of_bytes(b"weights"),
        preprocessing: "as it is".to_owned(),
        lineage: "keras".to_owned(),
        precision: Element::F32,
        computation: None,
    };
    let description = StoreDescription::new(key, [3, 2, 2]).unwrap();
    let mut writer = StoreWriter::open(folder, &description, Part::WHOLE).unwrap();
    let ids: Vec<FeatureId> = images.iter().map(|(image, _)| FeatureId::plain(image.image)).collect();
    writer.write(&ids, &images.iter().flat_map(|(_, map)| map.clone()).collect::<Vec<_>>()).unwrap();
    writer.reader().unwrap()
}

#[test]
fn a_probe_is_trained_once_and_its_files_agree_with_its_record() {
    let place = tempfile::tempdir().unwrap();
    let mut config = Config::of(Preset::Trustworthy);
    config.data.folder = place.path().to_owned();
    config.training.folds = 2;
    let images = images(&config.data.classes);
    let store = store(&place.path().join("features"), &images);
    let classes = radiograph_classes::Classes::new(&config.data.classes[..]).unwrap();
    let cohort = Cohort::new(&classes, images.into_iter().map(|(image, _)| image).collect()).unwrap();
    let run = place.path().join("run");
    let frozen = FrozenRecord { weights: WeightsOrigin::Random { seed: 1 }, pretraining: None };
    let kind = ModelKind {
        network: radiograph_protocol::Architecture::VGG19,
        baseline: Some(Baseline::LinearProbe),
        seed: 1,
    };
    let train = |cohort: &Cohort| -> (ProbeRecord, bool) {
        let mut skipped = false;
        let mut watch = |progress: Progress<'_>| {
            skipped |= matches!(progress, Progress::AlreadyDone { .. });
            ControlFlow::Continue(())
        };
        let mut opened = Run::open(config.clone(), &run, &mut watch).unwrap();
        let record = opened.train_probe(kind, cohort, &store, None, &frozen).unwrap();
        opened.require_predictions(&kind.into()).unwrap();
        assert_eq!(opened.training(&kind.into()).unwrap().convergence(), Some(record.convergence));
        drop(opened);
        (record, skipped)
    };

    let (record, skipped) = train(&cohort);
    assert!(!skipped && record.convergence == Convergence::Converged);
    assert_eq!((record.parameters, record.folds.len(), record.candidates.len()), (12, 2, 13));
    let test = read_predictions(&run.join(NAME).join("predictions.csv"), &classes).unwrap();
    assert_eq!(
        test.ids().unwrap(),
        (0..90).filter(|number| number / 2 % 5 == 0).map(|number| format!("x:{number}")).collect::<Vec<_>>()
    );
    assert!((0..test.len()).all(|sample| test.predicted(sample) == test.truth(sample)));
    // Images that do not validate are predicted by no fold.
    let fold = read_predictions(&run.join(NAME).join("fold-1/predictions.csv"), &classes).unwrap();
    assert_eq!(fold.len(), cohort.folds()[0].validation.len());
    assert!(fold.len() < cohort.folds()[0].held_out.len());

    assert_eq!(train(&cohort), (record.clone(), true));
    fs::write(run.join(NAME).join("predictions.csv"), "edited").unwrap();
    assert_eq!(train(&cohort), (record.clone(), false), "the edited table is made anew, with the same bytes");
    let (permuted, skipped) = train(&cohort.with_permuted_labels(3));
    assert!(!skipped && permuted.predictions != record.predictions);
}

#[test]
fn a_missing_probe_is_named_with_its_stage() {
    let place = tempfile::tempdir().unwrap();
    let mut config = Config::of(Preset::Trustworthy);
    config.data.folder = place.path().to_owned();
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let run = Run::open(config.clone(), &place.path().join("run"), &mut watch).unwrap();
    let kind = config.models().into_iter().find(|kind| kind.baseline == Some(Baseline::LinearProbe)).unwrap();
    match run.training(&kind.into()).unwrap_err() {
        Error::Missing { path, .. } => assert!(path.ends_with("vgg19-linear-probe/probe.json")),
        other => panic!("{other}"),
    }
}
