//! The layers of a head that are not recurrent: dense layers and batch normalisation.

use tch::{Kind, Tensor};

use crate::{Error, Mode, Parameters};

/// Keras's epsilon of batch normalisation; libtorch's is 1e-5.
const BATCH_NORM_EPSILON: f64 = 1e-3;
/// Weight of a new batch in the moving averages: 1 minus Keras's momentum of 0.99.
const BATCH_NORM_NEW: f64 = 0.01;

/// A dense layer.
#[derive(Debug)]
pub(crate) struct Dense {
    weight: Tensor,
    bias: Tensor,
}

impl Dense {
    pub(crate) fn new(name: &str, parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self {
            weight: parameters.handle(&format!("{name}.weight"))?,
            bias: parameters.handle(&format!("{name}.bias"))?,
        })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, Error> {
        Ok(input.f_linear(&self.weight, Some(&self.bias))?)
    }
}

/// Batch normalisation over all dimensions but the last, as in Keras. Its moving variance averages the variance of the
/// batch itself; libtorch's would average the unbiased estimate.
#[derive(Debug)]
pub(crate) struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
}

impl BatchNorm {
    pub(crate) fn new(name: &str, parameters: &Parameters) -> Result<Self, Error> {
        let handle = |tensor: &str| parameters.handle(&format!("{name}.{tensor}"));
        Ok(Self {
            weight: handle("weight")?,
            bias: handle("bias")?,
            mean: handle("running_mean")?,
            variance: handle("running_var")?,
        })
    }

    pub(crate) fn forward(&self, values: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        let flat = values.f_flatten(0, -2)?; // [samples, width]
        let train = mode != Mode::Evaluate;
        if train {
            let _guard = tch::no_grad_guard();
            let mean = flat.f_mean_dim(0, false, Kind::Float)?;
            let variance = flat.f_var_dim(0, false, false)?;
            for (kept, new) in [(&self.mean, mean), (&self.variance, variance)] {
                let _ = kept.shallow_clone().f_lerp_(&new, BATCH_NORM_NEW)?;
            }
        }
        let averages = (!train).then_some((&self.mean, &self.variance));
        let normalised = flat.f_batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            averages.map(|pair| pair.0),
            averages.map(|pair| pair.1),
            train,
            0.0,
            BATCH_NORM_EPSILON,
            false,
        )?;
        Ok(normalised.f_view_as(values)?)
    }
}
