//! Where the images came from, which were used, and what is known about leaks between training and test.

use radiograph_files::ContentHash;
use radiograph_metrics::DOMINANT_SHARE;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The data of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever assembled the data")]
pub struct DataSummary {
    /// From the files found to the images used.
    pub flow: DataFlow,
    /// What the split keeps together, in words: `patient and same picture`, or `nothing: image by image`.
    pub grouped_by: String,
    /// Folds of cross-validation; 0 or 1 if there was none.
    pub folds: u32,
    /// What was looked for between training and test, and found.
    pub certificate: Option<Certificate>,
    /// Used images by class and source.
    pub counts: Vec<ClassOfSource>,
    /// Sources in words.
    pub sources: Vec<SourceNote>,
    /// What could not be balanced, a sentence each.
    pub unbalanced: Vec<String>,
}

/// How many images came, and where they went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever assembled the data")]
pub struct DataFlow {
    /// Files and rows that the sources hold.
    pub found: u64,
    /// What was left out, in order. Together with training and test it makes up `found`.
    pub left_out: Vec<LeftOut>,
    /// Images that train or validate.
    pub training: u64,
    /// Images that test.
    pub test: u64,
}

/// Images that were left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever assembled the data")]
pub struct LeftOut {
    /// The kind: `excluded`, `duplicate`, `balancing`, ….
    pub kind: String,
    /// The reason in words.
    pub reason: String,
    /// Images.
    pub images: u64,
}

/// What was checked between training and test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever checked")]
pub struct Certificate {
    /// Whether nothing was found that the split promises to be absent.
    pub clean: bool,
    /// The checks.
    pub checks: Vec<LeakCheck>,
    /// What cannot be known from the data, a sentence each.
    pub limits: Vec<String>,
    /// The content of the certificate's own file.
    pub hash: Option<ContentHash>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever checked")]
pub struct LeakCheck {
    /// What was looked for, as in `test images whose patient is also in training`.
    pub what: String,
    /// How many were found.
    pub found: u64,
    /// Among how many.
    pub among: u64,
    /// How many an image-by-image split of the same images has, if that was counted.
    pub image_by_image: Option<u64>,
}

/// Used images of one class from one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever assembled the data")]
pub struct ClassOfSource {
    /// The class.
    pub class: String,
    /// The source.
    pub source: String,
    /// Images that train or validate.
    pub training: u64,
    /// Images that test.
    pub test: u64,
}

/// A source in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever assembled the data")]
pub struct SourceNote {
    /// The source.
    pub source: String,
    /// Its licence, if known.
    pub licence: Option<String>,
    /// Where it comes from: an address or a citation.
    pub origin: Option<String>,
}

impl DataSummary {
    /// Classes in the order of their first count.
    pub(crate) fn classes(&self) -> Vec<&str> {
        distinct(self.counts.iter().map(|count| count.class.as_str()))
    }

    /// Sources in the order of their first count.
    pub(crate) fn source_names(&self) -> Vec<&str> {
        distinct(self.counts.iter().map(|count| count.source.as_str()))
    }

    /// Images of a class from a source: training and test.
    pub(crate) fn count(&self, class: &str, source: &str) -> (u64, u64) {
        let of = self.counts.iter().filter(|count| count.class == class && count.source == source);
        of.fold((0, 0), |(training, test), count| (training + count.training, test + count.test))
    }

    /// One sentence for each class of which [`DOMINANT_SHARE`] or more comes from one source. With a single source for
    /// everything there is nothing to tell apart by it.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let sources = self.source_names();
        if sources.len() < 2 {
            return Vec::new();
        }
        let warning = |class: &str| {
            let counts = sources.iter().map(|source| {
                let (training, test) = self.count(class, source);
                (training + test, *source)
            });
            let total: u64 = counts.clone().map(|(count, _)| count).sum();
            let (most, source) = counts.max_by_key(|(count, _)| *count)?;
            (total > 0 && most as f64 / total as f64 >= DOMINANT_SHARE).then(|| {
                let share = if most == total { "all".to_owned() } else { format!("{most} of {total}") };
                format!(
                    "{class}: {share} images come from {source}; whatever marks that source can pass for the class"
                )
            })
        };
        self.classes().into_iter().filter_map(warning).collect()
    }

    /// Whether the numbers add up.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let left: u64 = self.flow.left_out.iter().map(|left| left.images).sum();
        let (found, used) = (self.flow.found, self.flow.training + self.flow.test);
        if left + used != found {
            return Err(Error::Contradiction {
                part: "the data flow".to_owned(),
                first: format!("{found} images were found"),
                second: format!("{left} left out and {used} used make {}", left + used),
            });
        }
        let counted = self.counts.iter().fold((0, 0), |(a, b), count| (a + count.training, b + count.test));
        if !self.counts.is_empty() && counted != (self.flow.training, self.flow.test) {
            return Err(Error::Contradiction {
                part: "the table of classes and sources".to_owned(),
                first: format!("it counts {} training and {} test images", counted.0, counted.1),
                second: format!("the data flow has {} and {}", self.flow.training, self.flow.test),
            });
        }
        Ok(())
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut kept: Vec<&str> = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}
