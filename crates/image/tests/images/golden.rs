//! Finds golden values and real images for the tests of this crate.

use std::{
    fs,
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

/// The folder of reference values, if one is named. The project's copy takes its place if not.
pub(crate) fn reference() -> Option<PathBuf> {
    radiograph_needs::named_folder("RADIOGRAPH_REFERENCE")
}

/// The folder of real images; without it the test is recorded as skipped.
pub(crate) fn data() -> Option<PathBuf> {
    radiograph_needs::folder("RADIOGRAPH_DATA")
}

/// Every image below a folder, in order; masks and tables are none.
pub(crate) fn images_below(folder: &Path) -> Vec<PathBuf> {
    let mut images: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file() && radiograph_image::ImageFormat::of_extension(path).is_some())
        .collect();
    images.sort();
    images
}
