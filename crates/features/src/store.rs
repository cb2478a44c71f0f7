//! Reads features from a store. Writing is in `writer`.

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
};

use crate::{
    ExtractionKey, FeatureError, FeatureId, StoreDescription,
    contents::Contents,
    element::Decoder,
    lock::ReaderLock,
    shard::{Shard, Stored, read_map},
};

/// A store opened for reading, with the features that its index listed at that moment.
///
/// Reading takes `&self` and keeps no shard open, so one store serves any number of threads. Writers may be active at
/// the same time. To see features that they add later, open the store again. Until the value is dropped,
/// [`gc`](crate::gc) refuses to remove shards.
#[derive(Debug)]
pub struct FeatureStore {
    folder: PathBuf,
    description: StoreDescription,
    shards: Vec<Shard>,
    places: HashMap<FeatureId, Place>,
    _lock: ReaderLock,
}

/// Position of a feature map, ordered for fast reading from a disk.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Place {
    shard: u32,
    position: u32,
}

impl FeatureStore {
    /// Opens a store: reads its description and index, and compares the length of every shard with it. Features are
    /// compared with their checksums when they are read; [`verify`](crate::verify()) compares everything at once.
    ///
    /// # Errors
    ///
    /// [`FeatureError::NotAStore`] if the folder is not a store; [`FeatureError::Description`],
    /// [`Index`](FeatureError::Index), [`MissingShard`](FeatureError::MissingShard) or [`Shard`](FeatureError::Shard)
    /// if it is damaged; [`FeatureError::Read`] if the system refuses.
    pub fn open(folder: &Path) -> Result<Self, FeatureError> {
        let lock = ReaderLock::take(folder)?;
        let (description, shards) = Contents::read_sound(folder)?;
        let mut places = HashMap::new();
        for (shard, listed) in (0..).zip(&shards) {
            for (position, stored) in (0..).zip(&listed.features) {
                // During garbage collection a feature map may be in two shards. Both are valid.
                places.entry(stored.id).or_insert(Place { shard, position });
            }
        }
        Ok(Self { folder: folder.to_owned(), description, shards, places, _lock: lock })
    }

    /// Opens a store and checks that its features have this key.
    ///
    /// # Errors
    ///
    /// [`FeatureError::OtherKey`] with every field that differs, and those of [`open`](Self::open).
    pub fn open_for(folder: &Path, key: &ExtractionKey) -> Result<Self, FeatureError> {
        let store = Self::open(folder)?;
        key.require(store.key())?;
        Ok(store)
    }

    /// Key of the extraction that made the features.
    pub fn key(&self) -> &ExtractionKey {
        self.description.key()
    }

    /// Shape `[C, H, W]` of every feature map.
    pub fn shape(&self) -> [usize; 3] {
        self.description.shape()
    }

    /// Shape, key and number format.
    pub fn description(&self) -> &StoreDescription {
        &self.description
    }

    /// Folder that the store was opened from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Number of feature maps.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether the store holds no feature maps.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Number of shards.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Number of bytes of all shards.
    pub fn bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.bytes).sum()
    }

    /// All feature maps, in the order of the files.
    pub fn ids(&self) -> impl Iterator<Item = FeatureId> {
        self.shards.iter().flat_map(|shard| shard.features.iter().map(|stored| stored.id))
    }

    /// Whether this feature map is in the store.
    pub fn contains(&self, feature: FeatureId) -> bool {
        self.places.contains_key(&feature)
    }

    /// The requested feature maps that are not in the store, in the given order.
    pub fn missing(&self, wanted: &[FeatureId]) -> Vec<FeatureId> {
        wanted.iter().copied().filter(|&id| !self.contains(id)).collect()
    }

    /// Reads the feature maps `wanted` into `into`: `[N, C, H, W]` in f32, row-major, in the same order. They may be in
    /// any order and repeated. Each is compared with its checksum.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Missing`] names all missing feature maps; nothing is read then. [`FeatureError::Buffer`] unless
    /// `into` has `N × C × H × W` values. [`FeatureError::Damaged`] or [`FeatureError::Shard`] if a file has changed
    /// since it was written, [`FeatureError::Read`] if the system refuses; the content of `into` is then undefined.
    pub fn read(&self, wanted: &[FeatureId], into: &mut [f32]) -> Result<(), FeatureError> {
        let values = self.description.values();
        let expected = values.saturating_mul(wanted.len());
        if into.len() != expected {
            return Err(FeatureError::Buffer { features: wanted.len(), expected, found: into.len() });
        }
        let mut order = Vec::with_capacity(wanted.len());
        for (slot, id) in wanted.iter().enumerate() {
            order.extend(self.places.get(id).map(|&place| (place, slot)));
        }
        if order.len() < wanted.len() {
            let missing = self.missing(wanted);
            return Err(FeatureError::Missing { folder: self.folder.clone(), missing });
        }
        order.sort_unstable();
        let mut decoder = Decoder::new(self.description.element(), values);
        for same_shard in order.chunk_by(|(first, _), (second, _)| first.shard == second.shard) {
            let shard = &self.shards[same_shard[0].0.shard as usize];
            let path = shard.path(&self.folder);
            let file =
                File::open(&path).map_err(|source| FeatureError::Read { path: path.clone(), source })?;
            let start = shard.data_start(&self.description);
            for &(Place { position, .. }, slot) in same_shard {
                let offset = start + u64::from(position) * self.description.map_bytes() as u64;
                let stored: &Stored = &shard.features[position as usize];
                let map = &mut into[slot * values..][..values];
                decoder.decode(map, |bytes| read_map(&file, &path, offset, stored, bytes))?;
            }
        }
        Ok(())
    }
}
