//! Checks that every setting is in its range, before any work starts.

use std::collections::BTreeSet;

use radiograph_classes::Classes;
use radiograph_metrics::Level;
use radiograph_protocol::{FeatureShape, TestedModel};
use radiograph_weights::Facts;

use super::{Config, ModelKind};
use crate::Error;

/// Upper limit of the number of threads.
const MOST_THREADS: usize = 1024;

pub(super) fn check(config: &Config) -> Result<(), Error> {
    let refuse = |key: &str, reason: &str| Err(Error::config(key, reason));
    if config.backbones.is_empty() {
        return refuse("backbones", "name at least one network");
    }
    let distinct: BTreeSet<_> = config.backbones.iter().collect();
    if distinct.len() != config.backbones.len() {
        return refuse("backbones", "name each network once");
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
    if !(config.data.test_share > 0.0 && config.data.test_share < 1.0) {
        return refuse("data.test_share", "write a share above 0 and below 1, such as 0.2");
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
    if config.input.augmented_copies > 0 && config.input.augmentation.is_none() {
        return refuse("input.augmented_copies", "set input.augmentation, or write 0");
    }
    if config.input.augmented_copies > 64 {
        return refuse("input.augmented_copies", "write at most 64: each is extracted and kept");
    }
    let training = &config.training;
    if training.folds < 2 || training.folds > 100 {
        return refuse("training.folds", "write 2 to 100");
    }
    // Faults that training would find are found before anything is extracted.
    config.training(None).check().map_err(|error| Error::config("training", error.to_string()))?;
    heads(config)?;
    if config.compute.threads > MOST_THREADS {
        return refuse("compute.threads", "write at most 1024, or 0 for one a core");
    }
    if let TestedModel::WeightedFolds(weights) = &training.tested_model {
        if weights.len() != training.folds {
            return Err(Error::config(
                "training.tested_model",
                format!("{} weights for {} folds; write one for each", weights.len(), training.folds),
            ));
        }
        if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0)
            || weights.iter().sum::<f64>() == 0.0
        {
            return refuse("training.tested_model", "weights are at least 0, and one of them is above");
        }
    }
    let evaluation = &config.evaluation;
    if Level::new(evaluation.confidence_level).is_err() {
        return refuse("evaluation.confidence_level", "write a share above 0 and below 1, such as 0.95");
    }
    if !(evaluation.significance_level > 0.0 && evaluation.significance_level < 1.0) {
        return refuse("evaluation.significance_level", "write a share above 0 and below 1, such as 0.05");
    }
    if !(100..=1_000_000).contains(&evaluation.bootstrap_replicates) {
        return refuse("evaluation.bootstrap_replicates", "write 100 to 1000000");
    }
    if !(100..=10_000_000).contains(&evaluation.permutations) {
        return refuse("evaluation.permutations", "write 100 to 10000000");
    }
    Ok(())
}

/// Checks that every network's input is large enough, and that every head can be built.
fn heads(config: &Config) -> Result<(), Error> {
    let classes = Classes::new(&config.data.classes[..])?;
    let side = i64::from(config.input.size);
    for &network in &config.backbones {
        let [channels, height, width] = Facts::of(network)
            .feature_shape(side, side)
            .map_err(|error| Error::config("input.size", error.to_string()))?;
        let features = FeatureShape { channels, height, width };
        for baseline in [false, true] {
            config
                .head(ModelKind { network, baseline }, features, &classes)?
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
        for preset in radiograph_protocol::Preset::ALL {
            let config = Config::of(preset);
            check(&config).unwrap();
            let text = config.to_toml().unwrap();
            let again = Config::resolve(Some(&text), &[]).unwrap();
            assert_eq!(again, config);
            assert_eq!(again.to_toml().unwrap(), text);
            assert!(config.differences().unwrap().is_empty());
        }
    }

    /// The values of the three presets.
    #[test]
    fn presets_are_those_of_the_table() {
        let [paper, released, trustworthy] = radiograph_protocol::Preset::ALL.map(Config::of);
        assert_eq!((paper.training.batch_size, paper.training.epochs, paper.training.folds), (32, 100, 5));
        assert_eq!(
            (released.training.batch_size, released.training.epochs, released.input.augmented_copies),
            (16, 20, 4)
        );
        assert_eq!(released.training.tested_model, TestedModel::WeightedFolds(vec![0.0, 1.0, 2.0, 4.0, 8.0]));
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
            ("data.test_share=1.0", "data.test_share"),
            ("data.ages={ from = 60, to = 18, unknown = true }", "data.ages"),
            ("data.licences=[]", "data.licences"),
            ("data.test_source=Our Clinic", "data.test_source"),
            ("data.balance_by={ field = 'weight' }", "data.balance_by"),
            ("input.augmented_copies=3", "input.augmented_copies"),
            ("training.folds=1", "training.folds"),
            ("training.epochs=0", "training"),
            ("training.epochs=9223372036854775807", "training"),
            ("training.optimizer.rho=1.5", "training"),
            ("training.schedule={ constant = { rate = -1.0 } }", "training"),
            ("head.layers.vgg19.units=0", "head.layers.vgg19"),
            ("head.layers.vgg19.dense=[4611686018427387904]", "head.layers.vgg19"),
            ("input.size=31", "input.size"),
            ("compute.threads=100000", "compute.threads"),
            ("training.tested_model={ weighted-folds = [1.0] }", "training.tested_model"),
            ("training.tested_model={ weighted-folds = [0.0, 0.0, 0.0, 0.0, 0.0] }", "training.tested_model"),
            ("evaluation.confidence_level=1.0", "evaluation.confidence_level"),
            ("evaluation.significance_level=0.0", "evaluation.significance_level"),
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
