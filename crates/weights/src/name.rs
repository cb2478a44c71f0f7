//! Names of weights, which are also file names, and the texts by which a configuration chooses weights.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Architecture, architecture::known};

/// Name of weights: an architecture, such as `inception_v3`, or an architecture, a point and a publisher, such as
/// `inception_v3.keras`. It has at most 64 lower-case letters, digits, `_`, `-` and `.`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct WeightsName {
    text: String,
    architecture: Architecture,
}

/// A text that names no weights.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// A text that is not a network, or a network, a point and a suffix.
    #[error(
        "`{text}` is not a name of weights; give a network ({}), and perhaps a point and lower-case letters, digits, `_` or \
         `-`",
        known()
    )]
    Name {
        /// Text given.
        text: String,
    },
    /// Random weights without a valid seed.
    #[error("`{text}` does not name random weights; write random: and a seed from 0 to 18446744073709551615")]
    Seed {
        /// Text given.
        text: String,
    },
}

impl WeightsName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The network that it names.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }
}

impl From<Architecture> for WeightsName {
    fn from(architecture: Architecture) -> Self {
        Self { text: architecture.name().to_owned(), architecture }
    }
}

impl fmt::Display for WeightsName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for WeightsName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (architecture, whose) = text.split_once('.').unwrap_or((text, "-"));
        let architecture = architecture.parse::<Architecture>();
        let allowed = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_' | '-' | '.');
        // A name begins with an architecture, so it cannot be `..` or leave its folder.
        match architecture {
            Ok(architecture) if text.len() <= 64 && !whose.is_empty() && whose.chars().all(allowed) => {
                Ok(Self { text: text.to_owned(), architecture })
            }
            _ => Err(NameError::Name { text: text.chars().take(80).collect() }),
        }
    }
}

/// A user's choice of weights: `inception_v3`, `random:7`, or the path of a file.
///
/// ```
/// use radiograph_weights::WeightsChoice;
///
/// assert_eq!("random:7".parse::<WeightsChoice>()?, WeightsChoice::Random { seed: 7 });
/// assert!(matches!("inception_v3.keras".parse()?, WeightsChoice::Installed(_)));
/// assert!(matches!("./inception_v3.keras.safetensors".parse()?, WeightsChoice::File(_)));
/// assert!("random".parse::<WeightsChoice>().is_err());
/// # Ok::<(), radiograph_weights::NameError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WeightsChoice {
    /// Weights that `radiograph weights` installed.
    Installed(WeightsName),
    /// A safetensors file that names its lineage. The text contains a `/` or ends in `.safetensors`.
    File(PathBuf),
    /// Random weights drawn from a seed, for trials only. They are never a fallback.
    Random {
        /// The seed.
        seed: u64,
    },
}

impl fmt::Display for WeightsChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed(name) => name.fmt(formatter),
            Self::File(path) => path.display().fmt(formatter),
            Self::Random { seed } => write!(formatter, "random:{seed}"),
        }
    }
}

impl FromStr for WeightsChoice {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if let Some(seed) = text.strip_prefix("random:") {
            return match seed.parse() {
                // No sign and no leading zeros, so that each seed has one name.
                Ok(seed) if text == format!("random:{seed}") => Ok(Self::Random { seed }),
                _ => Err(NameError::Seed { text: text.chars().take(80).collect() }),
            };
        }
        if text.contains('/') || text.ends_with(".safetensors") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        text.parse().map(Self::Installed)
    }
}

impl Serialize for WeightsChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WeightsChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_or_confuse_it_are_refused() {
        let long = format!("vgg19.{}", "a".repeat(60));
        for text in
            ["", ".", "..", "../vgg19", "vgg19.", "vgg19./x", "vgg19.a b", "vgg19.É", "VGG19", "lock", &long]
        {
            assert!(matches!(text.parse::<WeightsName>(), Err(NameError::Name { .. })), "{text}");
        }
        assert_eq!("vgg19.tv_in1k".parse::<WeightsName>().unwrap().architecture(), Architecture::VGG19);
    }

    #[test]
    fn choices_read_back() {
        for text in
            ["vgg19", "inception_v3.tv_in1k", "random:0", "random:18446744073709551615", "/a/b.safetensors"]
        {
            let choice: WeightsChoice = text.parse().unwrap();
            assert_eq!(choice.to_string(), text);
            let json = serde_json::to_string(&choice).unwrap();
            assert_eq!(serde_json::from_str::<WeightsChoice>(&json).unwrap(), choice);
        }
        for text in
            ["random:", "random:-1", "random:+1", "random:01", "random:1.5", "random:18446744073709551616"]
        {
            assert!(matches!(text.parse::<WeightsChoice>(), Err(NameError::Seed { .. })), "{text}");
        }
    }
}
