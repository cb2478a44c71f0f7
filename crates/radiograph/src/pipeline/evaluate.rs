//! Predictions → scores, comparisons, a choice.

use std::{collections::HashMap, fs, path::Path};

use radiograph_dataset::{Sex, View, manifest::Manifest};
use radiograph_files::write_bytes;
use radiograph_head::ProtocolRecord;
use serde::{Serialize, de::DeserializeOwned};

use super::{ModelKind, Pipeline};
use crate::{
    Best, Comparisons, Error, ModelEvaluation, Stage,
    run::{Inputs, Stamp},
    scoring::{bootstrap, choose, compare_models, evaluate_model},
};

impl Pipeline<'_> {
    /// The stage `evaluate` for one model: `metrics.json`.
    pub(crate) fn evaluate(
        &mut self,
        model: ModelKind,
        manifest: &Manifest,
    ) -> Result<ModelEvaluation, Error> {
        let name = model.name();
        let folder = self.folder.model(&name);
        let record = self.record(model)?;
        let path = folder.join("metrics.json");
        let stamp = format!("evaluate-{name}");
        let inputs = Inputs::new()
            .add_value("evaluation", &self.config.evaluation)
            .add_value("seed", &self.config.seed)
            .add_value("training", &record)
            .add_file(&self.folder.manifest())?;
        let hash = match Stamp::is_valid(self.folder.path(), &stamp, inputs)? {
            Ok(()) => {
                self.skip(Stage::Evaluate, &name)?;
                return read_json(&path);
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Evaluate, &name)?;
        let folds: Vec<(usize, bool)> =
            record.folds.iter().map(|fold| (fold.number, fold.contaminated)).collect();
        let bootstrap = bootstrap(&self.config.evaluation, self.config.seed)?;
        let fields = fields(manifest);
        let evaluation = evaluate_model(&name, &folder, &folds, &self.classes, &fields, &bootstrap)?;
        write_json(&path, &evaluation)?;
        Stamp::write(self.folder.path(), &stamp, hash, std::slice::from_ref(&path))?;
        self.finish(clock)?;
        Ok(evaluation)
    }

    /// The stage `compare`: `comparison.json` and `best.json`.
    pub(crate) fn compare(&mut self, models: &[ModelEvaluation]) -> Result<(Comparisons, Best), Error> {
        let (comparison, best) = (self.folder.comparison(), self.folder.best());
        let mut inputs = Inputs::new()
            .add_value("evaluation", &self.config.evaluation)
            .add_value("seed", &self.config.seed);
        for model in models {
            inputs = inputs
                .add(&model.model, b"")
                .add_file(&self.folder.model(&model.model).join("predictions.csv"))?
                .add_file(&self.folder.model(&model.model).join("metrics.json"))?;
        }
        let hash = match Stamp::is_valid(self.folder.path(), "compare", inputs)? {
            Ok(()) => {
                self.skip(Stage::Compare, "")?;
                return Ok((read_json(&comparison)?, read_json(&best)?));
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Compare, "")?;
        let kinds = self.models();
        let names: Vec<String> = models.iter().map(|model| model.model.clone()).collect();
        let baselines: Vec<(String, String)> = kinds
            .iter()
            .filter(|kind| kind.baseline)
            .map(|kind| (ModelKind { baseline: false, ..*kind }.name(), kind.name()))
            .collect();
        let compared = compare_models(
            self.folder.path(),
            &names,
            &baselines,
            &self.classes,
            &self.config.evaluation,
            self.config.seed,
        )?;
        // The paper's Algorithm 1 chooses among its own networks; baselines are for comparison.
        let mut candidates = Vec::new();
        for (kind, evaluation) in kinds.iter().zip(models).filter(|(kind, _)| !kind.baseline) {
            candidates.push((evaluation, self.record(*kind)?.protocol.head.trained_parameters()?));
        }
        let chosen = choose(&candidates, self.config.evaluation.best_by, &compared)?;
        write_json(&comparison, &compared)?;
        write_json(&best, &chosen)?;
        Stamp::write(self.folder.path(), "compare", hash, &[comparison, best])?;
        self.finish(clock)?;
        Ok((compared, chosen))
    }

    pub(crate) fn record(&self, model: ModelKind) -> Result<ProtocolRecord, Error> {
        let folder = self.folder.model(&model.name());
        let missing = || Error::Missing { path: folder.join("training.json"), stage: Stage::Train };
        ProtocolRecord::read(&folder)?.ok_or_else(missing)
    }
}

/// View, sex and age band of every image, by id; what nobody recorded is absent.
fn fields(manifest: &Manifest) -> HashMap<String, [Option<String>; 3]> {
    let of = |row: &radiograph_dataset::manifest::Row| {
        let bands = [
            (0..=17, "under 18"),
            (18..=39, "18 to 39"),
            (40..=59, "40 to 59"),
            (60..=79, "60 to 79"),
            (80..=u16::MAX, "80 and over"),
        ];
        let age = row.age.and_then(|age| {
            bands
                .iter()
                .find(|(years, _)| age.within(years.clone()) == Some(true))
                .map(|(_, name)| (*name).to_owned())
        });
        let sex = row.sex.map(|sex| match sex {
            Sex::Female => "female".to_owned(),
            Sex::Male => "male".to_owned(),
        });
        let view = (row.view != View::Unknown).then(|| row.view.name().to_owned());
        [view, sex, age]
    };
    manifest.test().map(|row| (row.id.to_string(), of(row))).collect()
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = fs::read(path)
        .map_err(|source| radiograph_files::FileError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|error| Error::damaged(path, error))
}

pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| Error::damaged(path, error))?;
    text.push(b'\n');
    Ok(write_bytes(path, &text)?)
}
