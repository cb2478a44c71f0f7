//! The stage `assemble`: turns folders of images into a manifest and its leakage report.

use std::{ops::ControlFlow, path::Path, sync::Mutex, sync::mpsc, time::UNIX_EPOCH};

use radiograph_dataset::{
    DatasetError, SourceName,
    identifiers::Identifiers,
    manifest::{Manifest, PrivateFiles},
    prepare::{self, Prepared, prepare, with_threads},
    source::{Recognised, Source, recognise},
};
use radiograph_files::{ContentHash, ContentHashing, FileError};

use crate::{Error, Inputs, Progress, Run, Stage, Stamp, TestPrecision, Unsearched, Watcher, bootstrap};

const NAME: &str = "assemble";

impl Run<'_> {
    /// Writes `manifest.csv`, `leakage.json` and `shortfalls.json`, which can be shared, and `private/`, which must not be.
    ///
    /// # Errors
    ///
    /// [`Error::NoImage`] if no collection is recognised, [`Error::Config`] if the folder of images is missing or there are
    /// more folds than the patients of a class allow,
    /// [`Error::EmptyClass`] if a part lacks a class, those of [`prepare()`], and [`Error::Interrupted`].
    pub fn assemble(&mut self) -> Result<Manifest, Error> {
        let root = self.images_folder()?;
        let (identifiers, made) = self.config().identifiers()?;
        let inputs = Inputs::of(Stage::Assemble)
            .add_value("data", &self.config().data)
            .add_value("key", &identifiers.mark())
            .add_value("sources", &self.names_of_sources())
            .add_value("preset", &self.config().preset)
            .add_value("seed", &self.config().split_seed())
            .add_value("folds", &self.config().training.folds)
            .add("files", listing(&root)?.to_string().as_bytes());
        let hash = match Stamp::is_valid(self.folder().path(), NAME, inputs)? {
            Ok(()) => {
                self.skip(Stage::Assemble, "")?;
                return self.manifest();
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Assemble, "")?;
        if let Some(sentence) = made {
            self.say(Stage::Assemble, &sentence)?;
        }
        // Given sources are taken for the time of their reading, so that the watcher can be told meanwhile.
        let given = self.sources.take();
        let prepared = match &given {
            Some(sources) => self.prepared(&root, sources, &identifiers),
            None => self.recognised(&root).and_then(|sources| self.prepared(&root, &sources, &identifiers)),
        };
        self.sources = given;
        let prepared = prepared?;
        self.require_every_class(&prepared.manifest)?;
        prepared.write(self.folder().path())?;
        for line in prepared.to_string().lines() {
            self.say(Stage::Assemble, line)?;
        }
        let precision = self.test_precision(&prepared.manifest)?;
        self.say(Stage::Assemble, &precision.to_string())?;
        let outputs = [
            Prepared::MANIFEST,
            Prepared::CERTIFICATE,
            Prepared::SHORTFALLS,
            PrivateFiles::NAME,
            Prepared::LEFT_OUT,
            Prepared::SCAN,
        ]
        .map(|name| self.folder().path().join(name));
        Stamp::write(self.folder().path(), NAME, hash, &outputs)?;
        self.finish(clock)?;
        self.manifest()
    }

    /// The collections below the folder of images. What is left out is told.
    fn recognised(&mut self, root: &Path) -> Result<Vec<Box<dyn Source>>, Error> {
        let recognised = recognise(root)?;
        for sentence in recognised.left_out() {
            self.say(Stage::Assemble, &format!("left out: {sentence}"))?;
        }
        if recognised.sources.is_empty() {
            return Err(no_collection(root, &recognised));
        }
        Ok(recognised.sources)
    }

    /// The precision that the test part of this run allows.
    ///
    /// # Errors
    ///
    /// [`Error::Metrics`] if the level of the intervals is none.
    pub fn test_precision(&self, manifest: &Manifest) -> Result<TestPrecision, Error> {
        Ok(TestPrecision::of(manifest, bootstrap(&self.config().evaluation, self.config().seed)?.level()))
    }

    fn names_of_sources(&self) -> Option<Vec<SourceName>> {
        Some(self.sources.as_ref()?.iter().map(|source| source.name()).collect())
    }

    /// The folders below the folder of images that [`assemble`](Self::assemble) leaves out as a whole; none if its
    /// [sources are given](Self::with_sources).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the folder of images is missing, [`Error::Dataset`] if it cannot be read.
    pub fn unsearched(&self) -> Result<Unsearched, Error> {
        if self.sources.is_some() {
            return Ok(Unsearched::default());
        }
        Ok(Unsearched::from(&recognise(&self.images_folder()?)?))
    }

    fn images_folder(&self) -> Result<std::path::PathBuf, Error> {
        let root = &self.config().data.folder;
        if root.as_os_str().is_empty() {
            return Err(Error::config("data.folder", "name the folder that holds the collections"));
        }
        root.canonicalize().map_err(|error| {
            Error::config("data.folder", format!("{} cannot be used: {error}", root.display()))
        })
    }

    fn prepared(
        &mut self,
        root: &Path,
        sources: &[Box<dyn Source>],
        identifiers: &Identifiers,
    ) -> Result<Prepared, Error> {
        let (recipe, seed) = (self.config().recipe(self.classes()), self.config().split_seed());
        let threads = self.config().compute.threads;
        let work = |report: &(dyn Fn(prepare::Progress) + Sync)| {
            prepare(root, sources, &recipe, identifiers, seed, report)
        };
        watched(threads, Stage::Assemble, self.watcher(), work).map_err(|error| match error {
            // The remedy is a setting of the run.
            Error::Dataset(DatasetError::Split(split)) if split.fewer_folds().is_some() => {
                Error::config("training.folds", split.to_string())
            }
            error => error,
        })
    }

    fn require_every_class(&self, manifest: &Manifest) -> Result<(), Error> {
        for class in self.classes().names() {
            let is_of_class = |row: &radiograph_dataset::manifest::Row| {
                row.class.as_ref().is_some_and(|of| of.as_str() == class)
            };
            for (part, found) in [
                ("the training part", manifest.train().any(is_of_class)),
                ("the test part", manifest.test().any(is_of_class)),
            ] {
                if !found {
                    return Err(Error::EmptyClass { class: class.to_owned(), part: part.to_owned() });
                }
            }
        }
        Ok(())
    }
}

