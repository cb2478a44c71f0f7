//! Batch normalisation with fixed statistics, and its rewriting for folding into convolutions.

use tch::{Kind, TchError, Tensor};

use crate::parameter::Parameter;

/// `(x − mean) / √(variance + ε) · weight + bias`, with one value of each for every channel.
#[derive(Clone, Debug)]
pub(crate) struct BatchNorm {
    pub(crate) weight: Parameter,
    pub(crate) bias: Parameter,
    pub(crate) mean: Parameter,
    pub(crate) variance: Parameter,
    pub(crate) epsilon: f64,
}

impl BatchNorm {
    /// Normalises `[N, C, H, W]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let (weight, bias) = (Some(&*self.weight), Some(&*self.bias));
        let (mean, variance) = (Some(&*self.mean), Some(&*self.variance));
        input.f_batch_norm(weight, bias, mean, variance, false, 0.0, self.epsilon, true)
    }

    /// The same as `scale · x + shift`, in f64.
    pub(crate) fn affine(&self) -> Result<(Tensor, Tensor), TchError> {
        let double = |tensor: &Tensor| tensor.f_to_kind(Kind::Double);
        let deviation = double(&self.variance)?.f_add_scalar(self.epsilon)?.f_sqrt()?;
        let scale = double(&self.weight)?.f_div(&deviation)?;
        let shift = double(&self.bias)?.f_sub(&double(&self.mean)?.f_mul(&scale)?)?;
        Ok((scale, shift))
    }
}

/// Limits that replace a rectified affine map of each channel in front of a convolution: max(0, s·x + b) is s·max(x,
/// −b/s) + b for s > 0 and s·min(x, −b/s) + b for s < 0. The gate applies the limits, and the kernel that follows
/// absorbs factor and summand. This takes one pass over memory instead of two or three.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    low: Parameter,
    high: Parameter,
}

/// Slopes of at most this magnitude count as 0: their limits could overflow f32, and their contribution is below the
/// rounding error of the channel.
const FLAT: f64 = 1e-20;

impl Gate {
    /// The gate of max(0, `scale`·x + `shift`), with the scale and shift to apply after it, in f64.
    pub(crate) fn of_rectified(scale: &Tensor, shift: &Tensor) -> Result<(Self, Tensor, Tensor), TchError> {
        let flat = scale.f_abs()?.f_le(FLAT)?;
        let limit = shift.f_neg()?.f_div(&scale.f_masked_fill(&flat, 1.0)?)?;
        let low = limit.f_masked_fill(&scale.f_le(FLAT)?, f64::NEG_INFINITY)?;
        let high = limit.f_masked_fill(&scale.f_ge(-FLAT)?, f64::INFINITY)?;
        let per_channel =
            |limit: &Tensor| limit.f_to_kind(Kind::Float)?.f_view([1, -1, 1, 1]).map(Parameter::from);
        let gate = Self { low: per_channel(&low)?, high: per_channel(&high)? };
        let scale = scale.f_masked_fill(&flat, 0.0)?;
        let shift = shift.f_where_self(&flat.f_logical_not()?, &shift.f_relu()?)?;
        Ok((gate, scale, shift))
    }

    /// A copy of `[N, C, H, W]`, clamped to the limits.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        input.f_clamp_tensor(Some(&*self.low), Some(&*self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_and_what_follows_it_are_the_rectified_map() {
        // All signs of slope and summand, slopes of zero, and slopes close to zero.
        let slopes = [1.5, -2.0, 1.5, -2.0, 0.0, 0.0, 1e-30, -1e-30, 1e-6, -1e-6];
        let shifts = [0.5, 0.5, -0.5, -0.5, 0.7, -0.7, 0.7, -0.7, 3.0, 3.0];
        let (scale, shift) = (Tensor::from_slice(&slopes), Tensor::from_slice(&shifts));
        let (gate, outer_scale, outer_shift) = Gate::of_rectified(&scale, &shift).unwrap();
        let inputs: Vec<f32> = vec![-3.0, -0.25, 0.0, 0.25, 3.0];
        let per_channel = |tensor: &Tensor| tensor.view([1, -1, 1, 1]);
        let map = Tensor::from_slice(&inputs).view([1, 1, 1, -1]).expand([1, 10, 1, 5], false);
        let gated = gate.forward(&map).unwrap().to_kind(Kind::Double);
        let got = gated * per_channel(&outer_scale) + per_channel(&outer_shift);
        for (channel, (slope, shift)) in slopes.iter().zip(shifts).enumerate() {
            for (place, input) in inputs.iter().enumerate() {
                let expected = (slope * f64::from(*input) + shift).max(0.0);
                let got = got.double_value(&[0, channel as i64, 0, place as i64]);
                assert!(
                    (got - expected).abs() < 1e-6,
                    "max(0, {slope} · {input} + {shift}) is {expected}, not {got}"
                );
            }
        }
    }
}
