//! A cohort: the images of a training, their labels, and their use for training, validation or test.

use std::{
    collections::{BTreeSet, HashSet},
    mem,
    ops::Range,
};

use radiograph_classes::{Class, Classes};
use radiograph_features::{FeatureId, FeatureStore};
use radiograph_files::{ContentHash, ContentHashing};
use radiograph_random::Stream;

use crate::{Fold, ProtocolError};

/// A labelled image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledImage {
    /// Unique name.
    pub id: String,
    /// Cluster. Images of the same cluster are not independent: they share a patient or a picture.
    pub cluster: String,
    /// Collection that the image comes from.
    pub source: String,
    /// Name of the class.
    pub class: String,
    /// SHA-256 of its file, under which its features are stored.
    pub image: ContentHash,
    /// Use of the image.
    pub subset: Subset,
}

/// The use of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Subset {
    /// Trained on.
    Training {
        /// Fold, from 1, that does not train on it; `None`: every fold trains on it.
        fold: Option<u32>,
        /// Whether it validates that fold. An image made from another image does not.
        validates: bool,
    },
    /// Tested once, at the end.
    Test,
}

/// The images of one training with their labels.
#[derive(Clone, Debug)]
pub struct Cohort {
    classes: Classes,
    images: Vec<LabelledImage>,
    /// Class index of each image, as used for training and testing.
    labels: Vec<usize>,
    /// Number of feature maps of each image: its own, and those of its variants.
    maps: Vec<usize>,
    permuted: bool,
}

impl Subset {
    fn fold(self) -> Option<u32> {
        if let Self::Training { fold, .. } = self { fold } else { None }
    }
}

impl Cohort {
    /// Creates a cohort of these images and classes, with one feature map for each image.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Classes`] if an image is of another class; [`ProtocolError::Setting`] if two images have one name, a fold is
    /// numbered 0, or a fold up to the last one has no validation image.
    pub fn new(classes: &Classes, images: Vec<LabelledImage>) -> Result<Self, ProtocolError> {
        let mut names = HashSet::new();
        for image in &images {
            if !names.insert(image.id.as_str()) {
                return Err(ProtocolError::setting(
                    "the name of two images",
                    &image.id,
                    "name every image once",
                ));
            }
            if image.subset.fold() == Some(0) {
                return Err(ProtocolError::setting("the number of a fold", 0, "count folds from 1"));
            }
        }
        let labels = images
            .iter()
            .map(|image| Ok(classes.class(&image.class)?.index()))
            .collect::<Result<Vec<_>, ProtocolError>>()?;
        let maps = vec![1; images.len()];
        Self { classes: classes.clone(), images, labels, maps, permuted: false }.with_full_folds()
    }

    /// Refuses folds without validation images.
    fn with_full_folds(self) -> Result<Self, ProtocolError> {
        // A fold number from a file may be very large, and the next step visits every fold.
        let last = self.images.iter().filter_map(|image| image.subset.fold()).max().unwrap_or(0);
        if last as usize > self.images.len() {
            return Err(ProtocolError::setting(
                "the number of a fold",
                last,
                "number folds from 1 without gaps",
            ));
        }
        match self.folds().iter().position(|fold| fold.validation.is_empty()) {
            Some(empty) => Err(ProtocolError::setting(
                "the fold that no image validates",
                empty + 1,
                "number folds without gaps, each with an image that validates it",
            )),
            None => Ok(self),
        }
    }

    /// Adds to each training image the variants of its feature map in `store`, numbered from 1 without gaps.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Features`] if the store cannot be read.
    pub fn with_variants_in(mut self, store: &FeatureStore) -> Result<Self, ProtocolError> {
        for (image, maps) in self.images.iter().zip(&mut self.maps) {
            *maps = 1;
            if image.subset == Subset::Test {
                continue;
            }
            for number in 1.. {
                if !store.contains(FeatureId::variant(image.image, number))? {
                    break;
                }
                *maps += 1;
            }
        }
        Ok(self)
    }

    /// Permutes the labels within each fold and within the test part. Class counts stay and nothing can be learned, so
    /// a run that still scores above chance has a leak. Test labels are permuted too. Against true labels, a direction
    /// learned from noise could score far above or below chance, beyond the confidence intervals.
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

    /// Removes the images without features in `store`, and returns them. The others keep their labels and variants.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] if a fold up to the last one has no validation image left,
    /// [`ProtocolError::Features`] if the store cannot be read.
    pub fn without_missing(
        mut self,
        store: &FeatureStore,
    ) -> Result<(Self, Vec<LabelledImage>), ProtocolError> {
        let (images, labels) = (mem::take(&mut self.images), mem::take(&mut self.labels));
        let maps = mem::take(&mut self.maps);
        let mut missing = Vec::new();
        for ((image, label), maps) in images.into_iter().zip(labels).zip(maps) {
            if store.contains(FeatureId::plain(image.image))? {
                self.images.push(image);
                self.labels.push(label);
                self.maps.push(maps);
            } else {
                missing.push(image);
            }
        }
        Ok((self.with_full_folds()?, missing))
    }

    /// Classes, in the order of predictions.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// All images.
    pub fn images(&self) -> &[LabelledImage] {
        &self.images
    }

    /// The label of the image at `position`, permuted or not.
    pub fn label(&self, position: usize) -> Option<Class> {
        self.labels.get(position).and_then(|&label| self.classes.iter().nth(label))
    }

    /// Whether labels were permuted.
    pub fn is_permuted(&self) -> bool {
        self.permuted
    }

    /// The feature maps of all images with the images' names, in the order in which this cohort numbers them.
    pub fn stored_maps(&self) -> impl Iterator<Item = (FeatureId, &str)> {
        self.images.iter().zip(&self.maps).flat_map(|(image, &maps)| {
            (0_u32..).take(maps).map(|number| (FeatureId::variant(image.image, number), image.id.as_str()))
        })
    }

    /// The number of feature maps.
    pub fn maps(&self) -> usize {
        self.maps.iter().sum()
    }

    /// Positions of the images of each fold. Every fold has validation images.
    pub fn folds(&self) -> Vec<Fold> {
        let last = self.images.iter().filter_map(|image| image.subset.fold()).max().unwrap_or(0);
        let fold = |number| Fold {
            held_out: self.positions(|subset| subset.fold() == Some(number)),
            validation: self
                .positions(|subset| subset == Subset::Training { fold: Some(number), validates: true }),
        };
        (1..=last).map(fold).collect()
    }

    /// Positions of the test images.
    pub fn test(&self) -> Vec<usize> {
        self.positions(|subset| subset == Subset::Test)
    }

    /// Positions of the training images.
    pub fn training(&self) -> Vec<usize> {
        self.positions(|subset| subset != Subset::Test)
    }

    /// The numbers of the feature maps of each image, its own first.
    pub fn map_numbers(&self) -> Vec<Range<usize>> {
        let mut end = 0;
        let range = |&maps: &usize| {
            let start = end;
            end += maps;
            start..end
        };
        self.maps.iter().map(range).collect()
    }

    /// The numbers of these images' own feature maps.
    pub fn own_maps(&self, positions: &[usize]) -> Vec<usize> {
        let numbers = self.map_numbers();
        positions.iter().map(|&position| numbers[position].start).collect()
    }

    /// A hash of names, labels, uses and files, which identifies the cohort.
    pub fn digest(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        for ((image, &label), &maps) in self.images.iter().zip(&self.labels).zip(&self.maps) {
            for text in [&image.id, &image.cluster, &image.source] {
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
}
