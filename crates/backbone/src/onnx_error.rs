//! Errors of networks that are computed from ONNX files.

use std::path::PathBuf;

use radiograph_libtorch::Device;
use radiograph_onnx::NetworkFileError;

/// Why a network cannot be computed from an ONNX file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxNetworkError {
    /// A file that is no network that can be used.
    #[error(transparent)]
    File(#[from] NetworkFileError),
    /// A program without the part that computes ONNX files.
    #[error("this program was built without ONNX Runtime; build it with the feature `onnx`")]
    NotBuilt,
    /// No shared library of ONNX Runtime.
    #[error(
        "ONNX Runtime is not on this machine: {} is no file; put libonnxruntime.so of version 1.17 or later there, or name it in \
         ORT_DYLIB_PATH",
        path.display()
    )]
    NoLibrary {
        /// Place where it was expected.
        path: PathBuf,
    },
    /// A file that cannot be loaded as ONNX Runtime.
    #[error("{} cannot be loaded as ONNX Runtime: {reason}; name another libonnxruntime.so in ORT_DYLIB_PATH", path.display())]
    Library {
        /// The library.
        path: PathBuf,
        /// First line of the loader's message.
        reason: String,
    },
    /// A network that ONNX Runtime does not compute.
    #[error("{engine} does not compute {}: {reason}; export the network with operators that it has", path.display())]
    Refused {
        /// The ONNX file.
        path: PathBuf,
        /// ONNX Runtime with its version.
        engine: String,
        /// First line of its message.
        reason: String,
    },
    /// A tensor that does not hold f32.
    #[error(
        "{tensor} of {} holds {found}, and feature maps are f32; name another tensor, or export the network in single precision",
        path.display()
    )]
    Type {
        /// The ONNX file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// Type of its values.
        found: String,
    },
    /// A tensor that is no feature map.
    #[error(
        "{tensor} of {} is {found:?} for one image, and a feature map is [1, C, H, W] or [1, C]; name another tensor",
        path.display()
    )]
    Map {
        /// The ONNX file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// Its shape.
        found: Vec<i64>,
    },
    /// A device other than the processor.
    #[error("networks from ONNX files are computed on the processor, and not on {device}; use cpu")]
    Device {
        /// The device.
        device: Device,
    },
}
