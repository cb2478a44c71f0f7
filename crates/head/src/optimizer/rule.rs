//! The interface of an optimiser's equations, which work on one piece of a tensor at a time.

use tch::Tensor;

use crate::Error;

/// A piece of a tensor with everything that moves it. All tensors have one shape.
pub(super) struct Piece<'a> {
    pub(super) parameter: &'a mut Tensor,
    /// Gradient, clipped. It must not change.
    pub(super) gradient: &'a Tensor,
    /// State, in the order of [`Rule::state`].
    pub(super) state: &'a mut [Tensor],
    /// Room for intermediate values.
    pub(super) room: &'a Tensor,
    /// More room; if the gradient was clipped, it is here.
    pub(super) other_room: &'a Tensor,
}

/// The equations of an optimiser.
pub(super) trait Rule: Sync {
    /// The names of the state that each parameter has.
    fn state(&self) -> &'static [&'static str];

    /// Moves one piece in step `number`, counted from 1.
    fn step(&self, piece: Piece<'_>, rate: f64, number: u64) -> Result<(), Error>;
}

/// w ← w - rate·u / divisor, which is changed.
pub(super) fn descend(
    parameter: &mut Tensor,
    direction: &Tensor,
    divisor: &mut Tensor,
    rate: f64,
) -> Result<(), Error> {
    // The rate goes into the divisor: tch's addcdiv takes no factor. A rate of zero moves nothing.
    if rate != 0.0 {
        let _ = divisor.f_mul_scalar_(-1.0 / rate)?;
        let _ = parameter.f_addcdiv_(direction, divisor)?;
    }
    Ok(())
}

/// A number for operations that write into given room. libtorch's own forms for numbers make a new tensor first, and copy it.
pub(super) fn number(value: f64) -> Result<Tensor, Error> {
    Ok(Tensor::f_from_slice(&[value as f32])?.f_view(&[0_i64; 0][..])?)
}
