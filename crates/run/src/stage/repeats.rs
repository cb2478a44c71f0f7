//! Repetitions: the spread of scores over seeds, and further splits, each of which is a run of its own.

use std::path::{Path, PathBuf, absolute};

use radiograph_files::FileError;
use radiograph_metrics::Predictions;
use radiograph_random::Stream;
use radiograph_report::{Spread, SpreadOver};

use crate::{
    Config, EnsembleOver, Error, Inputs, ModelKind, Run, ScoredModel, Stage, Stamp,
    json::{read_json, write_json},
    read_predictions,
    scoring::spread,
};

/// A further split of a run: a run of its own below the run folder.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Split {
    /// Number, from 2; the run's own split is the first.
    pub number: usize,
    /// Run folder.
    pub folder: PathBuf,
    /// Settings: those of the run with another [`split_seed`](Config::split_seed), without explanations and audit, and with
    /// the run's feature stores.
    pub config: Config,
}

impl Run<'_> {
    /// The further splits that [`repeats`](Config::repeats) asks for.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the images come from sources that a program gave; [`Error::File`] if the working directory is
    /// unknown.
    pub fn further_splits(&self) -> Result<Vec<Split>, Error> {
        let own = self.config();
        if own.repeats > 1 && self.sources.is_some() {
            let reason = "images of sources that a program gave are divided once; write 1";
            return Err(Error::config("repeats", reason));
        }
        let path = self.folder().path();
        let unknown = |source| FileError::Read { path: path.to_owned(), source };
        let stores = own.compute.feature_stores.clone();
        let stores = stores.unwrap_or(absolute(path).map_err(unknown)?.join("features"));
        let split = |number: usize| {
            let seed = Stream::new(own.split_seed(), "split").numbered(number as u64).bits();
            let mut config = own.clone();
            config.repeats = 1;
            config.split_seed = Some(seed >> 1); // TOML ends at 2^63 - 1
            config.audit = None;
            config.explanation.images_per_class = 0;
            config.compute.feature_stores = Some(stores.clone());
            Split { number, folder: self.folder().split(number), config }
        };
        Ok((2..=own.repeats).map(split).collect())
    }

    /// The scores over all splits, if the further ones are finished and unchanged.
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Damaged`] if they cannot be read.
    pub fn summarised(&self, splits: &[Split]) -> Result<Option<Vec<Spread>>, Error> {
        let inputs = self.inputs_of_splits(splits)?;
        match Stamp::is_valid(self.folder().path(), "repeat", inputs)? {
            Ok(()) => read_json(&self.folder().repeats()).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Writes the scores over all splits, `repeats.json`, for every compared model.
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Damaged`] if predictions cannot be read.
    pub fn summarise(&mut self, splits: &[Split]) -> Result<Vec<Spread>, Error> {
        let mut spreads = Vec::new();
        for model in self.config().scored_models().iter().filter(|model| model.is_compared()) {
            let name = model.name();
            let own = std::iter::once((1, self.folder().path().to_owned()));
            let others = splits.iter().map(|split| (split.number, split.folder.clone()));
            let mut repetitions = Vec::new();
            for (number, folder) in own.chain(others) {
                let predictions = self.tested(&folder.join(&name))?;
                repetitions.push((format!("split {number}"), predictions));
            }
            spreads.push(Spread {
                model: name,
                over: SpreadOver::Splits,
                ensemble: None,
                unconverged: Vec::new(),
                scores: spread(&repetitions)?,
            });
        }
        let path = self.folder().repeats();
        write_json(&path, &spreads)?;
        if let Err(hash) = Stamp::is_valid(self.folder().path(), "repeat", self.inputs_of_splits(splits)?)? {
            Stamp::write(self.folder().path(), "repeat", hash, &[path])?;
        }
        Ok(spreads)
    }

    fn inputs_of_splits(&self, splits: &[Split]) -> Result<Inputs, Error> {
        let mut inputs = Inputs::of(Stage::Repeat);
        for split in splits {
            // Where the features lie changes no score, and the run folder may have been moved, or named in another way.
            let mut config = split.config.clone();
            config.compute.feature_stores = None;
            inputs = inputs.add_value("config", &config);
        }
        let folders = std::iter::once(self.folder().path()).chain(splits.iter().map(|split| &*split.folder));
        for folder in folders {
            for model in self.config().scored_models() {
                inputs = inputs.add_file(&folder.join(model.name()).join("predictions.csv"))?;
            }
        }
        Ok(inputs)
    }

    /// Writes the scores over the seeds of every model that has several, `seeds.json`. Without further seeds there is no
    /// such file.
    pub(super) fn spread_over_seeds(&mut self) -> Result<Vec<Spread>, Error> {
        let scored = self.config().scored_models();
        let ensemble = |first: &ModelKind| {
            let of = |model: &&ScoredModel| match model {
                ScoredModel::Ensemble(of) => of.over == EnsembleOver::Seeds && of.members.contains(first),
                ScoredModel::Trained(_) => false,
            };
            scored.iter().find(of).map(ScoredModel::name)
        };
        let trained: Vec<ModelKind> = self.config().models();
        let mut spreads = Vec::new();
        for first in trained.iter().filter(|model| model.seed == 1) {
            let seeds = trained.iter().filter(|model| ModelKind { seed: 1, ..**model } == *first);
            let (mut repetitions, mut unconverged) = (Vec::new(), Vec::new());
            for &seed in seeds {
                let (name, end) = (seed.name(), self.training(&seed.into())?.convergence());
                if let Some(end) = end.filter(|end| !end.is_converged()) {
                    unconverged.push((name.clone(), end.to_string()));
                }
                let predictions = self.tested(&self.folder().model(&name))?;
                repetitions.push((name, predictions));
            }
            if repetitions.len() > 1 {
                spreads.push(Spread {
                    model: first.name(),
                    over: SpreadOver::Seeds,
                    ensemble: ensemble(first),
                    unconverged,
                    scores: spread(&repetitions)?,
                });
            }
        }
        if !spreads.is_empty() {
            write_json(&self.folder().seeds(), &spreads)?;
        }
        Ok(spreads)
    }

    fn tested(&self, folder: &Path) -> Result<Predictions, Error> {
        let path = folder.join("predictions.csv");
        if !path.is_file() {
            return Err(Error::Missing { path, stage: Stage::Train });
        }
        read_predictions(&path, self.classes())
    }
}
