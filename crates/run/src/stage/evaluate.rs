//! The stages `evaluate` and `compare`: turn predictions into scores, comparisons and a recommended model.

use std::collections::HashMap;

use radiograph_dataset::{Sex, View, manifest::Manifest, manifest::Row};
use radiograph_metrics::Choice;
use radiograph_report::Spread;

use crate::{
    Best, Comparisons, Error, Inputs, ModelEvaluation, Run, ScoredModel, Stage, Stamp,
    config::BestBy,
    json::{read_json, write_json},
    scoring::{Compared, Known, bootstrap, compare_models, evaluate_model, ranked},
};

/// The evaluation of a run on its own test part.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Evaluated {
    /// Scores of every model, in the order of the config.
    pub models: Vec<ModelEvaluation>,
    /// Paired comparisons of the models.
    pub comparisons: Comparisons,
    /// Recommended model.
    pub best: Best,
    /// Scores over the seeds of each model that has several.
    pub spreads: Vec<Spread>,
}

impl Run<'_> {
    /// Scores every trained model on the run's own test part (`metrics.json`), compares them (`comparison.json`) and
    /// recommends one (`best.json`). With several seeds it also writes the spread of the scores over them (`seeds.json`).
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no manifest or a model is not trained; [`Error::Damaged`] if predictions cannot be read;
    /// [`Error::NoImage`] if no model has a defined score to rank by; [`Error::Metrics`] if a score cannot be computed;
    /// [`Error::Interrupted`] if the watcher stops the run.
    pub fn evaluate(&mut self) -> Result<Evaluated, Error> {
        let manifest = self.manifest()?;
        let scored = self.config().scored_models();
        let mut models = Vec::with_capacity(scored.len());
        for model in &scored {
            models.push(self.evaluate_model(model, &manifest)?);
        }
        let pairs: Vec<(&ScoredModel, &ModelEvaluation)> =
            scored.iter().zip(&models).filter(|(model, _)| model.is_compared()).collect();
        let (comparisons, best) = self.compare(&pairs)?;
        let spreads = self.spread_over_seeds()?;
        Ok(Evaluated { models, comparisons, best, spreads })
    }

    fn evaluate_model(&mut self, model: &ScoredModel, manifest: &Manifest) -> Result<ModelEvaluation, Error> {
        let name = model.name();
        let folder = self.folder().model(&name);
        self.require_predictions(model)?;
        let record = self.training(model)?;
        let path = folder.join("metrics.json");
        let stamp = format!("evaluate-{name}");
        let inputs = Inputs::of(Stage::Evaluate)
            .add_value("evaluation", &self.config().evaluation)
            .add_value("seed", &self.config().seed)
            .add_value("training", &record)
            .add_file(&self.folder().manifest())?;
        let hash = match Stamp::is_valid(self.folder().path(), &stamp, inputs)? {
            Ok(()) => {
                self.skip(Stage::Evaluate, &name)?;
                return read_json(&path);
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Evaluate, &name)?;
        let folds: Vec<(usize, bool)> =
            record.folds().iter().map(|fold| (fold.number, fold.contaminated)).collect();
        let bootstrap = bootstrap(&self.config().evaluation, self.config().seed)?;
        let known = known(manifest);
        let path_of_predictions = folder.join("predictions.csv");
        let predictions = crate::read_predictions(&path_of_predictions, self.classes())?;
        let foreign =
            predictions.ids().unwrap_or_default().iter().find(|id| !known.contains_key(id.as_str()));
        if let Some(id) = foreign {
            let reason =
                format!("{id} is not in the test part of the manifest, which changed since the training");
            return Err(Error::damaged(path_of_predictions, reason));
        }
        let evaluation =
            evaluate_model(&name, &folder, &folds, record.tested(), self.classes(), &known, &bootstrap)?;
        write_json(&path, &evaluation)?;
        Stamp::write(self.folder().path(), &stamp, hash, std::slice::from_ref(&path))?;
        self.finish(clock)?;
        Ok(evaluation)
    }

    fn compare(&mut self, models: &[(&ScoredModel, &ModelEvaluation)]) -> Result<(Comparisons, Best), Error> {
        let (comparison, best) = (self.folder().comparison(), self.folder().best());
        let unconverged = self.unconverged()?;
        let mut inputs = Inputs::of(Stage::Compare)
            .add_value("evaluation", &self.config().evaluation)
            .add_value("unconverged", &unconverged)
            .add_value("seed", &self.config().seed);
        for (_, model) in models {
            inputs = inputs
                .add(&model.model, b"")
                .add_file(&self.folder().model(&model.model).join("predictions.csv"))?
                .add_file(&self.folder().model(&model.model).join("metrics.json"))?;
        }
        let hash = match Stamp::is_valid(self.folder().path(), "compare", inputs)? {
            Ok(()) => {
                self.skip(Stage::Compare, "")?;
                return Ok((read_json(&comparison)?, read_json(&best)?));
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Compare, "")?;
        let names: Vec<String> = models.iter().map(|(_, evaluation)| evaluation.model.clone()).collect();
        let pair = |model: &ScoredModel| match model {
            ScoredModel::Trained(model) => model.baseline.map(|_| (model.recurrent().name(), model.name())),
            ScoredModel::Ensemble(_) => None,
        };
        let baselines: Vec<(String, String)> = models.iter().filter_map(|(model, _)| pair(model)).collect();
        // Algorithm 1 chooses among the recurrent networks; baselines are for comparison only.
        let mut candidates = Vec::new();
        for &(model, evaluation) in models.iter().filter(|(model, _)| model.is_candidate()) {
            let parameters = self.training(model)?.parameters()?;
            candidates.push((evaluation, i64::try_from(parameters).unwrap_or(i64::MAX)));
        }
        let criterion = self.config().evaluation.best_by;
        let candidates = ranked(&candidates, criterion)?;
        let choice = match criterion {
            BestBy::ValidationMacroAuc => Choice::Beforehand,
            BestBy::TestAccuracy => Choice::OnTheseSamples,
        };
        let compared = Compared {
            models: &names,
            chosen: (candidates[0].model.as_str(), choice), // ranked: there is one
            baselines: &baselines,
            unconverged: &unconverged,
        };
        let (section, seed) = (&self.config().evaluation, self.config().seed);
        let compared = compare_models(self.folder().path(), &compared, self.classes(), section, seed)?;
        let nothing = || Error::NoImage { reason: "there is no model to recommend".to_owned() };
        let chosen = Best::of(candidates, criterion, &compared).ok_or_else(nothing)?;
        write_json(&comparison, &compared)?;
        write_json(&best, &chosen)?;
        Stamp::write(self.folder().path(), "compare", hash, &[comparison, best])?;
        self.finish(clock)?;
        Ok((compared, chosen))
    }

    /// Reads the evaluation that the stage `evaluate` wrote.
    pub(super) fn evaluated(&self) -> Result<Evaluated, Error> {
        let existing = |path: std::path::PathBuf| {
            if path.is_file() { Ok(path) } else { Err(Error::Missing { path, stage: Stage::Evaluate }) }
        };
        let (models, seeds) = (self.config().scored_models(), self.folder().seeds());
        Ok(Evaluated {
            models: models
                .iter()
                .map(|model| read_json(&existing(self.folder().model(&model.name()).join("metrics.json"))?))
                .collect::<Result<_, Error>>()?,
            comparisons: read_json(&existing(self.folder().comparison())?)?,
            best: read_json(&existing(self.folder().best())?)?,
            spreads: match self.config().training.seeds {
                1 => Vec::new(),
                _ => read_json(&existing(seeds)?)?,
            },
        })
    }
}

/// What the manifest knows of every test image, by id.
fn known(manifest: &Manifest) -> HashMap<String, Known> {
    manifest.test().map(|row| (row.id.to_string(), known_of(row))).collect()
}

/// What the manifest knows of an image.
pub(super) fn known_of(row: &Row) -> Known {
    Known {
        patient: row.patient.as_ref().map(ToString::to_string),
        view: (row.view != View::Unknown).then(|| row.view.name().to_owned()),
        sex: row.sex.map(|sex| match sex {
            Sex::Female => "female".to_owned(),
            Sex::Male => "male".to_owned(),
        }),
        age: row.age.and_then(|age| age.band_name()),
    }
}
