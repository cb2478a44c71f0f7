//! The shape of a feature map: channels, height and width.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Channels, height and width of a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeatureShape {
    /// Number of channels.
    pub channels: i64,
    /// Number of rows of the grid.
    pub height: i64,
    /// Number of columns of the grid.
    pub width: i64,
}

impl FeatureShape {
    /// The number of values of a map.
    pub fn len(self) -> usize {
        // `HeadConfig` refuses negative and enormous sides. Here they count as 0 and as the largest number.
        [self.channels, self.height, self.width]
            .iter()
            .map(|side| usize::try_from(*side).unwrap_or(0))
            .fold(1, usize::saturating_mul)
    }

    /// Whether a map has no values.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for FeatureShape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} x {} x {}", self.channels, self.height, self.width)
    }
}
