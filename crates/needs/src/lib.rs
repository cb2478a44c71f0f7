//! Records tests that are skipped because the machine lacks something: real images, weights, a browser, a GPU.
//!
//! libtest has no word for a skipped test and hides what a passing test prints, so a test that returns early looks like one
//! that passed. Tests ask this crate instead. It writes one line past the capture to standard error, and one line to the
//! file that the environment variable [`RECORD`] names. `cargo xtask test` counts the lines, and `cargo xtask ci` fails if
//! a recorded need is met after all. For development only: no library or program depends on it.
//!
//! ```
//! // A test on real images begins like this.
//! let Some(images) = radiograph_needs::folder("RADIOGRAPH_DATA") else { return };
//! assert!(images.is_dir());
//! ```

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
/// Tests run in the folder of their package, so a relative path counts from the root of the project.
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

/// The folder that an environment variable names; nothing is recorded if it names none.
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

/// A path as it counts from the root of the project.
pub fn from_root(path: &Path) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
