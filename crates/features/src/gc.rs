//! Removing from a store what nobody wants or can use.

use std::{fs, path::Path};

use crate::{
    FeatureError, FeatureId,
    contents::Contents,
    lock::{StoreLock, remove, remove_leftovers},
    read::paths,
    shard::{Shard, list_path, stem},
};

/// What [`gc`] did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Collected {
    /// Feature maps that stay.
    pub kept: usize,
    /// Sound feature maps that were removed because nobody wants them.
    pub unwanted: usize,
    /// Shards and lists that were removed because they are damaged.
    pub damaged: usize,
    /// Bytes by which the store has shrunk: those removed, less those of shards and lists that were written anew.
    pub freed: u64,
}

/// Collects the garbage of a store: removes the features that `keep` does not want, damaged shards and lists, and what
/// killed processes left behind. Reads every shard. The next extraction makes again what was damaged and is wanted.
///
/// It can be interrupted: a shard is removed after what is kept of it was written elsewhere. A file that the system does not
/// give may be sound, so it is no damage: collecting stops there and leaves it alone.
///
/// # Errors
///
/// [`FeatureError::Busy`] if somebody writes to the store; [`FeatureError::NotAStore`] or
/// [`FeatureError::Description`] if it is none; [`FeatureError::File`] or [`FeatureError::Read`] if the system refuses.
pub fn gc(folder: &Path, keep: impl Fn(FeatureId) -> bool) -> Result<Collected, FeatureError> {
    // Before the lock: a folder that is no store stays as it is.
    Contents::read(folder)?;
    let _alone = StoreLock::take(folder)?;
    let Contents { description, shards } = Contents::read(folder)?;
    let (mut removed, mut written) = (remove_leftovers(folder)?, 0);
    let mut collected = Collected::default();
    let mut names = Vec::new();
    for shard in shards {
        let shard = match shard {
            Ok(shard) => shard,
            Err(unusable) if !unusable.error.is_damage() => return Err(unusable.error),
            Err(unusable) => {
                // Its shard, if there is one, is unlisted from here on.
                removed += remove(&unusable.list)?;
                collected.damaged += 1;
                continue;
            }
        };
        match shard.verify(folder) {
            Ok(()) => {}
            Err(error) if error.is_damage() => {
                removed += remove(&list_path(folder, &shard.name))?;
                collected.damaged += 1;
                continue;
            }
            Err(error) => return Err(error),
        }
        let kept = shard.features.iter().filter(|stored| keep(stored.id)).count();
        collected.kept += kept;
        collected.unwanted += shard.features.len() - kept;
        if kept == shard.features.len() {
            names.push(shard.name);
            continue;
        }
        if kept > 0 {
            let (ids, encoded) = shard.encoded(folder, &description, &keep)?;
            let smaller = Shard::write(folder, &description, &ids, &encoded)?;
            written += smaller.bytes + length(&list_path(folder, &smaller.name))?;
            names.push(smaller.name);
        }
        removed += remove(&list_path(folder, &shard.name))?;
    }
    for path in paths(folder)? {
        if stem(&path, ".safetensors").is_some_and(|stem| !names.iter().any(|name| name == stem)) {
            removed += remove(&path)?;
        }
    }
    // What was written anew is part of what was removed, with a shorter list; only a store that grew would be below 0.
    collected.freed = removed.saturating_sub(written);
    Ok(collected)
}

fn length(path: &Path) -> Result<u64, FeatureError> {
    let found = fs::metadata(path).map_err(|source| FeatureError::Read { path: path.to_owned(), source })?;
    Ok(found.len())
}
