//! What stays on the disk: tensors, checkpoints of a training under way, and finished models.

mod checkpoint;
mod model;
mod origin;
mod tensor_file;

pub(crate) use checkpoint::{Checkpoints, difference, read_record, require_same};
pub use model::{Model, ModelRecord};
