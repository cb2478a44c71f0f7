//! Who is trained on, who is tested, and with which label. Not where features come from.

use std::{
    collections::{BTreeSet, HashSet},
    mem,
    ops::Range,
};

use radiograph_classes::{Class, Classes};
use radiograph_features::{FeatureId, FeatureStore};
use radiograph_files::{ContentHash, ContentHashing};
use radiograph_random::Stream;

use crate::{Error, Fold, Samples, StoredFeatures};

/// An image with what a training has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledImage {
    /// Its name, of which there is one.
    pub id: String,
    /// Whom it shows: equal for images whose scores are not independent.
    pub patient: String,
    /// The collection that it comes from.
    pub source: String,
    /// The name of its class.
    pub class: String,
    /// The SHA-256 of its file, under which its features are stored.
    pub image: ContentHash,
    /// What it is used for.
    pub subset: Subset,
}

/// What an image is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subset {
    /// Trained on.
    Training {
        /// The fold, from 1, in whose turn it is not; `None`: it is trained on in every turn.
        fold: Option<u32>,
        /// Whether it validates that fold. An image that was made from another one does not.
        validates: bool,
    },
    /// Tested on, once, in the end.
    Test,
}

/// The images of one run, each with a label that may be exchanged.
#[derive(Clone, Debug)]
pub struct Cohort {
    classes: Classes,
    images: Vec<LabelledImage>,
    /// Position of each image's class, as it is trained and tested.
    labels: Vec<usize>,
    /// How many feature maps each image has: itself and its variants.
    maps: Vec<usize>,
    permuted: bool,
}

impl Subset {
    fn fold(self) -> Option<u32> {
        if let Self::Training { fold, .. } = self { fold } else { None }
    }
}

impl Cohort {
    /// These images, of these classes, each with one feature map.
    ///
    /// # Errors
    ///
    /// [`Error::Classes`] if an image is of another class; [`Error::Setting`] if two images have one name, a fold is
    /// numbered 0, or a fold up to the last one has nothing that validates it.
    pub fn new(classes: &Classes, images: Vec<LabelledImage>) -> Result<Self, Error> {
        let mut names = HashSet::new();
        for image in &images {
            if !names.insert(image.id.as_str()) {
                return Err(Error::setting("the name of two images", &image.id, "name every image once"));
            }
            if image.subset.fold() == Some(0) {
                return Err(Error::setting("the number of a fold", 0, "count folds from 1"));
            }
        }
        let labels = images
            .iter()
            .map(|image| Ok(classes.class(&image.class)?.index()))
            .collect::<Result<Vec<_>, Error>>()?;
        let maps = vec![1; images.len()];
        Self { classes: classes.clone(), images, labels, maps, permuted: false }.with_full_folds()
    }

    /// Refuses folds that nothing validates.
    fn with_full_folds(self) -> Result<Self, Error> {
        // More folds than images cannot all have one; and what follows is done for each of them.
        let last = self.images.iter().filter_map(|image| image.subset.fold()).max().unwrap_or(0);
        if last as usize > self.images.len() {
            return Err(Error::setting("the number of a fold", last, "number folds from 1 without gaps"));
        }
        match self.folds().iter().position(|fold| fold.validation.is_empty()) {
            Some(empty) => Err(Error::setting(
                "the fold that no image validates",
                empty + 1,
                "number folds without gaps, each with an image that validates it",
            )),
            None => Ok(self),
        }
    }

    /// The same images; those that are trained on have, besides their own feature map, all variants of it that `store`
    /// holds, numbered from 1 without a gap.
    pub fn with_variants_in(mut self, store: &FeatureStore) -> Self {
        for (image, maps) in self.images.iter().zip(&mut self.maps) {
            let there = |number: &u32| store.contains(FeatureId::variant(image.image, *number));
            *maps = match image.subset {
                Subset::Training { .. } => 1 + (1..).take_while(there).count(),
                Subset::Test => 1,
            };
        }
        self
    }

    /// The same images with their labels exchanged at random, within each fold and within the test part, so that every part
    /// keeps its numbers and nothing can be learned: a run that finds something all the same has a leak. Test labels are
    /// exchanged too; against true ones a direction that was learned from noise would be right or wrong by far more than the
    /// intervals of the scores say.
    pub fn with_permuted_labels(mut self, seed: u64) -> Self {
        let parts: BTreeSet<Subset> = self.images.iter().map(|image| image.subset).collect();
        for (number, part) in (0..).zip(parts) {
            let positions = self.positions(|subset| subset == part);
            let mut labels: Vec<usize> = positions.iter().map(|&position| self.labels[position]).collect();
            Stream::new(seed, "permuted labels").numbered(number).shuffle(&mut labels);
            for (position, label) in positions.into_iter().zip(labels) {
                self.labels[position] = label;
            }
        }
        self.permuted = true;
        self
    }

