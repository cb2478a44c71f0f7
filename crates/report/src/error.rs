//! Errors in making a report.

use radiograph_files::FileError;
use radiograph_forensics::ForensicsError;

/// Reason why no report could be made. A score that does not exist is not an error: the page shows its reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two parts of the input contradict each other.
    #[error("{part}: {first}, but {second}; the two must agree; correct the input of the report")]
    Contradiction {
        /// Part of the report, such as `VGG19-RNN`.
        part: String,
        /// Statement of one place.
        first: String,
        /// Statement of the other place.
        second: String,
    },
    /// A figure could not be drawn.
    #[error("the figure {figure} cannot be drawn: {reason}")]
    Drawing {
        /// Its file name without extension.
        figure: String,
        /// Message of the plotting library.
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
    /// The report has no network.
    #[error("there is no network to report on; a report needs the predictions of at least one")]
    NoNetwork,
    /// A picture is not a PNG.
    #[error("the picture {name:?} is not a PNG image; write it as PNG, which a page can hold")]
    NotPng {
        /// Its name.
        name: String,
    },
    /// Two networks have the same name.
    #[error("two networks are named {name:?}; give each a name of its own")]
    SameName {
        /// The name.
        name: String,
    },
    /// A setting is out of its range.
    #[error("{name} is {value}; it must be {range}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Requested value.
        value: u64,
        /// Allowed range.
        range: &'static str,
    },
}
