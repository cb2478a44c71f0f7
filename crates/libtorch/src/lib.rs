//! Basics for all crates of this workspace that use libtorch: checked [`Device`]s, numbers of threads, and libtorch
//! errors cut to one [line](first_line), or [recognised](is_out_of_memory).
//!
//! This crate has no networks, weights or training. `cargo xtask setup` fetches libtorch, and `radiograph-link` links
//! it.
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
mod out_of_memory;
mod threads;

pub use device::{Device, DeviceError, DeviceKind, DeviceName, Devices};
pub use error::first_line;
pub use out_of_memory::is_out_of_memory;
pub use threads::{SideBySide, ThreadsError, set_threads};

/// Version of the linked libtorch, such as `2.13.0`, from the folder that it was built against.
pub const LIBTORCH_VERSION: &str = env!("RADIOGRAPH_LIBTORCH_VERSION");
