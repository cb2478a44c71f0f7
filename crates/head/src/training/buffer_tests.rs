//! Tests of trainings that read a store shard after shard: the same bytes resident or streamed, interrupted or not.

use std::{ops::ControlFlow, path::Path, sync::Mutex};

use radiograph_features::{FeatureId, FeatureStore, Part, StoreDescription, StoreWriter};
use radiograph_files::ContentHash;
use radiograph_libtorch::Device;

use super::tests::{SAMPLES, SHAPE, config, fingerprint, head, head_config, key, noise, samples};
use crate::{
    End, Error, Event, FeatureShape, Features, Feed, Fit, Fitted, ReadError, StoredFeatures, TrainingConfig,
};

fn image(number: usize) -> FeatureId {
    FeatureId::plain(ContentHash::of_bytes(&number.to_le_bytes()))
}

/// The noise of the other tests in a store with shards of `per_shard` maps.
fn store(folder: &Path, per_shard: usize) -> FeatureStore {
    let shape = [SHAPE.channels, SHAPE.height, SHAPE.width].map(|side| side as usize);
    let description = StoreDescription::new(key(), shape).unwrap();
    let mut writer = StoreWriter::open(folder, &description, Part::WHOLE).unwrap();
    let mut values = vec![0.0; SAMPLES * SHAPE.len()];
    noise().read(&(0..SAMPLES).collect::<Vec<_>>(), &mut values).unwrap();
    let ids: Vec<FeatureId> = (0..SAMPLES).map(image).collect();
    for (ids, values) in ids.chunks(per_shard).zip(values.chunks(per_shard * SHAPE.len())) {
        writer.write(ids, values).unwrap();
    }
    FeatureStore::open(folder).unwrap()
}

/// A source that remembers which maps were read together.
struct Watched<'a> {
    features: StoredFeatures<'a>,
    reads: Mutex<Vec<Vec<usize>>>,
}

impl Features for Watched<'_> {
    fn shape(&self) -> FeatureShape {
        self.features.shape()
    }

    fn len(&self) -> usize {
        self.features.len()
    }

    fn name(&self, index: usize) -> String {
        self.features.name(index)
    }

    fn read(&self, indices: &[usize], into: &mut [f32]) -> Result<(), ReadError> {
        self.reads.lock().unwrap().push(indices.to_vec());
        self.features.read(indices, into)
    }

    fn places(&self) -> Result<Vec<(u32, u32)>, ReadError> {
        self.features.places()
    }

    fn digest(&self) -> ContentHash {
        self.features.digest()
    }
}

fn watched(store: &FeatureStore) -> Watched<'_> {
    let named = (0..SAMPLES).map(|number| (image(number), number.to_string()));
    Watched { features: StoredFeatures::new(store, named).unwrap(), reads: Mutex::default() }
}

fn buffered() -> TrainingConfig {
    TrainingConfig { shuffle_buffer: Some(9), epochs: 4, checkpoint_seconds: 3600, ..config() }
}

fn fit(
    source: &dyn Features,
    budget: u64,
    config: &TrainingConfig,
    folder: Option<&Path>,
    observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Fitted, Error> {
    let feed = Feed::new(source, Device::CPU, budget)?;
    let (training, validation) = (samples(0..21), samples(21..SAMPLES));
    let key = key();
    let validation = Some(&validation);
    Fit { feed: &feed, training: &training, validation, config, key: &key, folder }
        .run(head(&head_config()), observe)
}

fn go_on(_: Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn each_epoch_reads_every_training_map_once_in_windows_of_the_buffer() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 5);
    let source = watched(&store);
    fit(&source, 0, &buffered(), None, &mut go_on).unwrap();
    let reads = source.reads.into_inner().unwrap();
    // A buffer of 9 holds two batches of 4; 21 samples are windows of 8, 8 and 5. Validation reads batches.
    let (training, validation): (Vec<_>, Vec<_>) = reads.into_iter().partition(|read| read[0] < 21);
    assert_eq!(training.iter().map(Vec::len).collect::<Vec<_>>(), [8, 8, 5].repeat(4));
    assert!(validation.iter().all(|read| read.len() <= 4));
    let mut orders = Vec::new();
    for epoch in training.chunks(3) {
        let order = epoch.concat();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..21));
        orders.push(order);
    }
    assert!(orders.iter().enumerate().all(|(at, order)| !orders[..at].contains(order)), "{orders:?}");
}

#[test]
fn streamed_resident_and_interrupted_trainings_end_with_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 5);
    let source = watched(&store);
    let expected = fingerprint(&fit(&source, 0, &buffered(), None, &mut go_on).unwrap().head);
    let resident = fit(&source, u64::MAX, &buffered(), None, &mut go_on).unwrap();
    assert_eq!(fingerprint(&resident.head), expected);
    let training = tempfile::tempdir().unwrap();
    // In the first window, at its end, and in the last one.
    for at in [(1, 1), (2, 2), (3, 5)] {
        let fitted = fit(&source, 0, &buffered(), Some(training.path()), &mut |event| match event {
            Event::Step { epoch, step, .. } if (epoch, step) == at => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        assert_eq!(fitted.unwrap().end, End::Broken);
    }
    let resumed = fit(&source, 0, &buffered(), Some(training.path()), &mut go_on).unwrap();
    assert_eq!(fingerprint(&resumed.head), expected);
    let plain = TrainingConfig { shuffle_buffer: None, ..buffered() };
    assert_ne!(fingerprint(&fit(&source, 0, &plain, None, &mut go_on).unwrap().head), expected);
}

/// The record of a training pins the setting and the shards.
#[test]
fn another_buffer_and_other_shards_are_another_training() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [fives, sevens] =
        [(&folders[0], 5), (&folders[1], 7)].map(|(folder, size)| store(folder.path(), size));
    let training = tempfile::tempdir().unwrap();
    fit(&watched(&fives), 0, &buffered(), Some(training.path()), &mut go_on).unwrap();
    let longer = TrainingConfig { epochs: 5, ..buffered() };
    let refused = |source: &dyn Features, config: &TrainingConfig| {
        fit(source, 0, config, Some(training.path()), &mut go_on).unwrap_err().to_string()
    };
    let error = refused(&watched(&sevens), &longer);
    assert!(error.contains("features"), "{error}");
    for other in [Some(12), None] {
        let error = refused(&watched(&fives), &TrainingConfig { shuffle_buffer: other, ..longer.clone() });
        assert!(error.contains("shuffle_buffer"), "{error}");
    }
    fit(&watched(&fives), 0, &longer, Some(training.path()), &mut go_on).unwrap();
}
