//! Runs Algorithm 1 of the paper, stage by stage. Each stage can be run separately, does nothing if its result is up to
//! date, and continues after an interruption.

mod explain;
mod extract;
mod full;
mod look;
mod queue;
mod repeat;
mod side_by_side;
mod task;
mod train;

pub use extract::Extracted;
pub(crate) use extract::extract;
pub use task::TaskEnd;
pub use train::Trained;

use std::{collections::BTreeMap, path::Path, path::PathBuf};

use radiograph_dataset::{manifest::Manifest, source::Source};
use radiograph_features::{ExtractionKey, FeatureStore, Part, StoreDescription};
use radiograph_libtorch::Device;
use radiograph_protocol::FeatureShape;
use radiograph_run::{Audit, Config, Cost, Evaluated, Run, RunFolder, Spread, Stage, Unsearched, Watcher};

use crate::{Error, Frozen, threads::apply_threads};

/// A run with all stages.
///
/// Calling `assemble`, `extract`, `train`, `evaluate`, `explain`, `audit`, `repeat` and `report` in this order gives the same files as
/// [`run`](Self::run), except for costs and times.
pub struct Pipeline<'w> {
    run: Run<'w>,
    device: Device,
}

/// The results of a finished run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Folders that were not searched for images.
    pub unsearched: Unsearched,
    /// Feature maps of each network, and the images that cannot be read.
    pub extracted: Vec<Extracted>,
    /// Record of each model by name, and the images without features.
    pub trained: BTreeMap<String, Trained>,
    /// Scores, comparisons and the recommended model.
    pub evaluated: Evaluated,
    /// The audit for shortcuts; `None` if the setting `audit` is off.
    pub audit: Option<Audit>,
    /// Scores of every model over all splits; empty if there is one.
    pub splits: Vec<Spread>,
    /// Time and memory of every stage.
    pub costs: Cost,
    /// The report page.
    pub report: PathBuf,
}

impl Outcome {
    /// Whether no folder and no image was left out, apart from those that the settings exclude.
    pub fn is_complete(&self) -> bool {
        self.unsearched.is_empty()
            && self.extracted.iter().all(|network| network.left_out.is_empty())
            && self.trained.values().all(|model| model.without_features.is_empty())
    }
}

impl<'w> Pipeline<'w> {
    /// Opens the run folder at `path` with these settings. The folder is created if it does not exist; an existing run
    /// must have the same settings.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] if a setting is out of its range, and for the reasons of [`Run::open`]; for a new run also
    /// [`Error::Device`] if a device is missing, or an error of [`Frozen::of`] if weights are missing.
    pub fn open(config: Config, path: &Path, watch: &'w mut Watcher<'w>) -> Result<Self, Error> {
        config.check()?;
        // A mistyped first command then leaves no folder behind.
        if !RunFolder::is_begun(path) {
            require_devices_and_weights(&config)?;
        }
        Self::of(Run::open(config, path, watch)?)
    }

    /// Opens a run folder with the settings in its `config.toml`.
    ///
    /// # Errors
    ///
    /// Those of [`Run::begun`]; [`Error::Device`] if the device is missing.
    pub fn begun(path: &Path, watch: &'w mut Watcher<'w>) -> Result<Self, Error> {
        Self::of(Run::begun(path, watch)?)
    }

    /// Opens a run folder together with other processes that each do a part of its work: [`extract`](Self::extract),
    /// [`train_part`](Self::train_part), [`explain_part`](Self::explain_part) or a [task](Self::do_task). With settings, they must
    /// be those of the run.
    ///
    /// # Errors
    ///
    /// Those of [`Run::shared`]; [`Error::Device`] if the device is missing.
    pub fn shared(asked: Option<Config>, path: &Path, watch: &'w mut Watcher<'w>) -> Result<Self, Error> {
        Self::of(Run::shared(asked, path, watch)?)
    }

    fn of(run: Run<'w>) -> Result<Self, Error> {
        let device = run.config().compute.device.parse()?;
        apply_threads(run.config())?;
        Ok(Self { run, device })
    }

    /// Reads the images through sources of your own; see [`Run::with_sources`].
    #[must_use]
    pub fn with_sources(self, sources: Vec<Box<dyn Source>>) -> Self {
        Self { run: self.run.with_sources(sources), ..self }
    }

