//! Everything that a run found → figures and one page.

use std::path::Path;

use radiograph_backbone::Facts;
use radiograph_dataset::manifest::{Manifest, Place};
use radiograph_files::ContentHash;
use radiograph_head::{History, Model, ProtocolRecord};
use radiograph_report::{
    Certificate, ClassOfSource, CurveBands, DataFlow, DataSummary, Epoch, Images, Labels, Layer, LeakCheck,
    LeftOut, LossAndAccuracy, NetworkReport, Panel, Picture, Report, RunRecord, Scaled, SourceNote, Training,
};
use serde_json::Value;

use super::{ModelKind, Pipeline, evaluate::read_json, explain::Explained};
use crate::{
    Best, Comparisons, Error, Frozen, ModelEvaluation, Stage,
    config::BestBy,
    frozen::architecture,
    run::{Cost, Inputs, Stamp},
    scoring::read_predictions,
};

/// Resamples for the bands around curves; fewer than for printed intervals, which need more digits.
const BANDS: u32 = 500;

impl Pipeline<'_> {
    /// The stage `report`: `report.html` and `figures/`.
    ///
    /// # Errors
    ///
    /// [`Error::Report`], and those of reading what the other stages made.
    pub(crate) fn report(
        &mut self,
        manifest: &Manifest,
        models: &[ModelEvaluation],
        comparisons: &Comparisons,
        best: &Best,
    ) -> Result<(), Error> {
        let path = self.folder.report();
        let mut inputs = Inputs::new()
            .add_value("config", &self.config)
            .add_file(&self.folder.manifest())?
            .add_file(&self.folder.leakage())?
            .add_file(&self.folder.comparison())?
            .add_file(&self.folder.best())?;
        for model in models {
            let folder = self.folder.model(&model.model);
            inputs =
                inputs.add_file(&folder.join("metrics.json"))?.add_file(&folder.join("explanations.json"))?;
        }
        let hash = match Stamp::is_valid(self.folder.path(), "report", inputs)? {
            Ok(()) => return self.skip(Stage::Report, ""),
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Report, "")?;
        let kinds = self.models();
        let networks = kinds
            .into_iter()
            .zip(models)
            .map(|(kind, model)| self.network(kind, model))
            .collect::<Result<Vec<_>, Error>>()?;
        let mut all = comparisons.with_best.concat();
        all.extend(comparisons.with_baseline.iter().cloned());
        let report = Report {
            run: self.run_record()?,
            data: self.data(manifest)?,
            networks,
            comparisons: all,
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
            bands: CurveBands { replicates: BANDS, seed: self.config.seed },
        };
        report.render()?.write(self.folder.path())?;
        Stamp::write(self.folder.path(), "report", hash, std::slice::from_ref(&path))?;
        self.finish(clock)
    }

    fn run_record(&self) -> Result<RunRecord, Error> {
        let config = &self.config;
        let mut cautions = Vec::new();
        if config.input.variants > 0 {
            cautions.push(format!(
                "Rotations are not drawn anew in each epoch: {} moved copies of each training image were made once.",
                config.input.variants
            ));
        }
        let defaults = crate::Config::of(config.preset);
        if config.training.epochs != defaults.training.epochs {
            cautions.push(format!(
                "Training is capped at {} epochs; the preset has {}.",
                config.training.epochs, defaults.training.epochs
            ));
        }
        if config.head != defaults.head {
            cautions.push(format!("The head is not that of the preset {}.", config.preset));
        }
        let files = [self.folder.config(), self.folder.manifest(), self.folder.leakage()];
        let files = files
            .into_iter()
            .map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Ok((name, ContentHash::of_file(&path)?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let name = self.folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(RunRecord {
            name,
            preset: config.preset.to_string(),
            images: if is_of_phantoms(&config.data.folder) { Images::Phantoms } else { Images::Radiographs },
            labels: if config.permute_labels { Labels::Permuted } else { Labels::Given },
            cautions,
            seed: config.seed,
            command: None,
            device: config.compute.device.clone(),
            threads: u32::try_from(tch::get_num_threads()).ok(),
            started: None,
            stages: Cost::read(&self.folder.costs())
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
            configuration: Some(config.to_toml()),
        })
    }

    fn data(&self, manifest: &Manifest) -> Result<DataSummary, Error> {
        let leakage: Value = read_json(&self.folder.leakage())?;
        let rows = manifest.rows();
        let mut left_out: Vec<LeftOut> = Vec::new();
        for row in rows {
            if let Place::Excluded { reason } = &row.place {
                match left_out.iter_mut().find(|known| known.reason == reason.code) {
                    Some(known) => known.images += 1,
                    None => left_out.push(LeftOut {
                        kind: "excluded".to_owned(),
                        reason: reason.code.clone(),
                        images: 1,
                    }),
                }
            }
        }
        left_out.sort_by(|a, b| b.images.cmp(&a.images).then(a.reason.cmp(&b.reason)));
        let mut counts: Vec<ClassOfSource> = Vec::new();
        let mut sources: Vec<SourceNote> = Vec::new();
        for row in rows.iter().filter(|row| !row.place.is_excluded()) {
            let class = row.class.as_ref().map(ToString::to_string).unwrap_or_default();
            let source = row.origin();
            let place = match counts.iter().position(|known| known.class == class && known.source == source) {
                Some(place) => place,
                None => {
                    counts.push(ClassOfSource { class, source: source.clone(), training: 0, test: 0 });
                    counts.len() - 1
                }
            };
            if row.place.is_train() {
                counts[place].training += 1;
            } else {
                counts[place].test += 1;
            }
            if !sources.iter().any(|known| known.source == source) {
                sources.push(SourceNote { source, licence: row.licence.clone(), origin: None });
            }
        }
        Ok(DataSummary {
            flow: DataFlow {
                found: rows.len() as u64,
                left_out,
                training: manifest.train().count() as u64,
                test: manifest.test().count() as u64,
            },
            grouped_by: match self.config.data.split {
                radiograph_dataset::split::Kind::Grouped => {
                    "same picture, patient and augmentation parent".to_owned()
                }
                _ => "nothing: images were divided one by one".to_owned(),
            },
            folds: manifest.folds(),
            certificate: Some(certificate(&leakage, ContentHash::of_file(&self.folder.leakage())?)),
            counts,
            sources,
            unbalanced: Vec::new(),
        })
    }

    fn network(&self, kind: ModelKind, model: &ModelEvaluation) -> Result<NetworkReport, Error> {
        let frozen = Frozen::of(kind.network, &self.config)?;
        let record = self.record(kind)?;
        let folder = self.folder.model(&model.model);
        let head = &record.protocol.head;
        let scaled = model.temperature.zip(model.calibrated.clone());
        let explained = if kind.baseline { Vec::new() } else { self.explained(kind)? };
        Ok(NetworkReport {
            name: model.model.clone(),
            architecture: architecture(kind.network).to_string(),
            recurrent: !kind.baseline,
            head: in_words(&record),
            weights: frozen.origin(),
            backbone_parameters: u64::try_from(Facts::of(architecture(kind.network)).parameters).ok(),
            head_parameters: u64::try_from(head.trained_parameters()?).ok(),
            layers: layers(&record),
            trainings: trainings(&folder, &record)?,
            predictions: read_predictions(&folder.join("predictions.csv"), &self.classes)?,
            evaluation: model.test.clone(),
            subgroups: model.subgroups.clone(),
            scaled: scaled.map(|(temperature, evaluation)| Scaled { temperature, evaluation }),
            panels: explained
                .iter()
                .map(|explained| panel(&folder, explained, self.config.explanation.method.name()))
                .collect::<Result<_, Error>>()?,
        })
    }
}

/// Phantoms say so themselves: the folder beside the collections lists them.
fn is_of_phantoms(folder: &Path) -> bool {
    let listed = |folder: &Path| folder.join("phantoms.json").is_file();
    listed(folder) || folder.parent().is_some_and(listed)
}

fn certificate(leakage: &Value, hash: ContentHash) -> Certificate {
    let own = &leakage["train_to_test"];
    // A naive split is either a crossing or the reason why there is none.
    let naive = leakage["naive"].get("split");
    let count = |of: &Value, key: &str| of.get(key).and_then(Value::as_u64);
    let check = |what: &str, key: &str| LeakCheck {
        what: what.to_owned(),
        found: count(own, key).unwrap_or(0),
        among: count(own, "to_images").unwrap_or(0),
        image_by_image: naive.and_then(|naive| count(naive, key)),
    };
    Certificate {
        clean: leakage["clean"].as_bool().unwrap_or(false),
        checks: vec![
            check("test images with a copy in training", "images_with_copies"),
            check("test images whose patient is in training", "images_of_shared_patients"),
            check("test images made from, or from the same image as, a training image", "images_of_shared_families"),
        ],
        limits: vec![
            "Grouping removes leaks, not confounding: where classes come from different sources, a model may tell the sources apart.".to_owned(),
            "Patients of different collections are the same person only where their pictures show it.".to_owned(),
        ],
        hash: Some(hash),
    }
}

fn trainings(folder: &Path, record: &ProtocolRecord) -> Result<Vec<Training>, Error> {
    let mut trainings = Vec::new();
    for fold in &record.folds {
        if let Some(model) = Model::record_in(&folder.join(format!("fold-{}", fold.number)))? {
            trainings.push(Training {
                name: format!("fold {}", fold.number),
                contaminated: fold.contaminated,
                epochs: epochs(&model.history),
            });
        }
    }
    if record.refit_epochs.is_some()
        && let Some(model) = Model::record_in(folder)?
    {
        let epochs = epochs(&model.history);
        trainings.push(Training { name: "refit".to_owned(), contaminated: false, epochs });
    }
    Ok(trainings)
}

fn epochs(history: &History) -> Vec<Epoch> {
    let scores =
        |scores: radiograph_head::Scores| LossAndAccuracy { loss: scores.loss, accuracy: scores.accuracy };
    history
        .epochs()
        .iter()
        .map(|epoch| Epoch {
            number: u32::try_from(epoch.epoch).unwrap_or(u32::MAX),
            training: scores(epoch.training),
            validation: epoch.validation.map(scores),
        })
        .collect()
}

fn in_words(record: &ProtocolRecord) -> String {
    use radiograph_head::Reading;
    let head = &record.protocol.head;
    let reading = match head.reading {
        Reading::Recurrent { order, cell, units } => {
            let word = |value: serde_json::Result<Value>| match value {
                Ok(Value::String(name)) => name.replace('_', " "),
                Ok(other) => other.to_string(),
                Err(_) => String::new(),
            };
            let (cell, order) = (word(serde_json::to_value(cell)), word(serde_json::to_value(order)));
            format!("{cell} of {units} units, {order} order")
        }
        Reading::Flatten => "flattened map".to_owned(),
        Reading::GlobalAverage => "mean over the map".to_owned(),
    };
    let dense: Vec<String> = head.dense.iter().map(ToString::to_string).collect();
    match dense.is_empty() {
        true => format!("{reading}, one dense layer to the classes"),
        false => format!("{reading}, dense {} with ReLU, dense to the classes", dense.join(" and ")),
    }
}

fn layers(record: &ProtocolRecord) -> Vec<Layer> {
    use radiograph_head::Reading;
    let head = &record.protocol.head;
    let side = |side: i64| u64::try_from(side).unwrap_or(0);
    let map = [head.features.channels, head.features.height, head.features.width].map(side);
    let [channels, height, width] = map;
    let mut layers = Vec::new();
    let mut length = match head.reading {
        Reading::Recurrent { units, .. } => {
            let sequence = vec![height * width, channels];
            layers.push(Layer { name: "reshape".to_owned(), input: map.to_vec(), output: sequence.clone() });
            let states = vec![height * width, side(units)];
            layers.push(Layer { name: "recurrent".to_owned(), input: sequence, output: states.clone() });
            let flat = height * width * side(units);
            layers.push(Layer { name: "flatten".to_owned(), input: states, output: vec![flat] });
            flat
        }
        Reading::Flatten => {
            let flat = channels * height * width;
            layers.push(Layer { name: "flatten".to_owned(), input: map.to_vec(), output: vec![flat] });
            flat
        }
        Reading::GlobalAverage => {
            layers.push(Layer {
                name: "global average".to_owned(),
                input: map.to_vec(),
                output: vec![channels],
            });
            channels
        }
    };
    let widths = head.dense.iter().map(|width| side(*width)).chain([head.classes.len() as u64]);
    for (number, width) in (1..).zip(widths) {
        let last = number == head.dense.len() + 1;
        let name = if last { "output".to_owned() } else { format!("fc_{number}") };
        layers.push(Layer { name, input: vec![length], output: vec![width] });
        length = width;
    }
    layers
}

fn panel(folder: &Path, explained: &Explained, method: &str) -> Result<Panel, Error> {
    let share = |share: Option<f64>| {
        share.map_or_else(|| "not measured".to_owned(), |share| format!("{:.0} %", share * 100.0))
    };
    let alt = match &explained.nothing {
        Some(reason) => format!("Chest radiograph {}; no heat map: {reason}", explained.id),
        None => format!(
            "Chest radiograph {}, its heat map for {}, and both superimposed; evidence in the outer border: {}",
            explained.id,
            explained.predicted,
            share(explained.in_border)
        ),
    };
    Ok(Panel {
        image: explained.id.clone(),
        truth: explained.truth.clone(),
        predicted: explained.predicted.clone(),
        probability: explained.probability,
        source: explained.source.clone(),
        method: method.to_owned(),
        alt,
        picture: Picture::read(&folder.join(&explained.panel))?,
    })
}
