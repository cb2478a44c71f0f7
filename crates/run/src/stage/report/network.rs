//! The part of the report on one model: its head, trainings, scores and explanations.

use std::{collections::BTreeSet, path::Path};

use radiograph_protocol::{Baseline, Convergence, History, ModelRecord, ProtocolRecord, Reading};
use radiograph_report::{
    Ending, Epoch, Evidence, LossAndAccuracy, NetworkReport, Panel, Picture, PretrainedFilms, Role, Scaled,
    Training,
};

use radiograph_weights::{Architecture, Facts};

use super::head::{in_words, layers};
use crate::{
    Error, Explained, FrozenRecord, ModelEvaluation, Run, ScoredModel, Stage, TrainingRecord,
    json::read_json, scoring::read_predictions,
};

impl Run<'_> {
    pub(super) fn network(
        &self,
        kind: &ScoredModel,
        model: &ModelEvaluation,
    ) -> Result<NetworkReport, Error> {
        let record = self.training(kind)?;
        let folder = self.folder().model(&model.model);
        let (parameters, layers, trainings) = match &record {
            TrainingRecord::Head(record) => {
                let parameters = u64::try_from(record.protocol.head.trained_parameters()?).ok();
                let layers = match kind.members() {
                    [member] => layers(member.network, self.config().input.size, &record.protocol.head)?,
                    _ => Vec::new(),
                };
                (parameters, layers, trainings(&folder, record)?)
            }
            TrainingRecord::Probe(probe) => (Some(probe.parameters), Vec::new(), Vec::new()),
            TrainingRecord::Ensemble(ensemble) => (Some(ensemble.parameters), Vec::new(), Vec::new()),
        };
        let networks: BTreeSet<Architecture> = kind.members().iter().map(|member| member.network).collect();
        let architecture = networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        // Unknown if a network is computed from a file.
        let sum = |of: fn(&Facts) -> i64| {
            let counts = networks.iter().map(|&network| Facts::known(network).map(of));
            u64::try_from(counts.sum::<Option<i64>>()?).ok()
        };
        let scaled = model.temperature.zip(model.calibrated.clone());
        let explained = if kind.baseline().is_some() { Vec::new() } else { explained(&folder)? };
        Ok(NetworkReport {
            name: model.model.clone(),
            architecture,
            role: role(kind, &record),
            ending: record
                .convergence()
                .map(|end| Ending { converged: end.is_converged(), reason: reason(&record, end) }),
            head: in_words(&record),
            weights: frozen(&folder)?.weights,
            backbone_parameters: sum(|facts| facts.parameters),
            classifier_parameters: sum(|facts| facts.classifier_parameters),
            depth: match networks.iter().collect::<Vec<_>>()[..] {
                [&network] => Facts::known(network).and_then(|facts| u32::try_from(facts.depth).ok()),
                _ => None,
            },
            head_parameters: parameters,
            layers,
            trainings,
            predictions: read_predictions(&folder.join("predictions.csv"), self.classes())?,
            evaluation: model.test.clone(),
            subgroups: model.subgroups.clone(),
            scaled: scaled.map(|(temperature, evaluation)| Scaled {
                temperature,
                temperature_of: model.temperature_of.clone(),
                evaluation,
            }),
            panels: explained
                .iter()
                .map(|explained| panel(&folder, explained, self.config().explanation.method.name()))
                .collect::<Result<_, Error>>()?,
        })
    }
}

impl Run<'_> {
    /// Test films among those that each network was trained on before, by the network's name.
    pub(super) fn pretraining<'m>(
        &self,
        models: impl Iterator<Item = &'m ScoredModel>,
    ) -> Result<Vec<(String, PretrainedFilms)>, Error> {
        let mut networks: Vec<(String, PretrainedFilms)> = Vec::new();
        for member in models.flat_map(ScoredModel::members) {
            let name = member.network.to_string();
            if networks.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let films = frozen(&self.folder().model(&member.name()))?.pretraining;
            networks.extend(films.map(|films| (name, films)));
        }
        Ok(networks)
    }
}

/// How a training ended, in words.
fn reason(record: &TrainingRecord, end: Convergence) -> String {
    match record {
        TrainingRecord::Ensemble(ensemble) if !ensemble.unconverged.is_empty() => {
            format!("not converged among its members: {}", ensemble.unconverged.join(", "))
        }
        _ => end.to_string(),
    }
}

fn role(kind: &ScoredModel, record: &TrainingRecord) -> Role {
    let ScoredModel::Trained(kind) = kind else { return Role::Ensemble };
    match kind.baseline {
        Some(Baseline::LinearProbe) => Role::LinearProbe,
        Some(Baseline::WithoutRecurrence) => Role::WithoutRecurrence,
        Some(Baseline::MeanDense) => Role::MeanDense,
        Some(_) => Role::Table4,
        None => match record {
            TrainingRecord::Head(record)
                if !matches!(record.protocol.head.reading, Reading::Recurrent(_)) =>
            {
                Role::NotRecurrent
            }
            _ => Role::Recurrent,
        },
    }
}

fn frozen(folder: &Path) -> Result<FrozenRecord, Error> {
    let path = folder.join("frozen.json");
    if path.is_file() { read_json(&path) } else { Err(Error::Missing { path, stage: Stage::Train }) }
}

/// Explained images of a model; empty if the stage `explain` did not run.
pub(super) fn explained(folder: &Path) -> Result<Vec<Explained>, Error> {
    let path = folder.join("explanations.json");
    if path.is_file() { read_json(&path) } else { Ok(Vec::new()) }
}

fn trainings(folder: &Path, record: &ProtocolRecord) -> Result<Vec<Training>, Error> {
    let mut trainings = Vec::new();
    for fold in &record.folds {
        if let Some(model) = ModelRecord::read(&folder.join(format!("fold-{}", fold.number)))? {
            trainings.push(Training {
                name: format!("fold {}", fold.number),
                contaminated: fold.contaminated,
                epochs: epochs(&model.history),
            });
        }
    }
    if record.refit_epochs.is_some()
        && let Some(model) = ModelRecord::read(folder)?
    {
        let epochs = epochs(&model.history);
        trainings.push(Training { name: "refit".to_owned(), contaminated: false, epochs });
    }
    Ok(trainings)
}

fn epochs(history: &History) -> Vec<Epoch> {
    let scores = |scores: radiograph_protocol::Scores| LossAndAccuracy {
        loss: scores.loss,
        accuracy: scores.accuracy,
    };
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
    let name = explained.panel.display().to_string();
    let mut picture = Picture::read(&folder.join(&explained.panel))?;
    if explained.caption_height > 0 {
        // The page has the caption as text, in letters that can be read on a phone.
        picture = picture.without_top(&name, explained.caption_height)?;
    }
    let below = |&[left, top, width, height]: &[u32; 4]| {
        [left, top.saturating_sub(explained.caption_height), width, height]
    };
    Ok(Panel {
        image: explained.id.clone(),
        truth: explained.truth.clone(),
        predicted: explained.predicted.clone(),
        probability: explained.probability,
        source: explained.source.clone(),
        method: method.to_owned(),
        alt,
        picture,
        tiles: explained.tiles.iter().map(below).collect(),
        evidence: Some(Evidence {
            in_border: explained.in_border,
            border_area: explained.border_share,
            outside_body: explained.outside_body,
            outside_area: explained.outside_share,
        }),
    })
}
