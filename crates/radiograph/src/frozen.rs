//! A frozen network of a run, with its weights, its preprocessing, and the key of its features.

mod chosen;

use std::{fmt, path::Path, sync::Arc};

use radiograph_backbone::{
    BackboneError, Facts, Network,
    extraction::{Input, Pixels},
};
use radiograph_dataset::manifest::{Manifest, Row, picture_hash};
use radiograph_features::{Arithmetic, Element, ExtractionKey, FeatureId};
use radiograph_files::ContentHash;
use radiograph_image::{
    ImageError, Limits, Picture, Stated,
    preprocess::{Preprocess, Preprocessor, Transform},
    read_file,
};
use radiograph_input::{Augmentation, Colour, Normalisation};
use radiograph_libtorch::{Device, DeviceKind, DeviceName};
use radiograph_report::WeightsOrigin;
use radiograph_weights::{Architecture, WeightsChoice, WeightsError};

use radiograph_run::{Config, FrozenRecord, config::InputSection};
use tch::{Kind, Tensor};

use crate::{Error, Film};
use chosen::Chosen;

/// A frozen network with its weights and its preprocessing.
#[derive(Debug)]
pub struct Frozen {
    network: Architecture,
    chosen: Chosen,
    fed: Arc<Fed>,
    /// Augmentation of copies and its seed; absent if there are no copies.
    drawn: Option<(Augmentation, u64)>,
    variants: u32,
    /// Kind of device that computes its features.
    kind: DeviceKind,
    /// Number format in which it computes.
    arithmetic: Arithmetic,
    /// Number format of its stored features.
    precision: Element,
}

/// Converts a file into the network's input.
#[derive(Debug)]
struct Fed {
    preprocessor: Preprocessor,
    limits: Limits,
}

impl Frozen {
    /// The network with the settings of the config. Weights files are hashed, not loaded; an ONNX file is read and checked.
    ///
    /// # Errors
    ///
    /// [`radiograph_run::Error::Weights`] if the weights are missing or do not match their record,
    /// [`radiograph_run::Error::Config`] if they belong to another network, [`Error::Backbone`] if an ONNX file or ONNX Runtime
    /// cannot be used.
    pub fn of(network: Architecture, config: &Config) -> Result<Self, Error> {
        let device: DeviceName = config.compute.device.parse()?;
        let frozen = match config.networks.get(network.name()) {
            Some(section) => {
                let size = section.size.unwrap_or(config.input.size);
                let input = InputSection { size, ..config.input.clone() };
                let normalisation = input.normalisation.unwrap_or(section.normalisation);
                let channels = section.channels.unwrap_or(normalisation.channels());
                let chosen = Chosen::file(section, channels, size)?;
                Self::assembled(network, chosen, &input, normalisation, config.seed)?
            }
            None => {
                let missing = || Error::config("weights", format!("{network} has none"));
                let choice: WeightsChoice =
                    config.weights.get(&network).ok_or_else(missing)?.parse().map_err(WeightsError::from)?;
                Self::new(network, &choice, &config.input, config.seed)?
            }
        };
        let (arithmetic, precision) = (config.compute.arithmetic, config.compute.feature_precision);
        Ok(Self { arithmetic, precision, ..frozen.computed_on(device.kind()) })
    }

