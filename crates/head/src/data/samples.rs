//! Which features carry which class.

use radiograph_classes::{Class, Classes};
use radiograph_files::{ContentHash, ContentHashing};
use radiograph_random::Stream;

use crate::Error;

/// Labelled samples: for each its class, and one or more feature maps of the same image (drawn variants of it, made in
/// advance because the network that reads images is frozen and not run in training).
#[derive(Clone, Debug)]
pub struct Samples {
    classes: Classes,
    variants: Vec<Vec<usize>>,
    labels: Vec<usize>,
}

impl Samples {
    /// No samples yet, of these classes.
    pub fn new(classes: &Classes) -> Self {
        Self { classes: classes.clone(), variants: Vec::new(), labels: Vec::new() }
    }

    /// Adds the image whose feature map has number `features` and whose class has this name.
    ///
    /// # Errors
    ///
    /// [`Error::Classes`] if no class has this name.
    pub fn push(&mut self, features: usize, class: &str) -> Result<(), Error> {
        self.push_variants(vec![features], class)
    }

    /// Adds an image of which there are several feature maps: the image itself first, which alone is used where nothing is
    /// trained, then the variants, of which each epoch draws one.
    ///
    /// # Errors
    ///
    /// [`Error::Classes`] if no class has this name, [`Error::Setting`] if there is no map.
    pub fn push_variants(&mut self, features: Vec<usize>, class: &str) -> Result<(), Error> {
        let label = self.classes.class(class)?.index();
        if features.is_empty() {
            return Err(Error::setting("the number of feature maps of a sample", 0, "give at least one"));
        }
        self.variants.push(features);
        self.labels.push(label);
        Ok(())
    }

    /// The classes that there can be.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The class of the sample at `position`.
    pub fn class(&self, position: usize) -> Option<Class> {
        self.labels.get(position).and_then(|&label| self.classes.iter().nth(label))
    }

    /// The samples at these positions, in this order.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSample`] if a position is not below [`Self::len`].
    pub fn subset(&self, positions: &[usize]) -> Result<Self, Error> {
        let mut subset = Self::new(&self.classes);
        for &index in positions {
            let missing = || Error::MissingSample { index, count: self.len() };
            subset.variants.push(self.variants.get(index).ok_or_else(missing)?.clone());
            subset.labels.push(self.labels[index]);
        }
        Ok(subset)
    }

    /// Refuses a class that nothing teaches.
    pub(crate) fn require_all_classes(&self) -> Result<(), Error> {
        match self.classes.iter().find(|class| !self.labels.contains(&class.index())) {
            Some(class) => Err(Error::ClassWithoutSample { class: class.name().to_owned() }),
            None => Ok(()),
        }
    }

    pub(crate) fn label(&self, position: usize) -> i64 {
        self.labels[position] as i64
    }

    /// The images themselves, in order.
    pub(crate) fn originals(&self) -> Vec<usize> {
        self.variants.iter().map(|variants| variants[0]).collect()
    }

    /// For the samples at `positions`, one map each: the only one, or one of the variants, drawn from `stream`.
    pub(crate) fn drawn(&self, positions: &[usize], stream: &mut Stream) -> Vec<usize> {
        let one = |&position: &usize| match &self.variants[position][..] {
            [only] => *only,
            [_, variants @ ..] => variants[stream.below(variants.len())],
            [] => unreachable!("a sample has at least one map"),
        };
        positions.iter().map(one).collect()
    }

    /// Tells one set of samples from another, by the numbers of their maps and their classes. Which maps these numbers stand
    /// for, [`crate::Features::digest`] tells.
    pub(crate) fn digest(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        for (variants, &label) in self.variants.iter().zip(&self.labels) {
            for number in [variants.len(), label].iter().chain(variants) {
                hashing.update(&(*number as u64).to_le_bytes());
            }
        }
        hashing.finish()
    }
}
