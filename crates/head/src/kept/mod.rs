//! Reads and writes the files of trainings: tensors, checkpoints and finished models.

mod checkpoint;
mod checkpoint_files;
mod locked;
mod model;
mod origin;
mod snapshot;
mod tensor_file;

pub(crate) use checkpoint::{Best, Checkpoints, Progress, weights};
pub(crate) use checkpoint_files::{remove_checkpoint, remove_leftovers};
pub(crate) use locked::LockedFolder;
pub use model::Model;
pub(crate) use origin::{Beginning, Settings};
pub(crate) use snapshot::Snapshot;
