//! Judges a split in one word and one sentence.

use serde::{Deserialize, Serialize};

use super::{Certificate, coverage::percent};

/// Verdict on a split.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// Everything was looked at, and nothing crosses.
    Clean,
    /// Nothing was found to cross, but not everything could be looked at.
    Inconclusive,
    /// Images on two sides belong together.
    Leaks,
}

impl Certificate {
    /// Whether something crosses from training to test.
    pub fn leaks_to_test(&self) -> bool {
        !self.train_to_test.is_empty()
    }

    /// Whether something crosses from a fold's training images to its validation images.
    pub fn leaks_between_folds(&self) -> bool {
        self.folds.iter().any(|fold| !fold.is_empty())
    }

    /// The reasons why nothing found does not mean that nothing is there, one clause each.
    pub fn doubts(&self) -> Vec<String> {
        let empty = [
            (self.train_to_test.from_images, "no training images"),
            (self.train_to_test.to_images, "no test images"),
        ];
        let empty = empty.into_iter().filter(|(images, _)| *images == 0);
        empty.map(|(_, what)| what.to_owned()).chain(self.coverage.doubts()).collect()
    }

    pub(super) fn judge(&mut self) {
        let doubts = self.doubts();
        self.verdict = if self.leaks_to_test() || self.leaks_between_folds() {
            Verdict::Leaks
        } else if doubts.is_empty() {
            Verdict::Clean
        } else {
            Verdict::Inconclusive
        };
        self.sentence = self.sentence(&doubts);
    }

    fn sentence(&self, doubts: &[String]) -> String {
        let coverage = &self.coverage;
        let used = coverage.used;
        let pseudonyms = match coverage.patient_by_pseudonym {
            0 => String::new(),
            images if images == used => " Pseudonyms tell the patients apart.".to_owned(),
            images => {
                format!(" Pseudonyms tell the patients of {images} images ({}) apart.", percent(images, used))
            }
        };
        let verdict = match self.verdict {
            Verdict::Clean => format!(
                "Clean: nothing crosses the borders of this split; all {used} images were compared, and their patients are \
                 known."
            ),
            Verdict::Inconclusive => {
                let checked = coverage.checked;
                format!(
                    "Inconclusive: nothing was found among {checked} of {used} images ({}). Not covered: {}.",
                    percent(checked, used),
                    doubts.join("; ")
                )
            }
            Verdict::Leaks => {
                let place = match (self.leaks_to_test(), self.leaks_between_folds()) {
                    (true, false) => "training and test share patients or pictures; folds do not",
                    (false, _) => "folds share patients or pictures; training and test do not",
                    (true, true) => "training and test share patients or pictures, and so do folds",
                };
                let unseen = match doubts {
                    [] => String::new(),
                    doubts => format!(" More may be hidden. Not covered: {}.", doubts.join("; ")),
                };
                format!("Leaks: {place}.{unseen}")
            }
        };
        verdict + &pseudonyms
    }
}
