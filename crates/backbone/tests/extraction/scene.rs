//! Fixtures: a network of one convolution, images derived from their numbers, and stores of their features.

use std::{collections::BTreeMap, fs, path::Path};

use radiograph_backbone::{
    BackboneError,
    extraction::{
        Event, Extraction, ExtractionError, ExtractionReport, ExtractionSettings, FrozenNetwork, Input,
        Pixels,
    },
};
use radiograph_features::{Element, ExtractionKey, FeatureId, FeatureStore, Part, StoreDescription};
use radiograph_files::ContentHash;
use radiograph_libtorch::Device;
use tch::{Kind, Tensor};

/// `[C, H, W]` of the images.
pub(crate) const INPUT: [usize; 3] = [3, 9, 9];
/// `[C, H, W]` of the features.
pub(crate) const SHAPE: [usize; 3] = [5, 4, 4];
const VALUES: usize = 80;

/// A convolution of 3 × 3 with stride 2, and a ReLU.
#[derive(Debug)]
pub(crate) struct TinyNetwork {
    weights: Tensor,
    /// Number of images for which its simulated memory has room.
    pub(crate) room: usize,
}

impl TinyNetwork {
    pub(crate) fn new() -> Self {
        let weights = Tensor::arange(5 * 27, (Kind::Float, tch::Device::Cpu)).sin().view([5, 3, 3, 3]);
        Self { weights, room: usize::MAX }
    }

    pub(crate) fn with_room(images: usize) -> Self {
        Self { room: images, ..Self::new() }
    }
}

impl FrozenNetwork for TinyNetwork {
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        if images.size()[0] as usize > self.room {
            let reason = "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 11.17 GiB total capacity)";
            return Err(BackboneError::Libtorch { reason: reason.to_owned() });
        }
        let none: Option<Tensor> = None;
        Ok(images.f_conv2d(&self.weights, none, [2, 2], [0, 0], [1, 1], 1)?.f_relu()?)
    }

    fn device(&self) -> Device {
        Device::CPU
    }
}

/// The content of image file number `number`.
pub(crate) fn content(number: usize) -> ContentHash {
    ContentHash::of_bytes(format!("image {number}").as_bytes())
}

/// Pixels of an image file: values between −1 and 1, derived from its content and variant.
pub(crate) fn pixels(content: ContentHash, variant: u32) -> Pixels {
    let bytes = content.as_bytes();
    let value = |place: usize| {
        let byte = bytes[place % 32] ^ (place as u8).wrapping_mul(37) ^ (variant as u8).wrapping_mul(101);
        f32::from(byte) / 127.5 - 1.0
    };
    Pixels { content, shape: INPUT, values: (0..INPUT.iter().product()).map(value).collect() }
}

pub(crate) fn input(number: usize) -> Input<'static> {
    variant(number, 0)
}

pub(crate) fn variant(number: usize, variant: u32) -> Input<'static> {
    let content = content(number);
    let feature = FeatureId::variant(content, variant);
    Input::new(format!("scene:{number}"), feature, move || Ok(pixels(content, variant)))
}

pub(crate) fn inputs(count: usize) -> Vec<Input<'static>> {
    (0..count).map(input).collect()
}

pub(crate) fn key() -> ExtractionKey {
    ExtractionKey {
        backbone: "tiny".to_owned(),
        weights: ContentHash::of_bytes(b"sines"),
        preprocessing: "none".to_owned(),
        lineage: "none".to_owned(),
        precision: Element::F32,
        computation: None,
    }
}

pub(crate) fn settings() -> ExtractionSettings {
    ExtractionSettings::new(INPUT).with_batch(8).with_decoders(3)
}

pub(crate) fn open(folder: &Path, part: Part) -> Extraction {
    let description = StoreDescription::new(key(), SHAPE).unwrap();
    Extraction::open(folder, &description, part).unwrap()
}

/// Extracts with these networks, and returns its events in short words.
pub(crate) fn extract_with(
    folder: &Path,
    inputs: Vec<Input<'_>>,
    networks: Vec<TinyNetwork>,
    settings: &ExtractionSettings,
) -> (Result<ExtractionReport, ExtractionError>, Vec<String>) {
    let mut told = Vec::new();
    let report = open(folder, Part::WHOLE).run(
        inputs,
        || Ok(networks),
        settings,
        |event| {
            told.push(match event {
                Event::Started { features, present, batch } => {
                    format!("started {features} {present} {batch}")
                }
                Event::Computed { features } => format!("computed {features}"),
                Event::Failed(failure) => format!("failed {failure}"),
                Event::BatchHalved { batch, .. } => format!("halved {batch}"),
                Event::Stored { features } => format!("stored {features}"),
                other => panic!("{other:?}"),
            });
        },
    );
    (report, told)
}

/// Extracts with one network that has unlimited memory.
pub(crate) fn extract(folder: &Path, inputs: Vec<Input<'_>>) -> ExtractionReport {
    extract_with(folder, inputs, vec![TinyNetwork::new()], &settings()).0.unwrap()
}

/// Every file of a store except locks, by name.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for below in ["", "index/"] {
        for entry in fs::read_dir(folder.join(below)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{below}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_file() && !name.ends_with(".lock") {
                files.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

/// The stored features of one image.
pub(crate) fn stored(folder: &Path, feature: FeatureId) -> Vec<f32> {
    let mut values = vec![0.0; VALUES];
    FeatureStore::open(folder).unwrap().read(&[feature], &mut values).unwrap();
    values
}

/// The features by the definition of a convolution, in f64.
pub(crate) fn by_definition(pixels: &Pixels) -> Vec<f64> {
    let [channels, height, width] = INPUT;
    let [maps, rows, columns] = SHAPE;
    let mut features = Vec::new();
    for (map, row, column) in (0..maps)
        .flat_map(|map| (0..rows).flat_map(move |row| (0..columns).map(move |column| (map, row, column))))
    {
        let mut sum = 0.0;
        for (channel, down, across) in (0..channels).flat_map(|channel| {
            (0..3).flat_map(move |down| (0..3).map(move |across| (channel, down, across)))
        }) {
            let weight = f64::from(((map * channels + channel) * 9 + down * 3 + across) as u16).sin();
            let place = (channel * height + 2 * row + down) * width + 2 * column + across;
            sum += weight * f64::from(pixels.values[place]);
        }
        features.push(sum.max(0.0));
    }
    features
}

/// The largest difference between two lists of features.
pub(crate) fn difference(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found
        .iter()
        .zip(expected)
        .map(|(found, expected)| (f64::from(*found) - expected).abs())
        .fold(0.0, f64::max)
}
