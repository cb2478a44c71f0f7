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
    /// As [`Head::forward`]; [`Error::Shape`] if the logits are not `[N, K]`, [`Error::Setting`] if they do not depend on a
    /// trained parameter.
    pub fn of(
        head: &dyn Head,
        loss: &CrossEntropy,
        features: &Tensor,
        labels: &Tensor,
        mode: Mode,
    ) -> Result<Self, Error> {
        let logits = head.forward(features, mode)?;
        require_shape(head, &logits, labels)?;
        let loss = loss.loss(&logits, labels)?;
        let trained: Vec<&Tensor> = head.parameters().trained().map(Parameter::tensor).collect();
        let gradients = Tensor::f_run_backward(&[&loss], &trained, false, false)?;
        let mut named = head.parameters().trained().zip(&gradients);
        if let Some((unused, _)) = named.find(|(_, gradient)| !gradient.defined()) {
            return Err(Error::setting(
                "the trained parameter without influence on the logits",
                unused.name(),
                "use it, or make it a frozen one",
            ));
        }
        Ok(Self { loss: loss.f_detach()?, logits: logits.f_detach()?, gradients })
    }
}

/// Refuses logits that are not one number for each label's image and each class.
pub(crate) fn require_shape(head: &dyn Head, logits: &Tensor, labels: &Tensor) -> Result<(), Error> {
    let expected = [labels.numel() as i64, head.classes().len() as i64];
    if logits.size() == expected {
        return Ok(());
    }
    Err(Error::Shape {
        what: "the logits of the head".to_owned(),
        expected: format!("{expected:?}"),
        found: logits.size(),
    })
}
