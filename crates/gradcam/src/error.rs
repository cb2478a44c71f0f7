//! Errors of requests for explanations. Each variant says what is wrong with the request.

/// Why an explanation cannot be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GradcamError {
    /// The features are not a batch of feature maps.
    #[error("features of shape {shape:?} are no feature maps; give [N, C, H, W] with nothing empty")]
    NotFeatureMaps {
        /// Shape that was given.
        shape: Vec<i64>,
    },
    /// The scorer did not give one row of logits for each image: the head and the classes do not match.
    #[error(
        "the scorer gave logits of shape {got:?} for {images} images and {classes} classes; give [{images}, {classes}], \
         from the head that was trained on these classes"
    )]
    LogitShape {
        /// Shape that was given.
        got: Vec<i64>,
        /// Number of images.
        images: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A feature, logit or gradient is NaN or infinite.
    #[error(
        "image {image} of the batch has {what} that are NaN or infinite; check its features and the head's weights"
    )]
    NotFinite {
        /// Position of the image in the batch, from 0.
        image: usize,
        /// The values: features, logits or gradients.
        what: &'static str,
    },
    /// No gradient reaches the features: something between them and the logits cuts the graph.
    #[error(
        "no gradient flows from the logits to the features: the scorer detaches them, or computes without gradients; \
         frozen weights are fine, a cut graph is not"
    )]
    GradientBlocked,
    /// The number of classes to explain differs from the number of images.
    #[error("{got} classes were given for {images} images; give one for each")]
    ClassCount {
        /// Number of images.
        images: usize,
        /// Number of classes given.
        got: usize,
    },
    /// A class that the scorer's set does not have.
    #[error(transparent)]
    Class(#[from] radiograph_classes::Error),
    /// A method or quantity that this version does not know.
    #[error("this version does not compute {name}; choose another method or quantity")]
    Unknown {
        /// Name that was given.
        name: &'static str,
    },
    /// The margin over the runner-up needs at least two classes.
    #[error("the margin over the runner-up needs two classes, and there is one")]
    NoRunnerUp,
    /// Ablation-CAM divides by the score, which is 0.
    #[error(
        "image {image} of the batch has a score of exactly 0, by which ablation CAM divides; choose another target"
    )]
    ZeroScore {
        /// Position of the image in the batch, from 0.
        image: usize,
    },
    /// Two grids of one image differ in size.
    #[error("{what} is {got_width} × {got_height} pixels, but {width} × {height} are needed")]
    Size {
        /// Name of the grid.
        what: &'static str,
        /// Width that was given.
        got_width: usize,
        /// Height that was given.
        got_height: usize,
        /// Width needed.
        width: usize,
        /// Height needed.
        height: usize,
    },
    /// A number is outside its range.
    #[error("{what} is {got}; give {range}")]
    Range {
        /// Name of the number.
        what: &'static str,
        /// Value that was given.
        got: f64,
        /// Accepted range.
        range: &'static str,
    },
    /// libtorch or the scorer failed.
    #[error("the scorer failed: {0}")]
    Scorer(String),
}

impl From<tch::TchError> for GradcamError {
    fn from(error: tch::TchError) -> Self {
        Self::Scorer(radiograph_libtorch::first_line(&error))
    }
}
