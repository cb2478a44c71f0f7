//! Tests the audit of a run whose features are computed and stored in half precision: before training, with the model, and in full.

use std::{fs, ops::ControlFlow, path::Path};

use radiograph::{
    Config, Pipeline, Progress,
    run::{InFull, Looked},
};
use radiograph_dataset::manifest::{Manifest, PrivateFiles};
use radiograph_features::{Arithmetic, Element, FeatureStore, Part};
use radiograph_image::{Picture, Samples, encode_png};

use crate::pipeline::{config, phantoms, what_is_predicted_is_what_was_tested};

#[test]
fn a_full_audit_trains_the_head_without_each_source() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let mut config = config(place.path());
    config.baselines.clear();
    config.training.epochs = 1;
    config.explanation.images_per_class = 0;
    config.compute.feature_precision = Element::F16;
    config.compute.arithmetic = Arithmetic::Bf16;
    let run = &place.path().join("run");
    before_training_the_audit_takes_extracted_features(&config, run);
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    Pipeline::open(config.clone(), run, &mut watch).unwrap().run().unwrap();
    what_is_predicted_is_what_was_tested(run);
    features_of_another_precision_are_refused(config, run);
    let folder = run.join("inception_v3");
    let looked = Looked::read(&folder).unwrap().unwrap();
    assert!(!looked.images.is_empty());
    // Maps of random features may show no evidence, and then nothing can be averaged.
    for image in &looked.images {
        assert_eq!((image.changed.len(), image.evidence.len(), image.masked), (7, 3, false));
    }
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let audit = Pipeline::begun(run, &mut watch).unwrap().audit().unwrap().unwrap();
    let before = audit.through_model.unwrap();
    assert_eq!((before.ablations.len(), before.images), (7, looked.images.len()));
    assert!(audit.elsewhere.iter().all(|of| of.head.is_none()));
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let audit = Pipeline::begun(run, &mut watch).unwrap().audit_in_full().unwrap().unwrap();
    assert_eq!(audit.through_model.unwrap().ablations, before.ablations);
    let in_full = InFull::read(&folder).unwrap().unwrap();
    assert!(looked.images.iter().all(|image| in_full.permuted[&image.id].len() == 3));
    let heads = audit.elsewhere.iter().filter(|of| of.head.is_some()).count();
    // A test part as small as this one may give a head no interval.
    assert!(!in_full.heads.is_empty() && heads <= in_full.heads.len(), "{:?}", audit.elsewhere);
    assert!(audit.elsewhere.iter().all(|of| of.head.is_none() || of.scores.is_some()));
    assert!(!folder.join("in-full").exists(), "models of no further use");
    a_mask_that_marks_nothing_is_not_used(run, &looked);
}

/// A run on f32 features beside a store of f16 names the difference, until it has features of its own.
fn features_of_another_precision_are_refused(mut config: Config, run: &Path) {
    let stores = run.join("features");
    let store = fs::read_dir(&stores).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
    let half = FeatureStore::open(&store).unwrap();
    assert_eq!(half.key().precision, Element::F16);
    assert_eq!(half.key().computation.as_ref().unwrap().arithmetic, "bf16");
    config.compute.feature_precision = Element::F32;
    config.compute.arithmetic = Arithmetic::F32;
    config.compute.feature_stores = Some(stores.clone());
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let mut pipeline = Pipeline::open(config, &run.with_file_name("f32"), &mut watch).unwrap();
    pipeline.assemble().unwrap();
    let error = pipeline.train().unwrap_err().to_string();
    assert!(
        error.contains("precision is `f16` there and `f32` here, arithmetic is `bf16` there and"),
        "{error}"
    );
    pipeline.extract(Part::WHOLE).unwrap();
    let all = fs::read_dir(&stores).unwrap().map(|entry| FeatureStore::open(&entry.unwrap().path()).unwrap());
    let sizes: Vec<_> = all.map(|store| (store.key().precision, store.len(), store.bytes())).collect();
    let [of_half, of_single] = [Element::F16, Element::F32]
        .map(|precision| sizes.iter().find(|store| store.0 == precision).copied().unwrap());
    assert_eq!((sizes.len(), of_half.1), (2, of_single.1));
    let single =
        fs::read_dir(&stores).unwrap().map(|entry| FeatureStore::open(&entry.unwrap().path()).unwrap());
    let single = single.into_iter().find(|store| store.key().precision == Element::F32).unwrap();
    computed_with_other_digits(&half, &single);
    let values = half.shape().iter().product::<usize>() as u64;
    let saved = 2 * values * of_half.1 as u64;
    // Headers of shards take some bytes too.
    assert!((of_single.2 - of_half.2).abs_diff(saved) < saved / 50, "{sizes:?}");
}

