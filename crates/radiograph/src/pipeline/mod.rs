//! Algorithm 1 of the paper, stage by stage. Each stage can be run alone, does nothing that is done already, and goes on
//! where it was interrupted.

mod assemble;
mod evaluate;
mod explain;
mod extract;
pub(crate) mod protocol;
mod ready;
mod report;
mod train;

pub(crate) use assemble::{recipe, watched};
pub(crate) use evaluate::read_json;
pub use explain::{Explained, file_name};
pub(crate) use train::FAMILIARITY;
pub use train::labelled_images;

use std::{num::NonZeroUsize, ops::ControlFlow, path::PathBuf};

use radiograph_classes::Classes;
use radiograph_dataset::manifest::Manifest;
use radiograph_head::Architecture;
use radiograph_libtorch::{Device, set_threads};

use crate::{
    Best, Comparisons, Config, Error, Frozen, ModelEvaluation, Progress, RunFolder, Stage, Watcher,
    run::{Clock, Cost},
};

/// A run: its settings, its folder, and whoever watches.
pub struct Pipeline<'w> {
    config: Config,
    folder: RunFolder,
    classes: Classes,
    device: Device,
    watch: &'w mut Watcher<'w>,
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scores of every model, in the order of the config.
    pub models: Vec<ModelEvaluation>,
    /// The models against each other.
    pub comparisons: Comparisons,
    /// The model that the run recommends.
    pub best: Best,
    /// Time and memory of every stage.
    pub costs: Cost,
}

/// One head on one network's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ModelKind {
    pub(crate) network: Architecture,
    pub(crate) baseline: bool,
}

impl ModelKind {
    /// The name of the model's folder.
    pub(crate) fn name(self) -> String {
        let Self { network, baseline } = self;
        if baseline { format!("{network}-baseline") } else { network.to_string() }
    }
}

impl<'w> Pipeline<'w> {
    /// A run with these settings in the folder at `path`, new or begun before.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if a setting is out of its range; for a new run also if the images' folder is not there,
    /// [`Error::Device`] or [`Error::Weights`] if a device or weights are not; those of [`RunFolder::open`].
    pub fn new(config: Config, path: &std::path::Path, watch: &'w mut Watcher<'w>) -> Result<Self, Error> {
        config.check()?;
        let classes = Classes::new(&config.data.classes[..])?;
        let device = config.compute.device.parse()?;
        if let Some(threads) = NonZeroUsize::new(config.compute.threads) {
            set_threads(threads).map_err(|error| Error::config("compute.threads", error.to_string()))?;
        }
        if !RunFolder::is_begun(path) {
            ready::require_all(&config)?;
        }
        let folder = RunFolder::open(path, &config)?;
        Ok(Self { config, folder, classes, device, watch })
    }

    /// The run's folder.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// The run's settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All stages.
    ///
    /// # Errors
    ///
    /// The first stage's that fails. What was done until then is kept; the same run goes on from there.
    pub fn run(&mut self) -> Result<Outcome, Error> {
        let manifest = self.assemble()?;
        for network in self.config.backbones.clone() {
            let frozen = Frozen::of(network, &self.config)?;
            if frozen.is_random() {
                self.say(Stage::Extract, &frozen.to_string())?;
            }
            self.extract(&frozen, &manifest)?;
            for baseline in [false, true] {
                if !baseline || self.config.baselines {
                    self.train(ModelKind { network, baseline }, &frozen, &manifest)?;
                }
            }
        }
        let models = self
            .models()
            .into_iter()
            .map(|model| self.evaluate(model, &manifest))
            .collect::<Result<Vec<_>, Error>>()?;
        let (comparisons, best) = self.compare(&models)?;
        self.explain(&manifest)?;
        self.report(&manifest, &models, &comparisons, &best)?;
        Ok(Outcome { models, comparisons, best, costs: Cost::read(&self.folder.costs()) })
    }

    /// Every model of the run: the recurrent heads, each followed by its baseline.
    pub(crate) fn models(&self) -> Vec<ModelKind> {
        let of = |&network: &Architecture| {
            let baseline = self.config.baselines.then_some(ModelKind { network, baseline: true });
            [Some(ModelKind { network, baseline: false }), baseline].into_iter().flatten()
        };
        self.config.backbones.iter().flat_map(of).collect()
    }

    /// The folder of a network's feature store.
    fn store_folder(&self, frozen: &Frozen) -> PathBuf {
        let stores = match &self.config.compute.feature_stores {
            Some(stores) => stores.clone(),
            None => self.folder.path().join("features"),
        };
        stores.join(frozen.key().folder_name())
    }

    /// The manifest that the stage `assemble` wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is none; those of [`Manifest::read_of`].
    pub fn manifest(&self) -> Result<Manifest, Error> {
        let path = self.folder.manifest();
        if !path.is_file() {
            return Err(Error::Missing { path, stage: Stage::Assemble });
        }
        Ok(Manifest::read_of(&path, &self.classes)?)
    }

    fn tell(&mut self, stage: Stage, progress: Progress<'_>) -> Result<(), Error> {
        match (self.watch)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Interrupted { stage }),
        }
    }

    fn say(&mut self, stage: Stage, sentence: &str) -> Result<(), Error> {
        self.tell(stage, Progress::Said { sentence })
    }

    fn start(&mut self, stage: Stage, of: &str) -> Result<Clock, Error> {
        self.tell(stage, Progress::Started { stage, of })?;
        Ok(Clock::start(stage, of))
    }

    fn skip(&mut self, stage: Stage, of: &str) -> Result<(), Error> {
        self.tell(stage, Progress::AlreadyDone { stage, of })
    }

    fn finish(&mut self, clock: Clock) -> Result<(), Error> {
        let cost = clock.stop();
        let mut costs = Cost::read(&self.folder.costs());
        costs.add(cost.clone());
        costs.write(&self.folder.costs())?;
        self.tell(cost.stage, Progress::Finished { stage: cost.stage, of: &cost.of, seconds: cost.seconds })
    }
}
