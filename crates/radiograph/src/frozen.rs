//! A frozen network as a run uses it: its weights, what it is fed, and under which key its features are kept.

use std::{fmt, path::Path, sync::Arc};

use radiograph_backbone::{
    Backbone, BackboneError, Facts, Form, Identity, Options,
    extraction::{Input, Pixels, extraction_key},
};
use radiograph_dataset::{
    image::{Limits, decode, decode_gray, read_file},
    manifest::Row,
    preprocess::{Augmentation, Colour, Filter, Normalisation, Preprocess, Preprocessor, Transform},
};
use radiograph_features::{ExtractionKey, FeatureId};
use radiograph_files::ContentHash;
use radiograph_libtorch::Device;
use radiograph_report::WeightsOrigin;
use radiograph_weights::{Architecture, Interpolation, Lineage, Weights, WeightsChoice};

use crate::{Config, Error, config::InputSection};

/// A network, its weights, and what it is fed.
#[derive(Debug)]
pub struct Frozen {
    network: Architecture,
    weights: ChosenWeights,
    fed: Arc<Fed>,
    /// How moved copies are drawn, and from which seed; absent if there are none.
    drawn: Option<(Augmentation, u64)>,
    variants: u32,
}

#[derive(Debug)]
enum ChosenWeights {
    Kept(Box<Weights>),
    Random { seed: u64 },
}

impl ChosenWeights {
    /// How they ask for values to be scaled.
    fn normalisation(&self) -> Normalisation {
        match self {
            Self::Kept(weights) => match weights.record().normalisation {
                radiograph_weights::Normalisation::Tf => Normalisation::Tf,
                radiograph_weights::Normalisation::Torch => Normalisation::Torch,
                radiograph_weights::Normalisation::Caffe => Normalisation::Caffe,
            },
            // Random weights ask for nothing; values around 0 are what their variance was chosen for.
            Self::Random { .. } => Normalisation::Tf,
        }
    }

    /// How their publisher resamples images; bilinear where that is open.
    fn filter(&self) -> Filter {
        match self {
            Self::Kept(weights) if weights.record().interpolation == Some(Interpolation::Bicubic) => {
                Filter::Bicubic
            }
            _ => Filter::Bilinear,
        }
    }
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
    /// [`Error::Weights`] if the weights are not there or are not what they say, [`Error::Config`] if they are another
    /// network's.
    pub fn of(network: Architecture, config: &Config) -> Result<Self, Error> {
        let missing = || Error::config("weights", format!("{network} has none"));
        let choice: WeightsChoice = config.weights.get(&network).ok_or_else(missing)?.parse()?;
        Self::new(network, &choice, &config.input, config.seed)
    }

    /// A network with these weights, fed like this; `seed` is what moved copies of images are drawn from.
    ///
    /// # Errors
    ///
    /// As [`Frozen::of`].
    pub fn new(
        network: Architecture,
        choice: &WeightsChoice,
        input: &InputSection,
        seed: u64,
    ) -> Result<Self, Error> {
        let weights = match choice {
            WeightsChoice::Installed(name) => ChosenWeights::Kept(Box::new(Weights::named(name.as_str())?)),
            WeightsChoice::File(path) => ChosenWeights::Kept(Box::new(Weights::of_file(path, network)?)),
            &WeightsChoice::Random { seed } => ChosenWeights::Random { seed },
        };
        if let ChosenWeights::Kept(kept) = &weights
            && kept.record().architecture != network
        {
            let found = kept.record().architecture;
            let reason = format!("{choice} are weights of {found}, and {network} is asked for");
            return Err(Error::config(&format!("weights.{network}"), reason));
        }
        let preprocess = Preprocess {
            colour: input.colour,
            fit: input.fit,
            filter: input.filter.unwrap_or_else(|| weights.filter()),
            size: input.size,
            normalisation: input.normalisation.unwrap_or_else(|| weights.normalisation()),
            ..Preprocess::default()
        };
        let fed = Arc::new(Fed { preprocessor: preprocess.check()?, limits: Limits::default() });
        let drawn =
            input.augmentation.filter(|_| input.variants > 0).map(|augmentation| (augmentation, seed));
        Ok(Self { network, weights, fed, drawn, variants: input.variants })
    }

    /// The network.
    pub fn network(&self) -> Architecture {
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

    /// How a picture becomes its input.
    pub fn steps(&self) -> &Preprocess {
        self.fed.preprocessor.steps()
    }

    /// What changes its features besides the image. How copies are moved is part of it only if there are any.
    pub fn key(&self) -> ExtractionKey {
        let preprocessing = serde_json::json!({ "preprocess": self.steps(), "variants": self.drawn });
        let identity = match &self.weights {
            ChosenWeights::Kept(weights) => Identity::File { sha256: weights.sha256() },
            ChosenWeights::Random { seed } => Identity::Random { architecture: self.network, seed: *seed },
        };
        extraction_key(self.network, self.lineage(), Form::default(), &identity, preprocessing.to_string())
    }

    fn lineage(&self) -> Lineage {
        match &self.weights {
            ChosenWeights::Kept(weights) => weights.record().lineage,
            ChosenWeights::Random { .. } => Lineage::keras(self.network),
        }
    }

    /// The network on a device; refused if the file of its weights has changed since.
    ///
    /// # Errors
    ///
    /// Those of [`Backbone::of_weights`] and [`Backbone::random`].
    pub fn load(&self, device: Device) -> Result<Backbone, BackboneError> {
        match &self.weights {
            ChosenWeights::Kept(weights) => Backbone::of_weights(weights, device, Options::default()),
            ChosenWeights::Random { seed } => Backbone::random(self.network, *seed, self.lineage(), device),
        }
    }

    /// `[C, H, W]` of what it is fed.
    pub fn input_shape(&self) -> [usize; 3] {
        let size = self.steps().size as usize;
        [3, size, size]
    }

    /// `[C, H, W]` of the feature map that it makes.
    ///
    /// # Errors
    ///
    /// [`Error::Backbone`] if its input is too small for it.
    pub fn feature_shape(&self) -> Result<[usize; 3], Error> {
        let [_, height, width] = self.input_shape();
        let shape = Facts::of(self.network).feature_shape(height as i64, width as i64);
        Ok(shape.map_err(BackboneError::from)?.map(|side| side as usize))
    }

    /// An image of a manifest and its moved copies, to be extracted. Only originals that are trained on have copies.
    ///
    /// # Errors
    ///
    /// [`Error::Dataset`] if the augmentation is out of its range.
    pub fn inputs(&self, row: &Row) -> Result<Vec<Input<'static>>, Error> {
        let id = row.id.to_string();
        let mut inputs = vec![self.input(&id, FeatureId::plain(row.content_hash), row.file(), None)];
        for feature in self.wanted(row).skip(1) {
            if let Some((augmentation, seed)) = &self.drawn {
                // Drawn by content, as the features are called: one picture is moved alike under all its names.
                let transform =
                    augmentation.draw(*seed, &row.content_hash.to_string(), u64::from(feature.variant))?;
                inputs.push(self.input(&id, feature, row.file(), Some(transform)));
            }
        }
        Ok(inputs)
    }

    /// The features of an image of a manifest and of its moved copies.
    pub(crate) fn wanted(&self, row: &Row) -> impl Iterator<Item = FeatureId> + use<> {
        let copies = if row.place.is_train() && !row.augmented { self.variants } else { 0 };
        let hash = row.content_hash;
        (0..=copies).map(move |number| FeatureId::variant(hash, number))
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
