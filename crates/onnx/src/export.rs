//! A network as an ONNX file: what it holds, and how it is put together.

use std::{collections::BTreeMap, path::Path};

use prost::Message;
use radiograph_files::write_bytes;
use radiograph_input::{Filter, Normalisation};
use radiograph_weights::{
    Architecture, Expected, Facts, Lineage, Weights, WeightsError,
    graph::{Graph, Map, Shape},
};

use crate::{
    OnnxError,
    film::film,
    operation::Translation,
    proto::{ModelProto, OperatorSetIdProto, Side, StringStringEntryProto},
    writer::Writer,
};

/// Version of the operators, and of the file format that came with it (ONNX 1.15).
const OPERATORS: i64 = 20;
const FORMAT: i64 = 9;
/// Name of the input if it is normalised.
const IMAGE: &str = "image";

/// Input of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Input {
    /// `image`, `[N, C, H, W]`: images of the network's size, normalised as the weights ask.
    #[default]
    Normalised,
    /// `film`, `[N, 1, rows, columns]`: gray films of any size with values from 0 to 255. They are stretched to the
    /// network's size, with antialiasing, and normalised; gray fills all channels. Values between are not rounded, while
    /// `radiograph-image` rounds them to the depth of the film, so inputs differ by about half a gray level.
    Film {
        /// Filter of the resizing.
        filter: Filter,
        /// Normalisation.
        normalisation: Normalisation,
    },
}

/// A network that is written as an ONNX file. The same settings and tensors give the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Network.
    pub architecture: Architecture,
    /// How the network of the weights computes.
    pub lineage: Lineage,
    /// Rows and columns of the network's images in pixels. A file computes images of one size.
    pub size: [u32; 2],
    /// Input.
    pub input: Input,
    /// Names of the layers whose maps are outputs, in this order.
    pub layers: Vec<String>,
    /// Texts about the file (`metadata_props`).
    pub metadata: BTreeMap<String, String>,
}

impl Export {
    /// Normalised images of this many rows and columns to the last map.
    pub fn new(architecture: Architecture, lineage: Lineage, size: [u32; 2]) -> Self {
        // A network of a file has none, and writing it is an error.
        let layers = Facts::known(architecture).map(|facts| facts.explanation_layer.clone());
        let layers = layers.into_iter().collect();
        let metadata = BTreeMap::from([("architecture".to_owned(), architecture.name().to_owned())]);
        Self { architecture, lineage, size, input: Input::Normalised, layers, metadata }
    }

