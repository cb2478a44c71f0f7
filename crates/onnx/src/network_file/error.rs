//! Why a file is no network that can be used.

use std::path::PathBuf;

use radiograph_files::FileError;

/// Why an ONNX file cannot be used as a frozen network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkFileError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// More bytes than a protobuf message may have.
    #[error("{} has {bytes} bytes, and an ONNX file may have {}", path.display(), i32::MAX)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Number of its bytes.
        bytes: u64,
    },
    /// A file of another kind.
    #[error("{} is not an ONNX file; export the network as ONNX", path.display())]
    NotOnnx {
        /// The file.
        path: PathBuf,
    },
    /// Values in other files, whose content would not be known.
    #[error(
        "{} keeps the values of {tensor} in another file; write all in one: onnx.save(onnx.load(\"it.onnx\"), \"whole.onnx\")",
        path.display()
    )]
    External {
        /// The file.
        path: PathBuf,
        /// First tensor without values.
        tensor: String,
    },
    /// Another number of inputs than one.
    #[error(
        "{} has {} inputs ({}), and a network reads one image; export it with this input alone",
        path.display(), inputs.len(), inputs.join(", ")
    )]
    Inputs {
        /// The file.
        path: PathBuf,
        /// Names of its inputs.
        inputs: Vec<String>,
    },
    /// An input that does not hold f32.
    #[error(
        "the input {input} of {} holds {found}, and images are f32; export the network in single precision",
        path.display()
    )]
    InputType {
        /// The file.
        path: PathBuf,
        /// Name of the input.
        input: String,
        /// Type of its values.
        found: String,
    },
    /// An input for other images.
    #[error(
        "the input {input} of {} is {found}, and the images are {needed}; correct the size, the channels or the \
         normalisation, or export the network for any number of images, with the channels first",
        path.display()
    )]
    InputShape {
        /// The file.
        path: PathBuf,
        /// Name of the input.
        input: String,
        /// Its shape, such as `[N, 3, 224, 224]`.
        found: String,
        /// Shape of one image.
        needed: String,
    },
    /// Several outputs, of which none was named.
    #[error("{} has several outputs; name the one that is the feature map: {}", path.display(), outputs.join(", "))]
    Outputs {
        /// The file.
        path: PathBuf,
        /// Names of its outputs.
        outputs: Vec<String>,
    },
    /// A name of no tensor.
    #[error(
        "{} computes no tensor {name}; it has {all}, such as {}",
        path.display(), candidates.join(", ")
    )]
    Tensor {
        /// The file.
        path: PathBuf,
        /// Name given.
        name: String,
        /// Number of tensors that it computes.
        all: usize,
        /// Names of some that may be feature maps: the outputs, then the others from the last on.
        candidates: Vec<String>,
    },
}
