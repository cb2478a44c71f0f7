//! The record of one explained image, an entry of `explanations.json`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One test image with its heat map and the measured shares of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Explained {
    /// Id of the image.
    pub id: String,
    /// Collection of the image.
    pub source: String,
    /// True class.
    pub truth: String,
    /// Predicted class, which the map explains.
    pub predicted: String,
    /// Probability of the predicted class, 0 to 1.
    pub probability: f64,
    /// Panel file, relative to the model's folder.
    pub panel: PathBuf,
    /// Reason why the map is empty, if it is.
    pub nothing: Option<String>,
    /// Share of the evidence in the outer tenth of the image, 0 to 1.
    pub in_border: Option<f64>,
    /// Share of the image's area in its outer tenth, which is the value of a uniform map.
    pub border_share: f64,
    /// Share of the evidence outside the body, 0 to 1.
    pub outside_body: Option<f64>,
    /// Share of the image's area outside the body, which is the value of a uniform map.
    #[serde(default)]
    pub outside_share: Option<f64>,
    /// Height of the text above the tiles of the panel, in pixels.
    #[serde(default)]
    pub caption_height: u32,
    /// Left, top, width and height of picture, heat map and overlay in the panel, in pixels.
    #[serde(default)]
    pub tiles: Vec<[u32; 4]>,
}
