//! Where golden values and real images lie.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

/// The project's own golden folder.
pub(crate) fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// A file of the project's own golden folder.
pub(crate) fn read_own<T: DeserializeOwned>(name: &str) -> T {
    read(&own_folder().join(name))
}

/// A JSON file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of reference values, if one is named.
pub(crate) fn reference() -> Option<PathBuf> {
    folder("RADIOGRAPH_REFERENCE")
}

/// The folder of real images, if one is named.
pub(crate) fn data() -> Option<PathBuf> {
    folder("RADIOGRAPH_DATA")
}

/// Tests run in the folder of their package; a relative path is meant from the root of the project.
fn folder(variable: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = env::var_os(variable).map(|folder| root.join(folder));
    if folder.is_none() {
        // Not `println`: what a test prints is shown only if it fails.
        let _ = writeln!(std::io::stderr(), "skipped: {variable} names no folder");
    }
    folder.inspect(|folder| {
        assert!(folder.is_dir(), "{variable} names {}, which is no folder", folder.display());
    })
}

/// Every image below a folder, in order; masks and tables are none.
pub(crate) fn images_below(folder: &Path) -> Vec<PathBuf> {
    let mut images: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file() && radiograph_dataset::image::ImageFormat::of_extension(path).is_some())
        .collect();
    images.sort();
    images
}
