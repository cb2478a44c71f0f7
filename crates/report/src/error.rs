//! Why no report could be made.

use radiograph_files::FileError;
use radiograph_forensics::ForensicsError;

/// Why no report could be made. A score that does not exist is not an error: the page shows its reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two parts of the input say different things about the same.
    #[error(
        "{part}: {first}, but {second}; a report shows one number for one thing, so mend what made the input"
    )]
    Contradiction {
        /// The part of the report, as in `VGG19-RNN`.
        part: String,
        /// What one place says.
        first: String,
        /// What the other says.
        second: String,
    },
    /// A figure could not be drawn.
    #[error("the figure {figure} cannot be drawn: {reason}")]
    Drawing {
        /// Its file name without extension.
        figure: String,
        /// What the plotting library says.
        reason: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A printed table of the paper could not be examined.
    #[error(transparent)]
    Forensics(#[from] ForensicsError),
    /// Scores could not be computed from the predictions.
    #[error(transparent)]
    Metrics(#[from] radiograph_metrics::Error),
    /// No network was trained.
    #[error("there is no network to report on; a report needs the predictions of at least one")]
    NoNetwork,
    /// A picture is not a PNG.
    #[error("the picture {name:?} is not a PNG image; write it as PNG, which a page can hold")]
    NotPng {
        /// Its name.
        name: String,
    },
    /// Two networks of one name.
    #[error("two networks are named {name:?}; give each a name of its own")]
    SameName {
        /// The name.
        name: String,
    },
    /// A setting out of its range.
    #[error("{name} is {value}; it must be {range}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What was asked for.
        value: u64,
        /// What is possible.
        range: &'static str,
    },
}
