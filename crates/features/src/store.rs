//! Reads features from a store. Writing is in `writer`.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use crate::{
    ExtractionKey, FeatureError, FeatureId, StoreDescription,
    contents::Contents,
    element::Decoder,
    lock::ReaderLock,
    shard::{Stored, read_map, shard_path},
    table::Table,
    table_bytes::{ListedShard, Place},
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
    table: Table,
    _lock: ReaderLock,
}

impl FeatureStore {
    /// Opens a store: reads its description and the head of its [table](crate::write_table). If there is no table, or
    /// shards were added or removed since, it reads the list of every shard instead, which takes longer for many shards.
    ///
    /// What is not read is not checked yet: features are compared with their checksums, shards with their lengths and
    /// blocks of the table with their checksums when they are read. [`verify`](crate::verify()) compares everything.
    ///
    /// # Errors
    ///
    /// [`FeatureError::NotAStore`] if the folder is not a store; [`FeatureError::Description`],
    /// [`Table`](FeatureError::Table), [`Index`](FeatureError::Index), [`MissingShard`](FeatureError::MissingShard) or
    /// [`Shard`](FeatureError::Shard) if it is damaged; [`FeatureError::Read`] if the system refuses.
    pub fn open(folder: &Path) -> Result<Self, FeatureError> {
        let lock = ReaderLock::take(folder)?;
        let not_a_store = || FeatureError::NotAStore { folder: folder.to_owned() };
        let description = StoreDescription::read(folder)?.ok_or_else(not_a_store)?;
        let table = match Table::current(folder, &description)? {
            Some(table) => table,
            None => Table::of_shards(folder, &Contents::read_sound(folder)?.1),
        };
        Ok(Self { folder: folder.to_owned(), description, table, _lock: lock })
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

    /// Whether the store was opened with its table. Otherwise every list was read.
    pub fn has_table(&self) -> bool {
        self.table.is_file()
    }

    /// Number of feature maps.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether the store holds no feature maps.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of shards.
    pub fn shards(&self) -> usize {
        self.table.shards.len()
    }

    /// Number of bytes of all shards.
    pub fn bytes(&self) -> u64 {
        self.table.shards.iter().map(|shard| shard.bytes).sum()
    }

    /// All feature maps, in the order of the files.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Table`] if the table is damaged, [`FeatureError::Read`] if the system refuses.
    pub fn ids(&self) -> Result<Vec<FeatureId>, FeatureError> {
        self.table.ids()
    }

    /// Whether this feature map is in the store.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Table`] if the table is damaged, [`FeatureError::Read`] if the system refuses.
    pub fn contains(&self, feature: FeatureId) -> Result<bool, FeatureError> {
        Ok(self.table.place(feature)?.is_some())
    }

    /// The requested feature maps that are not in the store, in the given order.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Table`] if the table is damaged, [`FeatureError::Read`] if the system refuses.
    pub fn missing(&self, wanted: &[FeatureId]) -> Result<Vec<FeatureId>, FeatureError> {
        let mut missing = Vec::new();
        for &id in wanted {
            if !self.contains(id)? {
                missing.push(id);
            }
        }
        Ok(missing)
    }

    /// The shard of each feature map, numbered in the order of their names, and its position in the shard. Reading is
    /// fastest shard by shard, in the order of positions.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Missing`] names all missing feature maps; those of [`contains`](Self::contains).
    pub fn places(&self, wanted: &[FeatureId]) -> Result<Vec<(u32, u32)>, FeatureError> {
        let places = self.found(wanted)?;
        Ok(places.into_iter().map(|place| (place.shard, place.position)).collect())
    }

    /// Reads the feature maps `wanted` into `into`: `[N, C, H, W]` in f32, row-major, in the same order. They may be in
    /// any order and repeated. Each is compared with its checksum. Files are read one after the other, each from its
    /// beginning to its end.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Missing`] names all missing feature maps; nothing is read then. [`FeatureError::Buffer`] unless
    /// `into` has `N × C × H × W` values. [`FeatureError::Damaged`], [`FeatureError::Shard`] or
    /// [`FeatureError::MissingShard`] if a file has changed since it was written, [`FeatureError::Table`] if the table
    /// is damaged, [`FeatureError::Read`] if the system refuses; the content of `into` is then undefined.
    pub fn read(&self, wanted: &[FeatureId], into: &mut [f32]) -> Result<(), FeatureError> {
        let values = self.description.values();
        let expected = values.saturating_mul(wanted.len());
        if into.len() != expected {
            return Err(FeatureError::Buffer { features: wanted.len(), expected, found: into.len() });
        }
        let mut order: Vec<(Place, usize)> = self.found(wanted)?.into_iter().zip(0..).collect();
        order.sort_unstable();
        let mut decoder = Decoder::new(self.description.element(), values);
        for same_shard in order.chunk_by(|(first, _), (second, _)| first.shard == second.shard) {
            let shard = &self.table.shards[same_shard[0].0.shard as usize];
            let path = shard_path(&self.folder, &shard.name);
            let file = opened(shard, &path)?;
            let map_bytes = self.description.map_bytes() as u64;
            let start = shard.bytes - u64::from(shard.features) * map_bytes;
            for &(Place { position, checksum, .. }, slot) in same_shard {
                let offset = start + u64::from(position) * map_bytes;
                let stored = Stored { id: wanted[slot], checksum };
                let map = &mut into[slot * values..][..values];
                decoder.decode(map, |bytes| read_map(&file, &path, offset, &stored, bytes))?;
            }
        }
        Ok(())
    }

    /// The place of each of these feature maps.
    fn found(&self, wanted: &[FeatureId]) -> Result<Vec<Place>, FeatureError> {
        let mut places = Vec::with_capacity(wanted.len());
        for &id in wanted {
            places.extend(self.table.place(id)?);
        }
        if places.len() < wanted.len() {
            let missing = self.missing(wanted)?;
            return Err(FeatureError::Missing { folder: self.folder.clone(), missing });
        }
        Ok(places)
    }
}

/// Opens a shard, and compares its length with the listed one.
fn opened(shard: &ListedShard, path: &Path) -> Result<File, FeatureError> {
    let unread = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => FeatureError::MissingShard { path: path.to_owned() },
        _ => FeatureError::Read { path: path.to_owned(), source },
    };
    let file = File::open(path).map_err(unread)?;
    let found = file.metadata().map_err(unread)?.len();
    if found == shard.bytes {
        return Ok(file);
    }
    let reason = format!("it has {found} bytes instead of {}", shard.bytes);
    Err(FeatureError::Shard { path: path.to_owned(), reason })
}
