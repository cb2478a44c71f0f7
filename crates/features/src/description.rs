//! The description of a store, `store.json`: extraction key, shape and shard size.

use std::path::{Path, PathBuf};

use radiograph_files::{ContentHash, write_bytes};
use serde::{Deserialize, Serialize};

use crate::{Element, ExtractionKey, FeatureError, read::read_small};

/// The properties that all features of a store share.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoreDescription {
    format: String,
    key: ExtractionKey,
    shape: [usize; 3],
    features_per_shard: usize,
}

impl StoreDescription {
    const FORMAT: &str = "radiograph features 2";
    const NAME: &str = "store.json";
    /// Room for two keys of the longest texts, every byte of them escaped.
    const LARGEST_FILE: u64 = 1 << 20;
    const LARGEST_MAP: usize = 1 << 28;

    /// Describes a new store of feature maps `[C, H, W]` in small shards: as many maps as fit into 16 MiB, and at most
    /// 64. A killed process loses only the shard that it was working on.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Key`] or [`FeatureError::Shape`] if the key or the shape is out of its range.
    pub fn new(key: ExtractionKey, shape: [usize; 3]) -> Result<Self, FeatureError> {
        key.check()?;
        let values = values(shape).ok_or(FeatureError::Shape { shape })?;
        let features_per_shard = ((16 << 20) / (values * key.precision.bytes())).clamp(1, 64);
        Ok(Self { format: Self::FORMAT.to_owned(), key, shape, features_per_shard })
    }

    /// The same store with shards for this number of feature maps.
    ///
    /// Parallel file systems serve few large files better than many small ones, so a shard holds up to 64 MiB. A list is
    /// still cut into at least 64 shards, so that parts have something to share and a killed process loses at most 1/64
    /// of the work; shards of short lists stay as small as [`new`](Self::new) makes them.
    #[must_use]
    pub fn for_films(self, films: usize) -> Self {
        let most = ((64 << 20) / self.map_bytes()).clamp(1, MOST_FEATURES);
        // A multiple of 64, because an extraction cuts each shard into batches of up to 64.
        let features_per_shard = ((films / 64).min(most) / 64 * 64).max(self.features_per_shard);
        Self { features_per_shard, ..self }
    }

    /// Key of the extraction that made the features.
    pub fn key(&self) -> &ExtractionKey {
        &self.key
    }

    /// `[C, H, W]` of every feature map.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Number format of the stored values. They are always read as f32.
    pub fn element(&self) -> Element {
        self.key.precision
    }

    /// Number of feature maps in a planned shard. The last shard of a list may hold fewer.
    pub fn features_per_shard(&self) -> usize {
        self.features_per_shard
    }

    /// Number of values of one feature map, `C × H × W`.
    pub fn values(&self) -> usize {
        self.shape.iter().product()
    }

