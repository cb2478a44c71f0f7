//! The stages `evaluate` and `compare`: turn predictions into scores, comparisons and a recommended model.

use std::collections::HashMap;

use radiograph_dataset::{Sex, View, manifest::Manifest, manifest::Row};
use radiograph_metrics::Choice;

use crate::{
    Best, Comparisons, Error, Inputs, ModelEvaluation, ModelKind, Run, Stage, Stamp,
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
}

impl Run<'_> {
    /// Scores every trained model on the run's own test part (`metrics.json`), compares them (`comparison.json`) and
    /// recommends one (`best.json`).
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no manifest or a model is not trained; [`Error::Damaged`] if predictions cannot be read;
    /// [`Error::Metrics`] and [`Error::Interrupted`].
    pub fn evaluate(&mut self) -> Result<Evaluated, Error> {
        let manifest = self.manifest()?;
        let models = self
            .config()
            .models()
            .into_iter()
            .map(|model| self.evaluate_model(model, &manifest))
            .collect::<Result<Vec<_>, Error>>()?;
        let (comparisons, best) = self.compare(&models)?;
        Ok(Evaluated { models, comparisons, best })
    }

    fn evaluate_model(&mut self, model: ModelKind, manifest: &Manifest) -> Result<ModelEvaluation, Error> {
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
        let evaluation =
            evaluate_model(&name, &folder, &folds, record.tested(), self.classes(), &known, &bootstrap)?;
        write_json(&path, &evaluation)?;
        Stamp::write(self.folder().path(), &stamp, hash, std::slice::from_ref(&path))?;
        self.finish(clock)?;
        Ok(evaluation)
    }

    fn compare(&mut self, models: &[ModelEvaluation]) -> Result<(Comparisons, Best), Error> {
        let (comparison, best) = (self.folder().comparison(), self.folder().best());
        let unconverged = self.unconverged()?;
        let mut inputs = Inputs::of(Stage::Compare)
            .add_value("evaluation", &self.config().evaluation)
            .add_value("unconverged", &unconverged)
            .add_value("seed", &self.config().seed);
        for model in models {
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
        let kinds = self.config().models();
        let names: Vec<String> = models.iter().map(|model| model.model.clone()).collect();
        let baselines: Vec<(String, String)> = kinds
            .iter()
            .filter(|kind| kind.baseline.is_some())
            .map(|kind| (kind.recurrent().name(), kind.name()))
            .collect();
        // Algorithm 1 chooses among the recurrent networks; baselines are for comparison only.
        let mut candidates = Vec::new();
        for (kind, evaluation) in kinds.iter().zip(models).filter(|(kind, _)| kind.baseline.is_none()) {
            candidates.push((evaluation, self.record(*kind)?.protocol.head.trained_parameters()?));
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
        let models = self.config().models();
        Ok(Evaluated {
            models: models
                .into_iter()
                .map(|model| read_json(&existing(self.folder().model(&model.name()).join("metrics.json"))?))
                .collect::<Result<_, Error>>()?,
            comparisons: read_json(&existing(self.folder().comparison())?)?,
            best: read_json(&existing(self.folder().best())?)?,
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
