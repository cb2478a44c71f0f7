//! Reasons why the content of a file does not become a picture.

use std::fmt;

use crate::ImageFormat;

/// Why the content of one file does not become a picture. The path stands in
/// [`ImageError::Undecodable`](crate::ImageError::Undecodable) around it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Undecodable {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,

    /// The file is larger than the limit.
    #[error(
        "the file has {bytes} bytes, the limit is {limit}; raise `file_bytes` if it is what it should be"
    )]
    TooManyBytes {
        /// Size of the file.
        bytes: u64,
        /// [`Limits::file_bytes`](crate::Limits::file_bytes).
        limit: u64,
    },

    /// The header promises more pixels than the limit.
    #[error(
        "the header promises {width} × {height} pixels, the limits are {side} a side and {pixels} altogether; \
         raise `side` and `pixels` if it is what it should be"
    )]
    TooManyPixels {
        /// Promised width.
        width: u64,
        /// Promised height.
        height: u64,
        /// [`Limits::side`](crate::Limits::side).
        side: u32,
        /// [`Limits::pixels`](crate::Limits::pixels).
        pixels: u64,
    },

    /// Decoding would hold more memory than the limit.
    #[error(
        "decoding would hold {bytes} bytes, the limit is {limit}; raise `allocation` if it is what it should be"
    )]
    TooMuchMemory {
        /// What decoding would hold.
        bytes: u64,
        /// [`Limits::allocation`](crate::Limits::allocation).
        limit: u64,
    },

    /// The first bytes are those of no image format.
    #[error("the content is no image format that is known (PNG, JPEG, TIFF, BMP, WebP, DICOM){}", hint(*.text))]
    NotAnImage {
        /// Whether the first bytes are readable text, such as an error page saved under an image's name.
        text: bool,
    },

    /// A text stands in the image's place.
    #[error("this is {what} in the image's place; fetch the image itself")]
    TextInstead {
        /// What kind of text.
        what: TextKind,
    },

    /// The format is told by its first bytes, but nothing here decodes it.
    #[error("{format} images are not decoded; convert the file to PNG or DICOM")]
    UnsupportedFormat {
        /// The format.
        format: ImageFormat,
    },

    /// The format is decoded, this variety of it is not.
    #[error("this {format} holds {what}, which is not decoded; {remedy}")]
    UnsupportedVariety {
        /// The format.
        format: ImageFormat,
        /// Content that is not supported.
        what: String,
        /// Remedy.
        remedy: &'static str,
    },

    /// The file holds an animation, pages or frames: which of them is meant is not for a program to guess.
    #[error("this {format} holds {}, one image a file is read; save the right one by itself", frames_text(*.frames))]
    SeveralFrames {
        /// The format.
        format: ImageFormat,
        /// How many, when the header says.
        frames: Option<u64>,
    },

    /// A frame was asked for that the file does not have.
    #[error("there is no frame {frame}; the file has {frames}, counted from 0")]
    NoSuchFrame {
        /// The frame, counted from 0.
        frame: u32,
        /// Number of frames.
        frames: u32,
    },

    /// The file has a header, but no pixels.
    #[error("the file holds no pixels")]
    NoPixels,

    /// The content ends too early or contradicts itself.
    #[error("damaged {format}: {reason}")]
    Damaged {
        /// The format.
        format: ImageFormat,
        /// The decoder's message.
        reason: String,
    },

    /// A decoding library panicked; the panic was stopped at this image.
    #[error("the decoder broke down over this content: {reason}")]
    DecoderPanicked {
        /// The panic's message.
        reason: String,
    },
}

impl Undecodable {
    pub(crate) fn damaged(format: ImageFormat, reason: impl Into<String>) -> Self {
        // Libraries chain several lines; a report of thousands of files has one line for each.
        let reason = reason.into().lines().map(str::trim).collect::<Vec<_>>().join("; ");
        Self::Damaged { format, reason }
    }
}

/// Texts that downloads leave in the place of files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TextKind {
    /// Pointer of Git LFS.
    LfsPointer,
    /// Pointer of git-annex.
    AnnexPointer,
    /// Web page, such as a login or an error.
    WebPage,
    /// XML, such as the error of a storage service.
    Xml,
    /// JSON, such as the error of a web service.
    Json,
}

impl TextKind {
    /// The kind of a text that begins with these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let head = &bytes[..bytes.len().min(512)];
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        let lower = head.to_ascii_lowercase();
        let begins = |starts: &[&str]| starts.iter().any(|start| lower.starts_with(start.as_bytes()));
        if begins(&["version https://git-lfs", "version https://hawser"]) {
            Some(Self::LfsPointer)
        } else if begins(&["/annex/objects/", "../.git/annex/", ".git/annex/"]) {
            Some(Self::AnnexPointer)
        } else if begins(&["<!doctype html", "<html", "<head", "<body"])
            || begins(&["<!--", "<?xml"]) && lower.windows(5).any(|word| word == b"<html")
        {
            Some(Self::WebPage)
        } else if begins(&["<?xml", "<error"]) {
            Some(Self::Xml)
        } else if begins(&["{"])
            && lower.contains(&b'"')
            && lower.iter().all(|&byte| byte >= b' ' || byte.is_ascii_whitespace())
        {
            Some(Self::Json)
        } else {
            None
        }
    }
}

impl fmt::Display for TextKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LfsPointer => "a pointer of Git LFS",
            Self::AnnexPointer => "a pointer of git-annex",
            Self::WebPage => "a web page",
            Self::Xml => "an XML text",
            Self::Json => "a JSON text",
        })
    }
}

fn hint(text: bool) -> &'static str {
    if text { ": it is text; was an error page saved under this name?" } else { "" }
}

fn frames_text(frames: Option<u64>) -> String {
    frames.map_or_else(|| "several frames".to_owned(), |frames| format!("{frames} frames"))
}
