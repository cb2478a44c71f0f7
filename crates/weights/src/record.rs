//! What is known of a file of weights. Unknown is unknown: no checksum, revision or size was guessed.

use radiograph_files::ContentHash;
use radiograph_input::{Filter, Normalisation};
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
    /// Normalisation of the images that the network was trained with.
    pub normalisation: Normalisation,
    /// Filter with which the publisher resizes images; `None` if the publisher names none, as Keras does not.
    pub interpolation: Option<Filter>,
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
