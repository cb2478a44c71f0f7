//! Comparing a whole store with what was written. Changes nothing.

use std::path::{Path, PathBuf};

use crate::{FeatureError, contents::Contents, read::paths, shard::stem};

/// What [`verify`] found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verification {
    /// Shards that the index lists and that are as they were written.
    pub shards: usize,
    /// Feature maps in them.
    pub features: usize,
    /// Their bytes.
    pub bytes: u64,
    /// What is wrong, shard by shard.
    pub problems: Vec<FeatureError>,
    /// Shards that no index lists, as a killed process leaves them: harmless, and written over or removed by
    /// [`gc`](crate::gc).
    pub unlisted: Vec<PathBuf>,
}

impl Verification {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Reads every byte of a store and compares it with what was written.
///
/// # Errors
///
/// [`FeatureError::NotAStore`] or [`FeatureError::Description`] if the folder is no store, [`FeatureError::Read`] if the
/// system refuses its names. What is wrong with single shards is among the problems.
pub fn verify(folder: &Path) -> Result<Verification, FeatureError> {
    let contents = Contents::read(folder)?;
    let mut verification =
        Verification { shards: 0, features: 0, bytes: 0, problems: Vec::new(), unlisted: Vec::new() };
    let mut listed = Vec::new();
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
            }
            Err(problem) => verification.problems.push(problem),
        }
    }
    let unlisted = |path: &PathBuf| {
        stem(path, ".safetensors").is_some_and(|stem| !listed.iter().any(|name| name == stem))
    };
    verification.unlisted = paths(folder)?.into_iter().filter(unlisted).collect();
    Ok(verification)
}
