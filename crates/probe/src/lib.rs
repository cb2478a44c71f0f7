//! Trains a linear probe: multinomial logistic regression on a matrix of features, the baseline that a larger model has
//! to beat.
//!
//! Features are standardised with the mean and the deviation of the training rows alone, coefficients carry an L2
//! penalty, and the penalty is chosen by cross-validation in which a patient is never in training and validation at
//! once. Training ends at the minimum, and [`Convergence`] says whether it did.
//!
//! ```
//! use ndarray::array;
//! use radiograph_classes::Classes;
//! use radiograph_probe::{Examples, Folds, GRID, Stopping, choose};
//!
//! let features = array![[0.1, 7.0], [0.4, 7.0], [0.2, 7.1], [0.9, 7.1], [0.6, 7.0], [0.8, 7.1]];
//! let classes = Classes::new(["normal", "pneumonia"])?;
//! let names = ["normal", "normal", "normal", "pneumonia", "pneumonia", "pneumonia"];
//! let patients = ["ann", "ann", "bob", "cid", "dan", "eve"];
//!
//! let examples = Examples::named(features.view(), &classes, &names)?;
//! let folds = Folds::grouped(&examples, &patients, 5)?;
//! let chosen = choose(&examples, &folds, &GRID, &Stopping::default())?;
//! assert!(chosen.converged());
//!
//! let probabilities = chosen.probe.probabilities(array![[0.15, 7.0], [0.85, 7.0]].view())?;
//! assert!(probabilities[[0, 0]] > 0.5 && probabilities[[1, 1]] > 0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Coefficients agree with scikit-learn's `StandardScaler` and `LogisticRegression(C=…)` to 1e-4. The same input gives
//! the same bits with any number of threads. The features are held as 64-bit numbers, 8 N D bytes; [`choose`] needs up to
//! three times as much for each fold that is computed at the moment.

#![allow(clippy::needless_pass_by_value, reason = "views of arrays are small, and passed as slices are")]

mod error;
mod examples;
mod folds;
mod minimise;
mod objective;
mod probe;
mod search;
mod span;
mod standardisation;
mod stopping;
mod triangle;

pub use error::Error;
pub use examples::Examples;
pub use folds::{Fold, Folds};
pub use probe::{Convergence, Probe};
pub use search::{Candidate, Chosen, GRID, choose};
pub use standardisation::Standardisation;
pub use stopping::Stopping;