    /// A network with these weights and this preprocessing; `seed` is the seed of augmentation. Its features are computed
    /// on the CPU in f32 and stored so.
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
        let chosen = Chosen::weights(network, choice)?;
        let normalisation = normalisation(network, input, &chosen)?;
        Self::assembled(network, chosen, input, normalisation, seed)
    }

    fn assembled(
        network: Architecture,
        chosen: Chosen,
        input: &InputSection,
        normalisation: Normalisation,
        seed: u64,
    ) -> Result<Self, Error> {
        let preprocess = Preprocess {
            colour: input.colour,
            part: input.part,
            gray_values: input.gray_values,
            fit: input.fit,
            filter: input.filter.unwrap_or_else(|| chosen.filter()),
            size: input.size,
            normalisation,
            ..Preprocess::default()
        };
        let fed = Arc::new(Fed { preprocessor: preprocess.check()?, limits: Limits::default() });
        let drawn = input
            .augmentation
            .filter(|_| input.augmented_copies > 0)
            .map(|augmentation| (augmentation, seed));
        Ok(Self {
            network,
            chosen,
            fed,
            drawn,
            variants: input.augmented_copies,
            kind: DeviceKind::Cpu,
            arithmetic: Arithmetic::F32,
            precision: Element::F32,
        })
    }

    /// The network with features that are computed on devices of this kind. Those of an ONNX file are always computed on the
    /// processor.
    #[must_use]
    pub fn computed_on(self, kind: DeviceKind) -> Self {
        Self { kind, ..self }
    }

    /// The network.
    pub fn network(&self) -> Architecture {
        self.network
    }

    /// Whether its weights are random, so that its features mean nothing.
    pub fn is_random(&self) -> bool {
        matches!(self.chosen, Chosen::Random { .. })
    }

    /// Origin of the weights, for reports.
    pub fn origin(&self) -> WeightsOrigin {
        self.chosen.origin(self.network)
    }

    /// The record of the network for a run on this manifest: `frozen.json`.
    pub fn record(&self, manifest: &Manifest) -> FrozenRecord {
        FrozenRecord { weights: self.origin(), pretraining: Some(self.chosen.pretraining(manifest)) }
    }

    /// Preprocessing of its input.
    pub fn steps(&self) -> &Preprocess {
        self.fed.preprocessor.steps()
    }

    /// Key of its features: everything except the image that affects them. It includes augmentation only if there are
    /// copies.
    pub fn key(&self) -> ExtractionKey {
        let preprocessing = serde_json::json!({
            "decoding": radiograph_image::DECODING, "preprocess": self.steps(), "variants": self.drawn,
        });
        let key = self.chosen.key(self.network, self.kind, preprocessing.to_string());
        ExtractionKey { precision: self.precision, ..key.computed_in(self.arithmetic) }
    }

    /// Feature maps as they come back from a store: rounded to its number format.
    ///
    /// # Errors
    ///
    /// [`Error::Head`] if there is not enough memory.
    pub fn as_stored(&self, features: Tensor) -> Result<Tensor, Error> {
        match self.precision {
            Element::F32 => Ok(features),
            Element::F16 => {
                let rounded = || features.f_to_kind(Kind::Half)?.f_to_kind(Kind::Float);
                rounded().map_err(|error| Error::libtorch(&error))
            }
        }
    }

    /// Loads the network onto a device. It is an error if the weights file has changed. Of an ONNX file, all loads share what was
    /// read.
    ///
    /// # Errors
    ///
    /// Those of `Backbone::of_weights` and `Backbone::random`; [`BackboneError::Onnx`] if an ONNX file is to be computed on a GPU.
    pub fn load(&self, device: Device) -> Result<Network, BackboneError> {
        self.chosen.load(self.network, device, self.arithmetic)
    }

    /// Shape of its input, `[C, H, W]`.
    pub fn input_shape(&self) -> [usize; 3] {
        let size = self.steps().size as usize;
        [self.steps().normalisation.channels(), size, size]
    }

    /// Shape of its feature map, `[C, H, W]`. Of an ONNX file, it is computed for one image.
    ///
    /// # Errors
    ///
    /// [`Error::Backbone`] if the input is too small for the network, or an ONNX file gives no map.
    pub fn feature_shape(&self) -> Result<[usize; 3], Error> {
        let shape = self.chosen.feature_shape(self.network, i64::from(self.steps().size))?;
        Ok(shape.map(|side| side as usize))
    }

    /// The inputs for extraction from an image of a manifest, which lies in `file`, and its augmented copies. Only original
    /// training images have copies.
    ///
    /// # Errors
    ///
    /// [`Error::Image`] if an augmentation setting is out of its range.
    pub fn inputs(&self, manifest: &Manifest, row: &Row, file: &Path) -> Result<Vec<Input<'static>>, Error> {
        let (id, stated) = (row.id.to_string(), manifest.stated(&row.id));
        let plain = FeatureId::plain(manifest.picture(row));
        let mut inputs = vec![self.input(&id, plain, file.to_owned(), stated, None)];
        for feature in self.wanted(manifest, row).skip(1) {
            if let Some((augmentation, seed)) = &self.drawn {
                // Drawn by content, as the features are called: one picture is moved alike under all its names.
                let transform = Transform::draw(
                    augmentation,
                    *seed,
                    &row.content_hash.to_string(),
                    u64::from(feature.variant),
                )?;
                inputs.push(self.input(&id, feature, file.to_owned(), stated, Some(transform)));
            }
        }
        Ok(inputs)
    }

    /// Ids of the features of an image and of its augmented copies.
    pub(crate) fn wanted(&self, manifest: &Manifest, row: &Row) -> impl Iterator<Item = FeatureId> + use<> {
        let copies = if row.place.is_train() && !row.augmented { self.variants } else { 0 };
        let hash = manifest.picture(row);
        (0..=copies).map(move |number| FeatureId::variant(hash, number))
    }

    fn input(
        &self,
        id: &str,
        feature: FeatureId,
        file: std::path::PathBuf,
        stated: Stated,
        transform: Option<Transform>,
    ) -> Input<'static> {
        let fed = Arc::clone(&self.fed);
        Input::new(id, feature, move || Ok(fed.pixels(&file, stated, transform.as_ref())?))
    }

    /// The input for extraction from a file that is not in a manifest; `stated` is what its collection says of its samples.
    pub fn input_of_file(
        &self,
        id: &str,
        content: ContentHash,
        stated: Stated,
        file: std::path::PathBuf,
    ) -> Input<'static> {
        self.input(id, FeatureId::plain(picture_hash(content, stated)), file, stated, None)
    }

    /// The network's input from a film, `[C, H, W]` with its shape; extraction computes the same numbers for the same
    /// file.
    pub fn pixels(&self, film: &Film) -> Pixels {
        let picture = match self.steps().colour {
            Colour::Gray => film.gray(),
            Colour::Rgb => film.stored(),
        };
        pixels(film.content(), self.fed.preprocessor.apply(picture.clone()))
    }
}

