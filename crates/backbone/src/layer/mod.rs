//! Layers of which networks are built: parameters on a device, and what they compute.

mod attention;
mod convolution;
mod dense;
mod memory;
mod norm;
mod pool;
mod tokens;

pub(crate) use attention::attention;
pub(crate) use convolution::Convolution;
pub(crate) use dense::{Dense, LayerNorm};
pub(crate) use memory::channels_last;
pub(crate) use norm::{BatchNorm, Gate};
pub(crate) use pool::{average_pool, max_pool};
pub(crate) use tokens::{Positions, cells, tokens};
