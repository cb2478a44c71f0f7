//! Reads an ONNX file that is to be used as a frozen network: its input, its tensors, and the part that computes one of them.
//!
//! Nothing is computed here, so a file that does not fit is refused on machines without a runtime too.

mod cut;
mod error;
mod message;

pub use error::NetworkFileError;

use std::{
    collections::HashSet,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use prost::Message;
use radiograph_files::{ContentHash, FileError};

use crate::proto::{FLOAT, Side, TensorType, ValueInfoProto};
use message::{GraphProto, ModelProto, NodeProto};

/// Number of tensors that an error names.
const NAMED: usize = 12;

/// An ONNX file with one input of images.
#[derive(Clone)]
pub struct NetworkFile {
    path: PathBuf,
    bytes: Vec<u8>,
    sha256: ContentHash,
    graph: GraphProto,
    input: ValueInfoProto,
}

impl NetworkFile {
    /// Reads the whole file, and refuses one that is no network.
    ///
    /// # Errors
    ///
    /// [`NetworkFileError`] if the file cannot be read, is larger than 2 GiB or no ONNX file, keeps values in other files, or has
    /// another number of inputs than one, or an input that does not hold f32.
    pub fn read(path: &Path) -> Result<Self, NetworkFileError> {
        let refuse = |source| FileError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(refuse)?;
        let bytes = file.metadata().map_err(refuse)?.len();
        if i32::try_from(bytes).is_err() {
            return Err(NetworkFileError::TooLarge { path: path.to_owned(), bytes });
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(refuse)?;
        Self::of_bytes(path, content)
    }

    fn of_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, NetworkFileError> {
        let not_onnx = || NetworkFileError::NotOnnx { path: path.to_owned() };
        // Of arbitrary bytes, some are a message without a graph.
        let graph = ModelProto::decode(&bytes[..]).ok().and_then(|model| model.graph).ok_or_else(not_onnx)?;
        if graph.node.is_empty() {
            return Err(not_onnx());
        }
        let constants = graph.node.iter().flat_map(NodeProto::constants);
        if let Some(tensor) = graph.initializer.iter().chain(constants).find(|tensor| tensor.is_external()) {
            let tensor = tensor.name.clone().unwrap_or_default();
            return Err(NetworkFileError::External { path: path.to_owned(), tensor });
        }
        let input = input(path, &graph)?;
        Ok(Self { path: path.to_owned(), sha256: ContentHash::of_bytes(&bytes), bytes, graph, input })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of its content.
    pub fn sha256(&self) -> ContentHash {
        self.sha256
    }

    /// Requires that its input takes one image `[1, C, H, W]` with these channels, rows and columns.
    ///
    /// # Errors
    ///
    /// [`NetworkFileError::InputShape`].
    pub fn require_image(&self, image: [i64; 3]) -> Result<(), NetworkFileError> {
        let [channels, rows, columns] = image;
        let needed = [1, channels, rows, columns];
        // Without a shape, the runtime decides.
        let Some(shape) = tensor_type(&self.input).and_then(|of| of.shape.as_ref()) else { return Ok(()) };
        let sides: Vec<Option<&Side>> = shape.dim.iter().map(|dimension| dimension.value.as_ref()).collect();
        // Some exporters write 0 or -1 for any number.
        let takes = |(side, needed): (&Option<&Side>, &i64)| match side {
            Some(Side::Known(side)) => *side <= 0 || side == needed,
            Some(Side::Named(_)) | None => true,
        };
        if sides.len() == needed.len() && sides.iter().zip(&needed).all(takes) {
            return Ok(());
        }
        let words = sides.iter().map(|side| match side {
            Some(Side::Known(side)) => side.to_string(),
            Some(Side::Named(name)) => name.clone(),
            None => "?".to_owned(),
        });
        let found = format!("[{}]", words.collect::<Vec<_>>().join(", "));
        let (path, input) = (self.path.clone(), name(&self.input).to_owned());
        Err(NetworkFileError::InputShape { path, input, found, needed: format!("{needed:?}") })
    }

    /// The name of the tensor that is the feature map: the one asked for, else the only output.
    ///
    /// # Errors
    ///
    /// [`NetworkFileError::Tensor`] if no node computes a tensor of this name; [`NetworkFileError::Outputs`] if none is asked
    /// for and there are several outputs.
    pub fn feature_map(&self, asked: Option<&str>) -> Result<&str, NetworkFileError> {
        let asked = match (asked, &self.graph.output[..]) {
            (Some(asked), _) => asked,
            (None, [only]) => name(only),
            (None, several) => {
                let outputs = several.iter().map(|output| name(output).to_owned()).collect();
                return Err(NetworkFileError::Outputs { path: self.path.clone(), outputs });
            }
        };
        self.tensors().find(|tensor| *tensor == asked).ok_or_else(|| NetworkFileError::Tensor {
            path: self.path.clone(),
            name: asked.chars().take(80).collect(),
            all: self.tensors().count(),
            candidates: self.candidates(),
        })
    }

    /// The file that computes this tensor alone: it is the only output, and nodes that it does not need are left out.
    ///
    /// # Errors
    ///
    /// [`NetworkFileError::NotOnnx`] if the bytes are a message that ONNX does not have.
    pub fn up_to(&self, tensor: &str) -> Result<Vec<u8>, NetworkFileError> {
        let not_onnx = || NetworkFileError::NotOnnx { path: self.path.clone() };
        cut::cut(&self.bytes, &self.graph, tensor).ok_or_else(not_onnx)
    }

    /// The names of the tensors that nodes compute, in the order of the nodes.
    fn tensors(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.graph
            .node
            .iter()
            .flat_map(|node| &node.output)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    /// Tensors that may be feature maps: the outputs, then the others from the last on. Those of which the file says that they
    /// have other sides than 4 or 2 are left out.
    fn candidates(&self) -> Vec<String> {
        let (outputs, others) = (&self.graph.output, &self.graph.value_info);
        let is_none = |value: &&ValueInfoProto| {
            let shape = tensor_type(value).and_then(|of| of.shape.as_ref());
            shape.is_some_and(|shape| ![2, 4].contains(&shape.dim.len()))
        };
        let mut told: HashSet<&str> = outputs.iter().chain(others).filter(is_none).map(name).collect();
        let names = outputs.iter().map(name).chain(self.tensors().rev());
        names.filter(|name| told.insert(name)).take(NAMED).map(str::to_owned).collect()
    }
}

impl std::fmt::Debug for NetworkFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("NetworkFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The one input that is not a constant, as old files list constants too.
fn input(path: &Path, graph: &GraphProto) -> Result<ValueInfoProto, NetworkFileError> {
    let constants: HashSet<&str> =
        graph.initializer.iter().filter_map(|tensor| tensor.name.as_deref()).collect();
    let inputs: Vec<_> = graph.input.iter().filter(|input| !constants.contains(name(input))).collect();
    let [input] = inputs[..] else {
        let inputs = inputs.into_iter().map(|input| name(input).to_owned()).collect();
        return Err(NetworkFileError::Inputs { path: path.to_owned(), inputs });
    };
    let kind = tensor_type(input).and_then(|of| of.elem_type);
    if kind == Some(FLOAT) {
        return Ok(input.clone());
    }
    let (path, input) = (path.to_owned(), name(input).to_owned());
    Err(NetworkFileError::InputType { path, input, found: element(kind) })
}

fn name(value: &ValueInfoProto) -> &str {
    value.name.as_deref().unwrap_or_default()
}

fn tensor_type(value: &ValueInfoProto) -> Option<&TensorType> {
    value.r#type.as_ref()?.tensor_type.as_ref()
}

/// Name of an element type (`TensorProto.DataType` in `onnx.proto`).
fn element(kind: Option<i32>) -> String {
    let names = ["f32", "u8", "i8", "u16", "i16", "i32", "i64", "text", "bool", "f16", "f64"];
    match kind {
        None => "no tensor".to_owned(),
        Some(kind) => match usize::try_from(kind - 1).ok().and_then(|place| names.get(place)) {
            Some(name) => (*name).to_owned(),
            None => format!("values of type {kind}"),
        },
    }
}

#[cfg(test)]
mod tests;
