//! Limits on the size of an image. Headers are checked against them before any pixel is allocated.

use serde::{Deserialize, Serialize};

use crate::Undecodable;

/// Limits on one image. They are on by default, because images come from strangers.
///
/// The largest radiograph among the collections that this project reads has 27 million pixels and 8 MB.
///
/// ```
/// use radiograph_image::Limits;
///
/// let strict = Limits { pixels: 16 << 20, ..Limits::default() };
/// assert!(strict.pixels < Limits::default().pixels);
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Maximum size of the file in bytes.
    pub file_bytes: u64,
    /// Maximum width and height in pixels.
    pub side: u32,
    /// Maximum number of pixels.
    pub pixels: u64,
    /// Maximum number of bytes that decoding holds at once beside the file itself. Decoders whose libraries cannot count are
    /// bounded by `pixels` instead.
    pub allocation: u64,
}

impl Default for Limits {
    /// 128 MiB a file, 20,000 pixels a side, 64 million pixels, 256 MiB.
    fn default() -> Self {
        Self { file_bytes: 128 << 20, side: 20_000, pixels: 64_000_000, allocation: 256 << 20 }
    }
}

impl Limits {
    /// Checks a header's promise: `samples` values of `bytes_each` bytes a pixel.
    pub(crate) fn check(
        &self,
        width: u64,
        height: u64,
        samples: u64,
        bytes_each: u64,
    ) -> Result<(), Undecodable> {
        if width == 0 || height == 0 {
            return Err(Undecodable::NoPixels);
        }
        let pixels = width.saturating_mul(height);
        if width > u64::from(self.side) || height > u64::from(self.side) || pixels > self.pixels {
            return Err(Undecodable::TooManyPixels { width, height, side: self.side, pixels: self.pixels });
        }
        let bytes = pixels.saturating_mul(samples).saturating_mul(bytes_each);
        if bytes > self.allocation {
            return Err(Undecodable::TooMuchMemory { bytes, limit: self.allocation });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_checked_without_overflow() {
        let limits = Limits::default();
        assert!(limits.check(5_623, 4_757, 3, 1).is_ok());
        assert!(matches!(limits.check(60_000, 60_000, 1, 1), Err(Undecodable::TooManyPixels { .. })));
        assert!(matches!(limits.check(u64::MAX, u64::MAX, 4, 2), Err(Undecodable::TooManyPixels { .. })));
        assert!(matches!(limits.check(0, 5, 1, 1), Err(Undecodable::NoPixels)));
        let small = Limits { allocation: 100, ..limits };
        assert!(matches!(small.check(10, 10, 3, 1), Err(Undecodable::TooMuchMemory { bytes: 300, .. })));
    }
}
