//! Folders of images → manifest and leakage certificate.

use std::{ops::ControlFlow, path::Path, sync::Mutex, sync::mpsc, time::UNIX_EPOCH};

use radiograph_dataset::{
    assemble::Views,
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
    Error, Progress, Stage,
    config::{KeptViews, recipe_of},
    run::{Inputs, Stamp},
};

const NAME: &str = "assemble";

impl Pipeline<'_> {
    /// The stage `assemble`: `manifest.csv`, `leakage.json` and `left-out.csv`.
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
            self.say(&format!("{} holds images but fits no collection, and is left out", folder.display()))?;
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
            self.say(line)?;
        }
        let outputs = [Prepared::MANIFEST, Prepared::CERTIFICATE, Prepared::LEFT_OUT]
            .map(|name| self.folder.path().join(name));
        Stamp::write(self.folder.path(), NAME, hash, &outputs)?;
        self.finish(clock)?;
        self.manifest()
    }

    /// The work runs on threads of its own, which report to this one; it cannot be broken off, so an interruption is kept
    /// until it is over.
    fn prepared(
        &mut self,
        root: &Path,
        sources: &[Box<dyn radiograph_dataset::source::Source>],
    ) -> Result<Prepared, Error> {
        let (recipe, seed) = (self.recipe(), self.config.seed);
        let threads = Some(self.config.compute.threads).filter(|threads| *threads > 0);
        let (sender, receiver) = mpsc::channel();
        let sender = Mutex::new(sender);
        let report = move |news: prepare::Progress| {
            if let Ok(sender) = sender.lock() {
                // Nobody listens any more if the watcher gave up.
                let _ = sender.send(news);
            }
        };
        let (prepared, broken) = std::thread::scope(|scope| {
            let work =
                scope.spawn(move || with_threads(threads, || prepare(root, sources, &recipe, seed, &report)));
            let mut broken = false;
            for news in receiver {
                let progress = match &news {
                    prepare::Progress::Images { done, total } => {
                        Progress::Advanced { done: *done as u64, all: *total as u64, unit: "images" }
                    }
                    _ => continue,
                };
                // Whoever broke off is not asked again.
                broken = broken || (self.watch)(progress) == ControlFlow::Break(());
            }
            (work.join(), broken)
        });
        if broken {
            return Err(Error::Interrupted { stage: Stage::Assemble });
        }
        match prepared {
            Ok(done) => Ok(done??),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// The preset's recipe with the config's changes.
    fn recipe(&self) -> Recipe {
        let data = &self.config.data;
        let mut recipe = recipe_of(self.config.preset).recipe_for(self.classes.clone());
        recipe.filters.views = match data.views {
            KeptViews::Any => Views::Any,
            KeptViews::Frontal => Views::Frontal,
            KeptViews::PaOnly => Views::PaOnly,
        };
        recipe.balance.one_per_picture = data.one_per_picture;
        recipe.balance.per_patient = data.per_patient;
        recipe.balance.per_class = data.per_class.map_or(PerClass::Smallest, PerClass::AtMost);
        let folds = u32::try_from(self.config.training.folds).unwrap_or(u32::MAX);
        recipe.split = Split { kind: data.split, test: data.test, folds };
        recipe
    }
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