/// Storing in f16 moves a value by 2⁻¹¹ of it at most; computing in bf16 moves maps by far more, and by less than a tenth.
fn computed_with_other_digits(half: &FeatureStore, single: &FeatureStore) {
    let wanted = &half.ids().unwrap()[..4];
    let maps = [half, single].map(|store| {
        let mut values = vec![0.0; wanted.len() * store.shape().iter().product::<usize>()];
        store.read(wanted, &mut values).unwrap();
        values
    });
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|value| value * value).sum::<f32>().sqrt();
    let difference = norm(&mut maps[0].iter().zip(&maps[1]).map(|(one, other)| one - other));
    let share = difference / norm(&mut maps[1].iter().copied());
    assert!((0.002..0.1).contains(&share), "{share}");
}

fn before_training_the_audit_takes_extracted_features(config: &Config, run: &Path) {
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let mut pipeline = Pipeline::open(config.clone(), run, &mut watch).unwrap();
    pipeline.assemble().unwrap();
    let without_features = |pipeline: &mut Pipeline<'_>| {
        let audit = pipeline.audit().unwrap().unwrap();
        assert!(audit.model.is_none() && !audit.elsewhere.is_empty());
        let reasons = audit.elsewhere.iter().filter_map(|of| of.unanswered.as_ref());
        reasons.filter(|reason| reason.to_string().contains("no features")).count()
    };
    assert!(without_features(&mut pipeline) > 0);
    pipeline.extract(Part::WHOLE).unwrap();
    assert_eq!(without_features(&mut pipeline), 0);
}

/// A mask of one image that marks nothing, found beside the images, changes nothing but what is said.
fn a_mask_that_marks_nothing_is_not_used(run: &Path, before: &Looked) {
    let id = before.images[0].id.clone();
    let manifest = Manifest::read(&run.join("manifest.csv")).unwrap();
    let row = manifest.rows().iter().find(|row| row.id.to_string() == id).unwrap();
    let film = PrivateFiles::read(run).unwrap().get(&row.id).unwrap().file();
    let masks = film.parent().unwrap().parent().unwrap().join("annotations/lungVAE-masks");
    fs::create_dir_all(&masks).unwrap();
    let name = format!("{}_mask.png", film.file_stem().unwrap().to_str().unwrap());
    let black = Picture::new(96, 96, Samples::Gray8(vec![0; 96 * 96])).unwrap();
    fs::write(masks.join(name), encode_png(&black).unwrap()).unwrap();
    let mut said = Vec::new();
    let mut watch = |progress: Progress<'_>| {
        if let Progress::Said { sentence } = progress {
            said.push(sentence.to_owned());
        }
        ControlFlow::Continue(())
    };
    Pipeline::begun(run, &mut watch).unwrap().audit().unwrap().unwrap();
    assert!(
        said.iter()
            .any(|sentence| sentence.starts_with(&id) && sentence.ends_with("its lungs are estimated"))
    );
    assert_eq!(Looked::read(&run.join("inception_v3")).unwrap().as_ref(), Some(before));
}
