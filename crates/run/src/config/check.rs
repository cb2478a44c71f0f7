//! Checks that every setting is in its range, before any work starts.

use std::collections::BTreeSet;

use radiograph_classes::Classes;
use radiograph_dataset::balance::Quota;
use radiograph_features::Arithmetic;
use radiograph_input::{Colour, GrayValues};
use radiograph_protocol::{Baseline, FeatureShape, TestedModel};
use radiograph_weights::{Architecture, Facts, WeightsChoice};

use super::{Config, ModelKind, NetworkSection, device, range};
use crate::Error;

pub(super) fn check(config: &Config) -> Result<(), Error> {
    let refuse = |key: &str, reason: &str| Err(Error::config(key, reason));
    paths(config)?;
    range::check(config)?;
    if config.backbones.is_empty() {
        return refuse("backbones", "name at least one network");
    }
    let distinct: BTreeSet<_> = config.backbones.iter().collect();
    if distinct.len() != config.backbones.len() {
        return refuse("backbones", "name each network once");
    }
    let distinct: BTreeSet<_> = config.baselines.iter().collect();
    if distinct.len() != config.baselines.len() {
        return refuse("baselines", "name each baseline once");
    }
    let distinct: BTreeSet<_> = config.training.ensembles.iter().collect();
    if distinct.len() != config.training.ensembles.len() {
        return refuse("training.ensembles", "name each ensemble once");
    }
    for (name, section) in &config.networks {
        of_file(config, name, section)?;
    }
    for network in &config.backbones {
        if network.is_of_file() {
            if !config.networks.contains_key(network.name()) {
                return Err(Error::config("networks", format!("{network} has no file")));
            }
            if config.compute.device != "cpu" {
                return refuse(
                    "compute.device",
                    "networks from ONNX files are computed on the processor; write cpu, or leave them out of backbones",
                );
            }
            if config.compute.arithmetic != Arithmetic::F32 {
                return refuse(
                    "compute.arithmetic",
                    "networks from ONNX files are computed in f32; write f32, or leave them out of backbones",
                );
            }
        } else if !config.weights.contains_key(network) {
            return Err(Error::config("weights", format!("{network} has none")));
        }
        if !config.head.layers.contains_key(network) {
            return Err(Error::config("head.layers", format!("{network} has none")));
        }
    }
    for (&network, choice) in &config.weights {
        weights(network, choice)?;
    }
    device::check("compute.device", &config.compute.device)?;
    if config.compute.arithmetic == Arithmetic::F16 && config.compute.device == "cpu" {
        return refuse(
            "compute.arithmetic",
            "a processor computes f16 slowly or not at all; write bf16 or f32, or name a GPU in compute.device",
        );
    }
    for name in &config.compute.more_devices {
        device::check("compute.more_devices", name)?;
        if (name == "cpu") != (config.compute.device == "cpu") {
            return refuse(
                "compute.more_devices",
                "a CPU and a GPU round differently, and their features are not mixed; name devices of the kind of \
                 compute.device",
            );
        }
    }
    match Classes::new(&config.data.classes[..]) {
        Err(error) => return Err(Error::config("data.classes", error.to_string())),
        Ok(classes) if classes.len() < 2 => return refuse("data.classes", "name at least two"),
        Ok(classes) => Quota::check(&config.data.quotas, &classes)
            .map_err(|error| Error::config("data.quotas", error.to_string()))?,
    }
    if config.data.ages.is_some_and(|ages| ages.from > ages.to) {
        return refuse("data.ages", "write the youngest as `from` and the oldest as `to`");
    }
    if config.data.licences.as_ref().is_some_and(BTreeSet::is_empty) {
        return refuse("data.licences", "name at least one, or write false to keep all");
    }
    if config.input.gray_values != GrayValues::Stored && config.input.colour == Colour::Rgb {
        return refuse("input.gray_values", "set input.colour to gray, or write stored");
    }
    if config.input.augmented_copies > 0 && config.input.augmentation.is_none() {
        return refuse("input.augmented_copies", "set input.augmentation, or write 0");
    }
    let training = &config.training;
    // Faults that training would find are found before anything is extracted.
    config.training(None).check().map_err(|error| Error::config("training", error.to_string()))?;
    heads(config)?;
    if training.tested_model == TestedModel::Refit && training.schedule.follows_losses() {
        return Err(Error::config(
            "training.tested_model",
            "a refit for all epochs has no validation losses, which a plateau follows; write refit-for-median-best, or \
             another training.schedule",
        ));
    }
    if let TestedModel::WeightedFolds(weights) = &training.tested_model {
        if weights.len() != training.folds {
            return Err(Error::config(
                "training.tested_model",
                format!("{} weights for {} folds; write one for each", weights.len(), training.folds),
            ));
        }
        let sum: f64 = weights.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return refuse("training.tested_model", "write a finite weight above 0 for at least one fold");
        }
    }
    Ok(())
}

