//! Searches fingerprints for pairs of the same picture: equal files, near hashes confirmed, pictures looked up.

use std::collections::HashMap;

use radiograph_files::ContentHash;
use rayon::prelude::*;

use crate::{
    Evidence, Fingerprint, SamePicture, SamePictureError, Search, comparable::Comparable, forest::Forest,
    look_up::by_look_up, near::by_hash,
};

/// The pairs of images that show the same picture, sorted by their positions; see [`SamePicture`] on what stands for
/// more than two. The same list for any number of threads, and the same groups for any order of the images.
///
/// # Errors
///
/// [`SamePictureError::Setting`] if a setting is out of its range.
pub fn find(images: &[Fingerprint], settings: &Search) -> Result<Vec<SamePicture>, SamePictureError> {
    settings.check()?;
    let (mut pairs, distinct) = equal(images);
    let compared = distinct.par_iter().filter(|&&position| !images[position].is_blank());
    let mut pictures: Vec<Comparable<'_>> =
        compared.map(|&position| Comparable { position, fingerprint: &images[position] }).collect();
    // What is tried, and in which order, depends on the pictures and not on their positions.
    pictures.par_sort_by_key(|picture| picture.fingerprint.pixels());
    let mut forest = Forest::new(pictures.len());
    let mut found = by_hash(&pictures, settings, &mut forest);
    if settings.crops || settings.altered {
        found.extend(by_look_up(&pictures, settings, &mut forest));
    }
    pairs.extend(found.into_iter().map(|(first, second, evidence)| {
        let (first, second) = (pictures[first].position, pictures[second].position);
        if first < second {
            SamePicture { first, second, evidence }
        } else {
            SamePicture { first: second, second: first, evidence: evidence.swapped() }
        }
    }));
    pairs.sort_by_key(|pair| (pair.first, pair.second));
    Ok(pairs)
}

/// Pairs of equal bytes or pixels, each with the first of its kind, and the positions of all first ones.
fn equal(images: &[Fingerprint]) -> (Vec<SamePicture>, Vec<usize>) {
    let (mut pairs, mut distinct) = (Vec::new(), Vec::new());
    let mut with_bytes: HashMap<ContentHash, usize> = HashMap::new();
    let mut with_pixels: HashMap<ContentHash, usize> = HashMap::new();
    for (second, image) in images.iter().enumerate() {
        let mut same = |first: usize, evidence| pairs.push(SamePicture { first, second, evidence });
        if let Some(&first) = with_bytes.get(&image.content()) {
            same(first, Evidence::SameBytes);
            continue;
        }
        with_bytes.insert(image.content(), second);
        if let Some(&first) = with_pixels.get(&image.pixels()) {
            same(first, Evidence::SamePixels);
            continue;
        }
        with_pixels.insert(image.pixels(), second);
        distinct.push(second);
    }
    (pairs, distinct)
}
