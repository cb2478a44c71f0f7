//! Locks the folder of a run and names its files. One process at a time works in a run folder, or several that each do a part
//! of one stage; all with one config.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use radiograph_files::{FileError, create_folder, write_bytes};
use toml::Table;

use crate::{
    Config, Error,
    difference::{SettingDifference, differences},
};

/// The file that makes a folder a run folder.
const CONFIG: &str = "config.toml";

/// A run's folder, locked for this process until the value is dropped unless it was opened for reading.
///
/// ```text
/// config.toml              every setting
/// manifest.csv             every image: its class, hash, group and part, or the reason for its exclusion
/// leakage.json             leakage certificate of the split
/// shortfalls.json          what could not be balanced, in sentences
/// private/                 not to be shared: files.csv (the file and patient of every image), left-out.csv (table rows
///                          without an image, and files that are no images), scan.json (contents and defects)
/// features/                stores of feature maps, unless the config names another folder
/// <network>/…              one model: fold-1/ …, model.safetensors, model.json, training.json, frozen.json,
///                          predictions.csv, metrics.json, explanations.json, gradcam/; of the recommended model looks.json
///                          and, of a full audit, audit-in-full.json
/// external/                records of external tests of this run
/// <network>-<baseline>/…   the same for a baseline; a linear probe has model.json and probe.json
/// comparison.json          paired comparisons of the models
/// best.json                the recommended model and the criterion
/// <network>-seed-2/…       the same for a further seed, if there are several
/// <ensemble>/…             a mean of models: ensemble.json, frozen.json, predictions.csv, metrics.json, fold-1/ …
/// seeds.json               scores over the seeds, if there are several
/// repeats/split-2/…        a run of its own on a further split, if there are several; repeats.json: scores over the splits
/// audit.json               what the classes can be told from without looking at lungs
/// costs.json               time and memory of every stage
/// tasks/                   the plan of tasks, their locks and marks, and their logs, if a cluster works on the run
/// figures/, report.html    the report
/// claim.md                 the CLAIM checklist, filled from the run, to be completed
/// ```
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    lock: Option<File>,
    shared: bool,
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // Closing would not do: a process that another thread just started has the file open too, for a moment.
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }
}

impl RunFolder {
    /// Opens the folder for a run with these settings, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::OtherRun`] if it holds a run with other settings, [`Error::Busy`] if another process holds the lock,
    /// [`Error::Damaged`] if its config cannot be read, [`Error::File`] if it cannot be written.
    pub fn open(path: &Path, config: &Config) -> Result<Self, Error> {
        create_folder(path)?;
        let folder = Self::lock(path)?;
        let text = config.to_toml()?;
        match folder.read(&folder.config())? {
            None => write_bytes(&folder.config(), text.as_bytes())?,
            Some(found) if found == text => {}
            Some(_) => folder.require_same(&text)?,
        }
        Ok(folder)
    }

    /// Whether the folder at `path` holds a run.
    pub fn is_begun(path: &Path) -> bool {
        path.join(CONFIG).is_file()
    }

    /// Opens the folder of a run, with the settings in its `config.toml`.
    ///
    /// # Errors
    ///
    /// [`Error::NoRun`] if there is no config, [`Error::Damaged`] if it cannot be read, [`Error::Busy`] if another process works
    /// in the folder.
    pub fn begun(path: &Path) -> Result<(Self, Config), Error> {
        require_config(path)?;
        let folder = Self::lock(path)?;
        let config = folder.read_config()?;
        Ok((folder, config))
    }

    /// Opens the folder of a run together with other processes that do a part of its work, with the settings in its
    /// `config.toml`.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if a process works alone in the folder, [`Error::OtherRun`] if `asked` has other settings; as
    /// [`begun`](Self::begun).
    pub fn shared(path: &Path, asked: Option<&Config>) -> Result<(Self, Config), Error> {
        require_config(path)?;
        let folder = Self::locked(path, true)?;
        let config = folder.read_config()?;
        if let Some(asked) = asked {
            folder.require_same(&asked.to_toml()?)?;
        }
        Ok((folder, config))
    }