impl Frozen {
    /// Checked preprocessing of its input.
    pub(crate) fn preprocessor(&self) -> &Preprocessor {
        &self.fed.preprocessor
    }

    /// The network's input from a square picture, `[C, H, W]`.
    pub(crate) fn input_of_square(&self, square: &Picture) -> Vec<f32> {
        self.fed.preprocessor.normalise(square).into_raw_vec_and_offset().0
    }
}

/// The normalisation that the settings or the weights name. It must have the network's channels.
fn normalisation(
    network: Architecture,
    input: &InputSection,
    chosen: &Chosen,
) -> Result<Normalisation, Error> {
    let found = input.normalisation.unwrap_or_else(|| chosen.normalisation(network));
    // Weights are of networks with a graph.
    let channels = Facts::of(network).input_channels;
    if found.channels() as i64 == channels {
        return Ok(found);
    }
    let reason = format!(
        "{} gives images of {} channel(s), and {network} reads {channels}; write false for that of its weights",
        found.name(),
        found.channels()
    );
    Err(Error::config("input.normalisation", reason))
}

impl Fed {
    fn pixels(
        &self,
        file: &Path,
        stated: Stated,
        transform: Option<&Transform>,
    ) -> Result<Pixels, ImageError> {
        let bytes = read_file(file, &self.limits)?;
        let content = picture_hash(ContentHash::of_bytes(&bytes), stated);
        let picture = match self.preprocessor.steps().colour {
            Colour::Gray => stated.decode_gray(&bytes, &self.limits),
            Colour::Rgb => stated.decode(&bytes, &self.limits),
        };
        drop(bytes);
        let picture = picture.map_err(|reason| ImageError::Undecodable { path: file.to_owned(), reason })?;
        let input = match transform {
            Some(transform) => self.preprocessor.apply_augmented(picture, transform),
            None => self.preprocessor.apply(picture),
        };
        Ok(pixels(content, input))
    }
}

fn pixels(content: ContentHash, input: ndarray::Array3<f32>) -> Pixels {
    let (channels, height, width) = input.dim();
    Pixels { content, shape: [channels, height, width], values: input.into_raw_vec_and_offset().0 }
}

impl fmt::Display for Frozen {
    /// Writes the network and its weights; random weights are named as such.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.chosen.in_words(self.network))
    }
}
