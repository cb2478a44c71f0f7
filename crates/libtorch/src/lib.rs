//! The little that every libtorch crate of this workspace needs before it computes anything: a [`Device`] that is
//! known to be there, and libtorch's errors cut to the [line](first_line) that a person can use.
//!
//! Not here: networks, weights, training. Not here either: how libtorch is fetched (`cargo xtask setup`) and linked
//! (`radiograph-link`).
//!
//! ```no_run
//! use radiograph_libtorch::Device;
//!
//! let device: Device = "cuda:0".parse()?;
//! let zeros = tch::Tensor::zeros([1, 3, 224, 224], (tch::Kind::Float, device.to_tch()));
//! # Ok::<(), radiograph_libtorch::DeviceError>(())
//! ```

mod device;
mod error;
mod threads;

pub use device::{Device, DeviceError, Devices};
pub use error::first_line;
pub use threads::{SideBySide, ThreadsError, set_threads};
