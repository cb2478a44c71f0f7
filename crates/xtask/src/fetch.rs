//! Downloads one wheel into a folder and verifies it; `unpack.rs` unpacks it.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use radiograph_files::ContentHash;

use crate::{cache, error::Error, wheel::Wheel};

/// Source of wheels.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// The Python package index of this machine's pip.
    Pip { python: String },
    /// A folder with downloaded wheels, for machines without a network.
    Folder(PathBuf),
}

impl Origin {
    /// The folder if one is given, else pip.
    ///
    /// # Errors
    /// [`Error::NoPython`] if pip is needed and missing.
    pub(crate) fn new(folder: Option<PathBuf>) -> Result<Self, Error> {
        if let Some(folder) = folder {
            return Ok(Self::Folder(folder));
        }
        Self::pip(env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned()))
    }

    /// The pip of this interpreter.
    pub(crate) fn pip(python: String) -> Result<Self, Error> {
        let answers = Command::new(&python).args(["-m", "pip", "--version"]).output();
        if answers.is_ok_and(|output| output.status.success()) {
            Ok(Self::Pip { python })
        } else {
            Err(Error::NoPython { tried: python })
        }
    }

    /// Makes sure that the wheel is in `downloads`, and returns its path. A wheel under its final name was verified
    /// before it got that name.
    pub(crate) fn fetch(
        &self,
        wheel: &Wheel,
        build: &'static str,
        downloads: &Path,
    ) -> Result<PathBuf, Error> {
        let finished = downloads.join(wheel.file);
        if fs::metadata(&finished).is_ok_and(|found| found.len() == wheel.bytes) {
            return Ok(finished);
        }
        // A folder of its own: pip may leave anything in it, and an interrupted run is cleared away as a whole.
        let partial = downloads.join(format!("{}.partial", wheel.file));
        cache::remove(&partial)?;
        fs::create_dir_all(&partial).map_err(Error::io(&partial))?;
        let arrived = partial.join(wheel.file);
        let outcome = match self {
            Self::Pip { python } => ask_pip(python, wheel, &partial),
            Self::Folder(folder) => copy_wheel(wheel, build, folder, &arrived),
        }
        .and_then(|()| check(wheel, build, &arrived))
        .and_then(|()| fs::rename(&arrived, &finished).map_err(Error::io(&finished)));
        cache::remove(&partial)?;
        outcome.map(|()| finished)
    }
}

/// Requests the wheel for its own Python version and platform, whichever Python runs pip, because only its libraries
/// are used.
fn ask_pip(python: &str, wheel: &Wheel, folder: &Path) -> Result<(), Error> {
    let abi = if wheel.file.contains("-cp311-cp311-") { "cp311" } else { "none" };
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"])
        .args(["--no-cache-dir", "--implementation", "cp", "--python-version", "311", "--abi", abi])
        .args(["--platform", wheel.platform(), "--dest"])
        .arg(folder)
        .arg(wheel.requirement);
    let status = pip
        .status()
        .map_err(|source| Error::CommandMissing { command: format!("{python} -m pip"), source })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::PipFailed {
            requirement: wheel.requirement.to_owned(),
            file: wheel.file.to_owned(),
            status,
        })
    }
}

fn copy_wheel(wheel: &Wheel, build: &'static str, folder: &Path, to: &Path) -> Result<(), Error> {
    let from = folder.join(wheel.file);
    match fs::copy(&from, to) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::WheelMissing { wheel: wheel.file.to_owned(), folder: folder.to_owned(), build })
        }
        Err(source) => Err(Error::Io { path: from, source }),
    }
}

fn check(wheel: &Wheel, build: &'static str, file: &Path) -> Result<(), Error> {
    if !file.is_file() {
        // pip chose another file of the same version.
        let folder = file.parent().unwrap_or(file).to_owned();
        return Err(Error::WheelMissing { wheel: wheel.file.to_owned(), folder, build });
    }
    let got = sha256(file)?;
    if got == wheel.sha256 {
        Ok(())
    } else {
        Err(Error::Checksum { file: file.to_owned(), expected: wheel.sha256.to_owned(), got })
    }
}

/// SHA-256 of a file, in lower-case hexadecimal.
pub(crate) fn sha256(path: &Path) -> Result<String, Error> {
    let hash = File::open(path).and_then(ContentHash::of_reader).map_err(Error::io(path))?;
    Ok(hash.to_string())
}
