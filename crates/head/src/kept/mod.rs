//! Reads and writes the files of trainings: tensors, checkpoints and finished models.

mod checkpoint;
mod model;
mod origin;
mod tensor_file;

pub(crate) use checkpoint::{Checkpoints, remove_leftovers};
pub use model::Model;
pub(crate) use origin::{Beginning, Settings};
