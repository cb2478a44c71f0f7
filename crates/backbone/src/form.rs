//! How a network is arranged in memory. Not what it computes: that is the same.

/// Two arrangements of the same network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// As published: every layer by itself, channels first.
    Plain,
    /// For speed: batch normalisation folded into convolutions, constant factors too, pooling where it costs least; on the
    /// processor channels last. Its features differ from the plain form's by rounding, below 1e-5 of the largest value.
    #[default]
    Folded,
}
