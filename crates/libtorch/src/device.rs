//! Names a device, CPU or CUDA, and checks that libtorch can use it. The caller decides which work goes where.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A device that was available when the value was created.
///
/// It is written `cpu` or `cuda:0`, `cuda:1`, …; a Tesla K80 board shows as two CUDA devices. A value exists only for a
/// device that libtorch can use. So a missing device is an error where it is named, and not a crash inside a kernel.
/// The CUDA side was written against libtorch's documented behaviour and is untested on a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Device(Place);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Cpu,
    Cuda(usize),
}

impl Device {
    /// The CPU, which is always available.
    pub const CPU: Self = Self(Place::Cpu);

    /// The CUDA device of this index, counted from 0.
    ///
    /// # Errors
    /// [`DeviceError::Absent`] if libtorch sees no such device.
    pub fn cuda(index: usize) -> Result<Self, DeviceError> {
        Self::among(Devices::present(), Place::Cuda(index))
    }

    /// The device as a `tch` value.
    pub fn to_tch(self) -> tch::Device {
        match self.0 {
            Place::Cpu => tch::Device::Cpu,
            Place::Cuda(index) => tch::Device::Cuda(index),
        }
    }

    /// Whether this is a CUDA device.
    pub fn is_cuda(self) -> bool {
        matches!(self.0, Place::Cuda(_))
    }

    /// Its kind.
    pub fn kind(self) -> DeviceKind {
        self.0.kind()
    }

    fn among(devices: Devices, place: Place) -> Result<Self, DeviceError> {
        match place {
            Place::Cuda(index) if index >= devices.cuda => Err(DeviceError::Absent { index, devices }),
            place => Ok(Self(place)),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Place::Cpu => formatter.write_str("cpu"),
            Place::Cuda(index) => write!(formatter, "cuda:{index}"),
        }
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

impl TryFrom<String> for Device {
    type Error = DeviceError;

    fn try_from(name: String) -> Result<Self, DeviceError> {
        name.parse()
    }
}

impl FromStr for Device {
    type Err = DeviceError;

    /// Reads `cpu`, `cuda:N`, or `cuda` for the first CUDA device.
    fn from_str(name: &str) -> Result<Self, DeviceError> {
        name.parse::<DeviceName>()?.device()
    }
}

/// A kind of device. Devices of one kind round alike; a CPU and a GPU do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceKind {
    /// The CPU.
    Cpu,
    /// A CUDA device.
    Cuda,
}

impl Place {
    fn kind(self) -> DeviceKind {
        match self {
            Self::Cpu => DeviceKind::Cpu,
            Self::Cuda(_) => DeviceKind::Cuda,
        }
    }
}

impl fmt::Display for DeviceKind {
    /// Writes `cpu` or `cuda`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}

/// The name of a device that may be absent.
///
/// A program reads it from a command line, where a wrong name and a missing device are different errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceName(Place);

impl DeviceName {
    /// Kind of the device.
    pub fn kind(self) -> DeviceKind {
        self.0.kind()
    }

    /// The device of this name.
    ///
    /// # Errors
    /// [`DeviceError::Absent`] if libtorch sees no such device.
    pub fn device(self) -> Result<Device, DeviceError> {
        match self.0 {
            Place::Cpu => Ok(Device::CPU),
            place => Device::among(Devices::present(), place),
        }
    }
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    /// Reads `cpu`, `cuda:N`, or `cuda` for the first CUDA device.
    fn from_str(name: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown { name: name.to_owned() };
        let place = match name.split_once(':') {
            None if name == "cpu" => Place::Cpu,
            None if name == "cuda" => Place::Cuda(0),
            Some(("cuda", index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => {
                Place::Cuda(index.parse().map_err(|_| unknown())?)
            }
            _ => return Err(unknown()),
        };
        Ok(Self(place))
    }
}

/// Devices that the linked libtorch can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Devices {
    /// Whether libtorch was linked with its CUDA part.
    pub cuda_linked: bool,
    /// Number of CUDA devices that can be used; 0 if CUDA is not linked, has no driver or finds no GPU.
    pub cuda: usize,
}

impl Devices {
    /// Queries libtorch. The first call may take seconds on a machine with GPUs, because it starts the driver.
    pub fn present() -> Self {
        let count = usize::try_from(tch::Cuda::device_count()).unwrap_or(0);
        let cuda_linked = tch::utils::has_cudart();
        Self { cuda_linked, cuda: if cuda_linked && tch::Cuda::is_available() { count } else { 0 } }
    }

    /// Every device, the CPU first.
    pub fn all(self) -> impl Iterator<Item = Device> {
        std::iter::once(Device::CPU).chain((0..self.cuda).map(|index| Device(Place::Cuda(index))))
    }
}

/// A device name that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// A valid name of a device that is not available on this machine or in this build.
    #[error("device cuda:{index} is not available: {}", reason(*.devices))]
    Absent {
        /// Index requested.
        index: usize,
        /// Available devices.
        devices: Devices,
    },
    /// A name that is not a valid device name.
    #[error("`{name}` is not a device name; use cpu, cuda or cuda:N, with N counted from 0")]
    Unknown {
        /// The name given.
        name: String,
    },
}

fn reason(devices: Devices) -> String {
    match devices {
        Devices { cuda_linked: false, .. } => "libtorch is linked without CUDA".to_owned(),
        Devices { cuda: 0, .. } => "CUDA is linked but finds no usable GPU".to_owned(),
        Devices { cuda: 1, .. } => "the only CUDA device is cuda:0".to_owned(),
        Devices { cuda, .. } => format!("there are {cuda} CUDA devices, counted from 0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_CUDA: Devices = Devices { cuda_linked: false, cuda: 0 };
    const NO_GPU: Devices = Devices { cuda_linked: true, cuda: 0 };
    const K80: Devices = Devices { cuda_linked: true, cuda: 2 };

    #[test]
    fn names_that_are_not_device_names_are_refused() {
        let names = [
            "",
            "gpu",
            "cuda:",
            "cuda:-1",
            "cuda:+1",
            "cuda:1 ",
            "cuda:99999999999999999999999",
            "CPU",
            "mps",
        ];
        for name in names {
            assert_eq!(
                name.parse::<Device>(),
                Err(DeviceError::Unknown { name: name.to_owned() }),
                "{name:?}"
            );
        }
    }

    #[test]
    fn an_absent_device_says_why() {
        for (devices, reason) in
            [(NO_CUDA, "without CUDA"), (NO_GPU, "no usable GPU"), (K80, "2 CUDA devices")]
        {
            let error = Device::among(devices, Place::Cuda(2)).unwrap_err().to_string();
            assert!(error.contains("cuda:2") && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_name_is_known_before_its_device_is_looked_for() {
        assert_eq!("cuda".parse(), Ok(DeviceName(Place::Cuda(0))));
        assert_eq!("cuda:17".parse(), Ok(DeviceName(Place::Cuda(17))));
        assert_eq!("cpu".parse::<DeviceName>().unwrap().device(), Ok(Device::CPU));
    }

    #[test]
    fn both_halves_of_a_k80_are_devices() {
        let names: Vec<String> = K80.all().map(|device| device.to_string()).collect();
        assert_eq!(names, ["cpu", "cuda:0", "cuda:1"]);
        assert_eq!(Device::among(K80, Place::Cuda(1)).unwrap().to_tch(), tch::Device::Cuda(1));
    }
}
