//! A run on the disk: its folder, what was done in it, and what that took. Not what the stages do (`crate::pipeline`).

mod cost;
mod folder;
mod stamp;

pub(crate) use cost::Clock;
pub use cost::{Cost, StageCost};
pub use folder::RunFolder;
pub(crate) use stamp::{Inputs, Stamp};
