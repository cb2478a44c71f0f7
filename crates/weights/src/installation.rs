//! Installs a checked file under a name, step by step. After an interruption at any step, the name stands for its whole
//! old content or its whole new content, never for a mixture.
//!
//! Writing the record switches from the old content to the new one. A new content that replaces another first lies
//! beside it, under a name with its hash, where readers of the new record look first. The lock file knows both contents
//! until the record is written. `folder.rs` decides what may be installed.

use std::{
    collections::BTreeMap,
    fs,
    fs::File,
    io::{self, Write},
    path::Path,
};

use radiograph_files::{ContentHash, ContentHashing, FileError, write_whole};

use crate::{
    Expected, Locked, StateFile, Taking, Weights, WeightsError, WeightsFolder, WeightsName, WeightsRecord,
    folder::{LOCK, write},
};

/// A checked file on its way to being installed under a name.
pub(crate) struct Installation<'a> {
    pub(crate) folder: &'a WeightsFolder,
    pub(crate) name: &'a WeightsName,
    pub(crate) file: &'a Path,
    pub(crate) sha256: ContentHash,
    pub(crate) record: WeightsRecord,
    /// The lock file without this name's entry.
    pub(crate) lock: BTreeMap<String, Locked>,
    pub(crate) locked: Locked,
    /// Old entry, valid until the new record is written; `None` if no other content is replaced.
    pub(crate) old: Option<Locked>,
    /// Lock on the folder, so that no other process changes it.
    pub(crate) _alone: File,
}

/// Steps of an installation, in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// Brings the file into the folder.
    File,
    /// Enters the new content into the lock file, beside the old one.
    Announce,
    /// Writes the record. From here on the name stands for the new content.
    Record,
    /// Removes the old content from the lock file.
    Settle,
    /// Renames the file to its plain name, in place of the old one.
    Tidy,
}

const STEPS: [Step; 5] = [Step::File, Step::Announce, Step::Record, Step::Settle, Step::Tidy];

impl WeightsFolder {
    /// Checks a file against the network and its record, and installs it under a name. If a step fails, or the program
    /// is killed before the record is written, the earlier installation stays. The lock file records the first content
    /// of a name; another content is refused from then on.
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
        let installation = self.begin(name, file, record)?;
        let found = installation.sha256;
        let record = installation.run(taking)?;
        Ok(Weights::new(self.plain(name), record, found))
    }

    /// All checks of an installation, before anything is written.
    pub(crate) fn begin<'a>(
        &'a self,
        name: &'a WeightsName,
        file: &'a Path,
        record: &WeightsRecord,
    ) -> Result<Installation<'a>, WeightsError> {
        let alone = self.alone()?;
        if record.architecture != name.architecture() {
            let (asked, found) = (name.architecture(), record.architecture);
            return Err(WeightsError::OtherArchitecture { path: file.to_owned(), asked, found });
        }
        let found = StateFile::open(file, &Expected::of(record.architecture))?.sha256();
        let mut lock = self.lock_file()?;
        let recorded = self.recorded(name);
        let before = lock.remove(name.as_str()).map(|locked| locked.with_record(recorded));
        let kept = before.clone().filter(|_| !self.replaces);
        if let Some(expected) = [record.sha256, kept.as_ref().map(|locked| locked.sha256)]
            .into_iter()
            .flatten()
            .find(|expected| *expected != found)
        {
            return Err(WeightsError::Content {
                path: file.to_owned(),
                name: name.clone(),
                expected: Box::new(expected),
                found,
            });
        }
        let record = WeightsRecord { sha256: Some(found), ..record.clone() };
        let source = record.source_url.clone().or_else(|| record.origin.clone());
        let locked = kept.unwrap_or_else(|| Locked {
            sha256: found,
            source: source.unwrap_or_else(|| "given by hand".to_owned()),
            replaces: None,
        });
        // Keep only a usable old content, for the case of an interruption.
        let old = before.filter(|old| old.sha256 != found && recorded == Some(old.sha256));
        Ok(Installation { folder: self, name, file, sha256: found, record, lock, locked, old, _alone: alone })
    }
}

