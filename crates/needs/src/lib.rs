#![doc = include_str!("../README.md")]

mod need;
mod record;

use std::{
    env,
    path::{Path, PathBuf},
};

pub use need::{Need, NotANeed, browser, python};
pub use record::{RECORD, Skipped, skip};

/// The folder that an environment variable names, or `None` after recording the test as skipped.
///
/// Tests run in the folder of their package, so a relative path is resolved from the root of the project.
///
/// # Panics
///
/// If the variable names something that is not a folder.
#[track_caller]
pub fn folder(variable: &'static str) -> Option<PathBuf> {
    let folder = named_folder(variable);
    if folder.is_none() {
        skip(&Need::Variable(variable.to_owned()));
    }
    folder
}

/// The folder that an environment variable names; `None` without recording anything if the variable is not set.
///
/// # Panics
///
/// If the variable names something that is not a folder.
pub fn named_folder(variable: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).filter(|named| !named.is_empty())?;
    let folder = from_root(Path::new(&named));
    assert!(folder.is_dir(), "{variable} names {}, which is not a folder", folder.display());
    Some(folder)
}

/// The path, resolved from the root of the project if it is relative.
pub fn from_root(path: &Path) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