    /// Whether other processes may do a part of the work at the same time.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Opens the folder of a run for reading. It is not locked and may be write-protected: files of a run are written
    /// completely or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::NoRun`] if there is no config, [`Error::Damaged`] if it cannot be read.
    pub fn for_reading(path: &Path) -> Result<(Self, Config), Error> {
        require_config(path)?;
        let folder = Self { path: path.to_owned(), lock: None, shared: false };
        let config = folder.read_config()?;
        Ok((folder, config))
    }

    fn read_config(&self) -> Result<Config, Error> {
        let text = self.read(&self.config())?.unwrap_or_default();
        Config::resolve(Some(&text), &[]).map_err(|error| Error::damaged(self.config(), error))
    }

    fn lock(path: &Path) -> Result<Self, Error> {
        Self::locked(path, false)
    }

    fn locked(path: &Path, shared: bool) -> Result<Self, Error> {
        let place = path.join(".run.lock");
        let write = |source| FileError::Write { path: place.clone(), source };
        let file = File::options().create(true).append(true).open(&place).map_err(write)?;
        match if shared { file.try_lock_shared() } else { file.try_lock() } {
            Ok(()) => Ok(Self { path: path.to_owned(), lock: Some(file), shared }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(write(source).into()),
        }
    }

    fn require_same(&self, asked: &str) -> Result<(), Error> {
        let table = |text: &str| {
            text.parse::<Table>().map_err(|error| Error::damaged(self.config(), error.message()))
        };
        // Read as a config, which supplies what a file written by hand leaves out.
        let (ours, theirs) = (table(asked)?, table(&self.read_config()?.to_toml()?)?);
        match differences(&ours, &theirs).into_iter().next() {
            None => Ok(()),
            Some(SettingDifference { key, ours: expected, theirs: found }) => {
                Err(Error::OtherRun { path: self.path.clone(), key, expected, found })
            }
        }
    }

    /// The text of a file in this folder, if the file exists.
    fn read(&self, path: &Path) -> Result<Option<String>, Error> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FileError::Read { path: path.to_owned(), source }.into()),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `config.toml`.
    pub fn config(&self) -> PathBuf {
        self.path.join(CONFIG)
    }

    /// The feature store of this name, in the folder that the config names, or else in `features` of the run folder.
    pub fn feature_store(&self, config: &Config, name: &str) -> PathBuf {
        match &config.compute.feature_stores {
            Some(stores) => stores.join(name),
            None => self.path.join("features").join(name),
        }
    }

    /// `manifest.csv`.
    pub fn manifest(&self) -> PathBuf {
        self.path.join("manifest.csv")
    }

    /// `leakage.json`.
    pub fn leakage(&self) -> PathBuf {
        self.path.join("leakage.json")
    }

    /// `shortfalls.json`.
    pub fn shortfalls(&self) -> PathBuf {
        self.path.join("shortfalls.json")
    }

