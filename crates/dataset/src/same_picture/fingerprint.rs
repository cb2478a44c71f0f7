//! What one decode leaves of an image: enough to find it again.

use std::path::Path;

use radiograph_files::{ContentHash, ContentHashing};
use rayon::prelude::*;

use crate::{
    DatasetError,
    image::{Limits, Picture, Samples, decode, read_file},
};

/// What images are compared by.
#[derive(Clone, Debug, PartialEq)]
pub struct Fingerprint {
    content: ContentHash,
    pixels: ContentHash,
}

impl Fingerprint {
    /// Reads and decodes the file once.
    ///
    /// # Errors
    ///
    /// As [`decode_file`](crate::image::decode_file).
    pub fn of_file(path: &Path, limits: &Limits) -> Result<Self, DatasetError> {
        let bytes = read_file(path, limits)?;
        let picture =
            decode(&bytes, limits).map_err(|reason| DatasetError::Image { path: path.to_owned(), reason })?;
        Ok(Self::of_picture(ContentHash::of_bytes(&bytes), picture))
    }

    /// The fingerprint of a picture decoded elsewhere from a file with this hash, so that no image is decoded twice.
    pub fn of_picture(content: ContentHash, picture: Picture) -> Self {
        let gray = picture.into_gray();
        Self { content, pixels: hash_of_pixels(&gray) }
    }

    /// The hash of the file's bytes.
    pub fn content(&self) -> ContentHash {
        self.content
    }

    /// The hash of size, depth and gray values (Rec. 601 luma).
    pub fn pixels(&self) -> ContentHash {
        self.pixels
    }
}

/// The fingerprints of files, in their order, on all threads of rayon's pool. A file that cannot be read or decoded has
/// its error in its place.
pub fn fingerprints<P: AsRef<Path> + Sync>(
    files: &[P],
    limits: &Limits,
) -> Vec<Result<Fingerprint, DatasetError>> {
    files.par_iter().map(|file| Fingerprint::of_file(file.as_ref(), limits)).collect()
}

fn hash_of_pixels(gray: &Picture) -> ContentHash {
    let mut hashing = ContentHashing::new();
    for number in [gray.width(), gray.height(), gray.bits()] {
        hashing.update(&number.to_le_bytes());
    }
    match gray.samples() {
        Samples::Gray8(values) | Samples::Rgb8(values) => hashing.update(values),
        Samples::Gray16(values) | Samples::Rgb16(values) => {
            for part in values.chunks(4096) {
                let bytes: Vec<u8> = part.iter().flat_map(|value| value.to_le_bytes()).collect();
                hashing.update(&bytes);
            }
        }
    }
    hashing.finish()
}