    /// The run folder.
    pub fn folder(&self) -> &RunFolder {
        self.run.folder()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        self.run.config()
    }

    /// The stage `assemble`; see [`Run::assemble`].
    ///
    /// # Errors
    ///
    /// Those of [`Run::assemble`].
    pub fn assemble(&mut self) -> Result<Manifest, Error> {
        Ok(self.run.assemble()?)
    }

    /// The stage `evaluate`; see [`Run::evaluate`].
    ///
    /// # Errors
    ///
    /// Those of [`Run::evaluate`].
    pub fn evaluate(&mut self) -> Result<Evaluated, Error> {
        Ok(self.run.evaluate()?)
    }

    /// The stage `audit`; see [`Run::audit`]. Before it, changed test images go through the recommended model, if there is one:
    /// `looks.json` in its folder.
    ///
    /// # Errors
    ///
    /// Those of [`Run::audit`]; [`Error::Image`], [`Error::Backbone`], [`Error::Head`] and [`Error::Gradcam`] from the changed
    /// images.
    pub fn audit(&mut self) -> Result<Option<Audit>, Error> {
        self.look()?;
        if self.run.recommended()?.is_some() {
            return Ok(self.run.audit()?);
        }
        // Weights that are not there gave no features either.
        let first =
            self.config().backbones.first().and_then(|&network| Frozen::of(network, self.config()).ok());
        Ok(self.run.audit_with(first.map(|frozen| frozen.key()).as_ref())?)
    }

    /// The stage `report`; see [`Run::report`].
    ///
    /// # Errors
    ///
    /// Those of [`Run::report`].
    pub fn report(&mut self) -> Result<PathBuf, Error> {
        Ok(self.run.report()?)
    }

    /// Runs all stages.
    ///
    /// # Errors
    ///
    /// Those of the first stage that fails. The results of earlier stages are kept; the next call continues from there.
    pub fn run(&mut self) -> Result<Outcome, Error> {
        self.assemble()?;
        let unsearched = self.run.unsearched()?;
        let extracted = self.extract(Part::WHOLE)?;
        let trained = self.train()?;
        let evaluated = self.evaluate()?;
        self.explain()?;
        let audit = self.audit()?;
        let splits = self.repeat()?;
        let report = self.report()?;
        let costs = Cost::read(&self.folder().costs());
        Ok(Outcome { unsearched, extracted, trained, evaluated, audit, splits, costs, report })
    }

    /// A network's feature store, which the stage `extract` writes.
    fn store(&self, frozen: &Frozen) -> Result<FeatureStore, Error> {
        let folder = self.store_folder(frozen);
        let path = folder.join("store.json");
        if !path.is_file() {
            // Features that differ by rounding alone are refused with the difference, not reported as missing.
            if let Some(other) = rounded_differently(&folder, &frozen.key()) {
                frozen.key().require(&other)?;
            }
            return Err(radiograph_run::Error::Missing { path, stage: Stage::Extract }.into());
        }
        Ok(FeatureStore::open_for(&folder, &frozen.key())?)
    }

    /// Folder of a network's feature store.
    fn store_folder(&self, frozen: &Frozen) -> PathBuf {
        self.run.feature_store(&frozen.key().folder_name())
    }
}

/// The key of a store beside `folder` whose features differ from those of `key` by rounding alone, the first by name.
fn rounded_differently(folder: &Path, key: &ExtractionKey) -> Option<ExtractionKey> {
    let stores = std::fs::read_dir(folder.parent()?).ok()?;
    let mut stores: Vec<PathBuf> = stores.filter_map(|store| Some(store.ok()?.path())).collect();
    stores.sort();
    for store in stores {
        // Stores of other formats belong to other versions of this program.
        let Ok(Some(description)) = StoreDescription::read(&store) else { continue };
        if description.key().differs_by_rounding(key) {
            return Some(description.key().clone());
        }
    }
    None
}

fn require_devices_and_weights(config: &Config) -> Result<(), Error> {
    for name in std::iter::once(&config.compute.device).chain(&config.compute.more_devices) {
        let _: Device = name.parse()?;
    }
    for &network in &config.backbones {
        let [channels, height, width] = Frozen::of(network, config)?.feature_shape()?.map(|side| side as i64);
        // Of a network in a file, only the file tells what its heads read.
        config.check_heads(network, FeatureShape { channels, height, width })?;
    }
    Ok(())
}
