//! The record of a file of weights: origin, licence, lineage and input. Unknown values are `None`; none is guessed.

use radiograph_files::ContentHash;
use radiograph_input::{Filter, Normalisation};
use serde::{Deserialize, Serialize};

use crate::{Architecture, Lineage};

/// The record of a file of weights: what it is, its origin, and the input of its network.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsRecord {
    /// Name, such as `inception_v3.tv_in1k`: architecture, point, publisher.
    pub name: String,
    /// Network of the weights.
    pub architecture: Architecture,
    /// Training data, in words; `None` if unknown.
    pub trained_on: Option<String>,
    /// Address of the published file, or of the file it was converted from; `None` if unknown.
    pub source_url: Option<String>,
    /// How the file was made from the published one, in words; `None` if it is as published.
    pub origin: Option<String>,
    /// Revision of the source, such as a commit; `None` if unknown.
    pub revision: Option<String>,
    /// SHA-256 of the file; `None` if none is published. Installed files always have one, recorded at first use.
    pub sha256: Option<ContentHash>,
    /// Licence as the source states it; `None` if unknown.
    pub licence: Option<String>,
    /// Lineage: how the network of these weights computes.
    pub lineage: Lineage,
    /// Side of the training images in pixels.
    pub input_size: u32,
    /// Normalisation of the images that the network was trained with.
    pub normalisation: Normalisation,
    /// Filter with which the publisher resizes images; `None` if the publisher names none, as Keras does not.
    pub interpolation: Option<Filter>,
    /// Shorter side in pixels, before the publisher's evaluation cuts out the central square of `input_size`; `None` if
    /// the publisher does not say.
    pub resize: Option<u32>,
    /// Public collections of radiographs among the training data, by their names in a manifest; empty if there are none,
    /// `None` if unknown.
    #[serde(default)]
    pub collections: Option<Vec<String>>,
    /// SHA-256 of the files of radiographs among the training data; `None` if there is no list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub films: Option<Vec<ContentHash>>,
}

impl WeightsRecord {
    /// Whether the source is a safetensors file, which can be fetched and used as it is; others must be converted first.
    pub fn is_fetchable(&self) -> bool {
        self.source_url.as_ref().is_some_and(|url| url.ends_with(".safetensors"))
    }

    /// Address of the file at its revision. Hugging Face resolves whole commits only, so a record with the first digits of
    /// one is fetched from the newest revision, and its SHA-256 decides.
    pub fn address(&self) -> Option<String> {
        let url = self.source_url.as_ref()?;
        let whole = |revision: &&String| {
            revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        Some(match self.revision.as_ref().filter(whole) {
            Some(revision) => url.replace("/resolve/main/", &format!("/resolve/{revision}/")),
            None => url.clone(),
        })
    }
}