/// The error that no collection is recognised, with the first places that were found instead.
pub fn no_collection(root: &Path, recognised: &Recognised) -> Error {
    let mut reason = format!("no collection is recognised below {}", root.display());
    let left_out: Vec<String> = recognised.left_out().collect();
    for sentence in left_out.iter().take(3) {
        reason += &format!("; left out: {sentence}");
    }
    if left_out.len() > 3 {
        reason += &format!("; and {} more", left_out.len() - 3);
    }
    Error::NoImage { reason }
}

/// Runs `work` on images in a pool of `threads` threads (0: one per core) and passes its events to the watcher from the
/// calling thread. The work cannot be stopped early: an interruption takes effect when it ends.
///
/// # Errors
///
/// Those of `work`, and [`Error::Interrupted`].
pub fn watched<T: Send, E: Send>(
    threads: usize,
    stage: Stage,
    watch: &mut Watcher<'_>,
    work: impl FnOnce(&(dyn Fn(prepare::Progress) + Sync)) -> Result<T, E> + Send,
) -> Result<T, Error>
where
    Error: From<E>,
{
    let threads = Some(threads).filter(|threads| *threads > 0);
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    let report = move |news: prepare::Progress| {
        if let Ok(sender) = sender.lock() {
            // The receiver is gone if the watcher asked to stop.
            let _ = sender.send(news);
        }
    };
    let (done, broken) = std::thread::scope(|scope| {
        let work = scope.spawn(move || with_threads(threads, || work(&report)));
        let mut broken = false;
        for news in receiver {
            let progress = match &news {
                prepare::Progress::Images { done, total } => {
                    Progress::Advanced { done: *done as u64, all: *total as u64, unit: "images" }
                }
                _ => continue,
            };
            broken = broken || watch(progress) == ControlFlow::Break(());
        }
        (work.join(), broken)
    });
    if broken {
        return Err(Error::Interrupted { stage });
    }
    match done {
        Ok(done) => Ok(done??),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Hash over the names, sizes and modification times of all files below a folder. The contents are hashed later, when
/// the images are read.
fn listing(root: &Path) -> Result<ContentHash, Error> {
    let mut hashing = ContentHashing::new();
    let mut pending = vec![root.to_owned()];
    let read = |path: &Path, source| FileError::Read { path: path.to_owned(), source };
    while let Some(folder) = pending.pop() {
        let mut entries = std::fs::read_dir(&folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|source| read(&folder, source))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let metadata = entry.metadata().map_err(|source| read(&path, source))?;
            if metadata.is_dir() {
                pending.push(path);
                continue;
            }
            let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            hashing.update(path.strip_prefix(root).unwrap_or(&path).to_string_lossy().as_bytes());
            hashing.update(&[0]);
            hashing.update(&metadata.len().to_le_bytes());
            hashing.update(&changed.map_or(0, |time| time.as_nanos()).to_le_bytes());
        }
    }
    Ok(hashing.finish())
}
