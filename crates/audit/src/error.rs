//! Errors in the input of an audit. A question that the data cannot answer is not an error: the verdict then has a
//! [`Reason`](crate::Reason).

/// Reason why a table, a model or settings were refused. Images count from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An image has a class that is not in the set, or the set itself is invalid.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
    /// A table without images.
    #[error("the table has no images")]
    Empty,
    /// A name is empty.
    #[error("the {what} of image {image} is empty")]
    EmptyName {
        /// `cluster` or `source`.
        what: &'static str,
        /// The image.
        image: usize,
    },
    /// Features of one image have another length than those of the first.
    #[error("image {image} has {got} features, but the first image with features has {expected}")]
    Width {
        /// The image.
        image: usize,
        /// Number of features of the first image that has any.
        expected: usize,
        /// Number of its features.
        got: usize,
    },
    /// A feature or a pixel is not a finite number.
    #[error("image {image} has a {what} that is not a finite number")]
    NotFinite {
        /// `feature` or `pixel`.
        what: &'static str,
        /// The image.
        image: usize,
    },
    /// A picture has another size.
    #[error("a picture of {got} values; a picture has {expected}")]
    Picture {
        /// Expected number.
        expected: usize,
        /// Number found.
        got: usize,
    },
    /// The model predicted another number of images than the test part has.
    #[error("the model predicted {got} images; the test part has {expected}")]
    Model {
        /// Number of test images.
        expected: usize,
        /// Number of predictions.
        got: usize,
    },
    /// A setting out of its range.
    #[error("{name} is {value}; it must be {range}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The allowed range.
        range: &'static str,
    },
    /// The watcher asked to stop.
    #[error("the audit was stopped")]
    Stopped,
    /// Predictions or intervals are at fault.
    #[error(transparent)]
    Metrics(#[from] radiograph_metrics::Error),
    /// A linear probe is at fault.
    #[error(transparent)]
    Probe(#[from] radiograph_probe::Error),
}
