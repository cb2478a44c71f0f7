//! Verifies a store: reads every byte and compares it with the recorded hashes. It changes nothing.

use std::path::{Path, PathBuf};

use crate::{
    FeatureError, StoreDescription,
    contents::Contents,
    lock::ReaderLock,
    read::paths,
    shard::{Shard, stem},
    table::{Table, table_path},
};

/// Report of [`verify`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Verification {
    /// Number of listed shards that are as they were written.
    pub shards: usize,
    /// Number of feature maps in these shards.
    pub features: usize,
    /// Number of bytes of these shards.
    pub bytes: u64,
    /// Problems, shard by shard.
    pub problems: Vec<FeatureError>,
    /// Shards without a list, which killed processes leave behind. They are harmless; a later write overwrites them, or
    /// [`gc`](crate::gc) removes them.
    pub unlisted: Vec<PathBuf>,
}

impl Verification {
    /// Whether there are no problems.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What is wrong with the table, if anything. One of other shards is not used, so it is no problem.
fn table_problem(
    folder: &Path,
    description: &StoreDescription,
    shards: &[Shard],
) -> Result<Option<FeatureError>, FeatureError> {
    let expected = Table::of_shards(folder, shards).bytes(description)?;
    let found = Table::current(folder, description)
        .and_then(|table| table.map(|table| table.bytes(description)).transpose());
    match found {
        Ok(found) if found.as_ref().is_none_or(|found| *found == expected) => Ok(None),
        Ok(_) => {
            let reason = "it contradicts the lists in the index".to_owned();
            Ok(Some(FeatureError::Table { path: table_path(folder), reason }))
        }
        Err(problem @ FeatureError::Table { .. }) => Ok(Some(problem)),
        Err(error) => Err(error),
    }
}

/// Reads every byte of a store and compares it with what was written.
///
/// # Errors
///
/// [`FeatureError::NotAStore`] or [`FeatureError::Description`] if the folder is not a store, [`FeatureError::Read`] if
/// the system cannot list it. Faults of single shards are among the problems.
pub fn verify(folder: &Path) -> Result<Verification, FeatureError> {
    let _lock = ReaderLock::take(folder)?;
    let contents = Contents::read(folder)?;
    let mut verification =
        Verification { shards: 0, features: 0, bytes: 0, problems: Vec::new(), unlisted: Vec::new() };
    let (mut listed, mut sound) = (Vec::new(), Vec::new());
    for shard in contents.shards {
        let verified = shard.map_err(|unusable| unusable.error).and_then(|shard| {
            listed.push(shard.name.clone());
            shard.verify(folder)?;
            Ok(shard)
        });
        match verified {
            Ok(shard) => {
                verification.shards += 1;
                verification.features += shard.features.len();
                verification.bytes += shard.bytes;
                sound.push(shard);
            }
            Err(problem) => verification.problems.push(problem),
        }
    }
    if verification.is_sound() {
        verification.problems.extend(table_problem(folder, &contents.description, &sound)?);
    }
    let unlisted = |path: &PathBuf| {
        stem(path, ".safetensors").is_some_and(|stem| !listed.iter().any(|name| name == stem))
    };
    verification.unlisted = paths(folder)?.into_iter().filter(unlisted).collect();
    Ok(verification)
}
