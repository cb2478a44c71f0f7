//! A PNG picture that is embedded in the page.

use std::{io::Cursor, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use image::{ImageFormat, RgbImage};
use radiograph_files::FileError;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Error;

/// First bytes of every PNG.
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Maximum size of an embedded picture, in bytes.
pub const MAX_PICTURE_BYTES: usize = 8 << 20;

/// A PNG picture in memory; base64 in files.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    png: Vec<u8>,
    width: u32,
    height: u32,
}

impl Picture {
    /// A picture from the bytes of a PNG. `name` appears in the error message.
    ///
    /// # Errors
    ///
    /// [`Error::NotPng`] unless the bytes begin as a PNG with a width and a height; [`Error::Setting`] beyond
    /// [`MAX_PICTURE_BYTES`].
    pub fn from_png(name: &str, png: Vec<u8>) -> Result<Self, Error> {
        let not_png = || Error::NotPng { name: name.to_owned() };
        if png.len() > MAX_PICTURE_BYTES {
            let (value, range) = (png.len() as u64, "at most 8,388,608 bytes");
            return Err(Error::Setting { name: "the size of a picture", value, range });
        }
        // Signature, length of the first chunk, its name IHDR, then width and height, big-endian (PNG, section 11.2.1).
        let header = png.get(8..24).ok_or_else(not_png)?;
        if !png.starts_with(&SIGNATURE) || &header[4..8] != b"IHDR" {
            return Err(not_png());
        }
        let number =
            |at: usize| header[at..at + 4].iter().fold(0_u32, |number, &byte| number << 8 | u32::from(byte));
        let (width, height) = (number(8), number(12));
        if width == 0 || height == 0 {
            return Err(not_png());
        }
        Ok(Self { png, width, height })
    }

    /// A picture from a PNG file.
    ///
    /// # Errors
    ///
    /// As [`Picture::from_png`], and if the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let png = std::fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
        Self::from_png(&path.display().to_string(), png)
    }

    /// The picture without its uppermost rows, such as a caption that the page has as text. `name` appears in the error message.
    ///
    /// # Errors
    ///
    /// [`Error::NotPng`] if it cannot be decoded, or has no more rows than that.
    pub fn without_top(&self, name: &str, rows: u32) -> Result<Self, Error> {
        let not_png = || Error::NotPng { name: name.to_owned() };
        let height = self.height.checked_sub(rows).filter(|height| *height > 0).ok_or_else(not_png)?;
        let decoded =
            image::load_from_memory_with_format(&self.png, ImageFormat::Png).map_err(|_| not_png())?;
        let mut png = Cursor::new(Vec::new());
        let cut = decoded.crop_imm(0, rows, self.width, height);
        cut.write_to(&mut png, ImageFormat::Png).map_err(|_| not_png())?;
        Self::from_png(name, png.into_inner())
    }

    /// The pixels. `name` appears in the error message.
    pub(crate) fn decoded(&self, name: &str) -> Result<RgbImage, Error> {
        image::load_from_memory_with_format(&self.png, ImageFormat::Png)
            .map(|picture| picture.to_rgb8())
            .map_err(|_| Error::NotPng { name: name.to_owned() })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Number of bytes that it takes in a page.
    pub(crate) fn bytes_in_page(&self) -> usize {
        self.png.len().div_ceil(3) * 4
    }

    /// A `data:` address that holds the whole picture.
    pub(crate) fn data_address(&self) -> String {
        format!("data:image/png;base64,{}", BASE64_STANDARD.encode(&self.png))
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Picture({} × {}, {} bytes)", self.width, self.height, self.png.len())
    }
}

impl Serialize for Picture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.png))
    }
}

impl<'de> Deserialize<'de> for Picture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let png = BASE64_STANDARD.decode(text).map_err(D::Error::custom)?;
        Self::from_png("in JSON", png).map_err(D::Error::custom)
    }
}
