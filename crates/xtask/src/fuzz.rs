//! Compiles the fuzz targets, so that a change of a crate cannot break them unnoticed. It does not run them.
//!
//! Each `crates/*/fuzz` is a separate workspace, because fuzzing needs a nightly compiler. The stable compiler can
//! check the types; none of them asks for the `cfg` that cargo-fuzz sets.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{checkout::Checkout, error::Error, outside, run};

/// Checks every fuzz target of the checkout.
pub(crate) fn check(checkout: &Checkout) -> Result<(), Error> {
    for manifest in manifests(checkout.root())? {
        let mut cargo = run::cargo();
        cargo.args(["check", "--locked", "--bins", "--manifest-path"]).arg(&manifest);
        outside::share_dependencies(cargo.env_remove("LIBTORCH"), checkout)?;
        run::check(&mut cargo)?;
    }
    Ok(())
}

/// Updates the lock files of the fuzz workspaces to their manifests. A new lock file starts with the versions of the
/// main workspace.
pub(crate) fn lock(checkout: &Checkout) -> Result<(), Error> {
    for manifest in manifests(checkout.root())? {
        let lock = manifest.with_extension("lock");
        if !lock.exists() {
            fs::copy(checkout.root().join("Cargo.lock"), &lock).map_err(Error::io(&lock))?;
        }
        let mut cargo = run::cargo();
        run::check(cargo.args(["update", "--workspace", "--manifest-path"]).arg(&manifest))?;
    }
    Ok(())
}

/// The manifests of all fuzz workspaces, sorted.
///
/// # Errors
/// [`Error::NoFuzzTargets`] if there is none, because this module then looks in the wrong place.
fn manifests(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let crates = root.join("crates");
    let mut found = Vec::new();
    for entry in fs::read_dir(&crates).map_err(Error::io(&crates))? {
        let manifest = entry.map_err(Error::io(&crates))?.path().join("fuzz/Cargo.toml");
        if manifest.is_file() {
            found.push(manifest);
        }
    }
    found.sort();
    if found.is_empty() { Err(Error::NoFuzzTargets { folder: crates }) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzz_workspaces_are_found_and_their_absence_is_an_error() {
        assert!(manifests(Checkout::this().root()).unwrap().len() >= 3);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("crates/classes")).unwrap();
        assert!(matches!(manifests(folder.path()), Err(Error::NoFuzzTargets { .. })));
    }
}
