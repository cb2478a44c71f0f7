//! The checked images of an audit.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;
use radiograph_classes::Classes;

use crate::{Error, Image, Part};

/// The images of both parts of a split, checked once. Order matters only for a [`Model`](crate::Model), whose
/// predictions are in the order of the test images.
#[derive(Clone, Debug)]
pub struct Table {
    classes: Classes,
    images: Vec<Image>,
    labels: Vec<usize>,
}

impl Table {
    /// Images of these classes.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::Classes`] at the first class that is not in the set, [`Error::EmptyName`],
    /// [`Error::Width`] or [`Error::NotFinite`].
    pub fn new(classes: &Classes, images: Vec<Image>) -> Result<Self, Error> {
        if images.is_empty() {
            return Err(Error::Empty);
        }
        let mut labels = Vec::with_capacity(images.len());
        let mut width = None;
        for (number, image) in images.iter().enumerate() {
            labels.push(classes.class(&image.class)?.index());
            for (what, name) in [("cluster", &image.cluster), ("source", &image.source)] {
                if name.is_empty() {
                    return Err(Error::EmptyName { what, image: number });
                }
            }
            if let Some(features) = &image.features {
                let (got, expected) = (features.len(), *width.get_or_insert(features.len()));
                if got != expected {
                    return Err(Error::Width { image: number, expected, got });
                }
                if !features.iter().all(|feature| feature.is_finite()) {
                    return Err(Error::NotFinite { what: "feature", image: number });
                }
            }
        }
        Ok(Self { classes: classes.clone(), images, labels })
    }

    /// The classes.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The images.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// Positions of the images of a part, ascending.
    pub(crate) fn rows(&self, part: Part) -> Vec<usize> {
        (0..self.images.len()).filter(|&row| self.images[row].part == part).collect()
    }

    /// Class of an image, as a position in the set.
    pub(crate) fn label(&self, row: usize) -> usize {
        self.labels[row]
    }

    /// Features of these rows, `[N, D]`; callers leave out rows without features.
    pub(crate) fn features(&self, rows: &[usize]) -> Array2<f64> {
        let of = |row: usize| self.images[row].features.as_deref().unwrap_or_default();
        let width = rows.first().map_or(0, |&row| of(row).len());
        Array2::from_shape_fn((rows.len(), width), |(row, column)| f64::from(of(rows[row])[column]))
    }

    /// Names of all sources, sorted.
    pub(crate) fn sources(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.images.iter().map(|image| image.source.as_str()).collect();
        names.into_iter().collect()
    }

    /// Number of clusters of a part.
    pub(crate) fn clusters(&self, part: Part) -> usize {
        let of_part = self.images.iter().filter(|image| image.part == part);
        of_part.map(|image| &image.cluster).collect::<BTreeSet<_>>().len()
    }

    /// What a reader must know about sources and classes before any score, one sentence each.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        let mut classes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for image in &self.images {
            *counts.entry(&image.class).or_default().entry(&image.source).or_default() += 1;
            classes.entry(&image.source).or_default().insert(&image.class);
        }
        let mut notes = Vec::new();
        if classes.len() == 1 {
            notes.push(
                "All images come from one source; what the model does elsewhere is unknown.".to_owned(),
            );
            return notes;
        }
        for name in self.classes.names() {
            let Some(sources) = counts.get(name) else {
                notes.push(format!("No image has the class {name}."));
                continue;
            };
            let all: usize = sources.values().sum();
            if let Some((source, most)) = sources.iter().max_by_key(|(_, count)| **count) {
                let share = 100.0 * *most as f64 / all as f64;
                notes.push(match sources.len() {
                    1 => format!("All {all} images of {name} come from {source}."),
                    _ => format!("{most} of {all} images of {name} ({share:.0} %) come from {source}."),
                });
            }
        }
        let single: Vec<&str> =
            classes.iter().filter(|(_, classes)| classes.len() == 1).map(|(source, _)| *source).collect();
        if !single.is_empty() {
            notes.push(format!("Sources with one class only: {}.", single.join(", ")));
        }
        notes
    }
}
