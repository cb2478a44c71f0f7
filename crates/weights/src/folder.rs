//! The folder of installed weights: a file and its record for every name, and a lock file with checksums.
//!
//! ```text
//! ~/.cache/radiograph/weights/
//!     inception_v3.safetensors    as it was fetched, converted or given
//!     inception_v3.json           its record
//!     lock.json                   the SHA-256 under which each name was first used
//! ```
//!
//! Nothing is fetched here; that is `cargo xtask weights`.

use std::{
    collections::BTreeMap,
    env, fs,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use radiograph_files::{ContentHash, ContentHashing, create_folder, write_bytes, write_whole};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Expected, StateFile, Weights, WeightsError, WeightsName, WeightsRecord};

/// A folder of installed weights.
#[derive(Clone, Debug)]
pub struct WeightsFolder {
    path: PathBuf,
    replaces: bool,
}

/// What becomes of the file that is installed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taking {
    /// It stays where it is.
    Copy,
    /// It is renamed into the folder, which must be on the same file system.
    Move,
}

/// What the lock file knows of a name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The content that was first used under the name.
    pub sha256: ContentHash,
    /// Where it came from.
    pub source: String,
}

const LOCK: &str = "lock.json";
/// The largest record or lock file that is read.
const LARGEST_TEXT: u64 = 1 << 20;

impl WeightsFolder {
    /// `$XDG_CACHE_HOME/radiograph/weights`, else `~/.cache/radiograph/weights`.
    ///
    /// # Errors
    ///
    /// [`WeightsError::NoHome`] if the environment names neither.
    pub fn of_user() -> Result<Self, WeightsError> {
        // An empty or relative XDG_CACHE_HOME counts as unset, as its specification says.
        let home = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = home("XDG_CACHE_HOME").or_else(|| Some(home("HOME")?.join(".cache")));
        Ok(Self::at(base.ok_or(WeightsError::NoHome)?.join("radiograph/weights")))
    }

