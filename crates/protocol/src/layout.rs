//! Describes the named tensors of a head before they exist: shape, initial values, and whether training changes them.

/// The purpose of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Changed by the optimiser.
    Trained,
    /// Kept as it was initialised or loaded.
    Frozen,
    /// Moving average of batch normalisation.
    Statistic,
}

/// The first values of a tensor: Keras's conventions, because libtorch's and tch's defaults differ.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Initial {
    /// Zero everywhere.
    Zeros,
    /// One everywhere.
    Ones,
    /// An LSTM's bias, gates in the order i, f, g, o: one for the forget gate, else zero (Jozefowicz et al., 2015).
    ForgetGateOne,
    /// Uniform in ±√(6 / (inputs + outputs)) (Glorot and Bengio, 2010).
    GlorotUniform {
        /// Fan-in.
        inputs: i64,
        /// Fan-out.
        outputs: i64,
    },
    /// A matrix with orthonormal columns (or rows, if it is wider than high): Q of a normal matrix's QR decomposition,
    /// signs by the diagonal of R (Saxe et al., 2014).
    Orthogonal,
}

/// A tensor that a head needs.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadTensor {
    /// Name, as in a file of weights: `lstm.weight_ih_l0`, `fc_1.bias`, …
    pub name: String,
    /// Size of each dimension.
    pub shape: Vec<i64>,
    /// First values.
    pub initial: Initial,
    /// Purpose.
    pub role: Role,
}

impl HeadTensor {
    /// A tensor of this name, shape, first values and purpose.
    pub fn new(name: impl Into<String>, shape: &[i64], initial: Initial, role: Role) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), initial, role }
    }

    /// The number of elements; `None` if it exceeds 2^63 - 1.
    pub fn elements(&self) -> Option<i64> {
        self.shape.iter().try_fold(1_i64, |count, side| count.checked_mul(*side))
    }
}
