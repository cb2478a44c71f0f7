//! Creates the workspace of the kepler lane: the same files with another lock file.
//!
//! Cargo 1.95 has no option for another lock file, and replacing the one in the checkout would disturb a user who works
//! there. So cargo runs in a folder of links below `target/`.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{cache, checkout::Checkout, error::Error, run};

/// The lock file of this lane, beside `Cargo.lock`.
pub(crate) const LOCK_FILE: &str = "Cargo.kepler.lock";

/// The version of `tch` that binds libtorch 2.0.
const TCH: &str = "0.13.0";

/// Files of a workspace: its manifest, its members, and the files that tools expect in the root.
const SHARED: &[&str] = &[
    "Cargo.toml",
    "clippy.toml",
    "deny.toml",
    "rustfmt.toml",
    "benches",
    "crates",
    "docs",
    "examples",
    "tests",
];

/// Folders of links with this lane's lock file.
fn folder(checkout: &Checkout, name: &str) -> PathBuf {
    checkout.root().join("target/kepler").join(name)
}

/// Creates the folder of links anew and returns its path.
pub(crate) fn workspace(checkout: &Checkout) -> Result<PathBuf, Error> {
    let folder = folder(checkout, "workspace");
    mirror(checkout.root(), &folder)?;
    link(&checkout.root().join(LOCK_FILE), &folder.join("Cargo.lock"))?;
    Ok(folder)
}

/// Derives the lane's lock file from `Cargo.lock`: the same versions, except for tch and its dependencies.
pub(crate) fn lock(checkout: &Checkout) -> Result<(), Error> {
    let folder = folder(checkout, "lock");
    mirror(checkout.root(), &folder)?;
    let (from, to) = (checkout.root().join("Cargo.lock"), folder.join("Cargo.lock"));
    fs::copy(&from, &to).map_err(Error::io(&from))?;
    let mut cargo = run::cargo();
    run::check(cargo.current_dir(&folder).args(["update", "--package", "tch", "--precise", TCH]))?;
    let (fresh, kept) = (folder.join("Cargo.lock"), checkout.root().join(LOCK_FILE));
    let partial = kept.with_extension("lock.partial");
    fs::copy(&fresh, &partial).map_err(Error::io(&partial))?;
    fs::rename(&partial, &kept).map_err(Error::io(&kept))
}

/// Whether the lane's lock file matches the manifests.
pub(crate) fn lock_fits(checkout: &Checkout) -> Result<bool, Error> {
    let folder = workspace(checkout)?;
    let mut cargo: Command = run::cargo();
    cargo.current_dir(folder).args(["metadata", "--locked", "--format-version", "1"]);
    run::succeeds(&mut cargo)
}

fn mirror(root: &Path, folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    for name in SHARED.iter().filter(|name| root.join(name).exists()) {
        link(&root.join(name), &folder.join(name))?;
    }
    Ok(())
}

fn link(target: &Path, link: &Path) -> Result<(), Error> {
    if fs::read_link(link).is_ok_and(|old| old == target) {
        return Ok(());
    }
    cache::remove(link)?;
    symlink(target, link).map_err(Error::io(link))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_shares_everything_but_the_lock_file() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = Checkout::at(folder.path());
        for (name, text) in [("Cargo.toml", "[workspace]"), ("Cargo.lock", "ours"), (LOCK_FILE, "kepler's")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::create_dir(folder.path().join("crates")).unwrap();
        for _ in 0..2 {
            let view = workspace(&checkout).unwrap();
            assert_eq!(fs::read_to_string(view.join("Cargo.lock")).unwrap(), "kepler's");
            assert_eq!(fs::read_to_string(view.join("Cargo.toml")).unwrap(), "[workspace]");
            assert!(view.join("crates").is_dir());
        }
        assert_eq!(fs::read_to_string(folder.path().join("Cargo.lock")).unwrap(), "ours");
    }
}
