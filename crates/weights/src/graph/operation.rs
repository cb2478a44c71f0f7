//! The operations of which networks are made, and the parameters of each.

use super::window::Window;

/// An operation of a network.
///
/// Values are maps `[N, C, H, W]`, sequences of tokens `[N, T, C]`, or vectors `[N, C]`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// The input of the graph: images, or the map that a classifier reads.
    Input {
        /// Number of channels.
        channels: i64,
    },
    /// `scale · x + shift` with fixed numbers for each channel of a map.
    Affine {
        /// Factor of each channel.
        scale: Vec<f64>,
        /// Summand of each channel.
        shift: Vec<f64>,
    },
    /// A convolution of a map.
    Convolution {
        /// Name of the layer; `weight` is `[outputs, inputs / groups, rows, columns]`.
        path: String,
        /// Input channels.
        inputs: i64,
        /// Output channels.
        outputs: i64,
        /// Number of groups of channels; each output sees the inputs of its group alone.
        groups: i64,
        /// Kernel, step and padding.
        window: Window,
        /// Whether the layer has a `bias`.
        bias: bool,
    },
    /// Batch normalisation of a map with fixed statistics.
    BatchNorm {
        /// Name of the layer.
        path: String,
        /// Number of channels.
        channels: i64,
        /// Summand of the variance.
        epsilon: f64,
    },
    /// `max(x, 0)`.
    Relu,
    /// `x · Φ(x)`, exact.
    Gelu,
    /// Maximum under a window; padding never counts.
    MaxPool(Window),
    /// Mean under a window.
    AveragePool {
        /// The window.
        window: Window,
        /// Whether padding counts as zeros. Otherwise the mean is over the cells inside the map.
        counts_padding: bool,
    },
    /// Mean of a map's cells: map to vector.
    GlobalAverage,
    /// Means of a grid of this number of rows and columns, whatever the size of the map.
    AdaptiveAverage {
        /// Rows and columns of the result.
        side: i64,
    },
    /// All values of a map of known size as a vector.
    Flatten,
    /// Concatenation of maps along the channels.
    Concatenate,
    /// Sum of two values.
    Add,
    /// Product with a fixed number.
    Scale(f64),
    /// Product with a parameter for each channel.
    LayerScale {
        /// Name of the parameter.
        parameter: String,
        /// Number of channels.
        channels: i64,
    },
    /// Normalisation of each token or vector over its channels.
    LayerNorm {
        /// Name of the layer.
        path: String,
        /// Number of channels.
        channels: i64,
        /// Summand of the variance.
        epsilon: f64,
    },
    /// A dense layer on each token or vector.
    Linear {
        /// Name of the layer; `weight` is `[outputs, inputs]`, and it has a `bias`.
        path: String,
        /// Input channels.
        inputs: i64,
        /// Output channels.
        outputs: i64,
    },
    /// The cells of a map as tokens, row by row.
    Tokens,
    /// The tokens after the first `skipped` ones as a map of the size of the second input.
    Cells {
        /// Number of tokens in front that are no cells.
        skipped: i64,
    },
    /// A learned token in front of the others.
    ClassToken {
        /// Name of the parameter, `[1, 1, channels]`.
        parameter: String,
        /// Number of channels.
        channels: i64,
    },
    /// A learned summand for each position of a grid, after one for the class token. For a map of another size than the
    /// grid (the second input), the grid's part is resampled as timm does: bicubic with antialiasing.
    Position {
        /// Name of the parameter, `[1, 1 + rows · columns, channels]`.
        parameter: String,
        /// Number of channels.
        channels: i64,
        /// Rows and columns of the grid.
        grid: [i64; 2],
    },
    /// Attention of tokens to each other. The input holds queries, keys and values side by side.
    Attention {
        /// Number of heads.
        heads: i64,
    },
}

