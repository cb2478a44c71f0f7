//! Loss and gradients of one batch.

use tch::Tensor;

use crate::{CrossEntropy, Error, Head, Mode};

/// What one batch says about the trained parameters.
#[derive(Debug)]
pub struct Gradients {
    /// The loss, a scalar.
    pub loss: Tensor,
    /// The logits `[N, K]`, without gradient.
    pub logits: Tensor,
    /// One for each trained parameter, in their order, of its shape.
    pub gradients: Vec<Tensor>,
}

impl Gradients {
    /// One pass forward and back.
    ///
    /// Gradients are asked for instead of being added up beside the parameters, so nothing has to be set to zero first.
    ///
    /// # Errors
    ///
    /// As [`Head::forward`].
    pub fn of(
        head: &Head,
        loss: &CrossEntropy,
        features: &Tensor,
        labels: &Tensor,
        mode: Mode,
    ) -> Result<Self, Error> {
        let logits = head.forward(features, mode)?;
        let loss = loss.loss(&logits, labels)?;
        let trained: Vec<&Tensor> =
            head.parameters().trained().map(crate::parameters::Parameter::tensor).collect();
        let gradients = Tensor::f_run_backward(&[&loss], &trained, false, false)?;
        Ok(Self { loss: loss.f_detach()?, logits: logits.f_detach()?, gradients })
    }
}
