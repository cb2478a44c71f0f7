#![doc = include_str!("../README.md")]
#![allow(clippy::needless_pass_by_value, reason = "views of arrays are small, and passed as slices are")]

pub mod draw;
mod error;
mod explainer;
mod heat_map;
pub mod measure;
mod method;
mod target;

pub use error::GradcamError;
pub use explainer::{Explainer, Explanation};
pub use heat_map::{Evidence, HeatMap, NoEvidence};
pub use radiograph_protocol::{Method, Quantity};
pub use target::{ClassChoice, Target};