/// Refuses paths that `config.toml` cannot hold.
fn paths(config: &Config) -> Result<(), Error> {
    let files = config.networks.iter().map(|(name, of)| (format!("networks.{name}.file"), Some(&of.file)));
    let paths = [
        ("data.folder", Some(&config.data.folder)),
        ("data.key_file", config.data.key_file.as_ref()),
        ("compute.feature_stores", config.compute.feature_stores.as_ref()),
        ("audit.lung_masks", config.audit.as_ref().and_then(|audit| audit.lung_masks.as_ref())),
    ];
    let mut paths = paths.into_iter().map(|(key, path)| (key.to_owned(), path)).chain(files);
    match paths.find(|(_, path)| path.is_some_and(|path| path.to_str().is_none())) {
        Some((key, _)) => {
            Err(Error::config(&key, "the path is not Unicode, as config.toml is; rename the folder"))
        }
        None => Ok(()),
    }
}

/// Refuses a network of a file whose input no film can become. Whether the file exists is not checked.
fn of_file(config: &Config, name: &str, section: &NetworkSection) -> Result<(), Error> {
    let refuse =
        |setting: &str, reason: String| Err(Error::config(&format!("networks.{name}.{setting}"), reason));
    if section.file.as_os_str().is_empty() {
        return refuse("file", "the path is empty; name an ONNX file".to_owned());
    }
    let normalisation = config.input.normalisation.unwrap_or(section.normalisation);
    match section.channels {
        None => Ok(()),
        Some(channels) if channels == normalisation.channels() => Ok(()),
        // The channels of a gray image are alike, and the network reads the first.
        Some(1) if config.input.colour == Colour::Gray => Ok(()),
        Some(1) => refuse("channels", "one channel is of gray images; set input.colour to gray".to_owned()),
        Some(channels) => refuse(
            "channels",
            format!(
                "{} gives images of {} channel(s), not {channels}; write 1 or 3, or another normalisation",
                normalisation.name(),
                normalisation.channels()
            ),
        ),
    }
}

/// Refuses a choice of weights that names none, or those of another network. Whether they are installed is not checked.
fn weights(network: Architecture, choice: &str) -> Result<(), Error> {
    let key = format!("weights.{network}");
    if network.is_of_file() {
        return Err(Error::config(&key, format!("{network} is computed from its file; leave this line out")));
    }
    match choice.parse() {
        Err(error) => Err(Error::config(&key, error.to_string())),
        Ok(WeightsChoice::Installed(name)) if name.architecture() != network => Err(Error::config(
            &key,
            format!("{name} are weights of {}; name weights of {network}", name.architecture()),
        )),
        Ok(_) => Ok(()),
    }
}

/// Checks that every network's input is large enough, and that the head of every model can be built.
fn heads(config: &Config) -> Result<(), Error> {
    let side = i64::from(config.input.size);
    for &network in &config.backbones {
        // The map of a network in a file is known when the file is opened.
        let Some(facts) = Facts::known(network) else { continue };
        let [channels, height, width] = facts
            .feature_shape(side, side)
            .map_err(|error| Error::config("input.size", error.to_string()))?;
        heads_of(config, network, FeatureShape { channels, height, width })?;
    }
    Ok(())
}

