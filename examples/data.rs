//! Shared by the examples: the data that they work on.
//!
//! An example takes a folder of collections as its only argument. Without one it draws phantoms in a temporary folder.

#![allow(dead_code, reason = "each example uses a part of it")]

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use radiograph_phantoms::collection::Collections;

/// Anything that can go wrong in an example.
pub(crate) type Failure = Box<dyn Error>;

/// A folder of collections.
pub(crate) struct Data {
    collections: PathBuf,
    /// Removed with this value.
    temporary: tempfile::TempDir,
}

impl Data {
    /// The folder that the command line names, or phantoms.
    pub(crate) fn of_arguments() -> Result<Self, Failure> {
        let temporary = tempfile::tempdir()?;
        if let Some(folder) = std::env::args_os().nth(1) {
            return Ok(Self { collections: folder.into(), temporary });
        }
        Collections { patients: 30, seed: 3, side: 96 }.write(temporary.path(), |_, _| {})?;
        Ok(Self { collections: temporary.path().join("collections"), temporary })
    }

    /// The folder that holds the collections.
    pub(crate) fn collections(&self) -> &Path {
        &self.collections
    }

    /// A folder for results, removed at the end.
    pub(crate) fn scratch(&self) -> &Path {
        self.temporary.path()
    }

    /// The path of a film: the first PNG file of the collections.
    pub(crate) fn film(&self) -> Result<PathBuf, Failure> {
        first_png(&self.collections)?.ok_or_else(|| "the collections hold no PNG file".into())
    }
}

fn first_png(folder: &Path) -> std::io::Result<Option<PathBuf>> {
    let mut entries = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    for path in entries {
        let found = if path.is_dir() { first_png(&path)? } else { Some(path) };
        if found.as_ref().is_some_and(|path| path.extension().is_some_and(|extension| extension == "png")) {
            return Ok(found);
        }
    }
    Ok(None)
}
