//! The audit of a run with a trained model: its features, its predictions, and its folder.

use std::{fs, ops::ControlFlow};

use radiograph_audit::{Probe, Verdict};
use radiograph_features::{
    Element, ExtractionKey, FeatureId, FeatureStore, Part, StoreDescription, StoreWriter,
};
use radiograph_files::ContentHash;
use radiograph_image::{Limits, Samples, decode_file};
use radiograph_protocol::{Architecture, Cohort, FeatureShape, Protocol, ProtocolRecord};
use radiograph_report::WeightsOrigin;
use radiograph_run::{
    Baseline, Best, Error, FrozenRecord, ModelKind, Progress, Run, Stage, config::BestBy, labelled_images,
    write_json,
};

use crate::scene::{SIDE, Scene, of};

/// Means of 8 × 8 blocks of every film as feature maps of 64 channels, a stand-in for a network.
fn extract(run: &Run<'_>, key: &ExtractionKey) -> FeatureStore {
    let manifest = run.manifest().unwrap();
    let files = run.files().unwrap();
    let folder = run.feature_store(&key.folder_name());
    let description = StoreDescription::new(key.clone(), [64, 1, 1]).unwrap();
    let mut writer = StoreWriter::open(&folder, &description, Part::WHOLE).unwrap();
    for row in manifest.train().chain(manifest.test()) {
        let film = decode_file(&files.get(&row.id).unwrap().file(), &Limits::default()).unwrap();
        let Samples::Gray8(gray) = film.into_samples() else { panic!("a gray film") };
        writer.write(&[FeatureId::plain(manifest.picture(row))], &block_means(&gray)).unwrap();
    }
    writer.reader().unwrap()
}

/// Means of the 64 blocks of 8 × 8 pixels of a film.
pub(crate) fn block_means(gray: &[u8]) -> Vec<f32> {
    let mean = |block: usize| {
        let (top, left) = (block / 8 * 8, block % 8 * 8);
        let pixels = (0..64).map(|at| f32::from(gray[(top + at / 8) * SIDE as usize + left + at % 8]));
        pixels.sum::<f32>() / 64.0
    };
    (0..64).map(mean).collect()
}

/// Trains a linear probe, and gives its predictions and features to the network's own model, which needs libtorch.
pub(crate) fn train(run: &mut Run<'_>) -> Result<(), Error> {
    let key = ExtractionKey {
        backbone: "vgg19".to_owned(),
        weights: ContentHash::of_bytes(b"weights"),
        preprocessing: "as it is".to_owned(),
        lineage: "keras".to_owned(),
        precision: Element::F32,
        computation: None,
    };
    let store = extract(run, &key);
    let cohort = Cohort::new(run.classes(), labelled_images(&run.manifest()?))?;
    let probe = ModelKind { network: Architecture::VGG19, baseline: Some(Baseline::LinearProbe), seed: 1 };
    let frozen = FrozenRecord { weights: WeightsOrigin::Random { seed: 1 }, pretraining: None };
    run.train_probe(probe, &cohort, &store, None, &frozen)?;
    let (from, folder) = (run.folder().model("vgg19-linear-probe"), run.folder().model("vgg19"));
    fs::create_dir_all(&folder).unwrap();
    let predictions = folder.join("predictions.csv");
    fs::copy(from.join("predictions.csv"), &predictions).unwrap();
    let shape = FeatureShape { channels: 64, height: 1, width: 1 };
    let training = &run.config().training;
    let protocol = Protocol {
        head: run.config().head(probe.recurrent(), shape, run.classes())?,
        training: run.config().training(None),
        folds: training.folds,
        fold_start: training.fold_start,
        tested: training.tested_model.clone(),
    };
    let mut record = ProtocolRecord::new(&protocol, &key, &cohort);
    record.predictions = ContentHash::of_file(&predictions)?;
    record.write(&folder)?;
    let best = Best {
        model: "vgg19".to_owned(),
        criterion: BestBy::ValidationMacroAuc,
        tie_rule: String::new(),
        candidates: Vec::new(),
        comparisons: Vec::new(),
        statement: String::new(),
    };
    write_json(&run.folder().best(), &best)
}

#[test]
fn probes_stand_beside_the_model_and_the_source_is_sought_in_features() {
    // All of a mark, so that the model learns nothing but the mark.
    let scene = Scene::draw(160, |film| {
        if film.ill == (film.number / 4 % 5 != 0) {
            film.mark();
        }
    });
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let audit = scene.open(scene.config(), &mut watch, |run| {
        run.assemble()?;
        run.audit()?; // before training
        train(run)?;
        run.audit()
    });
    let audit = audit.unwrap().unwrap();
    let model = audit.model.as_ref().unwrap();
    assert_eq!(model.name, "vgg19");
    assert!(model.auc.score.unwrap() > 0.7, "{}", model.auc);
    let border = of(&audit, Probe::Border);
    assert_eq!(border.verdict, Verdict::Found);
    let compared = border.rows[0].measurement.as_ref().unwrap().against_model.as_ref().unwrap();
    assert_eq!((compared.first.as_str(), compared.second.as_str()), ("border", "vgg19"));
    let features = of(&audit, Probe::SourceInFeatures);
    let columns: Vec<usize> =
        features.rows.iter().map(|row| row.measurement.as_ref().unwrap().columns).collect();
    assert_eq!(columns, [64, 64], "one measurement for each class");
    assert!(audit.sentence.contains("vgg19 0."), "{}", audit.sentence);
}

/// A manifest that changed after the training makes its predictions those of other films.
#[test]
fn predictions_of_other_films_are_not_evaluated() {
    let scene = Scene::draw(60, |_| ());
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let error = scene
        .open(scene.config(), &mut watch, |run| {
            run.assemble()?;
            train(run)?;
            let folder = run.folder().model("vgg19");
            let (path, record) = (folder.join("predictions.csv"), folder.join("training.json"));
            let (predictions, before) = (fs::read_to_string(&path).unwrap(), ContentHash::of_file(&path)?);
            let id = predictions.lines().nth(1).unwrap().split(',').next().unwrap();
            fs::write(&path, predictions.replace(id, &id.replace(':', ":0"))).unwrap();
            let text = fs::read_to_string(&record).unwrap();
            let after = ContentHash::of_file(&path)?;
            assert!(text.contains(&before.to_string()), "{text}");
            fs::write(&record, text.replace(&before.to_string(), &after.to_string())).unwrap();
            run.evaluate().map(drop)
        })
        .unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains("is not in the test part of the manifest, which changed since the training"),
        "{told}"
    );
}

#[test]
fn edited_predictions_are_refused_and_a_removed_store_is_said() {
    let scene = Scene::draw(60, |_| ());
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let audit = scene.open(scene.config(), &mut watch, |run| {
        run.assemble()?;
        train(run)?;
        let features = run.folder().path().join("features");
        fs::rename(&features, features.with_extension("away")).unwrap();
        run.audit()
    });
    let audit = audit.unwrap().unwrap();
    assert!(audit.model.is_some());
    assert_eq!(of(&audit, Probe::SourceInFeatures).sentence, "Cannot tell: no features.");
    fs::write(scene.run().join("vgg19/predictions.csv"), "edited").unwrap();
    let error = scene.open(scene.config(), &mut watch, |run| run.audit()).unwrap_err();
    assert!(matches!(error, Error::Edited { stage: Stage::Train, .. }), "{error}");
}
