//! Names of the four networks. `radiograph-backbone` builds the networks.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A convolutional network, named as in configurations and file names.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// VGG19 without batch normalisation (Simonyan & Zisserman 2015).
    Vgg19,
    /// DenseNet121 (Huang et al. 2017).
    #[serde(rename = "densenet121")]
    DenseNet121,
    /// InceptionV3 (Szegedy et al. 2016).
    InceptionV3,
    /// Inception-ResNetV2 (Szegedy et al. 2017).
    #[serde(rename = "inception_resnet_v2")]
    InceptionResNetV2,
}

/// A text that names none of the four networks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is not a known network; known: vgg19, densenet121, inception_v3, inception_resnet_v2")]
#[non_exhaustive]
pub struct UnknownArchitecture {
    /// Text given.
    pub text: String,
}

impl Architecture {
    /// All networks.
    pub const ALL: [Self; 4] = [Self::Vgg19, Self::DenseNet121, Self::InceptionV3, Self::InceptionResNetV2];

    /// Name of the network in text and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vgg19 => "vgg19",
            Self::DenseNet121 => "densenet121",
            Self::InceptionV3 => "inception_v3",
            Self::InceptionResNetV2 => "inception_resnet_v2",
        }
    }

    /// Guesses the network from the names of its parameters, by the first convolution alone; `None` if none of the four
    /// fits. Use it for messages; [`StateFile::open`](crate::StateFile::open) checks whether a file is complete.
    pub fn recognise<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        names.into_iter().find_map(|name| match name {
            "features.0.weight" => Some(Self::Vgg19),
            "features.conv0.weight" => Some(Self::DenseNet121),
            "Conv2d_1a_3x3.conv.weight" => Some(Self::InceptionV3),
            "conv2d_1a.conv.weight" => Some(Self::InceptionResNetV2),
            _ => None,
        })
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = UnknownArchitecture;

    fn from_str(text: &str) -> Result<Self, UnknownArchitecture> {
        Self::ALL
            .into_iter()
            .find(|architecture| architecture.name() == text)
            .ok_or_else(|| UnknownArchitecture { text: text.chars().take(80).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_from_text_and_from_json() {
        for architecture in Architecture::ALL {
            assert_eq!(architecture.name().parse::<Architecture>().unwrap(), architecture);
            let json = serde_json::to_string(&architecture).unwrap();
            assert_eq!(json, format!("\"{architecture}\""));
            assert_eq!(serde_json::from_str::<Architecture>(&json).unwrap(), architecture);
        }
        assert!("VGG19".parse::<Architecture>().is_err());
    }
}
