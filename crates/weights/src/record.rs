//! What is known of a file of weights. Unknown is unknown: no checksum, revision or size here was guessed.

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
    /// What they were trained on, in words.
    pub trained_on: String,
    /// Where the file can be fetched; `None` if it was given by hand.
    pub source_url: Option<String>,
    /// Where the file came from, in words that its giver wrote into it; `None` if it says nothing.
    pub origin: Option<String>,
    /// The revision of the source, such as a commit; `None` if unknown.
    pub revision: Option<String>,
    /// The SHA-256 of the file; `None` if nobody whom we can cite has published it.
    pub sha256: Option<ContentHash>,
    /// The licence as the source states it; `None` if unknown.
    pub licence: Option<String>,
    /// How the network computed in training.
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

/// How pixels are resampled. The names are those of `radiograph_dataset::preprocess::Filter` too.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// Triangle.
    Bilinear,
    /// Catmull-Rom, a = −0.5.
    Bicubic,
}
