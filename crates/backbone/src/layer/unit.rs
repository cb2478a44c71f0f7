//! A unit of convolution, batch normalisation and ReLU, from which the Inceptions and most of DenseNet are built.

use tch::{TchError, Tensor};

use crate::{
    BackboneError, Form,
    layer::{BatchNorm, Convolution, Slide, pool::average_around},
    source::Path,
};

/// Convolution, batch normalisation, ReLU. In the folded form, the normalisation is part of the convolution.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    convolution: Convolution,
    norm: Option<BatchNorm>,
}

impl Unit {
    /// Loads `conv.weight` and `bn.…` at this path; `channels` are the numbers of input and output channels.
    pub(crate) fn load(path: &Path<'_>, channels: [i64; 2], slide: Slide) -> Result<Self, BackboneError> {
        Self::load_pair(&path.at("conv"), &path.at("bn"), channels, slide)
    }

    /// Loads the convolution and its normalisation from separate paths.
    pub(crate) fn load_pair(
        convolution: &Path<'_>,
        norm: &Path<'_>,
        channels: [i64; 2],
        slide: Slide,
    ) -> Result<Self, BackboneError> {
        let form = convolution.source().form;
        let convolution = Convolution::load(convolution, channels, slide)?;
        let norm = BatchNorm::load(norm, channels[1])?;
        if form == Form::Plain {
            return Ok(Self { convolution, norm: Some(norm) });
        }
        let (scale, shift) = norm.affine()?;
        Ok(Self { convolution: convolution.then_affine(&scale, &shift)?, norm: None })
    }

    /// The unit with a preceding scale and shift folded in; see [`Convolution::after_affine`].
    pub(crate) fn after_affine(self, scale: &Tensor, shift: &Tensor) -> Result<Self, TchError> {
        Ok(Self { convolution: self.convolution.after_affine(scale, shift)?, norm: self.norm })
    }

    /// Computes `[N, out, …]` from `[N, in, H, W]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        self.forward_unrectified(input)?.f_relu_()
    }

    /// The same without the ReLU, so that a max pooling can come first. The result is the same, and fewer values are
    /// left to rectify.
    pub(crate) fn forward_unrectified(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let output = self.convolution.forward(input)?;
        match &self.norm {
            Some(norm) => norm.forward(&output),
            None => Ok(output),
        }
    }
}

/// Average pooling over 3 × 3 values, then a 1 × 1 unit. In the folded form the convolution comes first, because it
/// leaves fewer channels to pool. The mean is linear, so the result is the same if the bias is added at the end.
#[derive(Clone, Debug)]
pub(crate) struct PooledUnit {
    unit: Unit,
    counts_padding: bool,
}

impl PooledUnit {
    /// Loads `conv.weight` and `bn.…` at this path. The lineage says whether pooling counts padding.
    pub(crate) fn load(path: &Path<'_>, channels: [i64; 2]) -> Result<Self, BackboneError> {
        let counts_padding = path.source().lineage.pooling_counts_padding;
        Ok(Self { unit: Unit::load(path, channels, Slide::POINT)?, counts_padding })
    }

    /// Computes `[N, out, H, W]` from `[N, in, H, W]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let convolution = &self.unit.convolution;
        match convolution.bias() {
            Some(bias) => {
                let mut pooled = average_around(&convolution.forward_unbiased(input)?, self.counts_padding)?;
                pooled.f_add_(&bias.f_view([1, -1, 1, 1])?)?.f_relu_()
            }
            None => self.unit.forward(&average_around(input, self.counts_padding)?),
        }
    }
}

/// Applies the units one after the other.
pub(crate) fn in_turn(units: &[Unit], map: &Tensor) -> Result<Tensor, TchError> {
    units.iter().try_fold(map.shallow_clone(), |map, unit| unit.forward(&map))
}
