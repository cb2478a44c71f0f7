//! Limits of settings, before any work starts. What a section's own crate checks at no cost is left to it.

use std::collections::BTreeSet;

use radiograph_backbone::Facts;
use radiograph_classes::Classes;
use radiograph_head::{FeatureShape, TestedModel};
use radiograph_metrics::Level;

use super::Config;
use crate::{
    Error,
    pipeline::{ModelKind, protocol},
};

/// More threads than any machine has use for.
const MOST_THREADS: usize = 1024;

pub(super) fn check(config: &Config) -> Result<(), Error> {
    let refuse = |key: &str, reason: &str| Err(Error::config(key, reason));
    if config.backbones.is_empty() {
        return refuse("backbones", "name at least one network");
    }
    let distinct: BTreeSet<_> = config.backbones.iter().collect();
    if distinct.len() != config.backbones.len() {
        return refuse("backbones", "a network stands twice");
    }
    for network in &config.backbones {
        if !config.weights.contains_key(network) {
            return Err(Error::config("weights", format!("{network} has none")));
        }
        if !config.head.layers.contains_key(network) {
            return Err(Error::config("head.layers", format!("{network} has none")));
        }
    }
    match Classes::new(&config.data.classes[..]) {
        Err(error) => return Err(Error::config("data.classes", error.to_string())),
        Ok(classes) if classes.len() < 2 => return refuse("data.classes", "name at least two"),
        Ok(_) => {}
    }
    if !(config.data.test > 0.0 && config.data.test < 1.0) {
        return refuse("data.test", "write a share above 0 and below 1, such as 0.2");
    }
    if config.data.ages.is_some_and(|ages| ages.from > ages.to) {
        return refuse("data.ages", "write the youngest as `from` and the oldest as `to`");
    }
    if config.data.licences.as_ref().is_some_and(BTreeSet::is_empty) {
        return refuse("data.licences", "name at least one, or write false to keep all");
    }
    if i64::try_from(config.seed).is_err() {
        return refuse("seed", "write at most 2^63 - 1");
    }
    if config.input.variants > 0 && config.input.augmentation.is_none() {
        return refuse("input.variants", "set input.augmentation, or write 0");
    }
    if config.input.variants > 64 {
        return refuse("input.variants", "write at most 64: each is extracted and kept");
    }
    let training = &config.training;
    if training.folds < 2 || training.folds > 100 {
        return refuse("training.folds", "write 2 to 100");
    }
    // What these crates refuse later is refused now, before anything is extracted.
    protocol::training(config, None).check().map_err(|error| Error::config("training", error.to_string()))?;
    heads(config)?;
    if config.compute.threads > MOST_THREADS {
        return refuse("compute.threads", "write at most 1024, or 0 for one a core");
    }
    if let TestedModel::WeightedFolds(weights) = &training.tested {
        if weights.len() != training.folds {
            return Err(Error::config(
                "training.tested",
                format!("{} weights for {} folds; write one for each", weights.len(), training.folds),
            ));
        }
        if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0)
            || weights.iter().sum::<f64>() == 0.0
        {
            return refuse("training.tested", "weights are at least 0, and one of them is above");
        }
    }
    let evaluation = &config.evaluation;
    if Level::new(evaluation.level).is_err() {
        return refuse("evaluation.level", "write a share above 0 and below 1, such as 0.95");
    }
    if !(evaluation.significance > 0.0 && evaluation.significance < 1.0) {
        return refuse("evaluation.significance", "write a share above 0 and below 1, such as 0.05");
    }
    if !(100..=1_000_000).contains(&evaluation.bootstrap_replicates) {
        return refuse("evaluation.bootstrap_replicates", "write 100 to 1000000");
    }
    if !(100..=10_000_000).contains(&evaluation.permutations) {
        return refuse("evaluation.permutations", "write 100 to 10000000");
    }
    Ok(())
}

