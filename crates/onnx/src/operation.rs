//! Translates the operations of a network into ONNX's.

use radiograph_input::Filter;
use radiograph_weights::{
    Architecture, WeightsError,
    graph::{Operation, Shape, Window},
};

use crate::{
    OnnxError,
    film::resize,
    writer::{
        Attribute::{self, Integer, Integers, Number, Text},
        Writer,
    },
};

/// An operation, the values that it reads, and the name of its result.
pub(crate) struct Translation<'a> {
    pub(crate) architecture: Architecture,
    pub(crate) operation: &'a Operation,
    /// Names of the values that it reads.
    pub(crate) inputs: Vec<&'a str>,
    /// Their shapes for one image.
    pub(crate) shapes: Vec<Shape>,
    /// Name of its result; those of values on the way begin with it.
    pub(crate) name: String,
}

impl Translation<'_> {
    /// Adds the nodes of the operation and its tensors, which `take` gives by name.
    pub(crate) fn write(
        &self,
        writer: &mut Writer,
        take: &mut dyn FnMut(&str) -> Result<Vec<f32>, WeightsError>,
    ) -> Result<String, OnnxError> {
        let mut tensors = Vec::new();
        for parameter in self.operation.parameters() {
            let values = take(&parameter.name)?;
            tensors.push(writer.numbers(parameter.name, &parameter.shape, &values)?);
        }
        let mut read: Vec<&str> = self.inputs.clone();
        read.extend(tensors.iter().map(String::as_str));
        let name = self.name.as_str();
        Ok(match self.operation {
            Operation::Affine { scale, shift } => {
                let scale = self.of_channels(writer, "scale", scale)?;
                let shift = self.of_channels(writer, "shift", shift)?;
                let scaled = writer.node("Mul", &[self.inputs[0], &scale], self.part("scaled"), &[]);
                writer.node("Add", &[&scaled, &shift], name, &[])
            }
            Operation::Convolution { groups, window, .. } => {
                let mut attributes = of_window(window);
                attributes.push(("group", Integer(*groups)));
                writer.node("Conv", &read, name, &attributes)
            }
            Operation::BatchNorm { epsilon, .. } => {
                writer.node("BatchNormalization", &read, name, &[("epsilon", Number(*epsilon))])
            }
            Operation::Relu => writer.node("Relu", &read, name, &[]),
            Operation::Gelu => writer.node("Gelu", &read, name, &[("approximate", Text("none"))]),
            Operation::MaxPool(window) => writer.node("MaxPool", &read, name, &of_window(window)),
            Operation::AveragePool { window, counts_padding } => {
                let mut attributes = of_window(window);
                attributes.push(("count_include_pad", Integer(i64::from(*counts_padding))));
                writer.node("AveragePool", &read, name, &attributes)
            }
            Operation::GlobalAverage => {
                let pooled = writer.node("GlobalAveragePool", &read, self.part("pooled"), &[]);
                writer.node("Flatten", &[&pooled], name, &[("axis", Integer(1))])
            }
            Operation::AdaptiveAverage { side } => self.average_grid(writer, *side)?,
            Operation::Flatten => writer.node("Flatten", &read, name, &[("axis", Integer(1))]),
            Operation::Concatenate => writer.node("Concat", &read, name, &[("axis", Integer(1))]),
            Operation::Add => writer.node("Add", &read, name, &[]),
            Operation::Scale(factor) => {
                let factor = writer.numbers(self.part("factor"), &[], &[*factor as f32])?;
                writer.node("Mul", &[self.inputs[0], &factor], name, &[])
            }
            Operation::LayerScale { .. } => self.layer_scale(writer, &tensors[0]),
            Operation::LayerNorm { epsilon, .. } => {
                let attributes = [("axis", Integer(-1)), ("epsilon", Number(*epsilon))];
                writer.node("LayerNormalization", &read, name, &attributes)
            }
            Operation::Linear { .. } => self.linear(writer, &tensors[0], &tensors[1]),
            Operation::Tokens => {
                let rows = writer.integers(self.part("shape"), &[0, 0, -1]);
                let flat = writer.node("Reshape", &[self.inputs[0], &rows], self.part("flat"), &[]);
                writer.node("Transpose", &[&flat], name, &[("perm", Integers(vec![0, 2, 1]))])
            }
            Operation::Cells { skipped } => self.cells(writer, *skipped),
            Operation::ClassToken { channels, .. } => self.class_token(writer, &tensors[0], *channels),
            Operation::Position { grid, .. } => self.position(writer, &tensors[0], *grid)?,
            Operation::Attention { heads } => self.attention(writer, *heads)?,
            // The input has a name already, and a later description may have operations that are unknown here.
            other => {
                return Err(OnnxError::Operation {
                    architecture: self.architecture,
                    operation: other.name(),
                });
            }
        })
    }

    /// Name of a value on the way to the result.
    fn part(&self, part: &str) -> String {
        format!("{}/{part}", self.name)
    }

    /// A constant `[C, 1, 1]`.
    fn of_channels(&self, writer: &mut Writer, part: &str, values: &[f64]) -> Result<String, OnnxError> {
        let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        writer.numbers(self.part(part), &[values.len() as i64, 1, 1], &values)
    }

    /// Means of a grid: products with the shares of rows and of columns, as in `AdaptiveAvgPool2d`, whose windows differ
    /// in size where the sides do not divide.
    fn average_grid(&self, writer: &mut Writer, side: i64) -> Result<String, OnnxError> {
        let Shape::Map([_, rows, columns]) = self.shapes[0] else { return Err(self.refused()) };
        let of_rows = writer.numbers(self.part("rows"), &[side, rows], &shares(side, rows))?;
        let of_columns = writer.numbers(self.part("columns"), &[side, columns], &shares(side, columns))?;
        let perm = [("perm", Integers(vec![1, 0]))];
        let of_columns = writer.node("Transpose", &[&of_columns], self.part("turned"), &perm);
        let pooled = writer.node("MatMul", &[&of_rows, self.inputs[0]], self.part("pooled"), &[]);
        Ok(writer.node("MatMul", &[&pooled, &of_columns], self.name.as_str(), &[]))
    }

    fn layer_scale(&self, writer: &mut Writer, factor: &str) -> String {
        let input = self.inputs[0];
        if !matches!(self.shapes[0], Shape::Map(_)) {
            return writer.node("Mul", &[input, factor], self.name.as_str(), &[]);
        }
        let axes = writer.integers(self.part("axes"), &[1, 2]);
        let factor = writer.node("Unsqueeze", &[factor, &axes], self.part("factor"), &[]);
        writer.node("Mul", &[input, &factor], self.name.as_str(), &[])
    }

    fn linear(&self, writer: &mut Writer, weight: &str, bias: &str) -> String {
        let input = self.inputs[0];
        if matches!(self.shapes[0], Shape::Vector(_)) {
            let attributes = [("transB", Integer(1))];
            return writer.node("Gemm", &[input, weight, bias], self.name.as_str(), &attributes);
        }
        // Runtimes transpose a constant once, when they load the file.
        let perm = [("perm", Integers(vec![1, 0]))];
        let kernel = writer.node("Transpose", &[weight], self.part("kernel"), &perm);
        let product = writer.node("MatMul", &[input, &kernel], self.part("product"), &[]);
        writer.node("Add", &[&product, bias], self.name.as_str(), &[])
    }

    fn cells(&self, writer: &mut Writer, skipped: i64) -> String {
        let mut tokens = self.inputs[0].to_owned();
        if skipped > 0 {
            tokens = self.slice(writer, &tokens, "cells", [skipped, i64::MAX]);
        }
        let perm = [("perm", Integers(vec![0, 2, 1]))];
        let flat = writer.node("Transpose", &[&tokens], self.part("flat"), &perm);
        let sides = match self.shapes[1] {
            Shape::Map([_, rows, columns]) => [rows, columns],
            other => [other.positions(), 1],
        };
        let shape = writer.integers(self.part("shape"), &[0, self.shapes[0].channels(), sides[0], sides[1]]);
        writer.node("Reshape", &[&flat, &shape], self.name.as_str(), &[])
    }

    fn class_token(&self, writer: &mut Writer, token: &str, channels: i64) -> String {
        let count = [("start", Integer(0)), ("end", Integer(1))];
        let count = writer.node("Shape", &[self.inputs[0]], self.part("count"), &count);
        let sides = writer.integers(self.part("sides"), &[1, channels]);
        let axis = [("axis", Integer(0))];
        let shape = writer.node("Concat", &[&count, &sides], self.part("shape"), &axis);
        let tokens = writer.node("Expand", &[token, &shape], self.part("tokens"), &[]);
        writer.node("Concat", &[&tokens, self.inputs[0]], self.name.as_str(), &[("axis", Integer(1))])
    }

    fn position(&self, writer: &mut Writer, values: &str, grid: [i64; 2]) -> Result<String, OnnxError> {
        let Shape::Map([_, rows, columns]) = self.shapes[1] else { return Err(self.refused()) };
        let mut positions = values.to_owned();
        if [rows, columns] != grid {
            let channels = self.shapes[0].channels();
            let perm = [("perm", Integers(vec![0, 2, 1]))];
            let of_class = self.slice(writer, values, "class", [0, 1]);
            let of_cells = self.slice(writer, values, "cells", [1, i64::MAX]);
            let flat = writer.node("Transpose", &[&of_cells], self.part("flat"), &perm);
            let shape = writer.integers(self.part("shape"), &[1, channels, grid[0], grid[1]]);
            let map = writer.node("Reshape", &[&flat, &shape], self.part("map"), &[]);
            let map = resize(writer, &map, &self.name, Filter::Bicubic, [rows, columns])?;
            let shape = writer.integers(self.part("flat shape"), &[1, channels, rows * columns]);
            let flat = writer.node("Reshape", &[&map, &shape], self.part("resized flat"), &[]);
            let of_cells = writer.node("Transpose", &[&flat], self.part("resized cells"), &perm);
            let axis = [("axis", Integer(1))];
            positions = writer.node("Concat", &[&of_class, &of_cells], self.part("positions"), &axis);
        }
        Ok(writer.node("Add", &[self.inputs[0], &positions], self.name.as_str(), &[]))
    }

    /// `softmax(Q Kᵀ / √d) V` for each head.
    fn attention(&self, writer: &mut Writer, heads: i64) -> Result<String, OnnxError> {
        let channels = self.shapes[0].channels() / 3;
        let size = channels / heads;
        let tokens = self.shapes[0].positions();
        let shape = writer.integers(self.part("shape"), &[0, tokens, 3, heads, size]);
        let parts = writer.node("Reshape", &[self.inputs[0], &shape], self.part("parts"), &[]);
        let perm = [("perm", Integers(vec![2, 0, 3, 1, 4]))];
        let parts = writer.node("Transpose", &[&parts], self.part("by head"), &perm);
        let mut taken = Vec::new();
        for (place, part) in (0..).zip(["queries", "keys", "values"]) {
            let index = writer.integer(self.part(&format!("{part}/place")), place);
            let axis = [("axis", Integer(0))];
            taken.push(writer.node("Gather", &[&parts, &index], self.part(part), &axis));
        }
        let factor = (size as f64).powf(-0.5) as f32;
        let factor = writer.numbers(self.part("factor"), &[], &[factor])?;
        let queries = writer.node("Mul", &[&taken[0], &factor], self.part("scaled"), &[]);
        let perm = [("perm", Integers(vec![0, 1, 3, 2]))];
        let keys = writer.node("Transpose", &[&taken[1]], self.part("turned"), &perm);
        let product = writer.node("MatMul", &[&queries, &keys], self.part("product"), &[]);
        let shares = writer.node("Softmax", &[&product], self.part("shares"), &[("axis", Integer(-1))]);
        let attended = writer.node("MatMul", &[&shares, &taken[2]], self.part("attended"), &[]);
        let perm = [("perm", Integers(vec![0, 2, 1, 3]))];
        let by_token = writer.node("Transpose", &[&attended], self.part("by token"), &perm);
        let shape = writer.integers(self.part("flat shape"), &[0, tokens, channels]);
        Ok(writer.node("Reshape", &[&by_token, &shape], self.name.as_str(), &[]))
    }

    /// The tokens from the first of `range` up to the second.
    fn slice(&self, writer: &mut Writer, tokens: &str, part: &str, range: [i64; 2]) -> String {
        let starts = writer.integers(self.part(&format!("{part}/from")), &range[..1]);
        let ends = writer.integers(self.part(&format!("{part}/to")), &range[1..]);
        let axes = writer.integers(self.part(&format!("{part}/axis")), &[1]);
        writer.node("Slice", &[tokens, &starts, &ends, &axes], self.part(part), &[])
    }

    fn refused(&self) -> OnnxError {
        OnnxError::Operation { architecture: self.architecture, operation: self.operation.name() }
    }
}

/// Kernel, steps and padding of a window, as attributes.
fn of_window(window: &Window) -> Vec<(&'static str, Attribute)> {
    let [above, left] = window.padding;
    vec![
        ("kernel_shape", Integers(window.kernel.to_vec())),
        ("strides", Integers(vec![window.stride; 2])),
        ("pads", Integers(vec![above, left, above, left])),
    ]
}

/// Share of each cell of a side in each cell of a grid, `[side, length]`: cell `i` is the mean of the cells from
/// ⌊i · length / side⌋ up to ⌈(i + 1) · length / side⌉.
fn shares(side: i64, length: i64) -> Vec<f32> {
    let mut shares = Vec::new();
    for cell in 0..side {
        let (begin, end) = (cell * length / side, ((cell + 1) * length + side - 1) / side);
        let share = |place: i64| if (begin..end).contains(&place) { 1.0 / (end - begin) as f32 } else { 0.0 };
        shares.extend((0..length).map(share));
    }
    shares
}
