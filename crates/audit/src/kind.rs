//! The probes of an audit: what each may look at, and what it must tell.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A probe of an audit: a simple model that sees one kind of input. The last two predict the source within one class; all
/// others predict the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Probe {
    /// Tells the class from the published file's metadata: width, height, bits, colour, format, size and header.
    Metadata,
    /// Tells the class from a ring of pixels along the border.
    Border,
    /// Tells the class from the picture with its centre blacked out.
    CentreOut,
    /// Tells the class from the source alone.
    SourcePrior,
    /// Tells the source from the small picture, within one class.
    SourceInPictures,
    /// Tells the source from features of the network, within one class.
    SourceInFeatures,
}

impl Probe {
    /// All probes, in the order of tables.
    pub const ALL: [Self; 6] = [
        Self::Metadata,
        Self::Border,
        Self::CentreOut,
        Self::SourcePrior,
        Self::SourceInPictures,
        Self::SourceInFeatures,
    ];

    /// Whether the probe is asked for the class; otherwise it is asked for the source.
    #[must_use]
    pub const fn tells_class(self) -> bool {
        !matches!(self, Self::SourceInPictures | Self::SourceInFeatures)
    }

    /// Name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Border => "border",
            Self::CentreOut => "centre blacked out",
            Self::SourcePrior => "source alone",
            Self::SourceInPictures => "source in pictures",
            Self::SourceInFeatures => "source in features",
        }
    }

    /// Input of the probe, as words that follow "sees"; for the source probes, also what they must tell.
    #[must_use]
    pub const fn knows(self) -> &'static str {
        match self {
            Self::Metadata => "width, height, bits, colour, format, size and header of the published file",
            Self::Border => "a ring of 3 pixels along the border of a 32 × 32 picture",
            Self::CentreOut => "a 32 × 32 picture with the central half of its area blacked out",
            Self::SourcePrior => "the source and its class frequencies in training",
            Self::SourceInPictures => "a 32 × 32 picture; must tell the source within one class",
            Self::SourceInFeatures => {
                "pooled features of the frozen network; must tell the source within one class"
            }
        }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
