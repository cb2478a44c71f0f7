//! Bringing stores that were filled apart into one.

use std::{collections::HashSet, path::Path};

use crate::{FeatureError, Part, StoreWriter, contents::Contents, shard::Shard};

/// What [`merge`] did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Merged {
    /// Feature maps that were copied.
    pub copied: usize,
    /// Feature maps that were there already.
    pub present: usize,
}

/// Copies into the store `into` what it lacks and `from` has, both of the same key, shape and number format. `into` is made
/// if it is not there; `from` stays as it is. It can be interrupted and repeated.
///
/// For machines that share no disk: each fills a store of its own with its [`Part`], and the stores are merged.
///
/// # Errors
///
/// [`OtherKey`](FeatureError::OtherKey), [`OtherShape`](FeatureError::OtherShape) or
/// [`OtherElement`](FeatureError::OtherElement) if they hold other features; those of [`FeatureStore::open`] if one is
/// damaged, and of [`StoreWriter::open`].
///
/// [`FeatureStore::open`]: crate::FeatureStore::open
pub fn merge(into: &Path, from: &Path) -> Result<Merged, FeatureError> {
    let (description, shards) = Contents::read_sound(from)?;
    // All shares at once, so that nobody else writes.
    let writer = StoreWriter::open(into, &description, Part::WHOLE)?;
    let mut present: HashSet<_> = writer.reader()?.ids().collect();
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
    Ok(merged)
}
