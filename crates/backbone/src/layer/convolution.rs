//! A convolution layer that can absorb scales and shifts of the layers around it.

use tch::{TchError, Tensor};

use crate::{
    BackboneError,
    layer::channels_last,
    parameter::Parameter,
    source::{Path, Role},
};

/// Size, stride and padding of a kernel; rows first, then columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slide {
    pub(crate) kernel: [i64; 2],
    pub(crate) stride: i64,
    pub(crate) padding: [i64; 2],
}

impl Slide {
    /// 1 × 1.
    pub(crate) const POINT: Self = Self::valid(1, 1);

    /// Square, without padding.
    pub(crate) const fn valid(side: i64, stride: i64) -> Self {
        Self { kernel: [side, side], stride, padding: [0, 0] }
    }

    /// With an odd number of rows and columns, padded so that the map keeps its size.
    pub(crate) const fn same(rows: i64, columns: i64) -> Self {
        Self { kernel: [rows, columns], stride: 1, padding: [rows / 2, columns / 2] }
    }
}

/// A convolution, with or without a bias.
#[derive(Clone, Debug)]
pub(crate) struct Convolution {
    /// `[out, in, rows, columns]`.
    weight: Parameter,
    bias: Option<Parameter>,
    slide: Slide,
}

impl Convolution {
    /// Loads `weight` at this path, from `inputs` to `outputs` channels.
    pub(crate) fn load(
        path: &Path<'_>,
        [inputs, outputs]: [i64; 2],
        slide: Slide,
    ) -> Result<Self, BackboneError> {
        let [rows, columns] = slide.kernel;
        let weight = path.tensor("weight", &[outputs, inputs, rows, columns], Role::Kernel)?;
        Ok(Self { weight, bias: None, slide }.arranged(path)?)
    }

    /// Loads `weight` and `bias` at this path.
    pub(crate) fn load_biased(
        path: &Path<'_>,
        channels: [i64; 2],
        slide: Slide,
    ) -> Result<Self, BackboneError> {
        let bias = path.tensor("bias", &[channels[1]], Role::Bias)?;
        Ok(Self { bias: Some(bias), ..Self::load(path, channels, slide)? })
    }

    fn arranged(self, path: &Path<'_>) -> Result<Self, TchError> {
        if !path.source().channels_last() {
            return Ok(self);
        }
        Ok(Self { weight: channels_last(&self.weight)?.into(), ..self })
    }

    /// Computes `[N, out, …]` from `[N, in, H, W]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        self.slid(input, self.bias())
    }

    /// The same without the bias.
    pub(crate) fn forward_unbiased(&self, input: &Tensor) -> Result<Tensor, TchError> {
        self.slid(input, None)
    }

    pub(crate) fn bias(&self) -> Option<&Tensor> {
        self.bias.as_deref()
    }

    fn slid(&self, input: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, TchError> {
        let Slide { stride, padding, .. } = self.slide;
        input.f_conv2d(&self.weight, bias, [stride, stride], padding, [1, 1], 1)
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
        debug_assert_eq!(self.slide.padding, [0, 0], "padding would have to be shifted too");
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
        Ok(Self { weight: scaled(&self.weight)?, bias, slide: self.slide })
    }

    fn with(&self, weight: &Tensor, bias: &Tensor) -> Result<Self, TchError> {
        let kind = tch::Kind::Float;
        // A product keeps the strides of its first factor, so a channels-last layout is kept.
        let bias = Some(bias.f_to_kind(kind)?.into());
        Ok(Self { weight: weight.f_to_kind(kind)?.into(), bias, slide: self.slide })
    }
}
