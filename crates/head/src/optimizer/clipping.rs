//! Applies gradient clipping: plans one operation for each gradient, and applies it during the step.

use radiograph_protocol::Clipping;
use tch::Tensor;

use super::rule::number;
use crate::{Error, Gradient};

/// The operation on every element of one gradient: a cut to a range, or a factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Clip {
    Cut(f64),
    Scale(f64),
}

impl Clip {
    /// One operation for each gradient. It writes nothing, so gradients that are values are read once for norms and once for the step.
    pub(crate) fn plan(clipping: Option<Clipping>, gradients: &[Gradient]) -> Result<Vec<Self>, Error> {
        let down = |limit: f64, norm: f64| Self::Scale(if norm > limit { limit / norm } else { 1.0 });
        // All norms come from the device at once: each question would wait for all of its work.
        let norms = || -> Result<Vec<f64>, Error> {
            let norms = gradients.iter().map(Gradient::norm).collect::<Result<Vec<_>, Error>>()?;
            if norms.is_empty() {
                return Ok(Vec::new());
            }
            Ok(Vec::try_from(Tensor::f_stack(&norms, 0)?)?)
        };
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
            Some(other) => {
                let remedy = "clip by value, variable norm or global norm";
                return Err(Error::setting("the clipping", format!("{other:?}"), remedy));
            }
        })
    }

    /// The clipped gradient: the gradient itself if nothing changes, else `room` filled with it.
    pub(crate) fn apply<'a>(self, gradient: &'a Tensor, room: &'a Tensor) -> Result<&'a Tensor, Error> {
        let _clipped = match self {
            Self::Scale(1.0) => return Ok(gradient),
            Self::Scale(factor) => gradient.f_mul_out(room, &number(factor)?)?,
            Self::Cut(limit) => gradient.f_clamp_out(room, -limit, limit)?,
        };
        Ok(room)
    }
}
