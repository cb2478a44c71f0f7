//! An image file that is read and decoded once, for its prediction, its warnings and its picture.

use std::path::{Path, PathBuf};

use radiograph_dataset::View;
use radiograph_files::ContentHash;
use radiograph_image::{DicomHeader, ImageError, ImageFormat, Limits, Picture, decode_with_gray, read_file};

use crate::Error;

/// Difference between channels (of 255) above which a pixel counts as coloured.
const COLOURED: u8 = 24;

/// A decoded image file.
#[derive(Debug)]
pub struct Film {
    path: PathBuf,
    content: ContentHash,
    view: View,
    stored: Picture,
    gray: Picture,
}

impl Film {
    /// Reads and decodes the file at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Image`] if it cannot be read or is not an image.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let limits = Limits::default();
        let bytes = read_file(path, &limits)?;
        let (stored, gray) = decode_with_gray(&bytes, &limits)
            .map_err(|reason| ImageError::Undecodable { path: path.to_owned(), reason })?;
        Ok(Self {
            path: path.to_owned(),
            content: ContentHash::of_bytes(&bytes),
            view: view(&bytes),
            stored,
            gray,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the file's bytes.
    pub fn content(&self) -> ContentHash {
        self.content
    }

    /// View in the file's DICOM header; unknown for other formats.
    pub fn view(&self) -> View {
        self.view
    }

    /// The stored picture, in colour if the file is.
    pub fn stored(&self) -> &Picture {
        &self.stored
    }

    /// The picture in gray, which is also the input of extraction.
    pub fn gray(&self) -> &Picture {
        &self.gray
    }

    /// Share of pixels, 0 to 1, that are coloured.
    pub fn coloured_share(&self) -> f64 {
        self.stored.coloured_share(COLOURED)
    }
}

fn view(bytes: &[u8]) -> View {
    if ImageFormat::of_content(bytes) != Some(ImageFormat::Dicom) {
        return View::Unknown;
    }
    DicomHeader::of_bytes(bytes)
        .ok()
        .and_then(|header| header.view.as_deref().map(View::read))
        .unwrap_or(View::Unknown)
}