    /// The same images, with the labels and variants that they have, but for those of which `store` has no features; and what
    /// was left out.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a fold up to the last one has nothing left that validates it.
    pub fn without_missing(mut self, store: &FeatureStore) -> Result<(Self, Vec<LabelledImage>), Error> {
        let (images, labels) = (mem::take(&mut self.images), mem::take(&mut self.labels));
        let maps = mem::take(&mut self.maps);
        let mut missing = Vec::new();
        for ((image, label), maps) in images.into_iter().zip(labels).zip(maps) {
            if store.contains(FeatureId::plain(image.image)) {
                self.images.push(image);
                self.labels.push(label);
                self.maps.push(maps);
            } else {
                missing.push(image);
            }
        }
        Ok((self.with_full_folds()?, missing))
    }

    /// The classes, in the order of predictions.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The images.
    pub fn images(&self) -> &[LabelledImage] {
        &self.images
    }

    /// The class that the image at `position` is trained or tested as.
    pub fn label(&self, position: usize) -> Option<Class> {
        self.labels.get(position).and_then(|&label| self.classes.iter().nth(label))
    }

    /// Whether labels were exchanged.
    pub fn is_permuted(&self) -> bool {
        self.permuted
    }

    /// The feature maps of all images, in the order in which this cohort numbers them.
    ///
    /// # Errors
    ///
    /// [`Error::Features`] that lists what the store lacks.
    pub fn features<'s>(&self, store: &'s FeatureStore) -> Result<StoredFeatures<'s>, Error> {
        let wanted = self.images.iter().zip(&self.maps).flat_map(|(image, &maps)| {
            (0_u32..).take(maps).map(|number| (FeatureId::variant(image.image, number), image.id.clone()))
        });
        StoredFeatures::new(store, wanted)
    }

    /// How many feature maps there are.
    pub fn maps(&self) -> usize {
        self.maps.iter().sum()
    }

    /// Positions of the images of each fold; every one has something that validates it.
    pub fn folds(&self) -> Vec<Fold> {
        let last = self.images.iter().filter_map(|image| image.subset.fold()).max().unwrap_or(0);
        let fold = |number| Fold {
            held_out: self.positions(|subset| subset.fold() == Some(number)),
            validation: self
                .positions(|subset| subset == Subset::Training { fold: Some(number), validates: true }),
        };
        (1..=last).map(fold).collect()
    }

    /// Positions of the images that are tested.
    pub fn test(&self) -> Vec<usize> {
        self.positions(|subset| subset == Subset::Test)
    }

    /// Positions of the images that are trained on.
    pub(crate) fn training(&self) -> Vec<usize> {
        self.positions(|subset| subset != Subset::Test)
    }

    /// The samples at these positions.
    pub(crate) fn samples(&self, positions: &[usize]) -> Result<Samples, Error> {
        let numbers = self.numbers();
        let mut samples = Samples::new(&self.classes);
        for &position in positions {
            let class = self
                .label(position)
                .ok_or(Error::MissingSample { index: position, count: self.images.len() })?;
            samples.push_variants(numbers[position].clone().collect(), class.name())?;
        }
        Ok(samples)
    }

    /// The numbers of these images' own feature maps.
    pub(crate) fn own_maps(&self, positions: &[usize]) -> Vec<usize> {
        let numbers = self.numbers();
        positions.iter().map(|&position| numbers[position].start).collect()
    }

    /// Tells one cohort from another: names, labels, uses and files.
    pub(crate) fn digest(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        for ((image, &label), &maps) in self.images.iter().zip(&self.labels).zip(&self.maps) {
            for text in [&image.id, &image.patient, &image.source] {
                hashing.update(&(text.len() as u64).to_le_bytes());
                hashing.update(text.as_bytes());
            }
            let (used, fold) = match image.subset {
                Subset::Test => (0, None),
                Subset::Training { fold, validates: false } => (1, fold),
                Subset::Training { fold, validates: true } => (2, fold),
            };
            for number in [label as u64, maps as u64, used, u64::from(fold.unwrap_or(0))] {
                hashing.update(&number.to_le_bytes());
            }
            hashing.update(image.image.as_bytes());
        }
        hashing.finish()
    }

    fn positions(&self, wanted: impl Fn(Subset) -> bool) -> Vec<usize> {
        let all = self.images.iter().enumerate();
        all.filter(|(_, image)| wanted(image.subset)).map(|(position, _)| position).collect()
    }

    /// For each image the numbers of its feature maps, its own first.
    fn numbers(&self) -> Vec<Range<usize>> {
        let mut end = 0;
        let range = |&maps: &usize| {
            let start = end;
            end += maps;
            start..end
        };
        self.maps.iter().map(range).collect()
    }
}