    /// Number of bytes of one stored feature map.
    pub(crate) fn map_bytes(&self) -> usize {
        self.values() * self.element().bytes()
    }

    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join(Self::NAME)
    }

    /// Reads the description in a store's folder; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Description`] if it is damaged or of another format, [`FeatureError::Read`] if the system refuses.
    pub fn read(folder: &Path) -> Result<Option<Self>, FeatureError> {
        let path = Self::path(folder);
        let Some(bytes) = read_small(&path, Self::LARGEST_FILE)? else { return Ok(None) };
        let refuse = |reason: String| FeatureError::Description { path: path.clone(), reason };
        let read: Self = serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
        if read.format != Self::FORMAT {
            let found: String = read.format.chars().take(80).collect();
            return Err(refuse(format!(
                "the format is `{found}` and not `{}`; extract the features again",
                Self::FORMAT
            )));
        }
        read.key.check()?;
        values(read.shape).ok_or(FeatureError::Shape { shape: read.shape })?;
        if !(1..=MOST_FEATURES).contains(&read.features_per_shard) {
            return Err(refuse(format!("{} feature maps a shard", read.features_per_shard)));
        }
        Ok(Some(read))
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), FeatureError> {
        let path = Self::path(folder);
        Ok(write_bytes(&path, &self.text(&path)?)?)
    }

    /// SHA-256 of the file's bytes.
    pub(crate) fn hash(&self) -> Result<ContentHash, FeatureError> {
        Ok(ContentHash::of_bytes(&self.text(Path::new(Self::NAME))?))
    }

    fn text(&self, path: &Path) -> Result<Vec<u8>, FeatureError> {
        let refuse = |error: serde_json::Error| FeatureError::Description {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let mut text = serde_json::to_vec_pretty(self).map_err(refuse)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Refuses a stored description that differs from this one, and says why.
    pub(crate) fn require(&self, stored: &Self) -> Result<(), FeatureError> {
        self.key.require(&stored.key)?;
        if self.shape != stored.shape {
            return Err(FeatureError::OtherShape { stored: stored.shape, asked: self.shape });
        }
        Ok(())
    }
}

/// Maximum number of feature maps in a shard.
pub(crate) const MOST_FEATURES: usize = 1 << 12;

fn values(shape: [usize; 3]) -> Option<usize> {
    let values = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side))?;
    (1..=StoreDescription::LARGEST_MAP).contains(&values).then_some(values)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn key() -> ExtractionKey {
        ExtractionKey {
            backbone: "vgg19".to_owned(),
            weights: ContentHash::of_bytes(b""),
            preprocessing: String::new(),
            lineage: String::new(),
            precision: Element::F32,
            computation: None,
        }
    }

    #[test]
    fn shapes_that_no_memory_holds_are_refused() {
        for shape in [[0, 7, 7], [512, 0, 7], [1 << 20, 1 << 20, 1 << 20], [usize::MAX, 2, 1], [1 << 14; 3]] {
            let refused = StoreDescription::new(key(), shape);
            assert!(matches!(refused, Err(FeatureError::Shape { .. })), "{shape:?}");
        }
    }

    #[test]
    fn shards_hold_at_most_64_maps_and_16_mib() {
        let per_shard = |shape, precision| {
            let key = ExtractionKey { precision, ..key() };
            StoreDescription::new(key, shape).unwrap().features_per_shard()
        };
        assert_eq!(per_shard([512, 7, 7], Element::F32), 64);
        assert_eq!(per_shard([1024, 32, 32], Element::F32), 4);
        assert_eq!(per_shard([1024, 32, 32], Element::F16), 8);
        assert_eq!(per_shard([1 << 14, 1 << 7, 1 << 7], Element::F32), 1);
    }

    #[test]
    fn shards_of_long_lists_grow_to_64_mib_and_a_list_has_at_least_64() {
        let per_shard =
            |shape, films| StoreDescription::new(key(), shape).unwrap().for_films(films).features_per_shard();
        let inception = [2048, 5, 5];
        assert_eq!([0, 300, 8_191, 8_192].map(|films| per_shard(inception, films)), [64, 64, 64, 128]);
        // 320 maps of 204,800 bytes are 62.5 MiB.
        assert_eq!([20_480, 112_120, 1_000_000].map(|films| per_shard(inception, films)), [320; 3]);
        assert_eq!(per_shard([8, 1, 1], 1_000_000), MOST_FEATURES);
        assert_eq!(per_shard([1 << 14, 1 << 7, 1 << 7], 1_000_000), 1);
    }

    #[test]
    fn a_description_reads_back_and_hostile_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(StoreDescription::read(folder.path()).unwrap().is_none());
        let description =
            StoreDescription::new(ExtractionKey { precision: Element::F16, ..key() }, [2, 3, 4]).unwrap();
        description.write(folder.path()).unwrap();
        assert_eq!(StoreDescription::read(folder.path()).unwrap(), Some(description.clone()));

        let path = StoreDescription::path(folder.path());
        let text = fs::read_to_string(&path).unwrap();
        let hostile = [
            String::new(),
            text.replace("features 2", "features 1"),
            text.replace("\"f16\"", "\"f8\""),
            text.replace("vgg19", "../vgg19"),
            text.replace("64", "0"),
            text.replace("64", "18446744073709551615"),
            text.replacen('2', "18446744073709551615", 1),
            format!("{text}{}", " ".repeat(1 << 20)),
            "[".repeat(100_000),
        ];
        for text in hostile {
            fs::write(&path, &text).unwrap();
            assert!(StoreDescription::read(folder.path()).is_err(), "{text}");
        }
    }
}
