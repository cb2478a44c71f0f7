//! A frozen network as a run uses it: its weights, what it is fed, and under which key its features are kept.

use std::{fmt, path::Path, sync::Arc};

use radiograph_backbone::{
    Backbone, BackboneError, Form, Identity,
    extraction::{Input, Pixels, extraction_key},
};
use radiograph_dataset::{
    image::{Limits, decode, decode_gray, read_file},
    manifest::Row,
    preprocess::{Colour, Normalisation, Preprocess, Preprocessor, Transform},
};
use radiograph_features::{ExtractionKey, FeatureId};
use radiograph_files::ContentHash;
use radiograph_head::Network;
use radiograph_libtorch::Device;
use radiograph_report::WeightsOrigin;
use radiograph_weights::{Architecture, Lineage, Weights, WeightsChoice};

use crate::{Config, Error};

/// A network, its weights, and what it is fed.
#[derive(Debug)]
pub struct Frozen {
    network: Network,
    weights: ChosenWeights,
    fed: Arc<Fed>,
    config_seed: u64,
    variants: u32,
}

#[derive(Debug)]
enum ChosenWeights {
    Kept(Box<Weights>),
    Random { seed: u64 },
}

/// What turns a file into a network's input.
#[derive(Debug)]
struct Fed {
    preprocessor: Preprocessor,
    limits: Limits,
}

impl Frozen {
    /// The network as the config has it. Files of weights are hashed, not loaded.
    ///
    /// # Errors
    ///
    /// [`Error::Weights`] if the weights are not there or are not what they say.
    pub fn of(network: Network, config: &Config) -> Result<Self, Error> {
        let architecture = architecture(network);
        let missing = || Error::config("weights", format!("{network} has none"));
        let choice: WeightsChoice = config.weights.get(&network).ok_or_else(missing)?.parse()?;
        let weights = match choice {
            WeightsChoice::Installed(name) => ChosenWeights::Kept(Box::new(Weights::named(name.as_str())?)),
            WeightsChoice::File(path) => {
                ChosenWeights::Kept(Box::new(Weights::of_file(&path, architecture)?))
            }
            WeightsChoice::Random { seed } => ChosenWeights::Random { seed },
        };
        let asked = match &weights {
            ChosenWeights::Kept(weights) => match weights.record().normalisation {
                radiograph_weights::Normalisation::Tf => Normalisation::Tf,
                radiograph_weights::Normalisation::Torch => Normalisation::Torch,
                radiograph_weights::Normalisation::Caffe => Normalisation::Caffe,
            },
            // Random weights ask for nothing; values around 0 are what their variance was chosen for.
            ChosenWeights::Random { .. } => Normalisation::Tf,
        };
        let input = &config.input;
        let preprocess = Preprocess {
            colour: input.colour,
            fit: input.fit,
            filter: input.filter,
            size: input.size,
            normalisation: input.normalisation.unwrap_or(asked),
            ..Preprocess::default()
        };
        let fed = Arc::new(Fed { preprocessor: preprocess.check()?, limits: Limits::default() });
        Ok(Self { network, weights, fed, config_seed: config.seed, variants: input.variants })
    }

    /// The network.
    pub fn network(&self) -> Network {
        self.network
    }

    /// Whether its weights are random, so that its features mean nothing.
    pub fn is_random(&self) -> bool {
        matches!(self.weights, ChosenWeights::Random { .. })
    }

    /// Its weights' record and seed, for reports.
    pub(crate) fn origin(&self) -> WeightsOrigin {
        match &self.weights {
            ChosenWeights::Kept(weights) => {
                let record = weights.record();
                let trained_on = record.trained_on.as_deref().unwrap_or("an unknown task");
                let licence = record.licence.as_deref().unwrap_or("unknown");
                WeightsOrigin::Installed {
                    name: record.name.clone(),
                    note: format!("trained on {trained_on}; licence: {licence}"),
                    hash: weights.sha256(),
                }
            }
            ChosenWeights::Random { seed } => WeightsOrigin::Random { seed: *seed },
        }
    }

