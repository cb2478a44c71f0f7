//! Locates this checkout and sets its link to libtorch, which `.cargo/config.toml` names.
//!
//! `install.rs` creates the target of the link.

use std::{
    env, fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process,
};

use crate::error::Error;

/// The folder with the root `Cargo.toml`.
#[derive(Clone, Debug)]
pub(crate) struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// The checkout that this program was built in.
    pub(crate) fn this() -> Self {
        // Two levels above this package; the fallback is the package itself, which then fails with its path.
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::at(package.ancestors().nth(2).unwrap_or(package))
    }

    /// A checkout at this folder.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The path that `.cargo/config.toml` gives cargo as `LIBTORCH`.
    pub(crate) fn libtorch(&self) -> PathBuf {
        self.root.join(".libtorch")
    }

    /// `LIBTORCH` if the user set it; `None` if cargo took it from our configuration.
    pub(crate) fn libtorch_of_user(&self) -> Option<PathBuf> {
        let set = env::var_os("LIBTORCH").map(PathBuf::from).filter(|path| !path.as_os_str().is_empty());
        set.filter(|path| *path != self.libtorch())
    }

    /// The target of the link; `None` if the link or its target is missing.
    pub(crate) fn linked(&self) -> Option<PathBuf> {
        fs::read_link(self.libtorch()).ok().filter(|target| target.is_dir())
    }

    /// Points the link to this libtorch, atomically, and returns whether its target changed.
    ///
    /// # Errors
    /// [`Error::LinkOccupied`] if a file or folder has the name of the link: it may be somebody's libtorch.
    pub(crate) fn link(&self, target: &Path) -> Result<bool, Error> {
        let link = self.libtorch();
        match fs::symlink_metadata(&link) {
            Ok(found) if !found.is_symlink() => return Err(Error::LinkOccupied { path: link }),
            Ok(_) if fs::read_link(&link).is_ok_and(|old| old == target) => return Ok(false),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::Io { path: link, source: error });
            }
            _ => {}
        }
        let fresh = self.root.join(format!(".libtorch.{}.partial", process::id()));
        symlink(target, &fresh).map_err(Error::io(&fresh))?;
        fs::rename(&fresh, &link).map_err(Error::io(&link))?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linking_is_idempotent_and_follows_the_lane() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = Checkout::at(folder.path());
        let (cpu, cuda) = (folder.path().join("cpu"), folder.path().join("cuda"));
        fs::create_dir(&cpu).unwrap();
        assert_eq!(checkout.linked(), None);
        assert!(checkout.link(&cpu).unwrap());
        assert!(!checkout.link(&cpu).unwrap());
        assert_eq!(checkout.linked(), Some(cpu));
        assert!(checkout.link(&cuda).unwrap());
        assert_eq!(checkout.linked(), None, "a dangling link is not a libtorch");
        let entries: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(entries.len(), 2, "left something behind: {entries:?}");
    }

    #[test]
    fn somebodys_folder_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = Checkout::at(folder.path());
        fs::create_dir(checkout.libtorch()).unwrap();
        assert!(matches!(checkout.link(Path::new("/anywhere")), Err(Error::LinkOccupied { .. })));
        assert!(checkout.libtorch().is_dir());
    }
}
