//! Labelled samples: the feature-map numbers of each image, and its class.

use radiograph_classes::{Class, Classes};
use radiograph_files::{ContentHash, ContentHashing};
use radiograph_protocol::Cohort;
use radiograph_random::Stream;

use crate::Error;

/// Labelled samples. Each has a class and one or more feature maps of the same image: its own and those of augmented
/// variants. Variants are extracted in advance, because training does not run the frozen network.
#[derive(Clone, Debug)]
pub struct Samples {
    classes: Classes,
    variants: Vec<Vec<usize>>,
    labels: Vec<usize>,
}

impl Samples {
    /// An empty set of samples of these classes.
    pub fn new(classes: &Classes) -> Self {
        Self { classes: classes.clone(), variants: Vec::new(), labels: Vec::new() }
    }

    /// The samples of a cohort at these positions.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSample`] if a position is not one of the cohort's images.
    pub fn of_cohort(cohort: &Cohort, positions: &[usize]) -> Result<Self, Error> {
        let numbers = cohort.map_numbers();
        let mut samples = Self::new(cohort.classes());
        for &position in positions {
            let missing = || Error::MissingSample { index: position, count: cohort.images().len() };
            let class = cohort.label(position).ok_or_else(missing)?;
            let maps = numbers.get(position).ok_or_else(missing)?.clone();
            samples.push_variants(maps.collect(), class.name())?;
        }
        Ok(samples)
    }

    /// Adds the image with feature map number `features` and the class of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Classes`] if no class has this name.
    pub fn push(&mut self, features: usize, class: &str) -> Result<(), Error> {
        self.push_variants(vec![features], class)
    }

    /// Adds an image with several feature maps: its own first, then those of its variants. Each training epoch draws
    /// one variant; evaluation uses the image's own map.
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

    /// All classes.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no samples.
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

    /// Refuses a class without samples.
    pub(crate) fn require_all_classes(&self) -> Result<(), Error> {
        match self.classes.iter().find(|class| !self.labels.contains(&class.index())) {
            Some(class) => Err(Error::ClassWithoutSample { class: class.name().to_owned() }),
            None => Ok(()),
        }
    }

    pub(crate) fn label(&self, position: usize) -> i64 {
        self.labels[position] as i64
    }

    /// The numbers of the images' own maps, in order.
    pub(crate) fn originals(&self) -> Vec<usize> {
        self.variants.iter().map(|variants| variants[0]).collect()
    }

    /// One map for each sample at `positions`: its only one, or one drawn from `stream` if it has variants.
    pub(crate) fn drawn(&self, positions: &[usize], stream: &mut Stream) -> Vec<usize> {
        let one = |&position: &usize| match &self.variants[position][..] {
            [only] => *only,
            [_, variants @ ..] => variants[stream.below(variants.len())],
            [] => unreachable!("a sample has at least one map"),
        };
        positions.iter().map(one).collect()
    }

    /// A hash of the numbers of the maps and the classes. [`crate::Features::digest`] covers the maps behind the numbers.
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