impl Installation<'_> {
    pub(crate) fn run(self, taking: Taking) -> Result<WeightsRecord, WeightsError> {
        STEPS.into_iter().try_for_each(|step| self.take(step, taking))?;
        Ok(self.record)
    }

    fn take(&self, step: Step, taking: Taking) -> Result<(), WeightsError> {
        let plain = self.folder.plain(self.name);
        let target = match self.old {
            Some(_) => self.folder.hashed(self.name, self.sha256),
            None => plain.clone(),
        };
        match step {
            Step::File => match taking {
                Taking::Copy => copy(self.file, &target, self.sha256),
                Taking::Move => rename(self.file, &target),
            },
            Step::Announce => self.write_lock(self.old.as_ref()),
            Step::Record => write(&self.folder.record(self.name), &self.record),
            Step::Settle if self.old.is_some() => self.write_lock(None),
            Step::Tidy => {
                if self.old.is_some() {
                    rename(&target, &plain)?;
                }
                // Leftovers of interrupted installations.
                for left in self.folder.all_hashed(self.name)? {
                    fs::remove_file(&left).map_err(|source| FileError::Write { path: left, source })?;
                }
                Ok(())
            }
            Step::Settle => Ok(()),
        }
    }

    fn write_lock(&self, old: Option<&Locked>) -> Result<(), WeightsError> {
        let locked = Locked { replaces: old.cloned().map(Box::new), ..self.locked.clone() };
        let mut lock = self.lock.clone();
        lock.insert(self.name.to_string(), locked);
        write(&self.folder.path().join(LOCK), &lock)
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), WeightsError> {
    Ok(fs::rename(from, to).map_err(|source| FileError::Write { path: to.to_owned(), source })?)
}

/// Copies a checked file. The copy must have the expected hash.
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

#[cfg(test)]
mod tests {
    use safetensors::{Dtype, serialize, tensor::TensorView};

    use super::*;
    use crate::{Architecture, Expected, Group};

    const ARCHITECTURE: Architecture = Architecture::DENSENET121;

    /// A complete file of small numbers, and its record.
    fn given(folder: &Path, value: f32) -> (std::path::PathBuf, WeightsRecord) {
        let features = Expected::of(ARCHITECTURE).into_iter().filter(|one| one.group == Group::Features);
        let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = features
            .map(|one| {
                let bytes = value.to_le_bytes().repeat(one.shape.iter().product());
                (one.name, one.shape, bytes)
            })
            .collect();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
        });
        let said = [("lineage", "keras"), ("source", "made for a test"), ("trained_on", "nothing")];
        let said = said.map(|(key, text)| (key.to_owned(), text.to_owned())).into_iter().collect();
        let file = folder.join(format!("{value}.safetensors"));
        fs::write(&file, serialize(views, Some(said)).unwrap()).unwrap();
        let record = WeightsFolder::identify(&ARCHITECTURE.into(), &file).unwrap();
        (file, record)
    }

    #[test]
    fn a_replacement_that_stops_anywhere_leaves_the_old_content_or_the_new_one() {
        let temporary = tempfile::tempdir().unwrap();
        let name = WeightsName::from(ARCHITECTURE);
        let (first, first_record) = given(temporary.path(), 0.5);
        let (second, second_record) = given(temporary.path(), 0.25);
        let (third, third_record) = given(temporary.path(), 0.125);
        for steps in 0..=STEPS.len() {
            let folder = WeightsFolder::at(temporary.path().join(format!("stopped-after-{steps}")));
            folder.install(&name, &first, &first_record, Taking::Copy).unwrap();
            let replacing = folder.clone().replacing();
            let installation = replacing.begin(&name, &second, &second_record).unwrap();
            for step in &STEPS[..steps] {
                installation.take(*step, Taking::Copy).unwrap();
            }
            drop(installation); // killed

            let written = STEPS[..steps].contains(&Step::Record);
            let (file, record) = if written { (&second, &second_record) } else { (&first, &first_record) };
            let weights = folder.named(&name).unwrap();
            assert_eq!(Some(weights.sha256()), record.sha256, "after {steps} steps");
            weights.open(&Expected::of(ARCHITECTURE)).unwrap();
            assert_eq!(Some(folder.locked(&name).unwrap().unwrap().sha256), record.sha256);
            assert_eq!(folder.installed().unwrap(), std::slice::from_ref(&name));
            // The current content may be installed again, another content may not.
            let again = folder.install(&name, &third, &third_record, Taking::Copy);
            assert!(matches!(again, Err(WeightsError::Content { .. })), "{again:?}");
            folder.install(&name, file, record, Taking::Copy).unwrap();

            replacing.install(&name, &third, &third_record, Taking::Copy).unwrap();
            assert_eq!(Some(folder.named(&name).unwrap().sha256()), third_record.sha256);
            folder.named(&name).unwrap().open(&Expected::of(ARCHITECTURE)).unwrap();
            let entries = fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, [".lock", "densenet121.json", "densenet121.safetensors", "lock.json"]);
            fs::remove_dir_all(folder.path()).unwrap();
        }
    }
}
