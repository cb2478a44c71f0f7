//! The folder of installed weights: for every name a file and its record, and one lock file with checksums.
//!
//! ```text
//! ~/.cache/radiograph/weights/
//!     inception_v3.safetensors    as it was fetched, converted or given
//!     inception_v3.json           its record
//!     lock.json                   the SHA-256 under which each name was first used
//! ```
//!
//! While a file is being replaced, and after a program was killed during that, the new file is
//! `inception_v3@HASH.safetensors`. This module fetches nothing; `radiograph weights fetch` does.

use std::{
    collections::BTreeMap,
    fs,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use radiograph_files::{ContentHash, cache_folder, create_folder, write_bytes};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Expected, StateFile, Weights, WeightsError, WeightsName, WeightsRecord};

/// A folder of installed weights.
#[derive(Clone, Debug)]
pub struct WeightsFolder {
    path: PathBuf,
    /// Whether an installation may replace the content of a name.
    pub(crate) replaces: bool,
}

/// What happens to the original file during an installation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taking {
    /// The file stays and is copied.
    Copy,
    /// The file is renamed into the folder, which must be on the same file system.
    Move,
}

/// Entry of the lock file for a name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// SHA-256 of the content that was first used under the name.
    pub sha256: ContentHash,
    /// Origin of this content.
    pub source: String,
    /// Entry that stays valid until the record of this content is written; usually none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Box<Locked>>,
}

impl Locked {
    /// The valid entry for a record with this hash: after an interrupted replacement, the old one.
    pub(crate) fn with_record(self, recorded: Option<ContentHash>) -> Self {
        match self.replaces {
            Some(old) if recorded == Some(old.sha256) => Self { replaces: None, ..*old },
            _ => Self { replaces: None, ..self },
        }
    }
}

pub(crate) const LOCK: &str = "lock.json";
/// Maximum size of a record or lock file in bytes: room for every film that the texts of a file can list.
const LARGEST_TEXT: u64 = 8 << 20;

impl WeightsFolder {
    /// `$XDG_CACHE_HOME/radiograph/weights`, else `~/.cache/radiograph/weights`.
    ///
    /// # Errors
    ///
    /// [`WeightsError::NoHome`] if the environment has neither variable.
    pub fn of_user() -> Result<Self, WeightsError> {
        Ok(Self::at(cache_folder().ok_or(WeightsError::NoHome)?.join("weights")))
    }

