//! The models of a config: the layers of each head and its training.

use std::collections::BTreeMap;

use radiograph_classes::Classes;
use radiograph_protocol::{Baseline, FeatureShape, HeadConfig, Reading, TrainingConfig};
use radiograph_weights::Architecture;

use super::Config;
use crate::Error;

/// One model on one network's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a pair")]
pub struct ModelKind {
    /// Network whose features the head reads.
    pub network: Architecture,
    /// The baseline; `None` for the recurrent head.
    pub baseline: Option<Baseline>,
}

impl ModelKind {
    /// Name of the model and of its folder: the network's, followed by that of the baseline, such as
    /// `vgg19-linear-probe`.
    pub fn name(self) -> String {
        let Self { network, baseline } = self;
        baseline.map_or_else(|| network.to_string(), |baseline| format!("{network}-{baseline}"))
    }

    /// The recurrent head on the same features.
    #[must_use]
    pub fn recurrent(self) -> Self {
        Self { baseline: None, ..self }
    }
}

impl Config {
    /// Every model: each network's recurrent head, followed by its baselines.
    pub fn models(&self) -> Vec<ModelKind> {
        let kinds: Vec<Option<Baseline>> =
            std::iter::once(None).chain(self.baselines.iter().copied().map(Some)).collect();
        let of = |&network: &Architecture| {
            kinds.iter().map(move |&baseline| ModelKind { network, baseline }).collect::<Vec<_>>()
        };
        self.backbones.iter().flat_map(of).collect()
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
        let ModelKind { network, baseline } = model;
        let section = &self.head;
        let layers = section
            .layers
            .get(&network)
            .ok_or_else(|| Error::config("head.layers", format!("{network} has none")))?;
        let (reading, dense) = match (baseline, network) {
            (None, _) => (section.reading(layers.units), layers.dense.clone()),
            (Some(Baseline::WithoutRecurrence), _) | (Some(Baseline::Table4), Architecture::Vgg19) => {
                (Reading::Flatten, layers.dense.clone())
            }
            (Some(Baseline::MeanDense | Baseline::Table4), _) => (Reading::GlobalAverage, Vec::new()),
            (Some(other), _) => return Err(Error::config("baselines", format!("a {other} has no head"))),
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

    /// The training of every head, with these class weights.
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
        let model = ModelKind { network: Architecture::Vgg19, baseline: None };
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
