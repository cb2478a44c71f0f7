//! Makes unequal classes count equally in training without leaving images out: oversampling and class weights.

use std::collections::BTreeMap;

use radiograph_random::Stream;

use crate::ClassName;

/// Positions of training images, some of them several times, so that every class comes as often as the largest: each
/// image of a class comes `n` or `n + 1` times, and chance decides which come once more. Sorted.
///
/// Only for training images, after the split: a copy in another part would be a leak.
///
/// ```
/// use radiograph_dataset::balance::oversample;
///
/// let classes = ["covid", "normal", "normal", "normal"].map(Into::into);
/// assert_eq!(oversample(&classes, 7), [0, 0, 0, 1, 2, 3]);
/// ```
pub fn oversample(classes: &[ClassName], seed: u64) -> Vec<usize> {
    let mut by_class: BTreeMap<&ClassName, Vec<usize>> = BTreeMap::new();
    for (image, class) in classes.iter().enumerate() {
        by_class.entry(class).or_default().push(image);
    }
    let largest = by_class.values().map(Vec::len).max().unwrap_or(0);
    let mut all = Vec::with_capacity(largest * by_class.len());
    for (class, images) in by_class {
        for _ in 0..largest / images.len() {
            all.extend_from_slice(&images);
        }
        // As many as are missing, drawn without putting back.
        let mut stream = Stream::new(seed, &format!("oversample {class}"));
        let mut rest = images.clone();
        for _ in 0..largest % images.len() {
            all.push(rest.swap_remove(stream.below(rest.len())));
        }
    }
    all.sort_unstable();
    all
}

/// Weights of classes in a loss: `images / (classes × images of the class)`, so that the weighted images of each class sum
/// to the same and the mean weight of an image is 1. This is scikit-learn's `class_weight="balanced"`.
///
/// ```
/// use radiograph_dataset::balance::class_weights;
///
/// let classes = ["covid", "normal", "normal", "normal"].map(Into::into);
/// let weights = class_weights(&classes);
/// assert_eq!(weights[&"covid".into()], 2.0); // 4 / (2 × 1)
/// assert_eq!(weights[&"normal".into()], 4.0 / 6.0);
/// ```
pub fn class_weights(classes: &[ClassName]) -> BTreeMap<ClassName, f64> {
    let mut counts: BTreeMap<ClassName, usize> = BTreeMap::new();
    for class in classes {
        *counts.entry(class.clone()).or_insert(0) += 1;
    }
    let kinds = counts.len() as f64;
    let weight = |count: usize| classes.len() as f64 / (kinds * count as f64);
    counts.into_iter().map(|(class, count)| (class, weight(count))).collect()
}
