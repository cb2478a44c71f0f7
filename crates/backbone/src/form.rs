//! The two arrangements of a network in memory. Both compute the same features up to rounding.

/// Two arrangements of the same network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// As published: separate layers, channels first.
    Plain,
    /// For speed: batch normalisation and constant factors are folded into convolutions, and pooling is where it costs
    /// least. On the CPU, and in half precision, channels are last. In f32 its features differ from the plain form's by
    /// rounding, below 1e-5 of the largest value.
    #[default]
    Folded,
}
