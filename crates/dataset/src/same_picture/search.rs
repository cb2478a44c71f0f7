//! From fingerprints to pairs.

use std::collections::HashMap;

use radiograph_files::ContentHash;
use serde::{Deserialize, Serialize};

use super::{Evidence, Fingerprint, SamePicture};
use crate::DatasetError;

/// What counts as the same picture, and how hard to look for it.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {}

/// The pairs of images that show the same picture, sorted by their positions; the same list for any number of threads.
///
/// # Errors
///
/// [`DatasetError::SamePicture`] if a setting is out of its range.
pub fn find(images: &[Fingerprint], _settings: &Search) -> Result<Vec<SamePicture>, DatasetError> {
    let mut pairs = Vec::new();
    let mut first_with: HashMap<ContentHash, usize> = HashMap::new();
    let mut first_with_pixels: HashMap<ContentHash, usize> = HashMap::new();
    for (second, image) in images.iter().enumerate() {
        let mut same = |first: usize, evidence| pairs.push(SamePicture { first, second, evidence });
        if let Some(&first) = first_with.get(&image.content()) {
            same(first, Evidence::SameBytes);
            continue;
        }
        first_with.insert(image.content(), second);
        match first_with_pixels.get(&image.pixels()) {
            Some(&first) => same(first, Evidence::SamePixels),
            None => {
                first_with_pixels.insert(image.pixels(), second);
            }
        }
    }
    pairs.sort_by_key(|pair| (pair.first, pair.second));
    Ok(pairs)
}
