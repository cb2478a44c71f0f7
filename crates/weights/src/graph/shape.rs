//! The shape of every value of a graph for an input of a given size, without computing any.

use super::{
    node::{Graph, Node},
    operation::Operation,
};

/// Shape of a value for one image.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Shape {
    /// `[channels, rows, columns]`.
    Map([i64; 3]),
    /// `[tokens, channels]`.
    Tokens([i64; 2]),
    /// Number of channels.
    Vector(i64),
}

impl Shape {
    /// Number of values.
    pub fn values(self) -> i64 {
        match self {
            Self::Map(sides) => sides.iter().product(),
            Self::Tokens(sides) => sides.iter().product(),
            Self::Vector(channels) => channels,
        }
    }

    /// Number of cells or tokens; 1 for a vector.
    pub fn positions(self) -> i64 {
        match self {
            Self::Map([_, rows, columns]) => rows * columns,
            Self::Tokens([tokens, _]) => tokens,
            Self::Vector(_) => 1,
        }
    }

    /// Number of channels.
    pub fn channels(self) -> i64 {
        match self {
            Self::Map([channels, ..]) | Self::Tokens([_, channels]) | Self::Vector(channels) => channels,
        }
    }
}

/// An image of a size that a network cannot read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitImage {
    /// Some layer would shrink it to nothing.
    #[error("images of {height} × {width} pixels are too small: a layer would shrink them to nothing")]
    TooSmall {
        /// Rows of the image.
        height: i64,
        /// Columns of the image.
        width: i64,
    },
    /// Patches would leave out its last rows or columns.
    #[error("images of {height} × {width} pixels do not divide into patches of {patch} × {patch}")]
    Patches {
        /// Rows of the image.
        height: i64,
        /// Columns of the image.
        width: i64,
        /// Side of a patch in pixels.
        patch: i64,
    },
}

impl Graph {
    /// Shape of each node's value for an input of `height` × `width`.
    ///
    /// # Errors
    ///
    /// [`UnfitImage`].
    pub fn shapes(&self, height: i64, width: i64) -> Result<Vec<Shape>, UnfitImage> {
        let small = UnfitImage::TooSmall { height, width };
        // The first convolution that cuts the image into patches side by side, as transformers do.
        if let Some(patch) = self.patch()
            && (height % patch != 0 || width % patch != 0)
        {
            return Err(UnfitImage::Patches { height, width, patch });
        }
        let mut shapes: Vec<Shape> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let inputs: Vec<Shape> = node.inputs.iter().map(|map| shapes[map.place()]).collect();
            shapes.push(after(node, &inputs, [height, width]).ok_or(small)?);
        }
        Ok(shapes)
    }

    /// `[channels, rows, columns]` of the output for an input of `height` × `width`. For a network whose output is not a
    /// map, rows and columns are 1.
    ///
    /// # Errors
    ///
    /// [`UnfitImage`].
    pub fn feature_shape(&self, height: i64, width: i64) -> Result<[i64; 3], UnfitImage> {
        let shapes = self.shapes(height, width)?;
        Ok(match shapes[self.output.place()] {
            Shape::Map(sides) => sides,
            other => [other.channels(), 1, 1],
        })
    }

    /// Number of channels of the output.
    pub fn channels(&self) -> i64 {
        // An input of any size that is read gives the same channels.
        let shape = (1..=4096).find_map(|side| self.feature_shape(side, side).ok());
        shape.map_or(0, |[channels, ..]| channels)
    }

    /// Side of the patches into which a network with a position for each patch cuts its input.
    pub fn patch(&self) -> Option<i64> {
        let has_positions = |node: &Node| matches!(node.operation, Operation::Position { .. });
        self.nodes.iter().any(has_positions).then_some(())?;
        self.nodes.iter().find_map(|node| match &node.operation {
            Operation::Convolution { window, .. } => Some(window.stride),
            _ => None,
        })
    }
}

/// Shape of a node's value; `None` if a window does not fit.
fn after(node: &Node, inputs: &[Shape], [height, width]: [i64; 2]) -> Option<Shape> {
    let first = inputs.first().copied();
    let windowed = |channels, window: super::window::Window| match first? {
        Shape::Map([_, rows, columns]) => {
            let [rows, columns] = window.after([rows, columns])?;
            Some(Shape::Map([channels, rows, columns]))
        }
        _ => None,
    };
    let rechannelled = |channels| match first? {
        Shape::Map([_, rows, columns]) => Some(Shape::Map([channels, rows, columns])),
        Shape::Tokens([tokens, _]) => Some(Shape::Tokens([tokens, channels])),
        Shape::Vector(_) => Some(Shape::Vector(channels)),
    };
    match &node.operation {
        Operation::Input { channels } => {
            (height >= 1 && width >= 1).then_some(Shape::Map([*channels, height, width]))
        }
        Operation::Convolution { outputs, window, .. } => windowed(*outputs, *window),
        Operation::MaxPool(window) | Operation::AveragePool { window, .. } => {
            windowed(first?.channels(), *window)
        }
        Operation::GlobalAverage => Some(Shape::Vector(first?.channels())),
        Operation::AdaptiveAverage { side } => Some(Shape::Map([first?.channels(), *side, *side])),
        Operation::Flatten => Some(Shape::Vector(first?.values())),
        Operation::Concatenate => rechannelled(inputs.iter().map(|shape| shape.channels()).sum()),
        Operation::Linear { outputs, .. } => rechannelled(*outputs),
        Operation::Tokens => Some(Shape::Tokens([first?.positions(), first?.channels()])),
        Operation::Cells { .. } => match inputs.get(1)? {
            Shape::Map([_, rows, columns]) => Some(Shape::Map([first?.channels(), *rows, *columns])),
            _ => None,
        },
        Operation::ClassToken { .. } => Some(Shape::Tokens([first?.positions() + 1, first?.channels()])),
        Operation::Attention { .. } => rechannelled(first?.channels() / 3),
        Operation::Affine { .. }
        | Operation::BatchNorm { .. }
        | Operation::Relu
        | Operation::Gelu
        | Operation::Add
        | Operation::Scale(_)
        | Operation::LayerScale { .. }
        | Operation::LayerNorm { .. }
        | Operation::Position { .. } => first,
    }
}
