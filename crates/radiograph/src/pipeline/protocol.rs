//! A run's settings → what the head crate is told of one model: its head, its training, its folds.

use std::collections::BTreeMap;

use radiograph_classes::Classes;
use radiograph_head::{
    Architecture, Cohort, FeatureShape, HeadConfig, Protocol, Reading, Subset, TrainingConfig,
};

use super::ModelKind;
use crate::{Config, Error};

/// How one model is made and trained.
pub(super) fn protocol(
    config: &Config,
    model: ModelKind,
    features: FeatureShape,
    cohort: &Cohort,
) -> Result<Protocol, Error> {
    let weights = config.training.class_weights.then(|| weights_of(cohort));
    Ok(Protocol {
        head: head(config, model, features, cohort.classes())?,
        training: training(config, weights),
        folds: config.training.folds,
        fold_start: config.training.fold_start,
        tested: config.training.tested.clone(),
    })
}

/// How every head is trained.
pub(crate) fn training(config: &Config, class_weights: Option<BTreeMap<String, f64>>) -> TrainingConfig {
    let training = &config.training;
    TrainingConfig {
        optimizer: training.optimizer,
        schedule: training.schedule,
        clipping: training.clipping,
        batch: training.batch,
        epochs: training.epochs,
        patience: training.patience,
        keep: training.keep,
        class_weights,
        checkpoint_every: training.checkpoint_every,
        seed: config.seed,
    }
}

/// What one model is made of.
pub(crate) fn head(
    config: &Config,
    model: ModelKind,
    features: FeatureShape,
    classes: &Classes,
) -> Result<HeadConfig, Error> {
    let ModelKind { network, baseline } = model;
    let section = &config.head;
    let layers = section
        .layers
        .get(&network)
        .ok_or_else(|| Error::config("head.layers", format!("{network} has none")))?;
    let (reading, dense) = match (baseline, network) {
        (false, _) => (
            Reading::Recurrent { order: section.order, cell: section.cell, units: layers.units },
            layers.dense.clone(),
        ),
        // The plain networks of Table 4: VGG19's own classifier's shape, and the mean over the grid for the others.
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

/// In inverse proportion to how often a class is trained on, 1 on average over images.
fn weights_of(cohort: &Cohort) -> BTreeMap<String, f64> {
    let mut counts: BTreeMap<String, f64> =
        cohort.classes().names().map(|name| (name.to_owned(), 0.0)).collect();
    let mut all = 0.0;
    for (position, image) in cohort.images().iter().enumerate() {
        if let (Subset::Training { .. }, Some(class)) = (image.subset, cohort.label(position)) {
            *counts.entry(class.name().to_owned()).or_insert(0.0) += 1.0;
            all += 1.0;
        }
    }
    let classes = counts.len() as f64;
    counts.values_mut().filter(|count| **count > 0.0).for_each(|count| *count = all / (classes * *count));
    counts
}
