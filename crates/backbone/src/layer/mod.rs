//! Layers of which the four networks are built.
//!
//! Each layer takes its tensors when it is built. Its arrangement, plain or folded, is fixed then.

mod arrange;
mod convolution;
mod dense;
mod norm;
mod pool;
mod unit;

pub(crate) use arrange::{channels_last, concatenate};
pub(crate) use convolution::{Convolution, Slide};
pub(crate) use dense::Dense;
pub(crate) use norm::{BatchNorm, Gate};
pub(crate) use pool::{average_everywhere, halving_mean, max_pool};
pub(crate) use unit::{PooledUnit, Unit, in_turn};
