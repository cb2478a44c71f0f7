//! A run in progress: its settings, its locked folder, and its watcher. The module `stage` implements the stages.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use radiograph_classes::Classes;
use radiograph_dataset::{
    manifest::{Manifest, PrivateFiles},
    source::Source,
};
use radiograph_files::{ContentHash, FileError, FileLock};
use radiograph_protocol::{Baseline, ProtocolRecord};

use crate::{
    Clock, Config, Cost, EnsembleRecord, Error, ModelKind, ProbeRecord, Progress, RunFolder, ScoredModel,
    Stage, StageCost, TrainingRecord, Watcher,
};

/// A run of one configuration in one folder, locked for this process.
///
/// Each stage does nothing if its result is up to date, and continues after an interruption.
pub struct Run<'w> {
    config: Config,
    folder: RunFolder,
    classes: Classes,
    pub(crate) sources: Option<Vec<Box<dyn Source>>>,
    watch: &'w mut Watcher<'w>,
    /// Costs that are kept for the mark of a task.
    kept_costs: Option<Vec<StageCost>>,
}

impl<'w> Run<'w> {
    /// Opens the run folder at `path` with these settings, whose paths become absolute. The folder is created if it does not
    /// exist; an existing run must have the same settings.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if a setting is out of its range or, in a new run, the folder of images is missing; those of
    /// [`RunFolder::open`].
    pub fn open(config: Config, path: &Path, watch: &'w mut Watcher<'w>) -> Result<Self, Error> {
        config.check()?;
        let config = config.with_absolute_paths()?;
        let classes = Classes::new(&config.data.classes[..])?;
        // A mistyped first command then leaves no folder behind.
        if !RunFolder::is_begun(path) {
            require_images(&config)?;
        }
        let folder = RunFolder::open(path, &config)?;
        Ok(Self { config, folder, classes, sources: None, watch, kept_costs: None })
    }

    /// Opens a run folder together with other processes that each do a part of its work. With settings, they must be those of
    /// the run.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if a setting is out of its range; those of [`RunFolder::shared`].
    pub fn shared(asked: Option<Config>, path: &Path, watch: &'w mut Watcher<'w>) -> Result<Self, Error> {
        let asked = match asked {
            Some(config) => {
                config.check()?;
                Some(config.with_absolute_paths()?)
            }
            None => None,
        };
        let (folder, config) = RunFolder::shared(path, asked.as_ref())?;
        let classes = Classes::new(&config.data.classes[..])?;
        Ok(Self { config, folder, classes, sources: None, watch, kept_costs: None })
    }

    /// Opens a run folder with the settings in its `config.toml`.
    ///
    /// # Errors
    ///
    /// [`Error::NoRun`] if it has no `config.toml`; those of [`RunFolder::begun`].
    pub fn begun(path: &Path, watch: &'w mut Watcher<'w>) -> Result<Self, Error> {
        let (folder, config) = RunFolder::begun(path)?;
        let classes = Classes::new(&config.data.classes[..])?;
        Ok(Self { config, folder, classes, sources: None, watch, kept_costs: None })
    }

    /// Reads the images through these sources, instead of recognising the collections below `data.folder`, in which they must
    /// still lie. The stage `assemble` is done again if other names are given; it does not notice that a source's code changed.
    #[must_use]
    pub fn with_sources(mut self, sources: Vec<Box<dyn Source>>) -> Self {
        self.sources = Some(sources);
        self
    }

    /// The run's folder.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// The run's settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The classes, in the order of tables and figures.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The manifest that the stage `assemble` wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no manifest; those of [`Manifest::read_of`].
    pub fn manifest(&self) -> Result<Manifest, Error> {
        let path = self.folder.manifest();
        if !path.is_file() {
            return Err(Error::Missing { path, stage: Stage::Assemble });
        }
        Ok(Manifest::read_of(&path, &self.classes)?)
    }

    /// Where the images of the manifest lie.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the stage `assemble` did not write the table; those of [`PrivateFiles::read`].
    pub fn files(&self) -> Result<PrivateFiles, Error> {
        let path = self.folder.path().join(PrivateFiles::NAME);
        if !path.is_file() {
            return Err(Error::Missing { path, stage: Stage::Assemble });
        }
        Ok(PrivateFiles::read(self.folder.path())?)
    }

