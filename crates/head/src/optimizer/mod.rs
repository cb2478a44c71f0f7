//! What moves the trained tensors: RMSprop, gradient clipping and the learning rate's schedule.

mod clipping;
mod rmsprop;
mod schedule;

pub use clipping::Clipping;
pub use rmsprop::{Optimizer, RmsProp, RmsPropForm};
pub use schedule::Schedule;
