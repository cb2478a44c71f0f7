//! Folds of a cross-validation, given by positions of samples.

use serde::{Deserialize, Serialize};

/// The first weights of each fold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FoldStart {
    /// Fresh weights for each fold.
    #[default]
    Independent,
    /// The final weights of the previous fold, as in the released code. From the second fold on, the previous fold was
    /// trained on the validation samples, so their scores are contaminated. The records mark this.
    Chained,
}

/// One fold of a cross-validation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Positions of the samples that this fold does not train on.
    pub held_out: Vec<usize>,
    /// Positions of the held-out samples that validate. An image made from another image is held out with it, but does
    /// not validate.
    pub validation: Vec<usize>,
}

impl From<Vec<usize>> for Fold {
    /// A fold in which every held-out sample validates.
    fn from(held_out: Vec<usize>) -> Self {
        Self { validation: held_out.clone(), held_out }
    }
}
