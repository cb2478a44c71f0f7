//! The models of a config: the layers of each head and its training.

use std::collections::BTreeMap;

use radiograph_classes::Classes;
use radiograph_protocol::{Baseline, FeatureShape, HeadConfig, Reading, TrainingConfig};
use radiograph_random::Stream;
use radiograph_weights::Architecture;
use serde::{Deserialize, Serialize};

use super::Config;
use crate::Error;

/// One trained model on one network's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::exhaustive_structs, reason = "plain data")]
pub struct ModelKind {
    /// Network whose features the head reads.
    pub network: Architecture,
    /// The baseline; `None` for the recurrent head.
    pub baseline: Option<Baseline>,
    /// Number of its seed among [`training.seeds`](super::TrainingSection::seeds), from 1.
    pub seed: usize,
}

impl ModelKind {
    /// Name of the model and of its folder: the network's, followed by that of the baseline, such as
    /// `vgg19-linear-probe`, and by that of the seed from the second on, such as `vgg19-seed-2`.
    pub fn name(self) -> String {
        let Self { network, baseline, seed } = self;
        let name = baseline.map_or_else(|| network.to_string(), |baseline| format!("{network}-{baseline}"));
        if seed > 1 { format!("{name}-seed-{seed}") } else { name }
    }

    /// The recurrent head on the same features.
    #[must_use]
    pub fn recurrent(self) -> Self {
        Self { baseline: None, ..self }
    }
}

impl Config {
    /// Every trained model: each network's recurrent head, followed by its baselines, each with all its seeds.
    pub fn models(&self) -> Vec<ModelKind> {
        self.kinds().into_iter().flat_map(|kind| self.seeds_of(kind)).collect()
    }

    /// The first seed of each model.
    pub(super) fn kinds(&self) -> Vec<ModelKind> {
        let baselines = || std::iter::once(None).chain(self.baselines.iter().copied().map(Some));
        let of = |&network: &Architecture| {
            baselines().map(move |baseline| ModelKind { network, baseline, seed: 1 })
        };
        self.backbones.iter().flat_map(of).collect()
    }

    /// A model with each of its seeds. A linear probe has one minimum, which no seed moves.
    pub(super) fn seeds_of(&self, kind: ModelKind) -> Vec<ModelKind> {
        let seeds = if kind.baseline == Some(Baseline::LinearProbe) { 1 } else { self.training.seeds };
        (1..=seeds).map(|seed| ModelKind { seed, ..kind }).collect()
    }

    /// The head of a model that is trained epoch by epoch.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if `head.layers` has no entry for the network, or the model is a linear probe, which has no head.
    pub fn head(
        &self,
        model: ModelKind,
        features: FeatureShape,
        classes: &Classes,
    ) -> Result<HeadConfig, Error> {
        let ModelKind { network, baseline, .. } = model;
        let section = &self.head;
        let layers = section
            .layers
            .get(&network)
            .ok_or_else(|| Error::config("head.layers", format!("{network} has none")))?;
        let (reading, dense) = match baseline {
            None => (section.reading(layers.units), layers.dense.clone()),
            Some(Baseline::WithoutRecurrence) => (Reading::Flatten, layers.dense.clone()),
            Some(Baseline::Table4) if network == Architecture::VGG19 => {
                (Reading::Flatten, layers.dense.clone())
            }
            Some(Baseline::MeanDense | Baseline::Table4) => (Reading::GlobalAverage, Vec::new()),
            Some(other) => return Err(Error::config("baselines", format!("a {other} has no head"))),
        };
        Ok(HeadConfig {
            features,
            classes: classes.clone(),
            reading,
            dense,
            dropout: section.dropout,
            batch_norm: section.batch_norm,
        })
    }

    /// The training of a model's head, with these class weights.
    pub fn training_of(
        &self,
        model: ModelKind,
        class_weights: Option<BTreeMap<String, f64>>,
    ) -> TrainingConfig {
        let mut further = Stream::new(self.seed, "training.seed").numbered(model.seed as u64);
        let seed = if model.seed > 1 { further.bits() } else { self.seed };
        TrainingConfig { seed, ..self.training(class_weights) }
    }

    /// The training of every head with the first seed and these class weights.
    pub fn training(&self, class_weights: Option<BTreeMap<String, f64>>) -> TrainingConfig {
        let training = &self.training;
        TrainingConfig {
            optimizer: training.optimizer,
            schedule: training.schedule.clone(),
            clipping: training.clipping,
            batch: training.batch_size,
            epochs: training.epochs,
            patience: training.patience,
            keep: training.kept_weights,
            class_weights,
            label_smoothing: training.label_smoothing,
            shuffle_buffer: training.shuffle_buffer,
            checkpoint_seconds: training.checkpoint_seconds,
            seed: self.seed,
        }
    }
}

#[cfg(test)]
mod tests {
    use radiograph_protocol::{Cell, Recurrence, SequenceOrder, States};

    use super::*;

    #[test]
    fn settings_of_the_head_reach_it() {
        let model = ModelKind { network: Architecture::VGG19, baseline: None, seed: 1 };
        let features = FeatureShape { channels: 512, height: 7, width: 7 };
        let reading = |changes: &[&str]| {
            let changes: Vec<String> = changes.iter().map(|change| format!("head.{change}")).collect();
            let config = Config::resolve(None, &changes).unwrap();
            // A second time from the file that a run keeps.
            let again = Config::resolve(Some(&config.to_toml().unwrap()), &[]).unwrap();
            assert_eq!(again, config);
            config.head(model, features, &Classes::of_the_paper()).unwrap().reading
        };
        let paper = Recurrence::new(SequenceOrder::Horizontal, Cell::Lstm, 512);
        assert_eq!(reading(&[]), Reading::Recurrent(paper));
        assert_eq!(
            reading(&["cell=gru", "recurrent_layers=2", "bidirectional=true", "reading=last-state"]),
            Reading::Recurrent(Recurrence {
                cell: Cell::Gru,
                layers: 2,
                bidirectional: true,
                states: States::Last,
                ..paper
            })
        );
        assert_eq!(
            reading(&["reading=attention", "layers.vgg19.units=64"]),
            Reading::Attention { units: 64 }
        );
        assert_eq!(reading(&["reading=mean"]), Reading::GlobalAverage);
        assert_eq!(reading(&["reading=flatten"]), Reading::Flatten);
        for wrong in ["recurrent_layers=0", "recurrent_layers=17", "reading=recurrent", "cell=elman"] {
            let error = Config::resolve(None, &[format!("head.{wrong}")]).unwrap_err().to_string();
            assert!(error.contains(wrong.split('=').next().unwrap()), "{error}");
        }
    }
}
