//! The data part of a report: origin and use of the images, and the leaks between training and test.

use radiograph_files::ContentHash;
use radiograph_metrics::DOMINANT_SHARE;
use serde::{Deserialize, Serialize};

use crate::{Error, PretrainedFilms, number::count};

/// The data of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct DataSummary {
    /// Number of images at each step from the files found to the images used.
    pub flow: DataFlow,
    /// Unit that the split keeps together, in words: `patient and same picture`, or `nothing: image by image`.
    pub grouped_by: String,
    /// Number of folds of the cross-validation; 0 or 1 without cross-validation.
    pub folds: u32,
    /// Sentence on the precision that the size of the test part allows, known before training.
    #[serde(default)]
    pub precision: Option<String>,
    /// Leakage report of the split.
    pub certificate: Option<Certificate>,
    /// Used images by class and source.
    pub counts: Vec<ClassOfSource>,
    /// Descriptions of the sources.
    pub sources: Vec<SourceNote>,
    /// Parts that could not be balanced, one sentence each.
    pub unbalanced: Vec<String>,
    /// Numbers of groups and patients, if they were counted.
    #[serde(default)]
    pub units: Option<Units>,
    /// Numbers of images by sex, age, view and other fields.
    #[serde(default)]
    pub characteristics: Vec<Characteristic>,
}

/// Numbers of groups and patients. A group is what the split keeps together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Units {
    /// Number of groups of the training images.
    pub training_groups: u64,
    /// Number of groups of the test images.
    pub test_groups: u64,
    /// Number of known patients of the training images.
    pub training_patients: u64,
    /// Number of known patients of the test images.
    pub test_patients: u64,
}

/// Used images with one value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Characteristic {
    /// The field, such as `sex`.
    pub field: String,
    /// Its value; `None` is unknown.
    pub value: Option<String>,
    /// Number of images for training and validation.
    pub training: u64,
    /// Number of test images.
    pub test: u64,
}

/// Number of images found, left out and used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct DataFlow {
    /// Number of files and rows in the sources.
    pub found: u64,
    /// Images left out, in order. Together with training and test they sum to `found`.
    pub left_out: Vec<LeftOut>,
    /// Number of images for training and validation.
    pub training: u64,
    /// Number of test images.
    pub test: u64,
}

/// Images left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct LeftOut {
    /// Code of the reason: `excluded`, `duplicate`, `balancing`, ….
    pub kind: String,
    /// The reason in words.
    pub reason: String,
    /// Number of images.
    pub images: u64,
}

/// Leakage report: the checks between training and test, and between folds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Certificate {
    /// Verdict.
    pub verdict: LeakVerdict,
    /// The verdict in one sentence, with what could not be looked at.
    pub sentence: String,
    /// The checks.
    pub checks: Vec<LeakCheck>,
    /// Limits of the checks: things that the data cannot tell, one sentence each.
    pub limits: Vec<String>,
    /// Test films among those that each network was trained on before, by network.
    #[serde(default)]
    pub pretraining: Vec<(String, PretrainedFilms)>,
    /// Hash of the leakage report's own file.
    pub hash: Option<ContentHash>,
}

/// Verdict of a leakage report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "plain data that callers construct")]
pub enum LeakVerdict {
    /// Everything was looked at, and nothing crosses.
    Clean,
    /// Nothing was found, but not everything could be looked at.
    Inconclusive {
        /// What could not be looked at, one clause each.
        doubts: Vec<String>,
    },
    /// Images on two sides belong together.
    Leaks {
        /// Whether training and test images do.
        to_test: bool,
        /// Whether training and validation images of a fold do.
        between_folds: bool,
        /// What could not be looked at, one clause each.
        doubts: Vec<String>,
    },
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct LeakCheck {
    /// Object of the check, such as `test images whose patient is also in training`.
    pub what: String,
    /// Number found.
    pub found: u64,
    /// Number checked.
    pub among: u64,
    /// Number in an image-by-image split of the same images, if it was counted.
    pub image_by_image: Option<u64>,
}

/// Used images of one class from one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct ClassOfSource {
    /// The class.
    pub class: String,
    /// The source.
    pub source: String,
    /// Number of images for training and validation.
    pub training: u64,
    /// Number of test images.
    pub test: u64,
}

/// Description of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct SourceNote {
    /// The source.
    pub source: String,
    /// Its licence, if known.
    pub licence: Option<String>,
    /// Origin: an address or a citation.
    pub origin: Option<String>,
}

impl Certificate {
    /// The leaks between training and test, each check with its count; empty if there are none.
    pub(crate) fn found(&self) -> String {
        let found = self.checks.iter().filter(|check| check.found > 0);
        found.map(|check| format!("{}: {}", check.what, count(check.found))).collect::<Vec<_>>().join("; ")
    }

    /// Whether training and test images belong together.
    pub(crate) fn leaks_to_test(&self) -> bool {
        matches!(self.verdict, LeakVerdict::Leaks { to_test: true, .. })
    }

    /// Whether training and validation images of a fold belong together.
    pub(crate) fn leaks_between_folds(&self) -> bool {
        matches!(self.verdict, LeakVerdict::Leaks { between_folds: true, .. })
    }

    fn check(&self) -> Result<(), Error> {
        match self.checks.iter().find(|check| !self.leaks_to_test() && check.found > 0) {
            None => Ok(()),
            Some(check) => Err(Error::Contradiction {
                part: "the leakage report".to_owned(),
                first: format!("its verdict is \"{}\"", self.sentence),
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

    /// Sources of test images that training did not see.
    pub(crate) fn unseen_sources(&self) -> Vec<&str> {
        let unseen = |source: &&str| {
            let counts = self.counts.iter().filter(|count| count.source == *source);
            let (training, test) = counts.fold((0, 0), |(a, b), count| (a + count.training, b + count.test));
            training == 0 && test > 0
        };
        self.source_names().into_iter().filter(unseen).collect()
    }

    /// Images of a class from a source: training and test.
    pub(crate) fn count(&self, class: &str, source: &str) -> (u64, u64) {
        let of = self.counts.iter().filter(|count| count.class == class && count.source == source);
        of.fold((0, 0), |(training, test), count| (training + count.training, test + count.test))
    }

    /// A sentence for each class with at least [`DOMINANT_SHARE`] of its images from one source. With a single source
    /// for all classes, there is none, because the source then distinguishes nothing. This is the rule of
    /// `CrossTable::warnings`.
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

    /// Checks that the numbers add up. Sums of some of them then stay within 64 bits.
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
