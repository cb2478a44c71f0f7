//! The section `networks`: networks that are computed from ONNX files. Their names become valid in the other settings.

use std::path::PathBuf;

use radiograph_input::{Filter, Normalisation};
use radiograph_protocol::Preset;
use radiograph_weights::Architecture;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{or_off, preset};
use crate::Error;

/// A network that is computed from an ONNX file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSection {
    /// ONNX file.
    pub file: PathBuf,
    /// Name of the tensor that is the feature map; `false`: the file's only output.
    #[serde(default, with = "or_off")]
    pub output: Option<String>,
    /// Side of its square input in pixels; `false`: that of the other networks.
    #[serde(default, with = "or_off")]
    pub size: Option<u32>,
    /// Number of channels of its input, 1 or 3; `false`: those of the normalisation.
    #[serde(default, with = "or_off")]
    pub channels: Option<usize>,
    /// Normalisation of the images that it was trained with.
    pub normalisation: Normalisation,
    /// Resampling filter of its publisher; `false`: bilinear.
    #[serde(default, with = "or_off")]
    pub filter: Option<Filter>,
    /// Training data, in words; `false`: unknown.
    #[serde(default, with = "or_off")]
    pub trained_on: Option<String>,
    /// Collections of radiographs among the training data, by their names in a manifest; `false`: unknown.
    #[serde(default, with = "or_off")]
    pub collections: Option<Vec<String>>,
    /// Licence; `false`: unknown.
    #[serde(default, with = "or_off")]
    pub licence: Option<String>,
}

/// Makes the names in the section `networks` valid, and gives networks without layers of a head those of the preset.
pub(super) fn register(settings: &mut Table) -> Result<(), Error> {
    let names: Vec<String> = match settings.get("networks") {
        Some(Value::Table(networks)) => networks.keys().cloned().collect(),
        // What is no table is refused where all settings are read.
        _ => return Ok(()),
    };
    let named = settings.get("preset").and_then(Value::as_str).and_then(|name| name.parse().ok());
    for name in names {
        let network = Architecture::of_file(&name)
            .map_err(|error| Error::config(&format!("networks.{name}"), error.to_string()))?;
        let layers = preset::layers(named.unwrap_or(Preset::Trustworthy), network);
        let layers = Table::try_from(layers)
            .map_err(|error| Error::config(&format!("head.layers.{name}"), error.to_string()))?;
        if let Some(own) = inside(settings, "head").and_then(|head| inside(head, "layers"))
            && let Some(own) = inside(own, &name)
        {
            for (key, value) in layers {
                own.entry(key).or_insert(value);
            }
        }
    }
    Ok(())
}

/// The table below a key, which is made if the key has no value; `None` if it has another one.
fn inside<'t>(table: &'t mut Table, key: &str) -> Option<&'t mut Table> {
    table.entry(key).or_insert_with(|| Value::Table(Table::new())).as_table_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    const FILE: &str = "
        backbones = ['chexnet', 'vgg19']
        [networks.chexnet]
        file = 'chexnet.onnx'
        normalisation = 'torch'
        [head.layers.chexnet]
        units = 64
    ";

    #[test]
    fn a_few_lines_make_a_network() {
        let config = Config::resolve(Some(FILE), &["networks.chexnet.output=norm5".to_owned()]).unwrap();
        let names: Vec<&str> = config.backbones.iter().map(|network| network.name()).collect();
        assert_eq!(names, ["chexnet", "vgg19"]);
        let section = &config.networks["chexnet"];
        assert_eq!((section.output.as_deref(), section.size), (Some("norm5"), None));
        assert_eq!((section.normalisation, section.filter), (Normalisation::Torch, None));
        // What the file leaves out is the preset's, as for the networks of this project.
        let (own, vgg19) =
            (&config.head.layers[&config.backbones[0]], &config.head.layers[&Architecture::VGG19]);
        assert_eq!((own.units, &own.dense), (64, &vgg19.dense));
        assert!(!config.weights.contains_key(&config.backbones[0]));
        // The file that a run keeps.
        let text = config.to_toml().unwrap();
        let again = Config::resolve(Some(&text), &[]).unwrap();
        assert_eq!(again, config);
        assert_eq!(again.to_toml().unwrap(), text);
        // A change of the settings of a run keeps them.
        let changed = config.changed(None, &["training.epochs=3".to_owned()]).unwrap();
        assert_eq!(changed.networks, config.networks);
    }

    #[test]
    fn networks_that_cannot_be_are_named() {
        for (changes, key, words) in [
            (
                &["networks.vgg19={ file = 'a.onnx', normalisation = 'tf' }"][..],
                "networks.vgg19",
                "another name",
            ),
            (
                &["networks.CheXNet={ file = 'a.onnx', normalisation = 'tf' }"],
                "networks.CheXNet",
                "lower-case",
            ),
            (&["networks.mine={ file = 'a.onnx' }"], "networks.mine", "normalisation"),
            (&["networks.mine={ normalisation = 'tf' }"], "networks.mine", "file"),
            (
                &["networks.mine={ file = 'a.onnx', normalisation = 'imagenet' }"],
                "networks.mine.normalisation",
                "`torch`",
            ),
            (
                &["networks.mine={ file = 'a.onnx', normalisation = 'tf', node = 'x' }"],
                "networks.mine.node",
                "`output`",
            ),
            (
                &["networks.mine={ file = 'a.onnx', normalisation = 'tf', size = 31 }"],
                "networks.mine.size",
                "32 to 4096",
            ),
            (
                &["networks.mine={ file = 'a.onnx', normalisation = 'tf', channels = 2 }"],
                "networks.mine.channels",
                "1 or 3",
            ),
            (
                &["networks.mine={ file = 'a.onnx', normalisation = 'xrv', channels = 3 }"],
                "networks.mine.channels",
                "xrv",
            ),
            (
                &[
                    "networks.mine={ file = 'a.onnx', normalisation = 'tf', channels = 1 }",
                    "input.colour=rgb",
                ],
                "networks.mine.channels",
                "input.colour",
            ),
            (&["networks.mine={ file = '', normalisation = 'tf' }"], "networks.mine.file", "empty"),
            (&["networks=7"], "networks", "map"),
            (
                &["networks.mine={ file = 'a.onnx', normalisation = 'tf' }", "weights.mine=random:1"],
                "weights.mine",
                "its file",
            ),
            (
                &[
                    "networks.mine={ file = 'a.onnx', normalisation = 'tf' }",
                    "backbones=['mine']",
                    "compute.device=cuda:0",
                ],
                "compute.device",
                "processor",
            ),
            (
                &[
                    "networks.mine={ file = 'a.onnx', normalisation = 'tf' }",
                    "backbones=['mine']",
                    "compute.arithmetic=bf16",
                ],
                "compute.arithmetic",
                "f32",
            ),
        ] {
            let changes: Vec<String> = changes.iter().map(|change| (*change).to_owned()).collect();
            match Config::resolve(None, &changes) {
                Err(Error::Config { key: named, reason }) => {
                    assert_eq!(named, key, "{changes:?}: {reason}");
                    assert!(reason.contains(words), "{changes:?}: {reason}");
                }
                other => panic!("{changes:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_name_of_another_config_is_no_network_of_this_one() {
        Config::resolve(Some(FILE), &[]).unwrap();
        let error = Config::resolve(None, &["backbones=['chexnet']".to_owned()]).unwrap_err();
        assert!(matches!(&error, Error::Config { key, .. } if key == "networks"), "{error}");
        let error = Config::resolve(Some(FILE), &["backbones=['chexnt']".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("chexnet"), "{error}");
    }
}
