//! Computes loss and gradients of one batch.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use crate::{CrossEntropy, DenseTail, Error, Gradient, Head, Mode, Parameter, dense_tail::Passed};

/// Loss, logits and gradients of one batch.
#[derive(Debug)]
pub struct Gradients {
    /// Loss, a scalar.
    pub loss: Tensor,
    /// Logits `[N, K]`, without gradient.
    pub logits: Tensor,
    /// One gradient for each trained parameter, in the order of the parameters.
    pub gradients: Vec<Gradient>,
}

impl Gradients {
    /// Runs one forward and one backward pass.
    ///
    /// Gradients are returned and not accumulated in the parameters, so nothing needs to be zeroed first. Those of [dense layers at
    /// the end](Head::dense_tail) are not multiplied out.
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
        match head.dense_tail(features, mode)? {
            Some(tail) => Self::through_tail(head, &tail, loss, labels),
            None => through_all(head, loss, features, labels, mode),
        }
    }

    /// Back-propagation through the dense layers by hand, and through what comes before by libtorch.
    fn through_tail(
        head: &dyn Head,
        tail: &DenseTail<'_>,
        loss: &CrossEntropy,
        labels: &Tensor,
    ) -> Result<Self, Error> {
        let Passed { inputs, mut outputs } = tail.pass()?;
        let Some(logits) = outputs.last().map(Tensor::f_detach).transpose()? else {
            return Err(Error::setting("the number of dense layers at the end", 0, "give at least one"));
        };
        require_shape(head, &logits, labels)?;
        let logits = logits.f_set_requires_grad(true)?;
        let loss = loss.loss(&logits, labels)?;
        // The gradient of the loss with respect to what a layer gives, from the last layer to the first.
        let mut slope = one_gradient(&loss, &logits)?;
        let mut found = BTreeMap::new();
        {
            let _guard = tch::no_grad_guard();
            for (at, layer) in tail.layers.iter().enumerate().rev() {
                if let Some(multipliers) = &layer.multipliers {
                    slope = slope.f_mul(multipliers)?;
                }
                let output = outputs.pop().filter(|_| layer.relu);
                if let Some(output) = output {
                    slope = output.f_threshold_backward(&slope, 0.0)?;
                }
                if layer.weight.tensor().requires_grad() {
                    let factors = [&slope, &inputs[at]].map(Tensor::shallow_clone);
                    let [slope, input] = factors;
                    found.insert(layer.weight.name(), Gradient::Product { slope, input });
                }
                if layer.bias.tensor().requires_grad() {
                    let gradient = slope.f_sum_dim_intlist(0, false, Kind::Float)?;
                    found.insert(layer.bias.name(), gradient.into());
                }
                if at > 0 || tail.input.requires_grad() {
                    slope = slope.f_mm(layer.weight.tensor())?;
                }
            }
        }
        let before: Vec<&Parameter> =
            head.parameters().trained().filter(|of| !found.contains_key(of.name())).collect();
        if let (Some(first), false) = (before.first(), tail.input.requires_grad()) {
            return Err(without_influence(first));
        }
        if !before.is_empty() {
            // Its gradient with respect to the input is the slope.
            let product = tail.input.f_mul(&slope)?.f_sum(Kind::Float)?;
            let tensors: Vec<&Tensor> = before.iter().map(|parameter| parameter.tensor()).collect();
            let gradients = Tensor::f_run_backward(&[&product], &tensors, false, false)?;
            require_defined(before.iter().copied(), &gradients)?;
            let gradients = gradients.into_iter().map(Gradient::from);
            found.extend(before.iter().map(|parameter| parameter.name()).zip(gradients));
        }
        let gradients = head.parameters().trained().filter_map(|of| found.remove(of.name())).collect();
        Ok(Self { loss: loss.f_detach()?, logits: logits.f_detach()?, gradients })
    }
}

fn through_all(
    head: &dyn Head,
    loss: &CrossEntropy,
    features: &Tensor,
    labels: &Tensor,
    mode: Mode,
) -> Result<Gradients, Error> {
    let logits = head.forward(features, mode)?;
    require_shape(head, &logits, labels)?;
    let loss = loss.loss(&logits, labels)?;
    let trained: Vec<&Tensor> = head.parameters().trained().map(Parameter::tensor).collect();
    let gradients = Tensor::f_run_backward(&[&loss], &trained, false, false)?;
    require_defined(head.parameters().trained(), &gradients)?;
    let gradients = gradients.into_iter().map(Gradient::from).collect();
    Ok(Gradients { loss: loss.f_detach()?, logits: logits.f_detach()?, gradients })
}

fn one_gradient(of: &Tensor, with_respect_to: &Tensor) -> Result<Tensor, Error> {
    let gradients = Tensor::f_run_backward(&[of], &[with_respect_to], false, false)?;
    // As many as tensors were given.
    gradients.into_iter().next().ok_or_else(|| Error::setting("the number of gradients", 0, "report this"))
}

/// Refuses a parameter whose gradient does not exist.
fn require_defined<'p>(
    parameters: impl Iterator<Item = &'p Parameter>,
    gradients: &[Tensor],
) -> Result<(), Error> {
    let unused = parameters.zip(gradients).find(|(_, gradient)| !gradient.defined());
    unused.map_or(Ok(()), |(parameter, _)| Err(without_influence(parameter)))
}

fn without_influence(parameter: &Parameter) -> Error {
    Error::setting(
        "the trained parameter without influence on the logits",
        parameter.name(),
        "use it, or make it a frozen one",
    )
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
