//! Reads what a store's folder holds: its description and every shard that its index lists.

use std::path::{Path, PathBuf};

use crate::{
    FeatureError, StoreDescription,
    read::{name, paths},
    shard::{Shard, index_folder, stem},
};

/// The contents of a store's folder at one moment. Shards written later are not included.
pub(crate) struct Contents {
    pub(crate) description: StoreDescription,
    /// Shards in the order of their names.
    pub(crate) shards: Vec<Result<Shard, Unusable>>,
}

/// The names of all shards that the index lists, sorted; `None` if there is something else in the index. No list is read.
pub(crate) fn listed_names(folder: &Path) -> Result<Option<Vec<String>>, FeatureError> {
    let lists = paths(&index_folder(folder))?;
    let shown = lists.iter().filter(|list| !name(list).starts_with('.'));
    Ok(shown.map(|list| Some(stem(list, ".json")?.to_owned())).collect())
}

/// A list or shard that cannot be used.
pub(crate) struct Unusable {
    /// Path of its list in the index.
    pub(crate) list: PathBuf,
    pub(crate) error: FeatureError,
}

impl Contents {
    pub(crate) fn read(folder: &Path) -> Result<Self, FeatureError> {
        let description = StoreDescription::read(folder)?
            .ok_or_else(|| FeatureError::NotAStore { folder: folder.to_owned() })?;
        let mut shards = Vec::new();
        for list in paths(&index_folder(folder))? {
            if name(&list).starts_with('.') {
                continue;
            }
            let shard = match stem(&list, ".json") {
                Some(stem) => Shard::read(folder, &description, stem),
                None => {
                    Err(FeatureError::Index { path: list.clone(), reason: "no list of a shard".to_owned() })
                }
            };
            shards.push(shard.map_err(|error| Unusable { list, error }));
        }
        Ok(Self { description, shards })
    }

    /// Like `read`, but an unusable shard is an error.
    pub(crate) fn read_sound(folder: &Path) -> Result<(StoreDescription, Vec<Shard>), FeatureError> {
        let contents = Self::read(folder)?;
        let shards: Result<Vec<_>, _> = contents.shards.into_iter().collect();
        Ok((contents.description, shards.map_err(|unusable| unusable.error)?))
    }
}
