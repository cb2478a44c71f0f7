//! Everything that describes a network: its name, its forward pass, and its published weights.

use std::fmt;

use radiograph_input::{Filter, Normalisation};

use crate::{
    Lineage,
    graph::{Builder, Map},
};

/// A network, described once. Facts, expected tensors, costs and the pass itself follow from its forward pass.
#[derive(Clone, Copy)]
pub struct NetworkDefinition {
    /// Name in configurations and file names: at most 40 lower-case letters, digits and `_`.
    pub name: &'static str,
    /// Name as written in prose.
    pub title: &'static str,
    /// Channels of its images: 3, or 1 for gray.
    pub input_channels: i64,
    /// Side of the images for which it was published, in pixels.
    pub native_size: u32,
    /// Number of images that go through the layers at once on the CPU; for the paper's networks chosen by measurement
    /// (`benches/backbone.rs`), for the others not measured.
    pub micro_batch: i64,
    /// Publishers whose weights it computes with, the default first.
    pub families: &'static [Family],
    /// Writes the forward pass from the image to the last map, which must be a named [layer](Builder::layer).
    pub features: fn(&mut Builder, &Lineage) -> Map,
    /// Writes the classifier, from the last map to logits; `None` if it has none.
    pub classifier: Option<fn(&mut Builder, Map) -> Map>,
    /// Writes the auxiliary classifier, which published files may hold and no pass uses.
    pub auxiliary: Option<Auxiliary>,
    /// Published weights, the default first.
    pub published: &'static [Published],
}

impl fmt::Debug for NetworkDefinition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NetworkDefinition").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A publisher of weights, and how its network computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Family {
    /// Name in a file's metadata: `keras`, `torchvision`, `timm`, `torchxrayvision`.
    pub name: &'static str,
    /// How its network computes.
    pub lineage: Lineage,
    /// Normalisation of its images.
    pub normalisation: Normalisation,
}

/// A classifier on an intermediate map, for training only.
#[derive(Clone, Copy, Debug)]
pub struct Auxiliary {
    /// Channels of the map that it reads.
    pub channels: i64,
    /// Writes it.
    pub layers: fn(&mut Builder, Map, &Lineage) -> Map,
}

/// Published weights of a network. What the publisher does not state is `None`.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Name behind the network's name and a point.
    pub tag: &'static str,
    /// Family that published it.
    pub family: &'static str,
    /// Lineage, if it is not the family's.
    pub lineage: Option<Lineage>,
    /// Training data, in words.
    pub trained_on: Option<&'static str>,
    /// Address of the file.
    pub source_url: Option<&'static str>,
    /// Origin in words, if the file is not as published.
    pub origin: Option<&'static str>,
    /// Revision of the source, such as a commit, or its first digits.
    pub revision: Option<&'static str>,
    /// SHA-256 of the file in hexadecimal digits.
    pub sha256: Option<&'static str>,
    /// Checksum of the file that must be converted, as its publisher states it.
    pub original: Option<OriginalChecksum>,
    /// Licence as the source states it.
    pub licence: Option<&'static str>,
    /// Normalisation, if it is not the family's.
    pub normalisation: Option<Normalisation>,
    /// Filter with which the publisher resizes images.
    pub interpolation: Option<Filter>,
    /// Shorter side in pixels before the central square is cut out.
    pub resize: Option<u32>,
    /// Side of the training images in pixels, if it is not the network's native size.
    pub input_size: Option<u32>,
    /// Public collections of radiographs among the training data; `None` if unknown.
    pub collections: Option<&'static [&'static str]>,
}

/// Checksum of a published file that is converted before it is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OriginalChecksum {
    /// MD5 in hexadecimal digits, as in the sources of `keras.applications`.
    Md5(&'static str),
    /// SHA-256 in hexadecimal digits.
    Sha256(&'static str),
}

impl Published {
    /// Weights of this tag and family, of which nothing else is known.
    pub const fn new(tag: &'static str, family: &'static str) -> Self {
        Self {
            tag,
            family,
            lineage: None,
            trained_on: None,
            source_url: None,
            origin: None,
            revision: None,
            sha256: None,
            original: None,
            licence: None,
            normalisation: None,
            interpolation: None,
            resize: None,
            input_size: None,
            collections: None,
        }
    }

    /// Weights trained on ImageNet-1k. Its photographs are no radiographs, so no collection of films was seen.
    pub const fn of_imagenet(tag: &'static str, family: &'static str) -> Self {
        Self { trained_on: Some("ImageNet-1k"), collections: Some(&[]), ..Self::new(tag, family) }
    }
}