    /// The network of these weights, for squares of this side in pixels. The metadata say what the weights are.
    pub fn of_weights(weights: &Weights, side: u32) -> Self {
        let record = weights.record();
        let mut export = Self::new(record.architecture, record.lineage, [side, side]);
        let texts = [
            ("weights", Some(record.name.clone())),
            ("weights_sha256", Some(weights.sha256().to_string())),
            ("normalisation", Some(record.normalisation.name().to_owned())),
            ("trained_on", record.trained_on.clone()),
            ("licence", record.licence.clone()),
            ("source_url", record.source_url.clone()),
        ];
        let known = texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?)));
        export.metadata.extend(known);
        export
    }

    /// Writes the file with these weights, which are checked first. It takes about three times the bytes of the weights
    /// in memory.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes) and of [`Weights::open`], and [`OnnxError::File`].
    pub fn write(&self, weights: &Weights, path: &Path) -> Result<(), OnnxError> {
        let state = weights.open(&Expected::of(self.architecture))?;
        Ok(write_bytes(path, &self.bytes(|name| state.take(name))?)?)
    }

    /// The file's bytes. `take` gives the values of each tensor by name, row by row.
    ///
    /// # Errors
    ///
    /// [`OnnxError`] if the network does not read images of this size, has no such layer or an operation that cannot be
    /// written, if a tensor has another number of values, or if the file would be larger than 2 GiB.
    pub fn bytes(
        &self,
        mut take: impl FnMut(&str) -> Result<Vec<f32>, WeightsError>,
    ) -> Result<Vec<u8>, OnnxError> {
        let model = self.model(&mut take)?;
        let bytes = model.encoded_len();
        if i32::try_from(bytes).is_err() {
            return Err(OnnxError::TooLarge { architecture: self.architecture, bytes });
        }
        Ok(model.encode_to_vec())
    }

    pub(crate) fn model(
        &self,
        take: &mut dyn FnMut(&str) -> Result<Vec<f32>, WeightsError>,
    ) -> Result<ModelProto, OnnxError> {
        let size = self.size.map(i64::from);
        let graph = self.architecture.graphs_of(self.lineage)?.features;
        let unfit = |source| OnnxError::Image { architecture: self.architecture, source };
        let shapes = graph.shapes(size[0], size[1]).map_err(unfit)?;
        let outputs = self.outputs(&graph)?;

        let mut writer = Writer::default();
        let mut names = vec![self.begin(&mut writer, shapes[0])?];
        let needed = needed(&graph, &outputs);
        for (place, node) in graph.nodes().iter().enumerate().skip(1) {
            let name = format!("/{place}");
            if needed[place] {
                let of = |map: &Map| (names[map.place()].as_str(), shapes[map.place()]);
                let (inputs, shapes) = node.inputs.iter().map(of).unzip();
                let operation = &node.operation;
                let architecture = self.architecture;
                let translation = Translation { architecture, operation, inputs, shapes, name: name.clone() };
                translation.write(&mut writer, take)?;
            }
            names.push(name);
        }
        for (layer, map) in outputs {
            writer.node("Identity", &[&names[map.place()]], layer, &[]);
            writer.output(layer, &sides(shapes[map.place()]), "feature maps");
        }
        let metadata = self.metadata.iter().map(|(key, value)| StringStringEntryProto {
            key: Some(key.clone()),
            value: Some(value.clone()),
        });
        Ok(ModelProto {
            ir_version: Some(FORMAT),
            producer_name: Some("radiograph".to_owned()),
            producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            graph: Some(writer.finish(self.architecture.name())?),
            opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPERATORS) }],
            metadata_props: metadata.collect(),
        })
    }

    /// Adds the input and what turns it into the network's. Returns the name of that.
    fn begin(&self, writer: &mut Writer, shape: Shape) -> Result<String, OnnxError> {
        match self.input {
            Input::Normalised => {
                writer.input(IMAGE, &sides(shape), "normalised images");
                Ok(IMAGE.to_owned())
            }
            Input::Film { filter, normalisation } => {
                film(writer, filter, normalisation, self.size.map(i64::from), shape.channels())
            }
        }
    }

    /// The layers that are outputs, with their maps.
    fn outputs<'a>(&'a self, graph: &Graph) -> Result<Vec<(&'a str, Map)>, OnnxError> {
        let find = |layer: &'a String| match graph.layer(layer) {
            Some(map) => Ok((layer.as_str(), map)),
            None => Err(OnnxError::Layer {
                architecture: self.architecture,
                layer: layer.clone(),
                known: graph.layers().map(|(name, _)| name.to_owned()).collect(),
            }),
        };
        self.layers.iter().map(find).collect()
    }
}

/// Which nodes the outputs need. Others would make a runtime compute what nobody reads.
fn needed(graph: &Graph, outputs: &[(&str, Map)]) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes().len()];
    outputs.iter().for_each(|(_, map)| needed[map.place()] = true);
    for (place, node) in graph.nodes().iter().enumerate().rev() {
        if needed[place] {
            node.inputs.iter().for_each(|map| needed[map.place()] = true);
        }
    }
    needed
}

/// The sides of a value for any number of images.
fn sides(shape: Shape) -> Vec<Side> {
    let of_one = match shape {
        Shape::Map(sides) => sides.to_vec(),
        Shape::Tokens(sides) => sides.to_vec(),
        Shape::Vector(channels) => vec![channels],
    };
    std::iter::once(Side::Named("N".to_owned())).chain(of_one.into_iter().map(Side::Known)).collect()
}
