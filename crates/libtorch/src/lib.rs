#![doc = include_str!("../README.md")]

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
