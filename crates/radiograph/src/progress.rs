//! What a run tells while it runs, and how it is stopped. Programs turn it into progress bars and lines; nothing here prints.

use std::{fmt, ops::ControlFlow};

use radiograph_head::Scores;
use serde::{Deserialize, Serialize};

/// A step of Algorithm 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Folders of images become a manifest: who is who, what is the same, what goes where.
    Assemble,
    /// Images become feature maps.
    Extract,
    /// Heads are trained: folds, then the model that is tested.
    Train,
    /// Predictions of the test part are scored.
    Evaluate,
    /// Models are compared with each other, and one is chosen.
    Compare,
    /// Heat maps of test images.
    Explain,
    /// Figures and the page.
    Report,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Assemble,
        Self::Extract,
        Self::Train,
        Self::Evaluate,
        Self::Compare,
        Self::Explain,
        Self::Report,
    ];

    /// Its name, as in `costs.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assemble => "assemble",
            Self::Extract => "extract",
            Self::Train => "train",
            Self::Evaluate => "evaluate",
            Self::Compare => "compare",
            Self::Explain => "explain",
            Self::Report => "report",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Something that happened in a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A stage began.
    Started {
        /// The stage.
        stage: Stage,
        /// What it works on: a model's name, or nothing.
        of: &'a str,
    },
    /// There was nothing left to do in a stage.
    AlreadyDone {
        /// The stage.
        stage: Stage,
        /// What it works on.
        of: &'a str,
    },
    /// Work was done in the running stage.
    Advanced {
        /// Pieces done since the stage began.
        done: u64,
        /// Pieces there are.
        all: u64,
        /// What the pieces are, such as `images`.
        unit: &'static str,
    },
    /// A step of training.
    Trained {
        /// `fold 2 of 5`, `refit`.
        part: &'a str,
        /// From 1.
        epoch: usize,
        /// At most.
        epochs: usize,
        /// From 1.
        step: usize,
        /// Steps of an epoch.
        steps: usize,
        /// Means over this epoch so far.
        running: Scores,
    },
    /// Something a person should know: an image left out, a deviation, random weights.
    Said {
        /// One sentence.
        sentence: &'a str,
    },
    /// A stage ended.
    Finished {
        /// The stage.
        stage: Stage,
        /// What it worked on.
        of: &'a str,
        /// Seconds on the clock.
        seconds: f64,
    },
}

/// Whoever watches a run. The answer `Break` ends it as soon as nothing is lost by that; the next run goes on from there.
pub type Watcher<'w> = dyn FnMut(Progress<'_>) -> ControlFlow<()> + Send + 'w;
