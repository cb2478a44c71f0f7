//! Merges stores that were filled separately into one.

use std::{collections::HashSet, path::Path};

use crate::{
    FeatureError, Part, StoreWriter, contents::Contents, lock::ReaderLock, shard::Shard, table::write_table,
};

/// Report of [`merge`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Merged {
    /// Number of feature maps copied.
    pub copied: usize,
    /// Number of feature maps that were already there.
    pub present: usize,
}

/// Copies the feature maps that `into` lacks from the store `from`. Both must have the same key and shape.
/// `into` is created if needed and has a [table](crate::write_table) afterwards; `from` does not change. The call can be
/// interrupted and repeated.
///
/// Use it for machines that share no disk: each machine fills its own store with its [`Part`], and then the stores are
/// merged.
///
/// # Errors
///
/// [`OtherKey`](FeatureError::OtherKey) or [`OtherShape`](FeatureError::OtherShape) if the stores differ in kind; those of [`FeatureStore::open`] if one is
/// damaged, and of [`StoreWriter::open`].
///
/// [`FeatureStore::open`]: crate::FeatureStore::open
pub fn merge(into: &Path, from: &Path) -> Result<Merged, FeatureError> {
    let _lock = ReaderLock::take(from)?;
    let (description, shards) = Contents::read_sound(from)?;
    // The whole store, so that no other process writes.
    let writer = StoreWriter::open(into, &description, Part::WHOLE)?;
    let mut present: HashSet<_> = writer.reader()?.ids()?.into_iter().collect();
    let mut merged = Merged::default();
    for shard in shards {
        let (ids, encoded) = shard.encoded(from, &description, |id| !present.contains(&id))?;
        merged.present += shard.features.len() - ids.len();
        if !ids.is_empty() {
            Shard::write(into, &description, &ids, &encoded)?;
            merged.copied += ids.len();
            present.extend(ids);
        }
    }
    write_table(into)?;
    Ok(merged)
}