/// Whether every network's input is large enough for it, and every head can be made.
fn heads(config: &Config) -> Result<(), Error> {
    let classes = Classes::new(&config.data.classes[..])?;
    let side = i64::from(config.input.size);
    for &network in &config.backbones {
        let [channels, height, width] = Facts::of(network)
            .feature_shape(side, side)
            .map_err(|error| Error::config("input.size", error.to_string()))?;
        let features = FeatureShape { channels, height, width };
        for baseline in [false, true] {
            protocol::head(config, ModelKind { network, baseline }, features, &classes)?
                .trained_parameters()
                .map_err(|error| Error::config(&format!("head.layers.{network}"), error.to_string()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_passes_and_survives_its_own_file() {
        for preset in radiograph_head::Preset::ALL {
            let config = Config::of(preset);
            check(&config).unwrap();
            let text = config.to_toml().unwrap();
            let again = Config::resolve(Some(&text), &[]).unwrap();
            assert_eq!(again, config);
            assert_eq!(again.to_toml().unwrap(), text);
            assert!(config.differences().unwrap().is_empty());
        }
    }

    /// The table of the three presets, in numbers.
    #[test]
    fn presets_are_those_of_the_table() {
        let [paper, released, trustworthy] = radiograph_head::Preset::ALL.map(Config::of);
        assert_eq!((paper.training.batch, paper.training.epochs, paper.training.folds), (32, 100, 5));
        assert_eq!((released.training.batch, released.training.epochs, released.input.variants), (16, 20, 4));
        assert_eq!(released.training.tested, TestedModel::WeightedFolds(vec![0.0, 1.0, 2.0, 4.0, 8.0]));
        assert_eq!((trustworthy.training.patience, paper.training.patience), (Some(10), None));
        assert_eq!(trustworthy.input.normalisation, None);
        assert_eq!(trustworthy.evaluation.best_by, super::super::BestBy::ValidationMacroAuc);
    }

    #[test]
    fn settings_out_of_range_are_named() {
        for (change, key) in [
            ("backbones=[]", "backbones"),
            ("backbones=['vgg19','vgg19']", "backbones"),
            ("data.classes=['normal']", "data.classes"),
            ("data.classes=['normal', 'normal']", "data.classes"),
            ("data.test=1.0", "data.test"),
            ("data.ages={ from = 60, to = 18, unknown = true }", "data.ages"),
            ("data.licences=[]", "data.licences"),
            ("data.test_source=Our Clinic", "data.test_source"),
            ("data.balance_by={ field = 'weight' }", "data.balance_by"),
            ("input.variants=3", "input.variants"),
            ("training.folds=1", "training.folds"),
            ("training.epochs=0", "training"),
            ("training.epochs=9223372036854775807", "training"),
            ("training.optimizer.rho=1.5", "training"),
            ("training.schedule={ constant = { rate = -1.0 } }", "training"),
            ("head.layers.vgg19.units=0", "head.layers.vgg19"),
            ("head.layers.vgg19.dense=[4611686018427387904]", "head.layers.vgg19"),
            ("input.size=31", "input.size"),
            ("compute.threads=100000", "compute.threads"),
            ("training.tested={ weighted-folds = [1.0] }", "training.tested"),
            ("training.tested={ weighted-folds = [0.0, 0.0, 0.0, 0.0, 0.0] }", "training.tested"),
            ("evaluation.level=1.0", "evaluation.level"),
            ("evaluation.significance=0.0", "evaluation.significance"),
            ("evaluation.bootstrap_replicates=3", "evaluation.bootstrap_replicates"),
            ("evaluation.permutations=3", "evaluation.permutations"),
        ] {
            match Config::resolve(None, &[change.to_owned()]) {
                Err(Error::Config { key: named, .. }) => assert_eq!(named, key, "{change}"),
                other => panic!("{change}: {other:?}"),
            }
        }
    }
}
