//! What is known of a file of weights. Unknown is unknown: no checksum, revision or size was guessed.

use radiograph_files::ContentHash;
use serde::{Deserialize, Serialize};

use crate::{Architecture, Lineage};

/// A file of weights: what it is, where it comes from, and what its network must be fed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsRecord {
    /// Its name, such as `inception_v3.tv_in1k`: the architecture, a point, whose weights they are.
    pub name: String,
    /// The network they are for.
    pub architecture: Architecture,
    /// What they were trained on, in words; `None` if the file does not say.
    pub trained_on: Option<String>,
    /// Where the file, or the one it was converted from, is published; `None` if unknown.
    pub source_url: Option<String>,
    /// How the file came to be what it is, in words; `None` if it is as published.
    pub origin: Option<String>,
    /// The revision of the source, such as a commit; `None` if unknown.
    pub revision: Option<String>,
    /// The SHA-256 of the file; `None` if nobody has published it. An installed file's is always there: it was recorded when
    /// the file was first used.
    pub sha256: Option<ContentHash>,
    /// The licence as the source states it; `None` if unknown.
    pub licence: Option<String>,
    /// How the network computes that they belong to.
    pub lineage: Lineage,
    /// Pixels a side of the images they were trained with.
    pub input_size: u32,
    /// What pixel values become.
    pub normalisation: Normalisation,
    /// How the publisher resizes images; `None` if it leaves that open, as Keras does.
    pub interpolation: Option<Interpolation>,
    /// Pixels of the shorter side before the middle square of `input_size` is cut out, when the publisher evaluates;
    /// `None` if it leaves that open.
    pub resize: Option<u32>,
}

impl WeightsRecord {
    /// Whether the source is a safetensors file, which can be fetched and used as it is; others must be converted first.
    pub fn is_fetchable(&self) -> bool {
        self.source_url.as_ref().is_some_and(|url| url.ends_with(".safetensors"))
    }
}

/// What becomes of a sample `x` of 0 to 255, named as Keras' `preprocess_input` names it. The names are those of
/// `radiograph_dataset::preprocess::Normalisation` too, in code and in files.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// `x / 127.5 − 1`: mean and deviation 0.5 on the scale of 0 to 1.
    Tf,
    /// `(x / 255 − mean) / deviation` with ImageNet's mean (0.485, 0.456, 0.406) and deviation (0.229, 0.224, 0.225).
    Torch,
    /// `x − mean` with ImageNet's mean (123.68, 116.779, 103.939), channels in the order blue, green, red.
    Caffe,
}

impl Normalisation {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tf => "tf",
            Self::Torch => "torch",
            Self::Caffe => "caffe",
        }
    }

    /// The normalisation of this name.
    pub fn of(text: &str) -> Option<Self> {
        [Self::Tf, Self::Torch, Self::Caffe].into_iter().find(|one| one.name() == text)
    }

    /// Mean and deviation of red, green and blue on the scale of 0 to 255: what is fed is `(x − mean) / deviation`, the
    /// channels of [`Caffe`](Self::Caffe) then reversed.
    pub const fn mean_and_deviation(self) -> ([f64; 3], [f64; 3]) {
        match self {
            Self::Tf => ([127.5; 3], [127.5; 3]),
            Self::Torch => ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
            Self::Caffe => ([123.68, 116.779, 103.939], [1.0; 3]),
        }
    }
}

/// How pixels are resampled. The names are those of `radiograph_dataset::preprocess::Filter` too.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// Triangle.
    Bilinear,
    /// Catmull-Rom, a = −0.5.
    Bicubic,
}
