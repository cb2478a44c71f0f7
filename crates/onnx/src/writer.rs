//! Collects the nodes and constants of an ONNX graph.

use crate::{
    OnnxError,
    proto::{
        AttributeProto, Dimension, FLOAT, GraphProto, INT64, NodeProto, Side, TensorProto, TensorShapeProto,
        TensorType, TypeProto, ValueInfoProto,
    },
};

/// Attribute of a node.
pub(crate) enum Attribute {
    Number(f64),
    Integer(i64),
    Integers(Vec<i64>),
    Text(&'static str),
}

/// A graph to which nodes are added in the order of computation.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    graph: GraphProto,
}

impl Writer {
    /// Adds a node with one output, and returns the name of that output.
    pub(crate) fn node(
        &mut self,
        kind: &str,
        inputs: &[&str],
        output: impl Into<String>,
        attributes: &[(&str, Attribute)],
    ) -> String {
        let output = output.into();
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.clone()],
            name: Some(output.clone()),
            op_type: Some(kind.to_owned()),
            attribute: attributes.iter().map(attribute).collect(),
        });
        output
    }

    /// Adds a constant of numbers, and returns its name.
    pub(crate) fn numbers(
        &mut self,
        name: impl Into<String>,
        shape: &[i64],
        values: &[f32],
    ) -> Result<String, OnnxError> {
        let name = name.into();
        let expected = shape.iter().product::<i64>();
        if usize::try_from(expected) != Ok(values.len()) {
            let expected = usize::try_from(expected).unwrap_or(0);
            return Err(OnnxError::Values { tensor: name, expected, found: values.len() });
        }
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok(self.constant(name, FLOAT, shape, bytes))
    }

    /// Adds a constant vector of integers, and returns its name.
    pub(crate) fn integers(&mut self, name: impl Into<String>, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name.into(), INT64, &[values.len() as i64], bytes)
    }

    /// Adds a constant integer without dimensions, and returns its name.
    pub(crate) fn integer(&mut self, name: impl Into<String>, value: i64) -> String {
        self.constant(name.into(), INT64, &[], value.to_le_bytes().to_vec())
    }

    /// Adds an input of the graph.
    pub(crate) fn input(&mut self, name: &str, shape: &[Side], description: &str) {
        self.graph.input.push(value_info(name, shape, description));
    }

    /// Adds an output of the graph.
    pub(crate) fn output(&mut self, name: &str, shape: &[Side], description: &str) {
        self.graph.output.push(value_info(name, shape, description));
    }

    /// The graph under this name.
    pub(crate) fn finish(mut self, name: &str) -> Result<GraphProto, OnnxError> {
        self.graph.name = Some(name.to_owned());
        let inputs = self.graph.input.iter().filter_map(|input| input.name.as_ref());
        let constants = self.graph.initializer.iter().filter_map(|constant| constant.name.as_ref());
        let values = self.graph.node.iter().flat_map(|node| &node.output);
        let mut names: Vec<&String> = inputs.chain(constants).chain(values).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(OnnxError::Name { name: twice[0].clone() });
        }
        Ok(self.graph)
    }

    fn constant(&mut self, name: String, data_type: i32, shape: &[i64], bytes: Vec<u8>) -> String {
        self.graph.initializer.push(TensorProto {
            dims: shape.to_vec(),
            data_type: Some(data_type),
            name: Some(name.clone()),
            raw_data: Some(bytes),
        });
        name
    }
}

fn attribute((name, value): &(&str, Attribute)) -> AttributeProto {
    let mut attribute = AttributeProto { name: Some((*name).to_owned()), ..AttributeProto::default() };
    attribute.r#type = Some(match value {
        Attribute::Number(number) => {
            attribute.f = Some(*number as f32);
            1
        }
        Attribute::Integer(integer) => {
            attribute.i = Some(*integer);
            2
        }
        Attribute::Text(text) => {
            attribute.s = Some(text.as_bytes().to_vec());
            3
        }
        Attribute::Integers(integers) => {
            attribute.ints = integers.clone();
            7
        }
    });
    attribute
}

fn value_info(name: &str, shape: &[Side], description: &str) -> ValueInfoProto {
    let dim = shape.iter().map(|side| Dimension { value: Some(side.clone()) }).collect();
    let tensor_type = TensorType { elem_type: Some(FLOAT), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto { tensor_type: Some(tensor_type) }),
        doc_string: Some(description.to_owned()),
    }
}
