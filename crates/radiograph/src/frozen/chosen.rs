//! The weights of a frozen network, or the file that it is computed from.

use radiograph_backbone::{
    Backbone, BackboneError, Facts, Form, Identity, Network, OnnxNetwork, OnnxNetworkError, Options,
    extraction::{extraction_key, onnx_extraction_key},
};
use radiograph_dataset::manifest::Manifest;
use radiograph_features::{Arithmetic, ExtractionKey};
use radiograph_input::{Filter, Normalisation};
use radiograph_libtorch::{Device, DeviceKind};
use radiograph_report::{PretrainedFilms, WeightsOrigin};
use radiograph_run::{config::NetworkSection, listed_films, pretrained_films};
use radiograph_weights::{Architecture, Lineage, Weights, WeightsChoice};

use crate::Error;

/// Weights that a config chooses, or an ONNX file that it names.
#[derive(Debug)]
pub(super) enum Chosen {
    Kept(Box<Weights>),
    Random { seed: u64 },
    File(Box<OfFile>),
}

/// A network from an ONNX file, and what the config says of it.
#[derive(Debug)]
pub(super) struct OfFile {
    network: OnnxNetwork,
    section: NetworkSection,
}

impl Chosen {
    /// Weights of this network. Files are hashed, not loaded.
    pub(super) fn weights(network: Architecture, choice: &WeightsChoice) -> Result<Self, Error> {
        if network.is_of_file() {
            let reason = format!("{network} is computed from a file, which holds its weights");
            return Err(Error::config(&format!("weights.{network}"), reason));
        }
        let weights = match choice {
            WeightsChoice::Installed(name) => Weights::named(name.as_str())?,
            WeightsChoice::File(path) => Weights::of_file(path, network)?,
            &WeightsChoice::Random { seed } => return Ok(Self::Random { seed }),
        };
        let found = weights.record().architecture;
        if found != network {
            let reason = format!("{choice} are weights of {found}, and {network} is asked for");
            return Err(Error::config(&format!("weights.{network}"), reason));
        }
        Ok(Self::Kept(Box::new(weights)))
    }

    /// The network in the file of this section, for squares of this side. The file is read and checked; nothing is computed.
    pub(super) fn file(section: &NetworkSection, channels: usize, side: u32) -> Result<Self, Error> {
        let image = [channels as i64, i64::from(side), i64::from(side)];
        let network = OnnxNetwork::open(&section.file, section.output.as_deref(), image);
        let network = network.map_err(BackboneError::from)?;
        Ok(Self::File(Box::new(OfFile { network, section: section.clone() })))
    }

    /// Normalisation that the network was trained with.
    pub(super) fn normalisation(&self, network: Architecture) -> Normalisation {
        match self {
            Self::Kept(weights) => weights.record().normalisation,
            // Random weights ask for nothing; values around 0 are what their variance was chosen for.
            Self::Random { .. } => match Facts::known(network).map(|facts| facts.input_channels) {
                Some(3) => Normalisation::Tf,
                _ => Normalisation::Xrv,
            },
            Self::File(of) => of.section.normalisation,
        }
    }

    /// Resampling filter of the publisher; bilinear if unknown.
    pub(super) fn filter(&self) -> Filter {
        match self {
            Self::Kept(weights) => weights.record().interpolation.unwrap_or_default(),
            Self::Random { .. } => Filter::default(),
            Self::File(of) => of.section.filter.unwrap_or_default(),
        }
    }

