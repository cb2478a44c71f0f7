//! Folders of images → manifest and leakage certificate.

use std::{ops::ControlFlow, path::Path, sync::Mutex, sync::mpsc, time::UNIX_EPOCH};

use radiograph_classes::Classes;
use radiograph_dataset::{
    DatasetError,
    assemble::{Ages, Views},
    balance::PerClass,
    manifest::Manifest,
    prepare::{self, Prepared, prepare, with_threads},
    recipe::Recipe,
    source::recognise,
    split::Split,
};
use radiograph_files::{ContentHash, ContentHashing};

use super::Pipeline;
use crate::{
    Config, Error, Progress, Stage, Watcher,
    config::{KeptAges, KeptViews, recipe_of},
    run::{Inputs, Stamp},
};

const NAME: &str = "assemble";

impl Pipeline<'_> {
    /// The stage `assemble`: `manifest.csv`, `leakage.json`, `left-out.csv` and `scan.json`.
    ///
    /// # Errors
    ///
    /// [`Error::NoImage`] if no collection is recognised, [`Error::Config`] if the folder is not there, those of
    /// [`prepare()`], and [`Error::Interrupted`].
    pub fn assemble(&mut self) -> Result<Manifest, Error> {
        let root = self.config.data.folder.clone();
        if root.as_os_str().is_empty() {
            return Err(Error::config("data.folder", "name the folder that holds the collections"));
        }
        let root = root.canonicalize().map_err(|error| {
            Error::config("data.folder", format!("{} cannot be used: {error}", root.display()))
        })?;
        let inputs = Inputs::new()
            .add_value("data", &self.config.data)
            .add_value("preset", &self.config.preset)
            .add_value("seed", &self.config.seed)
            .add_value("folds", &self.config.training.folds)
            .add("files", listing(&root)?.to_string().as_bytes());
        let hash = match Stamp::is_valid(self.folder.path(), NAME, inputs)? {
            Ok(()) => {
                self.skip(Stage::Assemble, "")?;
                return self.manifest();
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Assemble, "")?;
        let recognised = recognise(&root)?;
        if recognised.sources.is_empty() {
            let reason = format!(
                "no collection is recognised below {}; radiograph_dataset::source documents their layouts",
                root.display()
            );
            return Err(Error::NoImage { reason });
        }
        let prepared = self.prepared(&root, &recognised.sources)?;
        prepared.write(self.folder.path())?;
        for folder in &recognised.unknown {
            let sentence =
                format!("{} holds images but fits no collection, and is left out", folder.display());
            self.say(Stage::Assemble, &sentence)?;
        }
        for (path, reason) in &recognised.refused {
            self.say(Stage::Assemble, &format!("{} is left out: {reason}", path.display()))?;
        }
        for class in self.classes.clone().iter() {
            for (part, there) in [
                (
                    "the training part",
                    prepared
                        .manifest
                        .train()
                        .any(|row| row.class.as_ref().is_some_and(|of| of.as_str() == class.name())),
                ),
                (
                    "the test part",
                    prepared
                        .manifest
                        .test()
                        .any(|row| row.class.as_ref().is_some_and(|of| of.as_str() == class.name())),
                ),
            ] {
                if !there {
                    return Err(Error::EmptyClass { class: class.name().to_owned(), part: part.to_owned() });
                }
            }
        }
        for line in prepared.to_string().lines() {
            self.say(Stage::Assemble, line)?;
        }
        let outputs = [Prepared::MANIFEST, Prepared::CERTIFICATE, Prepared::LEFT_OUT, Prepared::SCAN]
            .map(|name| self.folder.path().join(name));
        Stamp::write(self.folder.path(), NAME, hash, &outputs)?;
        self.finish(clock)?;
        self.manifest()
    }

    fn prepared(
        &mut self,
        root: &Path,
        sources: &[Box<dyn radiograph_dataset::source::Source>],
    ) -> Result<Prepared, Error> {
        let (recipe, seed) = (recipe(&self.config, &self.classes), self.config.seed);
        let work =
            |report: &(dyn Fn(prepare::Progress) + Sync)| prepare(root, sources, &recipe, seed, report);
        watched(self.config.compute.threads, Stage::Assemble, self.watch, work)
    }
}

/// Work on images by threads of its own, so many or, with 0, as many as there are cores; whoever watches is told from this
/// one. It cannot be broken off, so an interruption is kept until it is over.
pub(crate) fn watched<T: Send>(
    threads: usize,
    stage: Stage,
    watch: &mut Watcher<'_>,
    work: impl FnOnce(&(dyn Fn(prepare::Progress) + Sync)) -> Result<T, DatasetError> + Send,
) -> Result<T, Error> {
    let threads = Some(threads).filter(|threads| *threads > 0);
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    let report = move |news: prepare::Progress| {
        if let Ok(sender) = sender.lock() {
            // Nobody listens any more if the watcher gave up.
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
            // Whoever broke off is not asked again.
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

/// The preset's recipe with the config's changes.
pub(crate) fn recipe(config: &Config, classes: &Classes) -> Recipe {
    let data = &config.data;
    let mut recipe = recipe_of(config.preset).recipe_for(classes.clone());
    recipe.filters.views = match data.views {
        KeptViews::Any => Views::Any,
        KeptViews::Frontal => Views::Frontal,
        KeptViews::PaOnly => Views::PaOnly,
    };
    recipe.filters.ages =
        data.ages.map(|KeptAges { from, to, unknown }| Ages { years: from..=to, keep_unknown: unknown });
    recipe.filters.licences = data.licences.clone();
    recipe.balance.by = data.balance_by;
    recipe.source_out = data.test_source.clone();
    recipe.balance.one_per_picture = data.one_per_picture;
    recipe.balance.per_patient = data.per_patient;
    recipe.balance.per_class = data.per_class.map_or(PerClass::Smallest, PerClass::AtMost);
    let folds = u32::try_from(config.training.folds).unwrap_or(u32::MAX);
    recipe.split = Split { kind: data.split, test: data.test, folds };
    recipe
}

/// Names, sizes and times of all files below a folder: whether anything has changed since the last run, in milliseconds.
/// What a file holds is compared later, when it is read.
fn listing(root: &Path) -> Result<ContentHash, Error> {
    let mut hashing = ContentHashing::new();
    let mut pending = vec![root.to_owned()];
    let read = |path: &Path, source| radiograph_files::FileError::Read { path: path.to_owned(), source };
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
