//! Garbage collection: removes features that are unwanted or unusable from a store.

use std::{fs, path::Path};

use crate::{
    FeatureError, FeatureId,
    contents::Contents,
    lock::{RemovalLock, StoreLock, remove, remove_leftovers},
    read::paths,
    shard::{Shard, list_path, stem},
    table::{Table, table_path},
};

/// Report of [`gc`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Collected {
    /// Number of feature maps kept.
    pub kept: usize,
    /// Number of sound feature maps that were removed because they are unwanted.
    pub unwanted: usize,
    /// Number of shards and lists that were removed because they are damaged.
    pub damaged: usize,
    /// Bytes by which the store shrank: those removed, minus those of shards, lists and the table that were rewritten.
    pub freed: u64,
}

/// Collects the garbage of a store: removes the features for which `keep` returns `false`, damaged shards and lists,
/// and leftovers of killed processes. It reads every shard, and makes the table anew if there is one. The next extraction recomputes wanted features that were
/// damaged.
///
/// It can be interrupted: a shard is removed only after its kept features were written elsewhere. A file that the
/// system cannot read may be sound, so it does not count as damaged: the collection stops there and leaves it alone.
///
/// # Errors
///
/// [`FeatureError::Busy`] if another process writes to the store, [`FeatureError::InUse`] if it is open for reading, in
/// this process or in another; [`FeatureError::NotAStore`] or
/// [`FeatureError::Description`] if the folder is not a store; [`FeatureError::File`] or [`FeatureError::Read`] if the
/// system refuses.
pub fn gc(folder: &Path, keep: impl Fn(FeatureId) -> bool) -> Result<Collected, FeatureError> {
    // Read before locking, so that a folder that is not a store stays unchanged.
    Contents::read(folder)?;
    let _alone = StoreLock::take(folder)?;
    let _unread = RemovalLock::take(folder)?;
    let Contents { description, shards } = Contents::read(folder)?;
    let (mut removed, mut written) = (remove_leftovers(folder)?, 0);
    // A shard that is removed and made again keeps its name, so the table goes first.
    let table = table_path(folder);
    let had_table = table.is_file();
    if had_table {
        removed += remove(&table)?;
    }
    let mut collected = Collected::default();
    let mut names = Vec::new();
    for shard in shards {
        let shard = match shard {
            Ok(shard) => shard,
            Err(unusable) if !unusable.error.is_damage() => return Err(unusable.error),
            Err(unusable) => {
                // From here on its shard, if there is one, is unlisted.
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
    if had_table {
        written += Table::of_shards(folder, &Contents::read_sound(folder)?.1).write(&description)?;
    }
    // Rewritten shards are parts of removed ones, with shorter lists. The difference is below 0 only if the store grew.
    collected.freed = removed.saturating_sub(written);
    Ok(collected)
}

fn length(path: &Path) -> Result<u64, FeatureError> {
    let found = fs::metadata(path).map_err(|source| FeatureError::Read { path: path.to_owned(), source })?;
    Ok(found.len())
}