    /// What changes its features besides the image. The augmentation of variants is part of it only if there are any.
    pub fn key(&self, config: &Config) -> ExtractionKey {
        let drawn = config
            .input
            .augmentation
            .filter(|_| self.variants > 0)
            .map(|augmentation| (augmentation, self.config_seed));
        let preprocessing =
            serde_json::json!({ "preprocess": self.fed.preprocessor.steps(), "variants": drawn });
        let architecture = architecture(self.network);
        let identity = match &self.weights {
            ChosenWeights::Kept(weights) => Identity::File { sha256: weights.sha256() },
            ChosenWeights::Random { seed } => Identity::Random { architecture, seed: *seed },
        };
        extraction_key(architecture, self.lineage(), Form::default(), &identity, preprocessing.to_string())
    }

    fn lineage(&self) -> Lineage {
        match &self.weights {
            ChosenWeights::Kept(weights) => weights.record().lineage,
            ChosenWeights::Random { .. } => Lineage::keras(architecture(self.network)),
        }
    }

    /// The network on a device.
    ///
    /// # Errors
    ///
    /// Those of [`Backbone::load`] and [`Backbone::random`].
    pub fn load(&self, device: Device) -> Result<Backbone, BackboneError> {
        let architecture = architecture(self.network);
        match &self.weights {
            ChosenWeights::Kept(weights) => {
                Backbone::load(weights.path(), architecture, weights.record().lineage, device)
            }
            ChosenWeights::Random { seed } => Backbone::random(architecture, *seed, self.lineage(), device),
        }
    }

    /// `[C, H, W]` of what it is fed.
    pub fn input_shape(&self) -> [usize; 3] {
        let size = self.fed.preprocessor.steps().size as usize;
        [3, size, size]
    }

    /// An image and its variants of the manifest, to be extracted. Only training images have variants.
    pub(crate) fn inputs(&self, row: &Row, config: &Config) -> Result<Vec<Input<'static>>, Error> {
        let id = row.id.to_string();
        let mut inputs = vec![self.input(&id, FeatureId::plain(row.content_hash), row.file(), None)];
        if let (true, Some(augmentation)) = (row.place.is_train(), &config.input.augmentation) {
            for number in 1..=self.variants {
                let transform = augmentation.draw(self.config_seed, &id, u64::from(number))?;
                let feature = FeatureId::variant(row.content_hash, number);
                inputs.push(self.input(&id, feature, row.file(), Some(transform)));
            }
        }
        Ok(inputs)
    }

    fn input(
        &self,
        id: &str,
        feature: FeatureId,
        file: std::path::PathBuf,
        transform: Option<Transform>,
    ) -> Input<'static> {
        let fed = Arc::clone(&self.fed);
        Input::new(id, feature, move || Ok(fed.pixels(&file, transform.as_ref())?))
    }

    /// A file as the network's input, and the hash of its bytes.
    pub(crate) fn pixels(&self, file: &Path) -> Result<Pixels, Error> {
        Ok(self.fed.pixels(file, None)?)
    }
}

impl Fed {
    fn pixels(
        &self,
        file: &Path,
        transform: Option<&Transform>,
    ) -> Result<Pixels, radiograph_dataset::DatasetError> {
        let bytes = read_file(file, &self.limits)?;
        let content = ContentHash::of_bytes(&bytes);
        let picture = match self.preprocessor.steps().colour {
            Colour::Gray => decode_gray(&bytes, &self.limits),
            Colour::Rgb => decode(&bytes, &self.limits),
        };
        drop(bytes);
        let picture = picture
            .map_err(|reason| radiograph_dataset::DatasetError::Image { path: file.to_owned(), reason })?;
        let input = match transform {
            Some(transform) => self.preprocessor.apply_augmented(picture, transform),
            None => self.preprocessor.apply(picture),
        };
        let (channels, height, width) = input.dim();
        Ok(Pixels { content, shape: [channels, height, width], values: input.into_raw_vec_and_offset().0 })
    }
}

impl fmt::Display for Frozen {
    /// Which weights, in words that no reader can mistake for others.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.weights {
            ChosenWeights::Kept(weights) => formatter.write_str(&weights.in_words()),
            ChosenWeights::Random { seed } => write!(
                formatter,
                "{} with RANDOM weights (random:{seed}): its features were learned from nothing",
                self.network
            ),
        }
    }
}

/// The weights crate's name of a network.
pub(crate) fn architecture(network: Network) -> Architecture {
    match network {
        Network::Vgg19 => Architecture::Vgg19,
        Network::DenseNet121 => Architecture::DenseNet121,
        Network::InceptionV3 => Architecture::InceptionV3,
        Network::InceptionResNetV2 => Architecture::InceptionResNetV2,
    }
}