    /// The folder of one model: a network's name, followed by that of the baseline.
    pub fn model(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// `comparison.json`.
    pub fn comparison(&self) -> PathBuf {
        self.path.join("comparison.json")
    }

    /// `best.json`.
    pub fn best(&self) -> PathBuf {
        self.path.join("best.json")
    }

    /// `seeds.json`.
    pub fn seeds(&self) -> PathBuf {
        self.path.join("seeds.json")
    }

    /// `repeats.json`.
    pub fn repeats(&self) -> PathBuf {
        self.path.join("repeats.json")
    }

    /// The run folder of a further split, `number`, counted from 2.
    pub fn split(&self, number: usize) -> PathBuf {
        self.path.join("repeats").join(format!("split-{number}"))
    }

    /// `audit.json`.
    pub fn audit(&self) -> PathBuf {
        self.path.join("audit.json")
    }

    /// The folder of records of external tests.
    pub fn external(&self) -> PathBuf {
        self.path.join("external")
    }

    /// `costs.json`.
    pub fn costs(&self) -> PathBuf {
        self.path.join("costs.json")
    }

    /// The folder of the plan of tasks, their marks and their logs.
    pub fn tasks(&self) -> PathBuf {
        self.path.join("tasks")
    }

    /// `claim.md`.
    pub fn claim(&self) -> PathBuf {
        self.path.join("claim.md")
    }

    /// `report.html`.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// The folder of figures.
    pub fn figures(&self) -> PathBuf {
        self.path.join("figures")
    }
}

fn require_config(path: &Path) -> Result<(), Error> {
    if path.join(CONFIG).is_file() { Ok(()) } else { Err(Error::NoRun { path: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use radiograph_protocol::Preset;

    use super::*;

    #[test]
    fn a_folder_belongs_to_one_config_and_one_process() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("runs/with spaces");
        let config = Config::of(Preset::Trustworthy);
        let folder = RunFolder::open(&path, &config).unwrap();
        assert!(matches!(RunFolder::open(&path, &config), Err(Error::Busy { .. })));
        drop(folder);
        drop(RunFolder::open(&path, &config).unwrap());
        let mut other = config.clone();
        other.training.epochs = 3;
        match RunFolder::open(&path, &other) {
            Err(Error::OtherRun { key, expected, found, .. }) => {
                assert_eq!(
                    (key.as_str(), expected.as_str(), found.as_str()),
                    ("training.epochs", "3", "100")
                );
            }
            unexpected => panic!("{unexpected:?}"),
        }
        let (held, read) = RunFolder::begun(&path).unwrap();
        assert_eq!(read, config);
        // Reading needs no lock, and takes none.
        let (reader, read) = RunFolder::for_reading(&path).unwrap();
        assert_eq!(read, config);
        drop(held);
        RunFolder::begun(&path).unwrap();
        drop(reader);
    }

    #[test]
    fn parts_of_the_work_share_a_folder_and_a_whole_run_is_alone_in_it() {
        let place = tempfile::tempdir().unwrap();
        let config = Config::of(Preset::Trustworthy);
        drop(RunFolder::open(place.path(), &config).unwrap());
        let [one, two] = [(); 2].map(|()| RunFolder::shared(place.path(), None).unwrap());
        assert!(one.0.is_shared() && two.1 == config);
        assert!(matches!(RunFolder::begun(place.path()), Err(Error::Busy { .. })));
        drop((one, two));
        let (alone, _) = RunFolder::begun(place.path()).unwrap();
        assert!(matches!(RunFolder::shared(place.path(), Some(&config)), Err(Error::Busy { .. })));
        drop(alone);
        let mut other = config.clone();
        other.seed += 1;
        let error = RunFolder::shared(place.path(), Some(&other)).map(drop).unwrap_err();
        assert!(matches!(&error, Error::OtherRun { key, .. } if key == "seed"), "{error}");
    }

    #[test]
    fn a_folder_without_a_run_is_not_one() {
        let place = tempfile::tempdir().unwrap();
        for error in [
            RunFolder::begun(place.path()).map(drop).unwrap_err(),
            RunFolder::for_reading(place.path()).map(drop).unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(text.ends_with("is not a run folder: it has no config.toml"), "{text}");
        }
        assert_eq!(
            fs::read_dir(place.path()).unwrap().count(),
            0,
            "looking at a folder must leave nothing in it"
        );
        fs::write(place.path().join("config.toml"), "seed = ").unwrap();
        let error = RunFolder::begun(place.path()).unwrap_err();
        assert!(error.to_string().contains("config.toml"), "{error}");
        let config = Config::of(Preset::Paper);
        assert!(matches!(RunFolder::open(place.path(), &config), Err(Error::Damaged { .. })));
    }
}
