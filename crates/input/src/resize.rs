//! How an image becomes a square of the network's size: which part of it, and with which filter.

use serde::{Deserialize, Serialize};

/// How an image that is not square becomes square.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Both sides resized to the size; the proportions change. Keras and the paper's code do this.
    #[default]
    Stretch,
    /// The longer side resized to the size, black beside the shorter one.
    Pad,
    /// The centre square, as wide as the shorter side.
    CentreCrop,
}

/// Resampling filter.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// Nearest pixel, without antialiasing.
    Nearest,
    /// Triangle.
    #[default]
    Bilinear,
    /// Catmull-Rom, a = −0.5.
    Bicubic,
    /// Lanczos with three lobes.
    Lanczos,
}

impl Filter {
    /// Name in files and configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::Lanczos => "lanczos",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_in_files() {
        for filter in [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
            assert_eq!(serde_json::to_value(filter).unwrap(), filter.name());
        }
        assert_eq!(serde_json::to_value(Fit::CentreCrop).unwrap(), "centre-crop");
    }
}