/// Checks that every head on this feature map of a network can be built.
pub(super) fn heads_of(config: &Config, network: Architecture, features: FeatureShape) -> Result<(), Error> {
    let classes = Classes::new(&config.data.classes[..])?;
    let has_head =
        |model: &ModelKind| model.network == network && model.baseline != Some(Baseline::LinearProbe);
    for model in config.models().into_iter().filter(has_head) {
        config
            .head(model, features, &classes)?
            .trained_parameters()
            .map_err(|error| Error::config(&format!("head.layers.{network}"), error.to_string()))?;
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

    /// The numbers of section 3.1 of the paper.
    #[test]
    fn quotas_survive_the_file_and_reach_the_recipe() {
        let file = "
            preset = 'paper'
            [[data.quotas]]
            class = 'COVID-19'
            origin = 'original'
            images = 1401
            exactly = true
            [[data.quotas]]
            class = 'COVID-19'
            source = 'mendeley-augmented'
            origin = 'augmented'
            images = 912
        ";
        let config = Config::resolve(Some(file), &[]).unwrap();
        assert_eq!(Config::resolve(Some(&config.to_toml().unwrap()), &[]).unwrap(), config);
        assert_eq!(config.differences().unwrap(), ["data.quotas"]);
        let quotas = config.recipe(&Classes::of_the_paper()).balance.quotas;
        let told: Vec<String> = quotas.iter().map(ToString::to_string).collect();
        let expected = [
            "exactly 1401 original images of COVID-19",
            "at most 912 augmented images of COVID-19 from mendeley-augmented",
        ];
        assert_eq!(told, expected);
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

    /// A plain head that nobody asked for does not limit the other.
    #[test]
    fn only_heads_that_are_trained_must_be_possible() {
        let wide = [
            "backbones=['vgg19']",
            "baselines=['table-4']",
            "head.layers.vgg19={ units = 1, dense = [1000000] }",
        ]
        .map(str::to_owned);
        assert!(Config::resolve(None, &wide).is_err(), "the plain head has 25,088,000,000 weights");
        let alone = [&wide[..], &["baselines=false".to_owned()]].concat();
        assert!(Config::resolve(None, &alone).is_ok());
    }

    #[test]
    #[cfg(unix)]
    fn paths_that_the_config_file_cannot_hold_are_named() {
        use std::os::unix::ffi::OsStrExt;

        let mut config = Config::of(radiograph_protocol::Preset::Trustworthy);
        config.data.folder = std::ffi::OsStr::from_bytes(b"x-rays-\xff").into();
        assert!(matches!(check(&config), Err(Error::Config { key, .. }) if key == "data.folder"));

        let mut config = Config::of(radiograph_protocol::Preset::Trustworthy);
        config.audit.as_mut().unwrap().lung_masks = Some(std::ffi::OsStr::from_bytes(b"masks-\xff").into());
        assert!(matches!(check(&config), Err(Error::Config { key, .. }) if key == "audit.lung_masks"));
    }

    #[test]
    fn settings_that_do_not_fit_each_other_are_named() {
        for (change, key) in [
            ("backbones=[]", "backbones"),
            ("backbones=['vgg19','vgg19']", "backbones"),
            ("baselines=['mean-dense', 'mean-dense']", "baselines"),
            ("baselines=['plain']", "baselines[0]"),
            ("baselines=true", "baselines"),
            ("training.ensembles=['seeds', 'seeds']", "training.ensembles"),
            ("training.ensembles=['seed']", "training.ensembles[0]"),
            ("data.classes=['normal']", "data.classes"),
            ("data.classes=['normal', 'normal']", "data.classes"),
            ("data.ages={ from = 60, to = 18, unknown = true }", "data.ages"),
            ("data.licences=[]", "data.licences"),
            ("data.quotas=[{ class = 'tuberculosis', images = 3 }]", "data.quotas"),
            (
                "data.quotas=[{ class = 'normal', images = 3 }, { class = 'normal', source = 'nih', images = 2 }]",
                "data.quotas",
            ),
            ("data.quotas=[{ class = 'normal', images = 3, made = 'original' }]", "data.quotas[0].made"),
            ("data.quotas=[{ class = 'normal', images = -3 }]", "data.quotas[0].images"),
            ("data.quotas=[{ class = 'normal', images = 1000001 }]", "data.quotas.images"),
            ("input.augmented_copies=3", "input.augmented_copies"),
            ("input={ gray_values = 'even', colour = 'rgb' }", "input.gray_values"),
            ("head.layers.vgg19.dense=[16777216]", "head.layers.vgg19"),
            ("head.layers.vgg19.dense=[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "head.layers.vgg19"),
            ("input.size=74", "input.size"),
            ("training.tested_model={ weighted-folds = [1.0] }", "training.tested_model"),
            ("training.tested_model=refit", "training.tested_model"),
            ("training.schedule={ listed = { rates = [] } }", "training"),
            ("training.schedule={ listed = { rates = [1e-3, 0.0] } }", "training.schedule.listed.rates"),
            ("training.tested_model={ weighted-folds = [0.0, 0.0, 0.0, 0.0, 0.0] }", "training.tested_model"),
            (
                "training.tested_model={ weighted-folds = [1e308, 1e308, 0.0, 0.0, 0.0] }",
                "training.tested_model",
            ),
            ("weights.vgg19=vgg16", "weights.vgg19"),
            ("weights.vgg19=densenet121", "weights.vgg19"),
            ("weights.vgg19=random:", "weights.vgg19"),
            ("weights.vgg19=random:18446744073709551616", "weights.vgg19"),
            ("compute.device=gpu", "compute.device"),
            ("compute.more_devices=['cuda:0', 'cuda:x']", "compute.more_devices"),
            ("compute={ device = 'cuda:0', more_devices = ['cpu'] }", "compute.more_devices"),
            ("compute.more_devices=['cuda:0']", "compute.more_devices"),
            ("compute.feature_precision=f8", "compute.feature_precision"),
            ("compute.arithmetic=f8", "compute.arithmetic"),
            ("compute.arithmetic=f16", "compute.arithmetic"),
        ] {
            match Config::resolve(None, &[change.to_owned()]) {
                Err(Error::Config { key: named, .. }) => assert_eq!(named, key, "{change}"),
                other => panic!("{change}: {other:?}"),
            }
        }
    }
}
