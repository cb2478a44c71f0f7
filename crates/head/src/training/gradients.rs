//! Computes loss and gradients of one batch.

use tch::Tensor;

use crate::{CrossEntropy, Error, Head, Mode, Parameter};

/// Loss, logits and gradients of one batch.
#[derive(Debug)]
pub struct Gradients {
    /// Loss, a scalar.
    pub loss: Tensor,
    /// Logits `[N, K]`, without gradient.
    pub logits: Tensor,
    /// One gradient for each trained parameter, in the order of the parameters.
    pub gradients: Vec<Tensor>,
}

impl Gradients {
    /// Runs one forward and one backward pass.
    ///
    /// Gradients are returned and not accumulated in the parameters, so nothing needs to be zeroed first.
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
        let trained: Vec<&Tensor> = head.parameters().trained().map(Parameter::tensor).collect();
        let gradients = Tensor::f_run_backward(&[&loss], &trained, false, false)?;
        Ok(Self { loss: loss.f_detach()?, logits: logits.f_detach()?, gradients })
    }
}
