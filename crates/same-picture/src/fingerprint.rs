//! Makes fingerprints: what is kept of a decoded image to compare it with others.

use std::path::Path;

use radiograph_files::{ContentHash, ContentHashing};
use radiograph_image::{ImageError, Limits, Picture, Samples, Stated, decode, read_file};
use rayon::prelude::*;

use crate::{PerceptualHash, Turn, Window, perceptual::Coefficients, thumbnail::Thumbnail};

/// What is kept of an image to compare it with others: hashes of its bytes and pixels, perceptual hashes, a thumbnail.
#[derive(Clone, Debug, PartialEq)]
pub struct Fingerprint {
    content: ContentHash,
    pixels: ContentHash,
    whole: Hashes,
    centre: Hashes,
    thumbnail: Thumbnail,
    inside: Window,
}

/// The perceptual hash of a view as it stands, and after each turn.
#[derive(Clone, Debug, PartialEq)]
struct Hashes {
    upright: PerceptualHash,
    turned: [PerceptualHash; 7],
}

impl Hashes {
    fn new(coefficients: &Coefficients) -> Self {
        let turned = Turn::ALL.map(|turn| coefficients.turned(turn).hash());
        Self { upright: coefficients.hash(), turned }
    }

    fn at(&self, turn: Option<Turn>) -> PerceptualHash {
        // The turns stand in the order of their declaration.
        turn.map_or(self.upright, |turn| self.turned[turn as usize])
    }
}

impl Fingerprint {
    /// Reads and decodes the file once.
    ///
    /// # Errors
    ///
    /// As [`decode_file`](radiograph_image::decode_file).
    pub fn of_file(path: &Path, limits: &Limits) -> Result<Self, ImageError> {
        Self::of_film(path, Stated::default(), limits)
    }

    /// Reads and decodes a film of whose samples its collection says something.
    ///
    /// It is compared as it is shown. The hash of pixels is that of what the file holds, so that copies whose tables disagree
    /// have it in common.
    ///
    /// # Errors
    ///
    /// As [`decode_file`](radiograph_image::decode_file).
    pub fn of_film(path: &Path, stated: Stated, limits: &Limits) -> Result<Self, ImageError> {
        let bytes = read_file(path, limits)?;
        let undecodable = |reason| ImageError::Undecodable { path: path.to_owned(), reason };
        let shown = stated.decode(&bytes, limits).map_err(undecodable)?;
        let content = ContentHash::of_bytes(&bytes);
        if stated.is_empty() {
            return Ok(Self::of_picture(content, shown));
        }
        let held = decode(&bytes, limits).map_err(undecodable)?;
        Ok(Self::of_shown(content, shown, held))
    }

    /// The fingerprint of a picture decoded elsewhere from a file with this hash, so that no image is decoded twice.
    pub fn of_picture(content: ContentHash, picture: Picture) -> Self {
        let gray = picture.into_gray();
        let side = gray.width().min(gray.height());
        let square = gray.crop((gray.width() - side) / 2, (gray.height() - side) / 2, side, side);
        let whole = Hashes::new(&Coefficients::of_picture(&gray));
        let centre = match square {
            Some(square) if gray.width() != gray.height() => Hashes::new(&Coefficients::of_picture(&square)),
            _ => whole.clone(),
        };
        let (thumbnail, inside) = Thumbnail::of_picture(&gray);
        Self { content, pixels: hash_of_pixels(&gray), whole, centre, thumbnail, inside }
    }

    /// The fingerprint of a film that is not shown as its file holds it: see [`of_film`](Self::of_film).
    pub fn of_shown(content: ContentHash, shown: Picture, held: Picture) -> Self {
        Self { pixels: hash_of_pixels(&held.into_gray()), ..Self::of_picture(content, shown) }
    }

    /// The hash of the file's bytes.
    pub fn content(&self) -> ContentHash {
        self.content
    }

    /// The hash of size, depth and gray values (Rec. 601 luma) that the file holds.
    pub fn pixels(&self) -> ContentHash {
        self.pixels
    }

    /// The perceptual hash of the whole image, as it stands or turned.
    pub fn whole(&self, turn: Option<Turn>) -> PerceptualHash {
        self.whole.at(turn)
    }

    /// The perceptual hash of the square in its middle, as wide as the shorter side, as it stands or turned.
    pub fn centre(&self, turn: Option<Turn>) -> PerceptualHash {
        self.centre.at(turn)
    }

    /// Whether the picture shows too little contrast to be compared: only files with equal bytes or pixels are paired with it.
    pub fn is_blank(&self) -> bool {
        self.thumbnail.is_blank()
    }

    /// The picture within its margins.
    pub(crate) fn thumbnail(&self) -> &Thumbnail {
        &self.thumbnail
    }

    /// Where in the image the thumbnail is from.
    pub(crate) fn inside(&self) -> Window {
        self.inside
    }
}

/// The fingerprints of files, in their order, on all threads of rayon's pool. A file that cannot be read or decoded has
/// its error in its place.
pub fn fingerprints<P: AsRef<Path> + Sync>(
    files: &[P],
    limits: &Limits,
) -> Vec<Result<Fingerprint, ImageError>> {
    files.par_iter().map(|file| Fingerprint::of_file(file.as_ref(), limits)).collect()
}

/// The fingerprints of films with what their collections say of their samples, as [`fingerprints`] makes those of files.
pub fn fingerprints_of_films<P: AsRef<Path> + Sync>(
    films: &[(P, Stated)],
    limits: &Limits,
) -> Vec<Result<Fingerprint, ImageError>> {
    films.par_iter().map(|(file, stated)| Fingerprint::of_film(file.as_ref(), *stated, limits)).collect()
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