/// Role of a parameter in its layer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Role {
    /// Weights of a convolution or a dense layer; all dimensions but the first are summed over.
    Kernel,
    /// Bias of such a layer.
    Bias,
    /// Factor of a normalisation or a layer scale.
    Factor,
    /// Summand of a normalisation.
    Summand,
    /// Mean that a batch normalisation subtracts.
    Mean,
    /// Variance of a batch normalisation.
    Variance,
    /// Learned token or position.
    Embedding,
}

impl Role {
    /// Whether it is a statistic that no gradient reaches.
    pub const fn is_statistic(self) -> bool {
        matches!(self, Self::Mean | Self::Variance)
    }
}

/// A tensor that a layer needs.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Parameter {
    /// Full name, as in files of weights.
    pub name: String,
    /// Shape, outermost side first.
    pub shape: Vec<i64>,
    /// Role in its layer.
    pub role: Role,
}

impl Operation {
    /// Parameters of the operation.
    pub fn parameters(&self) -> Vec<Parameter> {
        let of = |path: &str, parts: &[(&str, &[i64], Role)]| {
            let parameter = |&(part, shape, role): &(&str, &[i64], Role)| Parameter {
                name: format!("{path}.{part}"),
                shape: shape.to_vec(),
                role,
            };
            parts.iter().map(parameter).collect::<Vec<_>>()
        };
        let alone = |name: &str, shape: &[i64], role| {
            vec![Parameter { name: name.to_owned(), shape: shape.to_vec(), role }]
        };
        match self {
            Self::Convolution { path, inputs, outputs, groups, window, bias } => {
                let [rows, columns] = window.kernel;
                let kernel = [*outputs, inputs / groups, rows, columns];
                let parts: [(&str, &[i64], Role); 2] =
                    [("weight", &kernel, Role::Kernel), ("bias", &[*outputs], Role::Bias)];
                of(path, &parts[..1 + usize::from(*bias)])
            }
            Self::BatchNorm { path, channels, .. } => {
                let channels: &[i64] = &[*channels];
                let parts = [
                    ("weight", channels, Role::Factor),
                    ("bias", channels, Role::Summand),
                    ("running_mean", channels, Role::Mean),
                    ("running_var", channels, Role::Variance),
                ];
                of(path, &parts)
            }
            Self::LayerNorm { path, channels, .. } => {
                let channels: &[i64] = &[*channels];
                of(path, &[("weight", channels, Role::Factor), ("bias", channels, Role::Summand)])
            }
            Self::Linear { path, inputs, outputs } => {
                of(path, &[("weight", &[*outputs, *inputs], Role::Kernel), ("bias", &[*outputs], Role::Bias)])
            }
            Self::LayerScale { parameter, channels } => alone(parameter, &[*channels], Role::Factor),
            Self::ClassToken { parameter, channels } => alone(parameter, &[1, 1, *channels], Role::Embedding),
            Self::Position { parameter, channels, grid: [rows, columns] } => {
                alone(parameter, &[1, 1 + rows * columns, *channels], Role::Embedding)
            }
            _ => Vec::new(),
        }
    }

    /// Name for messages and tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Input { .. } => "input",
            Self::Affine { .. } => "affine",
            Self::Convolution { .. } => "convolution",
            Self::BatchNorm { .. } => "batch normalisation",
            Self::Relu => "ReLU",
            Self::Gelu => "GELU",
            Self::MaxPool(_) => "max pooling",
            Self::AveragePool { .. } | Self::GlobalAverage | Self::AdaptiveAverage { .. } => {
                "average pooling"
            }
            Self::Flatten | Self::Tokens | Self::Cells { .. } => "reshape",
            Self::Concatenate => "concatenation",
            Self::Add => "sum",
            Self::Scale(_) | Self::LayerScale { .. } => "scale",
            Self::LayerNorm { .. } => "layer normalisation",
            Self::Linear { .. } => "dense",
            Self::ClassToken { .. } => "class token",
            Self::Position { .. } => "position",
            Self::Attention { .. } => "attention",
        }
    }
}
