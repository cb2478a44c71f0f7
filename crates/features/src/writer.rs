//! Fills a store shard by shard, so that writing can be interrupted at any moment.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use radiograph_files::create_folder;

use crate::{
    FeatureError, FeatureId, FeatureStore, Part, StoreDescription,
    contents::Contents,
    description::MOST_FEATURES,
    lock::{StoreLock, WriterLock},
    read::{name, paths},
    shard::{Shard, index_folder},
};

/// A store opened for writing one [`Part`] of it.
///
/// [`plan`](Self::plan) lists the shards to make, and [`write`](Self::write) writes them one by one. A shard is written
/// completely or not at all. After an interruption, the plan lists exactly the missing shards. If the values depend
/// only on the plan, an interrupted and resumed store has the same files, byte for byte, as an undisturbed one.
#[derive(Debug)]
pub struct StoreWriter {
    folder: PathBuf,
    description: StoreDescription,
    part: Part,
    present: HashSet<FeatureId>,
    _lock: WriterLock,
}

/// The work of one process for a list of requested features.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// Feature maps of each shard to make, in the order of the list. No shard is empty.
    pub shards: Vec<Vec<FeatureId>>,
    /// Number of features of this process's part that are already in the store.
    pub present: usize,
    /// Number of features that belong to other processes' parts.
    pub elsewhere: usize,
    /// Number of entries that repeat a feature. The same image is extracted only once.
    pub repeated: usize,
}

impl Plan {
    /// All features to make, in order.
    pub fn features(&self) -> impl Iterator<Item = FeatureId> {
        self.shards.iter().flatten().copied()
    }

    /// The number of features to make.
    pub fn len(&self) -> usize {
        self.shards.iter().map(Vec::len).sum()
    }

    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }
}

impl StoreWriter {
    /// Opens the store in `folder` for writing. Creates it if the folder is new or empty.
    ///
    /// # Errors
    ///
    /// [`OtherKey`](FeatureError::OtherKey) or [`OtherShape`](FeatureError::OtherShape) if it holds other features than
    /// described; [`Occupied`](FeatureError::Occupied) if the folder holds something else; [`PartTaken`](FeatureError::PartTaken)
    /// or [`OtherParts`](FeatureError::OtherParts) if another process is in the way; those of [`FeatureStore::open`] if
    /// the store is damaged; [`File`](FeatureError::File) or [`Lock`](FeatureError::Lock) if the system refuses.
    pub fn open(folder: &Path, description: &StoreDescription, part: Part) -> Result<Self, FeatureError> {
        create(folder, description)?;
        let lock = WriterLock::take(folder, part)?;
        let (stored, shards) = Contents::read_sound(folder)?;
        description.require(&stored)?;
        let present = shards.iter().flat_map(Shard::ids).collect();
        Ok(Self { folder: folder.to_owned(), description: stored, part, present, _lock: lock })
    }

    /// Description of the store: key, shape and number format.
    pub fn description(&self) -> &StoreDescription {
        &self.description
    }

    /// Part of the store that is written.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Folder of the store.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Plans the shards to make for a list of requested features. The list must be the same in every process and after
    /// every interruption.
    ///
    /// The list without repetitions is cut into shards, and the shards are assigned to the parts, before existing
    /// features are left out. So the shards do not depend on the speed of the processes or on interruptions.
    pub fn plan(&self, wanted: impl IntoIterator<Item = FeatureId>) -> Plan {
        let mut seen = HashSet::new();
        let mut plan = Plan::default();
        let mut list: Vec<FeatureId> = Vec::new();
        for id in wanted {
            if seen.insert(id) { list.push(id) } else { plan.repeated += 1 }
        }
        for (place, whole) in list.chunks(self.description.features_per_shard()).enumerate() {
            if !self.part.takes(place) {
                plan.elsewhere += whole.len();
                continue;
            }
            let absent: Vec<FeatureId> =
                whole.iter().copied().filter(|id| !self.present.contains(id)).collect();
            plan.present += whole.len() - absent.len();
            if !absent.is_empty() {
                plan.shards.push(absent);
            }
        }
        plan
    }

    /// Writes one planned shard, or the part of it that could be computed. `values` is `[N, C, H, W]`, row-major, in
    /// the order of `ids`. After success the shard is on the disk and readers see it; after an error, nothing of it is
    /// visible.
    ///
    /// # Errors
    ///
    /// [`File`](FeatureError::File) if the system refuses, for example because the disk is full; earlier shards stay
    /// valid. [`NotStorable`](FeatureError::NotStorable) for values that are not finite or, in f16, too large;
    /// [`AlreadyStored`](FeatureError::AlreadyStored), [`ShardContent`](FeatureError::ShardContent) or
    /// [`Buffer`](FeatureError::Buffer) for a shard that was not planned.
    pub fn write(&mut self, ids: &[FeatureId], values: &[f32]) -> Result<(), FeatureError> {
        let (features, size) = (ids.len(), self.description.values());
        let distinct = ids.iter().collect::<HashSet<_>>().len();
        if features == 0 || features > MOST_FEATURES || distinct < features {
            return Err(FeatureError::ShardContent { features, limit: MOST_FEATURES });
        }
        if let Some(&feature) = ids.iter().find(|id| self.present.contains(id)) {
            return Err(FeatureError::AlreadyStored { feature });
        }
        if values.len() != features * size {
            return Err(FeatureError::Buffer { features, expected: features * size, found: values.len() });
        }
        let mut encoded = Vec::with_capacity(features * self.description.map_bytes());
        for (&id, map) in ids.iter().zip(values.chunks_exact(size)) {
            self.description.element().encode(id, map, &mut encoded)?;
        }
        Shard::write(&self.folder, &self.description, ids, &encoded)?;
        self.present.extend(ids);
        Ok(())
    }

    /// Checks whether these values can be stored.
    ///
    /// # Errors
    ///
    /// [`NotStorable`](FeatureError::NotStorable) for a value that is not finite or, in f16, too large.
    pub fn check(&self, id: FeatureId, values: &[f32]) -> Result<(), FeatureError> {
        Ok(self.description.element().check(id, values)?)
    }

    /// Opens the store in its current state for reading.
    ///
    /// # Errors
    ///
    /// Those of [`FeatureStore::open`].
    pub fn reader(&self) -> Result<FeatureStore, FeatureError> {
        FeatureStore::open(&self.folder)
    }
}

/// Creates the described store, or checks the existing one. Several processes may do so at once.
fn create(folder: &Path, description: &StoreDescription) -> Result<(), FeatureError> {
    if let Some(stored) = StoreDescription::read(folder)? {
        return description.require(&stored);
    }
    create_folder(folder)?;
    let others = paths(folder)?;
    if let Some(found) = others.iter().map(|path| name(path)).find(|name| *name != "index" && !name.starts_with('.'))
        // Another process may have written the description in the meantime.
        && StoreDescription::read(folder)?.is_none()
    {
        return Err(FeatureError::Occupied { folder: folder.to_owned(), found: found.to_owned() });
    }
    let _alone = loop {
        match StoreLock::take(folder) {
            Ok(alone) => break alone,
            // Another process creates the store, or has done so and writes to it for hours.
            Err(FeatureError::Busy { .. }) => {
                if let Some(stored) = StoreDescription::read(folder)? {
                    return description.require(&stored);
                }
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    };
    match StoreDescription::read(folder)? {
        Some(stored) => description.require(&stored),
        None => {
            create_folder(&index_folder(folder))?;
            description.write(folder)
        }
    }
}
