//! Three ways to keep gradients small, which differ as soon as there are two tensors.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::Error;

/// How gradients are clipped before they are used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clipping {
    /// Each element is cut to ± this (Keras's `clipvalue`).
    Value(f64),
    /// Each tensor whose norm is greater is scaled down to this norm (Keras's `clipnorm`).
    VariableNorm(f64),
    /// All tensors are scaled down together if the norm of all is greater (Keras's `global_clipnorm`, PyTorch's
    /// `clip_grad_norm_`; Pascanu et al., 2013).
    GlobalNorm(f64),
}

impl Clipping {
    pub(crate) fn check(self) -> Result<(), Error> {
        let (Self::Value(limit) | Self::VariableNorm(limit) | Self::GlobalNorm(limit)) = self;
        if limit > 0.0 && limit.is_finite() {
            return Ok(());
        }
        Err(Error::setting("the clipping limit", limit, "write a finite number above 0, or no clipping"))
    }
}

/// What is done to every element of one gradient while it is used: cut to a range, or scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Clip {
    Cut(f64),
    Scale(f64),
}

impl Clip {
    /// One for each gradient; nothing is written, so that gradients are read once for norms and once for the step.
    pub(crate) fn plan(clipping: Option<Clipping>, gradients: &[Tensor]) -> Result<Vec<Self>, Error> {
        let down = |limit: f64, norm: f64| Self::Scale(if norm > limit { limit / norm } else { 1.0 });
        let norms = || gradients.iter().map(norm).collect::<Result<Vec<f64>, Error>>();
        Ok(match clipping {
            None => vec![Self::Scale(1.0); gradients.len()],
            Some(Clipping::Value(limit)) => vec![Self::Cut(limit); gradients.len()],
            Some(Clipping::VariableNorm(limit)) => {
                norms()?.into_iter().map(|norm| down(limit, norm)).collect()
            }
            Some(Clipping::GlobalNorm(limit)) => {
                let all = norms()?.iter().map(|norm| norm * norm).sum::<f64>().sqrt();
                vec![down(limit, all); gradients.len()]
            }
        })
    }

    /// The gradient as it is used: itself, or `room` holding the clipped one.
    pub(crate) fn apply<'a>(self, gradient: &'a Tensor, room: &'a Tensor) -> Result<&'a Tensor, Error> {
        let _clipped = match self {
            Self::Scale(1.0) => return Ok(gradient),
            Self::Scale(factor) => gradient.f_mul_scalar_out(room, factor)?,
            Self::Cut(limit) => gradient.f_clamp_out(room, -limit, limit)?,
        };
        Ok(room)
    }
}

fn norm(gradient: &Tensor) -> Result<f64, Error> {
    Ok(gradient.f_norm()?.f_to_kind(Kind::Double)?.f_double_value(&[])?)
}