    /// Origin of the weights, for reports.
    pub(super) fn origin(&self, network: Architecture) -> WeightsOrigin {
        match self {
            Self::Kept(weights) => {
                let record = weights.record();
                let note = note(
                    record.trained_on.as_deref(),
                    record.collections.as_deref(),
                    record.licence.as_deref(),
                );
                WeightsOrigin::Installed { name: record.name.clone(), note, hash: weights.sha256() }
            }
            Self::Random { seed } => WeightsOrigin::Random { seed: *seed },
            Self::File(of) => {
                let OfFile { network: opened, section } = &**of;
                let note = note(
                    section.trained_on.as_deref(),
                    section.collections.as_deref(),
                    section.licence.as_deref(),
                );
                WeightsOrigin::Installed {
                    name: format!("{network} from an ONNX file"),
                    note: format!(
                        "feature map: {}; computed by {}; {note}",
                        opened.tensor(),
                        opened.engine()
                    ),
                    hash: opened.sha256(),
                }
            }
        }
    }

    /// Films of the manifest's test part that the network was trained on before.
    pub(super) fn pretraining(&self, manifest: &Manifest) -> PretrainedFilms {
        match self {
            Self::Kept(weights) => pretrained_films(Some(weights.record()), manifest),
            Self::Random { .. } => pretrained_films(None, manifest),
            Self::File(of) => listed_films(None, of.section.collections.as_deref(), manifest),
        }
    }

    /// Key of the features that are computed on this kind of device.
    pub(super) fn key(
        &self,
        network: Architecture,
        kind: DeviceKind,
        preprocessing: String,
    ) -> ExtractionKey {
        let identity = match self {
            Self::Kept(weights) => Identity::File { sha256: weights.sha256() },
            Self::Random { seed } => Identity::Random { architecture: network, seed: *seed },
            Self::File(of) => return onnx_extraction_key(network.name(), &of.network, preprocessing),
        };
        extraction_key(network, self.lineage(network), Form::default(), &identity, kind, preprocessing)
    }

    fn lineage(&self, network: Architecture) -> Lineage {
        match self {
            Self::Kept(weights) => weights.record().lineage,
            Self::Random { .. } | Self::File(_) => Lineage::keras(network),
        }
    }

    /// Loads the network onto a device.
    pub(super) fn load(
        &self,
        network: Architecture,
        device: Device,
        arithmetic: Arithmetic,
    ) -> Result<Network, BackboneError> {
        let options = Options { arithmetic, ..Options::default() };
        Ok(match self {
            Self::Kept(weights) => Backbone::of_weights(weights, device, options)?.into(),
            Self::Random { seed } => {
                Backbone::random_with(network, *seed, self.lineage(network), device, options)?.into()
            }
            Self::File(_) if device.is_cuda() => return Err(OnnxNetworkError::Device { device }.into()),
            Self::File(of) => of.network.clone().into(),
        })
    }

    /// `[C, h, w]` of the feature map of a square image of this side.
    pub(super) fn feature_shape(&self, network: Architecture, side: i64) -> Result<[i64; 3], BackboneError> {
        match self {
            Self::File(of) => Ok(of.network.map_shape()?),
            // Weights are of networks with a graph.
            _ => Ok(Facts::of(network).feature_shape(side, side)?),
        }
    }

    /// Writes the network and its weights; random weights are named as such.
    pub(super) fn in_words(&self, network: Architecture) -> String {
        match self {
            Self::Kept(weights) => weights.in_words(),
            Self::Random { seed } => format!(
                "{network} with RANDOM weights (random:{seed}): its features were learned from nothing"
            ),
            Self::File(of) => {
                let OfFile { network: opened, section } = &**of;
                let hash = opened.sha256().short();
                format!(
                    "{network} from {}, tensor {}, SHA-256 {hash}",
                    section.file.display(),
                    opened.tensor()
                )
            }
        }
    }
}

/// What is known of the training behind weights.
fn note(trained_on: Option<&str>, collections: Option<&[String]>, licence: Option<&str>) -> String {
    let (trained_on, licence) = (trained_on.unwrap_or("an unknown task"), licence.unwrap_or("unknown"));
    let films = match collections {
        None => "unknown".to_owned(),
        Some([]) => "none".to_owned(),
        Some(names) => names.join(", "),
    };
    format!("trained on {trained_on}; collections of films seen: {films}; licence: {licence}")
}