    /// The folder at this path, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), replaces: false }
    }

    /// The same folder, in which [`install`](Self::install) may replace the content of a name.
    pub fn replacing(self) -> Self {
        Self { replaces: true, ..self }
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The weights installed under this name. Their content is checked when they are [opened](Weights::open).
    ///
    /// # Errors
    ///
    /// [`WeightsError::NotInstalled`] if nothing is installed under this name; [`WeightsError::Record`] if the record
    /// or the lock file cannot be used.
    pub fn named(&self, name: &WeightsName) -> Result<Weights, WeightsError> {
        let not_installed = || WeightsError::NotInstalled { name: name.clone(), folder: self.path.clone() };
        let record: WeightsRecord = read(&self.record(name))?.ok_or_else(not_installed)?;
        let path = self.file(name, record.sha256);
        if !path.is_file() {
            return Err(not_installed());
        }
        let locked = self.lock_file()?.remove(name.as_str());
        let locked = locked.map(|locked| locked.with_record(record.sha256).sha256);
        let refuse =
            |reason: &str| WeightsError::Record { path: self.record(name), reason: reason.to_owned() };
        if record.architecture != name.architecture() {
            return Err(refuse("it holds weights of a different network than its name"));
        }
        // The installation wrote both.
        match (record.sha256, locked) {
            (Some(recorded), Some(locked)) if recorded == locked => Ok(Weights::new(path, record, recorded)),
            (None, _) => Err(refuse("it has no SHA-256")),
            _ => Err(refuse("its SHA-256 is not that of lock.json")),
        }
    }

    /// The names under which weights are installed, sorted. Empty if the folder does not exist.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Read`] if the system refuses.
    pub fn installed(&self) -> Result<Vec<WeightsName>, WeightsError> {
        let refuse = |source| WeightsError::Read { path: self.path.clone(), source };
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(refuse)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.map_err(refuse)?.file_name();
            let name = file.to_str().and_then(|file| file.strip_suffix(".json"));
            if let Some(Ok(name)) = name.map(str::parse::<WeightsName>)
                && self.file(&name, self.recorded(&name)).is_file()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The entry of the lock file for this name.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Record`] if the lock file cannot be used.
    pub fn locked(&self, name: &WeightsName) -> Result<Option<Locked>, WeightsError> {
        let locked = self.lock_file()?.remove(name.as_str());
        Ok(locked.map(|locked| locked.with_record(self.recorded(name))))
    }

    /// Checks a file that is to be installed under a name, and finds its record: by its content among the known
    /// weights, else by its own metadata, else by the given name.
    ///
    /// # Errors
    ///
    /// Those of [`StateFile::open`], those of unusable metadata, [`WeightsError::NotAsPublished`] if the name stands for
    /// another content, and [`WeightsError::Lineage`] if its lineage is unknown.
    pub fn identify(name: &WeightsName, file: &Path) -> Result<WeightsRecord, WeightsError> {
        let state = StateFile::open(file, &Expected::of(name.architecture()))?;
        let described = WeightsRecord::described(file, name, state.metadata())?;
        if let Some(known) = WeightsRecord::of_content(state.sha256()) {
            return Ok(known);
        }
        let published = WeightsRecord::named(name);
        // A bare network name may stand for a file that describes itself; the name of published weights may not.
        let claims = described.is_none() || published.as_ref().is_some_and(|one| one.name == name.as_str());
        if let Some(expected) = published.as_ref().and_then(|one| one.sha256).filter(|_| claims) {
            return Err(WeightsError::NotAsPublished {
                path: file.to_owned(),
                name: name.clone(),
                expected: Box::new(expected),
                found: state.sha256(),
            });
        }
        let claimed = || {
            let origin = "given by hand as what its name says; not compared with the publisher's file";
            Some(WeightsRecord { origin: Some(origin.to_owned()), ..published? })
        };
        let record =
            described.or_else(claimed).ok_or_else(|| WeightsError::Lineage { path: file.to_owned() })?;
        Ok(WeightsRecord { sha256: Some(state.sha256()), ..record })
    }

    /// Path of the file with the content in the record.
    fn file(&self, name: &WeightsName, recorded: Option<ContentHash>) -> PathBuf {
        let hashed = recorded.map(|sha256| self.hashed(name, sha256));
        hashed.filter(|path| path.is_file()).unwrap_or_else(|| self.plain(name))
    }

    pub(crate) fn plain(&self, name: &WeightsName) -> PathBuf {
        self.path.join(format!("{name}.safetensors"))
    }

    /// Path of a content that is going to replace another. No name contains an `@`.
    pub(crate) fn hashed(&self, name: &WeightsName, sha256: ContentHash) -> PathBuf {
        self.path.join(format!("{name}@{sha256}.safetensors"))
    }

    /// All such files for a name.
    pub(crate) fn all_hashed(&self, name: &WeightsName) -> Result<Vec<PathBuf>, WeightsError> {
        let refuse = |source| WeightsError::Read { path: self.path.clone(), source };
        let start = format!("{name}@");
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(refuse)? {
            let entry = entry.map_err(refuse)?;
            if entry.file_name().to_str().is_some_and(|file| file.starts_with(&start)) {
                paths.push(entry.path());
            }
        }
        Ok(paths)
    }

    /// The hash in the record of a name, if that record can be read.
    pub(crate) fn recorded(&self, name: &WeightsName) -> Option<ContentHash> {
        read::<WeightsRecord>(&self.record(name)).ok().flatten()?.sha256
    }

    pub(crate) fn record(&self, name: &WeightsName) -> PathBuf {
        self.path.join(format!("{name}.json"))
    }

    pub(crate) fn lock_file(&self) -> Result<BTreeMap<String, Locked>, WeightsError> {
        Ok(read(&self.path.join(LOCK))?.unwrap_or_default())
    }

    /// Locks the folder, after waiting until no other process changes it.
    pub(crate) fn alone(&self) -> Result<File, WeightsError> {
        create_folder(&self.path)?;
        let path = self.path.join(".lock");
        let lock = File::options().create(true).append(true).open(&path);
        lock.and_then(|file| file.lock().map(|()| file)).map_err(|source| WeightsError::Read { path, source })
    }
}

impl Weights {
    /// The weights that this user has installed under this name.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Name`], or those of [`WeightsFolder::named`].
    pub fn named(name: &str) -> Result<Self, WeightsError> {
        WeightsFolder::of_user()?.named(&name.parse()?)
    }
}

/// Reads a small JSON file; `None` if there is none.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, WeightsError> {
    let refuse = |source| WeightsError::Read { path: path.to_owned(), source };
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(refuse)?,
    };
    let unusable = |reason: String| WeightsError::Record { path: path.to_owned(), reason };
    if !found.is_file() || found.len() > LARGEST_TEXT {
        return Err(unusable("it is not a small regular file".to_owned()));
    }
    let bytes = fs::read(path).map_err(refuse)?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| unusable(error.to_string()))
}

pub(crate) fn write(path: &Path, value: &impl Serialize) -> Result<(), WeightsError> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| WeightsError::Record { path: path.to_owned(), reason: error.to_string() })?;
    text.push(b'\n');
    Ok(write_bytes(path, &text)?)
}
