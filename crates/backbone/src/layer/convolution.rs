//! A convolution layer that can absorb scales and shifts of the layers around it.

use radiograph_weights::graph::Window;
use tch::{TchError, Tensor};

use crate::{layer::channels_last, parameter::Parameter};

/// A convolution, with or without a bias.
#[derive(Clone, Debug)]
pub(crate) struct Convolution {
    /// `[out, in, rows, columns]`.
    pub(crate) weight: Parameter,
    pub(crate) bias: Option<Parameter>,
    pub(crate) window: Window,
    pub(crate) groups: i64,
}

impl Convolution {
    /// The convolution with its kernel in channels-last layout.
    pub(crate) fn channels_last(self) -> Result<Self, TchError> {
        Ok(Self { weight: channels_last(&self.weight)?.into(), ..self })
    }

    /// The convolution without its bias.
    pub(crate) fn without_bias(self) -> Self {
        Self { bias: None, ..self }
    }

    /// Computes `[N, out, …]` from `[N, in, H, W]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        if input.device().is_cuda() { self.on_cuda(input) } else { self.on_cpu(input) }
    }

    fn on_cpu(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let Window { stride, padding, .. } = self.window;
        input.f_conv2d(&self.weight, self.bias.as_deref(), [stride, stride], padding, [1, 1], self.groups)
    }

    /// The convolution by cuDNN without TF32, which libtorch allows for convolutions by default: on GPUs of compute
    /// capability 8.0 and above it has 10 bits of mantissa in place of 23. Algorithms are not measured, because the choice
    /// could change from run to run. It has not run on a GPU; on the processor a test compares it with [`on_cpu`](Self::on_cpu).
    fn on_cuda(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let Window { stride, padding, .. } = self.window;
        let (transposed, benchmark, deterministic, cudnn, tf32) = (false, false, false, true, false);
        input.f_internal_convolution(
            &self.weight,
            self.bias.as_deref(),
            [stride, stride],
            padding,
            [1, 1],
            transposed,
            [0, 0],
            self.groups,
            benchmark,
            deterministic,
            cudnn,
            tf32,
        )
    }

    /// The convolution that computes `scale · this + shift`, with a scale and a shift for each output channel, in f64.
    /// Values are rounded once.
    pub(crate) fn then_affine(&self, scale: &Tensor, shift: &Tensor) -> Result<Self, TchError> {
        let kind = tch::Kind::Double;
        let weight = self.weight.f_to_kind(kind)?.f_mul(&scale.f_view([-1, 1, 1, 1])?)?;
        let bias = match &self.bias {
            Some(bias) => bias.f_to_kind(kind)?.f_mul(scale)?.f_add(shift)?,
            None => shift.f_to_kind(kind)?,
        };
        self.with(&weight, &bias)
    }

    /// The convolution that applies this one to `scale · input + shift`, with a scale and a shift for each input
    /// channel, in f64. It is correct only without padding, because padding is not shifted.
    pub(crate) fn after_affine(&self, scale: &Tensor, shift: &Tensor) -> Result<Self, TchError> {
        debug_assert_eq!(self.window.padding, [0, 0], "padding would have to be shifted too");
        let kind = tch::Kind::Double;
        let weight = self.weight.f_to_kind(kind)?;
        let shifted = weight.f_mul(&shift.f_view([1, -1, 1, 1])?)?.f_sum_dim_intlist(
            [1_i64, 2, 3].as_slice(),
            false,
            kind,
        )?;
        let bias = match &self.bias {
            Some(bias) => bias.f_to_kind(kind)?.f_add(&shifted)?,
            None => shifted,
        };
        self.with(&weight.f_mul(&scale.f_view([1, -1, 1, 1])?)?, &bias)
    }

    /// The convolution that computes `factor · this`.
    pub(crate) fn times(&self, factor: f64) -> Result<Self, TchError> {
        let scaled = |tensor: &Parameter| tensor.f_mul_scalar(factor).map(Parameter::from);
        let bias = self.bias.as_ref().map(scaled).transpose()?;
        Ok(Self { weight: scaled(&self.weight)?, bias, window: self.window, groups: self.groups })
    }

    fn with(&self, weight: &Tensor, bias: &Tensor) -> Result<Self, TchError> {
        let kind = tch::Kind::Float;
        // A product keeps the strides of its first factor, so a channels-last layout is kept.
        let bias = Some(bias.f_to_kind(kind)?.into());
        Ok(Self { weight: weight.f_to_kind(kind)?.into(), bias, window: self.window, groups: self.groups })
    }
}

#[cfg(test)]
mod tests {
    use tch::{Kind, kind::FLOAT_CPU};

    use super::*;

    /// Checks the order of the arguments. The processor knows neither cuDNN nor TF32.
    #[test]
    fn the_convolution_for_cuda_computes_the_same() {
        let count = |shape: [i64; 4]| {
            let length: i64 = shape.iter().product();
            Tensor::arange(length, FLOAT_CPU).sin().view(shape)
        };
        let convolution = Convolution {
            weight: count([6, 2, 3, 1]).into(),
            bias: Some(Tensor::arange(6, FLOAT_CPU).into()),
            window: Window { kernel: [3, 1], stride: 2, padding: [1, 0] },
            groups: 2,
        };
        let input = count([2, 4, 9, 7]);
        let (cpu, cuda) = (convolution.on_cpu(&input).unwrap(), convolution.on_cuda(&input).unwrap());
        assert_eq!(cpu.size(), [2, 6, 5, 4]);
        assert_eq!(cpu.size(), cuda.size());
        let difference = (cpu - cuda).abs().max().to_kind(Kind::Double).double_value(&[]);
        assert!(difference < 1e-5, "{difference}");
    }
}
