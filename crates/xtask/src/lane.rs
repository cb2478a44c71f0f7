//! Defines the three lanes (pairs of tch and libtorch), the builds of libtorch that they use, and that of ONNX Runtime.
//!
//! `install.rs` installs a build; `docs/libtorch.md` gives the reasons for these versions.

use std::{fmt, path::PathBuf};

use crate::{
    error::Error,
    wheel::{self, Wheel},
};

/// A pair of `tch` and libtorch that the one source tree is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lane {
    /// Current libtorch, processor only
    Cpu,
    /// Current libtorch for NVIDIA GPUs of compute capability 7.5 and above
    Cuda,
    /// The last libtorch with kernels for the Tesla K80; also for every other GPU below 7.5
    Kepler,
}

impl Lane {
    /// The version of libtorch that this lane's `tch` requires.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Cpu | Self::Cuda => "2.13.0",
            Self::Kepler => "2.0.1",
        }
    }

    /// The build to install; `gpu` selects the CUDA libraries of the kepler lane.
    pub(crate) fn build(self, gpu: bool) -> Build {
        match (self, gpu) {
            (Self::Cpu, _) => CPU,
            (Self::Cuda, _) => CUDA,
            (Self::Kepler, true) => KEPLER,
            (Self::Kepler, false) => KEPLER_CPU,
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Kepler => "kepler",
        })
    }
}

/// Value of `--libtorch`: a lane, or a folder with a libtorch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Lane(Lane),
    Folder(PathBuf),
}

impl Choice {
    /// Parses a lane's name or the path of a folder.
    pub(crate) fn parse(given: &str) -> Result<Self, Error> {
        match given {
            "cpu" => Ok(Self::Lane(Lane::Cpu)),
            "cuda" => Ok(Self::Lane(Lane::Cuda)),
            "kepler" => Ok(Self::Lane(Lane::Kepler)),
            path if PathBuf::from(path).is_dir() => Ok(Self::Folder(PathBuf::from(path))),
            path if path.contains('/') => Err(Error::LibtorchMissing { folder: PathBuf::from(path) }),
            _ => Err(Error::UnknownLane { given: given.to_owned() }),
        }
    }
}

/// What the wheels of a build hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Software {
    /// Libraries and headers that the crates are linked with.
    Libtorch,
    /// A library that programs load while they run.
    OnnxRuntime,
}

impl Software {
    /// Name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Libtorch => "libtorch",
            Self::OnnxRuntime => "ONNX Runtime",
        }
    }

    /// Folder in the cache.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Libtorch => "libtorch",
            Self::OnnxRuntime => "onnxruntime",
        }
    }

    /// Folder of the wheels with what is used.
    pub(crate) fn root(self) -> &'static str {
        match self {
            Self::Libtorch => "torch",
            Self::OnnxRuntime => "onnxruntime/capi",
        }
    }
}

/// One libtorch or ONNX Runtime in the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Build {
    pub(crate) software: Software,
    /// Name of its folder in the cache.
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) wheels: &'static [Wheel],
    /// Measured size after unpacking, for the check of free disk space.
    pub(crate) unpacked_bytes: u64,
}

const CPU: Build = Build::of_libtorch("cpu-2.13.0", "2.13.0", wheel::CPU, 490_000_000);
const CUDA: Build = Build::of_libtorch("cuda-2.13.0", "2.13.0", wheel::CUDA, 3_830_000_000);
const KEPLER: Build = Build::of_libtorch("kepler-2.0.1", "2.0.1", wheel::KEPLER, 4_000_000_000);
const KEPLER_CPU: Build = Build::of_libtorch("kepler-cpu-2.0.1", "2.0.1", wheel::KEPLER_CPU, 550_000_000);

/// ONNX Runtime for the processor, for every lane.
pub(crate) const ONNX_RUNTIME: Build = Build {
    software: Software::OnnxRuntime,
    name: "cpu-1.32.0",
    version: "1.32.0",
    wheels: wheel::ONNX_RUNTIME,
    unpacked_bytes: 36_000_000,
};

impl Build {
    const fn of_libtorch(
        name: &'static str,
        version: &'static str,
        wheels: &'static [Wheel],
        unpacked_bytes: u64,
    ) -> Self {
        Self { software: Software::Libtorch, name, version, wheels, unpacked_bytes }
    }

    /// Number of bytes that pip downloads.
    pub(crate) fn download_bytes(&self) -> u64 {
        self.wheels.iter().map(|wheel| wheel.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_a_lane_or_a_folder_that_is_there() {
        assert_eq!(Choice::parse("kepler").unwrap(), Choice::Lane(Lane::Kepler));
        assert_eq!(Choice::parse("/").unwrap(), Choice::Folder(PathBuf::from("/")));
        assert!(matches!(Choice::parse("keplr"), Err(Error::UnknownLane { .. })));
        assert!(matches!(Choice::parse("/nowhere/libtorch"), Err(Error::LibtorchMissing { .. })));
    }

    #[test]
    fn the_processor_builds_hold_no_cuda_kernels() {
        for build in [CPU, KEPLER_CPU] {
            assert!(build.wheels.iter().all(|wheel| wheel.takes("torch/lib/libtorch_cuda.so").is_none()));
        }
        for build in [CUDA, KEPLER] {
            assert!(build.wheels.iter().any(|wheel| wheel.takes("torch/lib/libtorch_cuda.so").is_some()));
        }
    }
}
