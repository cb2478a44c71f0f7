//! The stage `report`: writes figures and one page from all results of the run.

mod data;
mod head;
mod network;
mod settings;
mod weights;

use std::{fs, path::PathBuf};

use radiograph_dataset::manifest::{Drawn, Manifest};
use radiograph_files::{ContentHash, FileError};
use radiograph_report::{CurveBands, Images, Labels, NetworkReport, Report, RunRecord, Spread};

use super::Evaluated;
use crate::{
    Config, Cost, Error, Inputs, Run, Stage, Stamp,
    config::{BestBy, DataSection},
    json::read_json,
};

/// Number of resamples for the bands around curves. Printed intervals need more, because they need more digits.
const BANDS: u32 = 500;

impl Run<'_> {
    /// Writes `report.html`, `claim.md` and `figures/`, and returns the path of `report.html`.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if an earlier stage did not run; [`Error::Report`]; the errors of reading the results of
    /// other stages.
    pub fn report(&mut self) -> Result<PathBuf, Error> {
        let manifest = self.manifest()?;
        let Evaluated { models, comparisons, best, mut spreads } = self.evaluated()?;
        let path = self.folder().report();
        let figures = self.folder().figures();
        let unreadable = |source| FileError::Read { path: figures.clone(), source };
        let mut inputs = Inputs::of(Stage::Report)
            .add_value("config", self.config())
            .add_file(&self.folder().manifest())?
            .add_file(&self.folder().leakage())?
            .add_file(&self.folder().shortfalls())?
            .add_file(&self.folder().comparison())?
            .add_file(&self.folder().best())?
            .add_file(&self.folder().audit())?;
        if self.config().audit.is_some() && !self.folder().audit().is_file() {
            return Err(Error::Missing { path: self.folder().audit(), stage: Stage::Audit });
        }
        if self.config().training.seeds > 1 {
            inputs = inputs.add_file(&self.folder().seeds())?;
        }
        if self.config().repeats > 1 {
            let path = self.folder().repeats();
            if !path.is_file() {
                return Err(Error::Missing { path, stage: Stage::Repeat });
            }
            inputs = inputs.add_file(&path)?;
            spreads.extend(read_json::<Vec<Spread>>(&path)?);
        }
        // Further seeds of a model are in the spreads alone.
        let scored = self.config().scored_models();
        let shown: Vec<_> = scored.iter().zip(&models).filter(|(model, _)| model.is_compared()).collect();
        for (_, model) in &shown {
            let folder = self.folder().model(&model.model);
            for file in [
                "metrics.json",
                "explanations.json",
                "predictions.csv",
                "training.json",
                "probe.json",
                "frozen.json",
            ] {
                inputs = inputs.add_file(&folder.join(file))?;
            }
            // The histories of the trainings, and the panels.
            inputs = inputs.add_file(&folder.join("model.json"))?;
            for fold in &model.validation {
                let name = format!("fold-{}", fold.fold);
                inputs = inputs.add(&name, b"").add_file(&folder.join(name).join("model.json"))?;
            }
            for explained in network::explained(&folder)? {
                inputs = inputs.add_file(&folder.join(&explained.panel))?;
            }
        }
        let hash = match Stamp::is_valid(self.folder().path(), "report", inputs)? {
            Ok(()) => {
                self.skip(Stage::Report, "")?;
                return Ok(path);
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Report, "")?;
        let audit = self.config().audit.as_ref().map(|_| read_json(&self.folder().audit())).transpose()?;
        let networks =
            shown.iter().map(|(kind, model)| self.network(kind, model)).collect::<Result<Vec<_>, Error>>()?;
        let report = Report {
            run: self.run_record(&manifest, &networks)?,
            data: self.data(&manifest, self.pretraining(shown.iter().map(|(kind, _)| *kind))?)?,
            networks,
            comparisons: comparisons.with_chosen.into_iter().chain(comparisons.with_baseline).collect(),
            corrected_for: comparisons.tests,
            not_tested: comparisons.not_tested,
            best: Some(radiograph_report::Best {
                network: best.model.clone(),
                chosen_by: match best.criterion {
                    BestBy::TestAccuracy => "test accuracy".to_owned(),
                    BestBy::ValidationMacroAuc => "mean validation macro AUC over folds".to_owned(),
                },
                on_test: best.criterion == BestBy::TestAccuracy,
                values: best
                    .candidates
                    .iter()
                    .filter_map(|candidate| Some((candidate.model.clone(), candidate.value.ok()?)))
                    .collect(),
            }),
            audit,
            spreads,
            bands: CurveBands { replicates: BANDS, seed: self.config().seed },
        };
        report.render()?.write(self.folder().path())?;
        let mut outputs = vec![path.clone(), self.folder().claim()];
        for folder in [figures.clone(), figures.join("paper")].iter().filter(|folder| folder.is_dir()) {
            for entry in fs::read_dir(folder).map_err(unreadable)? {
                outputs.push(entry.map_err(unreadable)?.path());
            }
        }
        outputs.retain(|output| !output.is_dir());
        Stamp::write(self.folder().path(), "report", hash, &outputs)?;
        self.finish(clock)?;
        Ok(path)
    }

    fn run_record(&self, manifest: &Manifest, networks: &[NetworkReport]) -> Result<RunRecord, Error> {
        let config = self.config();
        let files = [self.folder().config(), self.folder().manifest(), self.folder().leakage()];
        let files = files
            .into_iter()
            .map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Ok((name, ContentHash::of_file(&path)?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let name = self.folder().path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(RunRecord {
            name,
            preset: config.preset.to_string(),
            images: images(manifest),
            labels: if config.permute_labels { Labels::Permuted } else { Labels::Given },
            cautions: weights::caution(config.preset, networks)
                .into_iter()
                .chain(cautions(config)?)
                .collect(),
            seed: config.seed,
            command: None,
            device: config.compute.device.clone(),
            threads: threads(config.compute.threads),
            started: None,
            stages: Cost::read(&self.folder().costs())
                .stages
                .into_iter()
                .map(|cost| radiograph_report::Stage {
                    name: format!("{} {}", cost.stage, cost.of).trim().to_owned(),
                    seconds: cost.seconds,
                })
                .collect(),
            energy: None,
            versions: vec![("radiograph".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
            files,
            configuration: Some(config.to_toml()?),
            settings: settings::settings(config)?,
        })
    }
}

/// A sentence for each setting that differs from its preset.
fn cautions(config: &Config) -> Result<Vec<String>, Error> {
    let defaults = Config::of(config.preset);
    let (preset, training) = (config.preset, &config.training);
    let mut cautions = Vec::new();
    if config.input.augmented_copies > 0 {
        cautions.push(format!(
            "Rotations are not drawn anew in each epoch: {} augmented copies of each training image were drawn once.",
            config.input.augmented_copies
        ));
    }
    if training.epochs != defaults.training.epochs {
        let (epochs, all) = (training.epochs, defaults.training.epochs);
        let unit = if epochs == 1 { "epoch" } else { "epochs" };
        cautions.push(format!("Training is capped at {epochs} {unit}; the preset has {all}."));
    }
    if training.folds != defaults.training.folds {
        let (folds, all) = (training.folds, defaults.training.folds);
        cautions.push(format!("Cross-validation has {folds} folds; the preset has {all}."));
    }
    if config.head != defaults.head {
        cautions.push(format!("The head is not that of the preset {preset}."));
    }
    // Neither where the images lie nor how they are called changes which are used.
    let names = DataSection {
        folder: config.data.folder.clone(),
        identifiers: config.data.identifiers,
        key_file: config.data.key_file.clone(),
        ..defaults.data.clone()
    };
    if config.data != names {
        let mut changed = config.differences()?;
        changed.retain(|key| {
            key.starts_with("data.")
                && !["data.folder", "data.identifiers", "data.key_file"].contains(&&**key)
        });
        let changed = changed.join(", ");
        cautions.push(format!(
            "The images are not chosen and divided as the preset {preset} does it; other settings: {changed}."
        ));
    }
    // Settings that the page mentions elsewhere, and settings that change no score.
    let said = [
        "data",
        "head",
        "weights",
        "networks",
        "backbones",
        "baselines",
        "compute",
        "explanation",
        "seed",
        "permute_labels",
        "audit",
        "repeats",
        "split_seed",
    ];
    let said_too = [
        "training.epochs",
        "training.folds",
        "training.seeds",
        "training.ensembles",
        "input.augmented_copies",
    ];
    let mut others = config.differences()?;
    others.retain(|key| {
        let is_said =
            said_too.contains(&key.as_str()) || said.contains(&key.split('.').next().unwrap_or(key));
        // The other settings of their section change no score.
        ["compute.arithmetic", "compute.feature_precision"].contains(&key.as_str()) || !is_said
    });
    if !others.is_empty() {
        cautions.push(format!("Other settings than those of the preset {preset}: {}.", others.join(", ")));
    }
    Ok(cautions)
}

/// The kind of images: one drawn image makes the run a run of phantoms.
fn images(manifest: &Manifest) -> Images {
    match manifest.drawn() {
        Drawn::None => Images::Radiographs,
        Drawn::Some | Drawn::All => Images::Phantoms,
    }
}

/// The number of threads that the settings ask for.
fn threads(asked: usize) -> Option<u32> {
    let threads = match asked {
        0 => crate::usable_cores().get(),
        asked => asked,
    };
    u32::try_from(threads).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_that_is_not_the_presets_is_said() {
        let of = |changes: &[&str]| {
            let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
            cautions(&Config::resolve(None, &changes).unwrap()).unwrap().join(" ")
        };
        assert_eq!(of(&["data.folder=x", "weights.vgg19=random:1", "compute.device=cuda:0", "seed=3"]), "");
        let formats = ["compute.feature_precision=f16", "compute.arithmetic=bf16"];
        assert!(of(&formats).ends_with("trustworthy: compute.arithmetic, compute.feature_precision."));
        let said = of(&["training.kept_weights=last", "evaluation.best_by=test-accuracy", "input.size=299"]);
        assert!(said.contains(": evaluation.best_by, input.size, training.kept_weights."), "{said}");
        let said = of(&["data.folder=x", "data.views=any"]);
        assert!(said.ends_with("as the preset trustworthy does it; other settings: data.views."), "{said}");
        let said = of(&["training.epochs=3", "training.folds=2"]);
        assert!(of(&["training.epochs=1"]).contains("capped at 1 epoch;"));
        assert!(said.contains("3 epochs") && said.contains("2 folds") && !said.contains("Other"), "{said}");
    }
}