    /// The folder at this path, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), replaces: false }
    }

    /// The same folder, where [`install`](Self::install) lets a name stand for another content than before.
    pub fn replacing(self) -> Self {
        Self { replaces: true, ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The weights installed under this name. Their content is checked when they are [opened](Weights::open).
    ///
    /// # Errors
    ///
    /// [`WeightsError::NotInstalled`] says how to get them; [`WeightsError::Record`] if their record or the lock file cannot
    /// be used.
    pub fn named(&self, name: &WeightsName) -> Result<Weights, WeightsError> {
        let path = self.file(name);
        let record: Option<WeightsRecord> = read(&self.record(name))?;
        let (Some(record), true) = (record, path.is_file()) else {
            return Err(WeightsError::NotInstalled { name: name.clone(), folder: self.path.clone() });
        };
        let locked = self.locked(name)?.map(|locked| locked.sha256);
        let refuse =
            |reason: &str| WeightsError::Record { path: self.record(name), reason: reason.to_owned() };
        if record.architecture != name.architecture() {
            return Err(refuse("it is for another network than its name says"));
        }
        // Both were written when the file was installed.
        match (record.sha256, locked) {
            (Some(recorded), Some(locked)) if recorded == locked => Ok(Weights::new(path, record, recorded)),
            (None, _) => Err(refuse("it has no SHA-256")),
            _ => Err(refuse("its SHA-256 is not that of lock.json")),
        }
    }

    /// The names under which weights are installed, sorted. A folder that is not there holds none.
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
            let name = file.to_str().and_then(|file| file.strip_suffix(".safetensors"));
            if let Some(Ok(name)) = name.map(str::parse::<WeightsName>)
                && self.record(&name).is_file()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// What the lock file knows of this name.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Record`] if it cannot be used.
    pub fn locked(&self, name: &WeightsName) -> Result<Option<Locked>, WeightsError> {
        Ok(self.lock_file()?.remove(name.as_str()))
    }

    /// The record of a file that is to be installed under a name, and the checks that it passes on the way: it is one of
    /// the known weights by its content, or says itself what it is, or is what its giver calls it.
    ///
    /// # Errors
    ///
    /// Those of [`StateFile::open`], those of unusable metadata, and [`WeightsError::Lineage`] if nothing says what it is.
    pub fn identify(name: &WeightsName, file: &Path) -> Result<WeightsRecord, WeightsError> {
        let state = StateFile::open(file, &Expected::of(name.architecture()))?;
        let described = WeightsRecord::described(file, name, state.metadata())?;
        if let Some(known) = WeightsRecord::of_content(state.sha256()) {
            return Ok(known);
        }
        let claimed = || {
            let record = WeightsRecord::named(name)?;
            let origin = "given by hand as what its name says; not compared with the publisher's file";
            Some(WeightsRecord { origin: Some(origin.to_owned()), ..record })
        };
        let record =
            described.or_else(claimed).ok_or_else(|| WeightsError::Lineage { path: file.to_owned() })?;
        Ok(WeightsRecord { sha256: Some(state.sha256()), ..record })
    }

    /// Checks a file against the network and its record and installs it under a name. What was installed under the name
    /// stays if anything fails. The first content of a name is recorded in the lock file; another is refused from then on.
    ///
    /// # Errors
    ///
    /// Those of [`StateFile::open`]; [`WeightsError::Content`] if the record or the lock file has another SHA-256;
    /// [`WeightsError::File`] if the system refuses.
    pub fn install(
        &self,
        name: &WeightsName,
        file: &Path,
        record: &WeightsRecord,
        taking: Taking,
    ) -> Result<Weights, WeightsError> {
        let _alone = self.alone()?;
        if record.architecture != name.architecture() {
            let (asked, found) = (name.architecture(), record.architecture);
            return Err(WeightsError::OtherArchitecture { path: file.to_owned(), asked, found });
        }
        let found = StateFile::open(file, &Expected::of(record.architecture))?.sha256();
        let mut lock = self.lock_file()?;
        if self.replaces {
            lock.remove(name.as_str());
        }
        let locked = lock.get(name.as_str()).map(|locked| locked.sha256);
        if let Some(expected) =
            [record.sha256, locked].into_iter().flatten().find(|expected| *expected != found)
        {
            return Err(WeightsError::Content { path: file.to_owned(), name: name.clone(), expected, found });
        }
        let record = WeightsRecord { sha256: Some(found), ..record.clone() };
        let source = record.source_url.clone().or_else(|| record.origin.clone());
        lock.entry(name.to_string()).or_insert(Locked {
            sha256: found,
            source: source.unwrap_or_else(|| "given by hand".to_owned()),
        });
        let target = self.file(name);
        match taking {
            Taking::Copy => copy(file, &target, found)?,
            Taking::Move => fs::rename(file, &target)
                .map_err(|source| radiograph_files::FileError::Write { path: target.clone(), source })?,
        }
        write(&self.record(name), &record)?;
        write(&self.path.join(LOCK), &lock)?;
        Ok(Weights::new(target, record, found))
    }

    fn file(&self, name: &WeightsName) -> PathBuf {
        self.path.join(format!("{name}.safetensors"))
    }

    fn record(&self, name: &WeightsName) -> PathBuf {
        self.path.join(format!("{name}.json"))
    }

    fn lock_file(&self) -> Result<BTreeMap<String, Locked>, WeightsError> {
        Ok(read(&self.path.join(LOCK))?.unwrap_or_default())
    }

    /// Waits until no other process changes the folder.
    fn alone(&self) -> Result<File, WeightsError> {
        create_folder(&self.path)?;
        let path = self.path.join(".lock");
        let lock = File::options().create(true).append(true).open(&path);
        lock.and_then(|file| file.lock().map(|()| file)).map_err(|source| WeightsError::Read { path, source })
    }
}

/// Copies a file that was checked; what arrives must still be it.
fn copy(from: &Path, to: &Path, expected: ContentHash) -> Result<(), WeightsError> {
    Ok(write_whole(to, |target| {
        let mut hashing = ContentHashing::new();
        let mut both = Both { target, hashing: &mut hashing };
        io::copy(&mut File::open(from)?, &mut both)?;
        if hashing.finish() == expected {
            Ok(())
        } else {
            Err(io::Error::other(format!("{} changed while it was copied", from.display())))
        }
    })?)
}

struct Both<'a, W> {
    target: W,
    hashing: &'a mut ContentHashing,
}

impl<W: Write> Write for Both<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.target.write(bytes)?;
        self.hashing.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

/// A small JSON file; `None` if there is none.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, WeightsError> {
    let refuse = |source| WeightsError::Read { path: path.to_owned(), source };
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(refuse)?,
    };
    let unusable = |reason: String| WeightsError::Record { path: path.to_owned(), reason };
    if !found.is_file() || found.len() > LARGEST_TEXT {
        return Err(unusable("it is no small file".to_owned()));
    }
    let bytes = fs::read(path).map_err(refuse)?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| unusable(error.to_string()))
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), WeightsError> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| WeightsError::Record { path: path.to_owned(), reason: error.to_string() })?;
    text.push(b'\n');
    Ok(write_bytes(path, &text)?)
}
