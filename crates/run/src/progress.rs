//! Progress events of a run, and the watcher that receives them and can stop the run. This module prints nothing.

use std::{fmt, ops::ControlFlow};

use radiograph_protocol::Scores;
use serde::{Deserialize, Serialize};

/// A stage of a run: those of Algorithm 1 of the paper, and the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Turns folders of images into a manifest with groups, balance and split.
    Assemble,
    /// Turns images into feature maps.
    Extract,
    /// Trains heads: the folds, then the tested model.
    Train,
    /// Scores the predictions of the test part.
    Evaluate,
    /// Compares models and recommends one.
    Compare,
    /// Draws and measures heat maps of test images.
    Explain,
    /// Asks what the classes can be told from without looking at lungs.
    Audit,
    /// Trains and tests the models on further splits of the same collections.
    Repeat,
    /// Draws figures and writes the report page.
    Report,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 9] = [
        Self::Assemble,
        Self::Extract,
        Self::Train,
        Self::Evaluate,
        Self::Compare,
        Self::Explain,
        Self::Audit,
        Self::Repeat,
        Self::Report,
    ];

    /// Revision of the stage's code. A stage runs again if its revision has changed since its last run.
    ///
    /// Raise it whenever a code change alters the results of the stage; tests pin the results of
    /// `assemble`, `evaluate`, `compare` and `audit`. Extraction and training are redone, or refused, by the key of the feature store and the
    /// format of the training's record instead.
    pub const fn revision(self) -> u32 {
        match self {
            Self::Assemble => 9,
            Self::Compare => 4,
            Self::Report => 11,
            Self::Evaluate | Self::Explain | Self::Audit => 3,
            Self::Extract | Self::Train | Self::Repeat => 1,
        }
    }

    /// Name of the stage, as in `costs.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assemble => "assemble",
            Self::Extract => "extract",
            Self::Train => "train",
            Self::Evaluate => "evaluate",
            Self::Compare => "compare",
            Self::Explain => "explain",
            Self::Audit => "audit",
            Self::Repeat => "repeat",
            Self::Report => "report",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An event of a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A stage began.
    Started {
        /// The stage.
        stage: Stage,
        /// Model that it works on; empty for the whole run.
        of: &'a str,
    },
    /// A stage had nothing to do.
    AlreadyDone {
        /// The stage.
        stage: Stage,
        /// Model that it works on; empty for the whole run.
        of: &'a str,
    },
    /// The running stage made progress.
    Advanced {
        /// Number of pieces done since the stage began.
        done: u64,
        /// Total number of pieces.
        all: u64,
        /// Kind of piece, such as `images`.
        unit: &'static str,
    },
    /// A step of training.
    Trained {
        /// Training: `fold 2 of 5`, or `refit`.
        part: &'a str,
        /// Epoch, from 1.
        epoch: usize,
        /// Maximum number of epochs.
        epochs: usize,
        /// Step, from 1.
        step: usize,
        /// Number of steps in an epoch.
        steps: usize,
        /// Mean loss and accuracy over this epoch so far.
        running: Scores,
    },
    /// A notice for the user: an image left out, random weights.
    Said {
        /// One sentence.
        sentence: &'a str,
    },
    /// A stage ended.
    Finished {
        /// The stage.
        stage: Stage,
        /// Model that it worked on; empty for the whole run.
        of: &'a str,
        /// Wall-clock seconds.
        seconds: f64,
    },
}

/// A function that receives the events of a run. If it returns `Break`, the run stops at the next safe point, and the next
/// call continues from there.
pub type Watcher<'w> = dyn FnMut(Progress<'_>) -> ControlFlow<()> + Send + 'w;
