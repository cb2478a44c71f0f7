//! Reads feature maps for training from a feature store on disk.

use radiograph_features::{FeatureId, FeatureStore};
use radiograph_files::{ContentHash, ContentHashing};
use radiograph_protocol::{Cohort, FeatureShape};

use crate::{Error, Features, ReadError};

/// Selected feature maps of a store, numbered in the order of selection.
#[derive(Debug)]
pub struct StoredFeatures<'a> {
    store: &'a FeatureStore,
    wanted: Vec<FeatureId>,
    names: Vec<String>,
}

impl<'a> StoredFeatures<'a> {
    /// Selects these maps of `store`, each with the name of its image.
    ///
    /// # Errors
    ///
    /// [`Error::Features`] that lists what the store lacks, or says why it cannot be read.
    pub fn new(
        store: &'a FeatureStore,
        wanted: impl IntoIterator<Item = (FeatureId, String)>,
    ) -> Result<Self, Error> {
        let (wanted, names): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
        let missing = store
            .missing(&wanted)
            .map_err(|error| Error::Features { samples: wanted.len(), source: Box::new(error) })?;
        if missing.is_empty() {
            return Ok(Self { store, wanted, names });
        }
        let samples = missing.len();
        let folder = store.folder().to_owned();
        Err(Error::Features {
            samples,
            source: Box::new(radiograph_features::FeatureError::Missing { folder, missing }),
        })
    }

    /// Selects the maps of a cohort, in the order in which it numbers them.
    ///
    /// # Errors
    ///
    /// [`Error::Features`] that lists what the store lacks.
    pub fn of_cohort(store: &'a FeatureStore, cohort: &Cohort) -> Result<Self, Error> {
        Self::new(store, cohort.stored_maps().map(|(id, name)| (id, name.to_owned())))
    }
}

impl Features for StoredFeatures<'_> {
    fn shape(&self) -> FeatureShape {
        let [channels, height, width] = self.store.shape().map(|side| side as i64);
        FeatureShape { channels, height, width }
    }

    fn len(&self) -> usize {
        self.wanted.len()
    }

    fn name(&self, index: usize) -> String {
        self.names.get(index).cloned().unwrap_or_else(|| format!("sample {index}"))
    }

    fn read(&self, indices: &[usize], into: &mut [f32]) -> Result<(), ReadError> {
        let wanted: Vec<FeatureId> = indices.iter().map(|&index| self.wanted[index]).collect();
        Ok(self.store.read(&wanted, into)?)
    }

    fn places(&self) -> Result<Vec<(u32, u32)>, ReadError> {
        Ok(self.store.places(&self.wanted)?)
    }

    /// A hash of the images' content, under which their maps are stored.
    fn digest(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        for id in &self.wanted {
            hashing.update(id.image.as_bytes());
            hashing.update(&id.variant.to_le_bytes());
        }
        hashing.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use radiograph_features::{Element, ExtractionKey, Part, StoreDescription, StoreWriter};
    use radiograph_libtorch::Device;

    use super::*;
    use crate::Feed;

    fn image(number: usize) -> ContentHash {
        ContentHash::of_bytes(&number.to_le_bytes())
    }

    #[test]
    fn a_store_feeds_what_was_written_resident_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let key = ExtractionKey {
            backbone: "vgg19".into(),
            weights: image(0),
            preprocessing: String::new(),
            lineage: String::new(),
            precision: Element::F32,
            computation: None,
        };
        let description = StoreDescription::new(key, [2, 1, 3]).unwrap();
        let mut writer = StoreWriter::open(folder.path(), &description, Part::WHOLE).unwrap();
        let ids: Vec<FeatureId> = (0..9).map(|number| FeatureId::plain(image(number))).collect();
        let values: Vec<f32> = (0..9 * 6).map(|value| value as f32).collect();
        writer.write(&ids, &values).unwrap();
        drop(writer);
        let store = FeatureStore::open(folder.path()).unwrap();
        // Requested in another order than stored, and one of them twice.
        let wanted = [5, 2, 8, 2].map(|number: usize| (ids[number], format!("cohen:{number}")));
        let features = StoredFeatures::new(&store, wanted).unwrap();
        assert_eq!((features.len(), features.shape().len(), features.name(2)), (4, 6, "cohen:8".into()));
        for budget in [0, u64::MAX] {
            let feed = Feed::new(&features, Device::CPU, budget).unwrap();
            let mut first = Vec::new();
            let keep = |batch: tch::Tensor, _| {
                first.extend(Vec::<f32>::try_from(batch.select(3, 0).select(1, 0).reshape([-1])).unwrap());
                Ok(ControlFlow::Continue(()))
            };
            feed.batches(&[3, 0, 2], 2, keep).unwrap();
            assert_eq!(first, [12.0, 30.0, 48.0]);
        }
        // The digest identifies the data of a training: another image at one position changes it, another name does
        // not.
        let digest = |numbers: [usize; 2], name: &str| {
            let wanted = numbers.map(|number| (ids[number], name.to_owned()));
            StoredFeatures::new(&store, wanted).unwrap().digest()
        };
        assert_eq!(digest([5, 2], "cohen:1"), digest([5, 2], "cohen:2"));
        assert_ne!(digest([5, 2], ""), digest([5, 3], ""));
        assert_ne!(digest([5, 2], ""), digest([2, 5], ""));
        let absent = FeatureId::variant(image(3), 1);
        let error =
            StoredFeatures::new(&store, [(ids[0], String::new()), (absent, String::new())]).unwrap_err();
        assert!(matches!(error, Error::Features { samples: 1, .. }), "{error}");
        assert!(error.to_string().contains(&absent.to_string()[..12]), "{error}");
    }
}
