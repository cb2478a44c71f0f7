//! The models of a config: the layers of each head and its training.

use std::collections::BTreeMap;

use radiograph_classes::Classes;
use radiograph_protocol::{FeatureShape, HeadConfig, Reading, TrainingConfig};
use radiograph_weights::Architecture;

use super::Config;
use crate::Error;

/// One head on one network's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a pair")]
pub struct ModelKind {
    /// Network whose features the head reads.
    pub network: Architecture,
    /// Whether the head is the plain one of Table 4 instead of the recurrent one.
    pub baseline: bool,
}

impl ModelKind {
    /// Name of the model and of its folder: the network's, with `-baseline` appended for the plain head.
    pub fn name(self) -> String {
        let Self { network, baseline } = self;
        if baseline { format!("{network}-baseline") } else { network.to_string() }
    }
}

impl Config {
    /// Every model: each network's recurrent head, followed by its baseline if baselines are on.
    pub fn models(&self) -> Vec<ModelKind> {
        let of = |&network: &Architecture| {
            let baseline = self.baselines.then_some(ModelKind { network, baseline: true });
            [Some(ModelKind { network, baseline: false }), baseline].into_iter().flatten()
        };
        self.backbones.iter().flat_map(of).collect()
    }

    /// The head of a model.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if `head.layers` has no entry for the network.
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
            (false, _) => (
                Reading::Recurrent { order: section.sequence_order, cell: section.cell, units: layers.units },
                layers.dense.clone(),
            ),
            // The plain networks of Table 4: VGG19's own classifier, and the mean over the grid for the others.
            (true, Architecture::Vgg19) => (Reading::Flatten, layers.dense.clone()),
            (true, _) => (Reading::GlobalAverage, Vec::new()),
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
            schedule: training.schedule,
            clipping: training.clipping,
            batch: training.batch_size,
            epochs: training.epochs,
            patience: training.patience,
            keep: training.kept_weights,
            class_weights,
            checkpoint_every: training.checkpoint_every,
            seed: self.seed,
        }
    }
}
