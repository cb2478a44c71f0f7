//! What stays on the disk: tensors, checkpoints of a training under way, and finished models.

mod checkpoint;
mod model;
mod origin;
mod tensor_file;

pub(crate) use checkpoint::{Checkpoints, read_record, remove_leftovers};
pub use model::{Model, ModelRecord};
pub(crate) use origin::{Beginning, Settings, difference};
