//! Decoders of the codings that DICOM has and picture files seldom: lossless JPEG, 12-bit JPEG, JPEG-LS, JPEG 2000.
//!
//! Each takes a stream and gives interleaved samples, `[H, W]` or `[H, W, channels]`. The caller has held the size in the
//! stream's header against its limits.

mod bits;
pub(crate) mod extended;
mod huffman;
pub(crate) mod jpeg2000;
pub(crate) mod jpeg_ls;
pub(crate) mod lossless;
mod segments;

/// Why a stream is not decoded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// It ends too early or contradicts itself.
    Damaged(String),
    /// Nothing here decodes this variety.
    Unsupported(String),
}

impl Fault {
    fn damaged<T>(reason: impl Into<String>) -> Result<T, Self> {
        Err(Self::Damaged(reason.into()))
    }

    fn unsupported<T>(what: impl Into<String>) -> Result<T, Self> {
        Err(Self::Unsupported(what.into()))
    }

    fn cut() -> Self {
        Self::Damaged("the coded samples are cut off".to_owned())
    }
}

/// Size of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Size {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) samples: u16,
}

impl Size {
    /// Refuses a frame of another size than the attributes promise.
    pub(crate) fn check(self, frame: Self) -> Result<(), Fault> {
        if frame == self {
            return Ok(());
        }
        Fault::damaged(format!(
            "the frame has {} × {} pixels of {} samples, the attributes promise {} × {} of {}",
            frame.width, frame.height, frame.samples, self.width, self.height, self.samples
        ))
    }
}