    /// The record that the stage `train` wrote for a model of any kind.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn training(&self, model: &ScoredModel) -> Result<TrainingRecord, Error> {
        let folder = self.folder.model(&model.name());
        let missing = |file: &str| Error::Missing { path: folder.join(file), stage: Stage::Train };
        match model {
            ScoredModel::Trained(model) if model.baseline == Some(Baseline::LinearProbe) => {
                let record = ProbeRecord::read(&folder)?;
                record.map(TrainingRecord::Probe).ok_or_else(|| missing(ProbeRecord::FILE))
            }
            ScoredModel::Trained(model) => Ok(TrainingRecord::Head(Box::new(self.record(*model)?))),
            ScoredModel::Ensemble(_) => {
                let record = EnsembleRecord::read(&folder)?;
                record.map(TrainingRecord::Ensemble).ok_or_else(|| missing(EnsembleRecord::FILE))
            }
        }
    }

    /// The models that have not converged, by name.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn unconverged(&self) -> Result<Vec<String>, Error> {
        let mut unconverged = Vec::new();
        for model in self.config.scored_models() {
            if self.training(&model)?.convergence().is_some_and(|end| !end.is_converged()) {
                unconverged.push(model.name());
            }
        }
        Ok(unconverged)
    }

    /// The record that the stage `train` wrote for a head.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the model is not trained, [`Error::Protocol`] if the record cannot be read.
    pub fn record(&self, model: ModelKind) -> Result<ProtocolRecord, Error> {
        let folder = self.folder.model(&model.name());
        let missing = || Error::Missing { path: folder.join("training.json"), stage: Stage::Train };
        ProtocolRecord::read(&folder)?.ok_or_else(missing)
    }

    /// Requires that the predictions of a model are those that the stage `train` wrote, so that no edited table is scored.
    ///
    /// # Errors
    ///
    /// [`Error::Edited`] with the first file whose content differs; as [`record`](Self::record).
    pub fn require_predictions(&self, model: &ScoredModel) -> Result<(), Error> {
        let record = self.training(model)?;
        let folder = self.folder.model(&model.name());
        let folds = record
            .folds()
            .into_iter()
            .map(|fold| (format!("fold-{}/predictions.csv", fold.number), fold.predictions));
        for (file, expected) in folds.chain([("predictions.csv".to_owned(), record.predictions())]) {
            let path = folder.join(file);
            if !path.is_file() {
                return Err(Error::Missing { path, stage: Stage::Train });
            }
            if ContentHash::of_file(&path)? != expected {
                return Err(Error::Edited { path, stage: Stage::Train });
            }
        }
        Ok(())
    }

    /// Folder of the feature store whose key is `folder_name`.
    pub fn feature_store(&self, folder_name: &str) -> PathBuf {
        self.folder.feature_store(&self.config, folder_name)
    }

    /// The watcher, for work that reports its own progress.
    pub fn watcher(&mut self) -> &mut Watcher<'w> {
        self.watch
    }

    /// Reports an event to the watcher.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`] if the watcher asks to stop.
    pub fn tell(&mut self, stage: Stage, progress: Progress<'_>) -> Result<(), Error> {
        match (self.watch)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Interrupted { stage }),
        }
    }

    /// Reports a sentence to the watcher.
    ///
    /// # Errors
    ///
    /// As [`tell`](Self::tell).
    pub fn say(&mut self, stage: Stage, sentence: &str) -> Result<(), Error> {
        self.tell(stage, Progress::Said { sentence })
    }

    /// Reports the start of a stage and starts its clock.
    ///
    /// # Errors
    ///
    /// As [`tell`](Self::tell).
    pub fn start(&mut self, stage: Stage, of: &str) -> Result<Clock, Error> {
        self.tell(stage, Progress::Started { stage, of })?;
        Ok(Clock::start(stage, of))
    }

    /// Reports that a stage has nothing to do.
    ///
    /// # Errors
    ///
    /// As [`tell`](Self::tell).
    pub fn skip(&mut self, stage: Stage, of: &str) -> Result<(), Error> {
        self.tell(stage, Progress::AlreadyDone { stage, of })
    }

    /// Stops a stage's clock, records its costs and reports its end.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if `costs.json` cannot be written; as [`tell`](Self::tell).
    pub fn finish(&mut self, clock: Clock) -> Result<(), Error> {
        let cost = clock.stop();
        match &mut self.kept_costs {
            Some(kept) => kept.push(cost.clone()),
            None => {
                // Other processes write the same file.
                let _lock = self.costs_lock()?;
                let mut costs = Cost::read(&self.folder.costs());
                costs.add(cost.clone());
                costs.write(&self.folder.costs())?;
            }
        }
        self.tell(cost.stage, Progress::Finished { stage: cost.stage, of: &cost.of, seconds: cost.seconds })
    }
}

impl Run<'_> {
    /// Keeps the costs of stages from now on, instead of writing them to `costs.json`.
    pub fn keep_costs(&mut self) {
        self.kept_costs = Some(Vec::new());
    }

    /// The costs kept since [`keep_costs`](Self::keep_costs).
    pub fn kept_costs(&mut self) -> Vec<StageCost> {
        self.kept_costs.take().unwrap_or_default()
    }

    /// Writes the costs of tasks to `costs.json`: of one stage and model, the sum of their times and their highest peak.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be written.
    pub fn write_costs_of(&self, tasks: impl IntoIterator<Item = StageCost>) -> Result<(), Error> {
        let mut costs = Cost::read(&self.folder.costs());
        for cost in Cost::sum(tasks) {
            costs.add(cost);
        }
        costs.write(&self.folder.costs())
    }

    fn costs_lock(&self) -> Result<Option<FileLock>, Error> {
        if !self.folder.is_shared() {
            return Ok(None);
        }
        let path = self.folder.path().join(".costs.lock");
        Ok(Some(FileLock::exclusive(&path).map_err(|source| FileError::Write { path, source })?))
    }
}

fn require_images(config: &Config) -> Result<(), Error> {
    let folder = &config.data.folder;
    if folder.as_os_str().is_empty() {
        return Err(Error::config("data.folder", "name the folder that holds the collections"));
    }
    if !folder.is_dir() {
        return Err(Error::config("data.folder", format!("there is no folder {}", folder.display())));
    }
    Ok(())
}
