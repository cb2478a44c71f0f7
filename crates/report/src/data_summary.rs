//! Where the images came from, which were used, and what is known about leaks between training and test.

use radiograph_files::ContentHash;
use radiograph_metrics::DOMINANT_SHARE;
use serde::{Deserialize, Serialize};

use crate::{Error, number::count};

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
    /// Whether nothing crosses from training to test that the split promises to be absent. No check then found anything.
    pub clean: bool,
    /// Whether nothing crosses from what a fold trains on to what it validates on; `None` if there are no folds, or nobody
    /// looked.
    #[serde(default)]
    pub folds_clean: Option<bool>,
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

impl Certificate {
    /// What was found between training and test, each check with its count; empty if nothing was.
    pub(crate) fn found(&self) -> String {
        let found = self.checks.iter().filter(|check| check.found > 0);
        found.map(|check| format!("{}: {}", check.what, count(check.found))).collect::<Vec<_>>().join("; ")
    }

    fn check(&self) -> Result<(), Error> {
        match self.checks.iter().find(|check| self.clean && check.found > 0) {
            None => Ok(()),
            Some(check) => Err(Error::Contradiction {
                part: "the leakage certificate".to_owned(),
                first: "it calls training and test clean".to_owned(),
                second: format!("it found {} {}", check.found, check.what),
            }),
        }
    }
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
    /// everything there is nothing to tell apart by it. The rule of `CrossTable::warnings`.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let holds = |source: &&str| {
            self.counts.iter().any(|count| count.source == *source && count.training + count.test > 0)
        };
        let sources: Vec<&str> = self.source_names().into_iter().filter(holds).collect();
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

    /// Whether the numbers add up. Sums of some of them then stay within 64 bits.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let (flow, found) = (&self.flow, self.flow.found);
        let part = "the data flow";
        let left = sum(part, flow.left_out.iter().map(|left| left.images))?;
        let used = sum(part, [flow.training, flow.test])?;
        let all = sum(part, [left, used])?;
        if all != found {
            return Err(Error::Contradiction {
                part: part.to_owned(),
                first: format!("{found} images were found"),
                second: format!("{left} left out and {used} used make {all}"),
            });
        }
        if let Some(certificate) = &self.certificate {
            certificate.check()?;
        }
        let part = "the table of classes and sources";
        let counted = (
            sum(part, self.counts.iter().map(|count| count.training))?,
            sum(part, self.counts.iter().map(|count| count.test))?,
        );
        if !self.counts.is_empty() && counted != (self.flow.training, self.flow.test) {
            return Err(Error::Contradiction {
                part: part.to_owned(),
                first: format!("it counts {} training and {} test images", counted.0, counted.1),
                second: format!("the data flow has {} and {}", self.flow.training, self.flow.test),
            });
        }
        Ok(())
    }
}

/// The sum of counts of images.
fn sum(part: &str, counts: impl IntoIterator<Item = u64>) -> Result<u64, Error> {
    counts.into_iter().try_fold(0_u64, u64::checked_add).ok_or_else(|| Error::Contradiction {
        part: part.to_owned(),
        first: "its counts are of images".to_owned(),
        second: format!("together they are more than {}", u64::MAX),
    })
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
