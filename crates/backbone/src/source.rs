//! Supplies a network's tensors by name and shape while the network is built.
//!
//! The source records each request. Files of weights are checked against the recorded list, so the check and the
//! network cannot differ.

use std::{cell::RefCell, collections::BTreeMap, fmt::Display};

use tch::{Kind, Tensor};

use radiograph_weights::{Architecture, Lineage};

use crate::{BackboneError, Form, parameter::Parameter};

/// Role of a tensor in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Weights of a convolution or a dense layer; all dimensions but the first are summed over.
    Kernel,
    /// Bias of such a layer.
    Bias,
    /// Factor of a batch normalisation.
    NormWeight,
    /// Summand of a batch normalisation.
    NormBias,
    /// Mean that a batch normalisation subtracts.
    Mean,
    /// Variance of a batch normalisation.
    Variance,
}

/// A tensor that a network requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) shape: Vec<i64>,
    pub(crate) role: Role,
}

/// Tensors and settings from which a network is built.
pub(crate) struct Source {
    pub(crate) architecture: Architecture,
    pub(crate) form: Form,
    pub(crate) lineage: Lineage,
    pub(crate) device: tch::Device,
    asked: RefCell<Vec<Asked>>,
    tensors: Option<RefCell<BTreeMap<String, Tensor>>>,
}

impl Source {
    /// A source that only records requests. Every tensor is zero and takes no memory.
    pub(crate) fn listening(architecture: Architecture) -> Self {
        Self {
            architecture,
            form: Form::Plain,
            lineage: Lineage::keras(architecture),
            device: tch::Device::Cpu,
            asked: RefCell::default(),
            tensors: None,
        }
    }

    /// A source of these tensors. Each can be taken once.
    pub(crate) fn of(
        architecture: Architecture,
        form: Form,
        lineage: Lineage,
        device: tch::Device,
        tensors: BTreeMap<String, Tensor>,
    ) -> Self {
        let tensors = Some(RefCell::new(tensors));
        Self { architecture, form, lineage, device, asked: RefCell::default(), tensors }
    }

    /// The root path.
    pub(crate) fn root(&self) -> Path<'_> {
        Path { source: self, name: String::new() }
    }

    /// All requests so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.borrow().clone()
    }

    /// Channels last is faster on the CPU, but not on a Kepler GPU.
    pub(crate) fn channels_last(&self) -> bool {
        self.form == Form::Folded && self.device == tch::Device::Cpu
    }

    fn take(&self, asked: Asked) -> Result<Tensor, BackboneError> {
        let tensor = match &self.tensors {
            None => Tensor::f_zeros([1], (Kind::Float, tch::Device::Cpu))?.f_expand(&asked.shape, false)?,
            Some(tensors) => {
                let tensor = tensors.borrow_mut().remove(&asked.name);
                // Tensors are checked before a network is built, so this happens only if a network requests one twice.
                let fault = |what: &str| BackboneError::Tensors {
                    architecture: self.architecture,
                    faults: vec![format!("{} {what}", asked.name)],
                };
                let tensor = tensor.ok_or_else(|| fault("is missing"))?;
                if tensor.size() != asked.shape {
                    return Err(fault("is misshapen"));
                }
                tensor.f_to_device(self.device)?
            }
        };
        self.asked.borrow_mut().push(asked);
        Ok(tensor)
    }
}

/// A path in the tree of tensor names.
pub(crate) struct Path<'source> {
    source: &'source Source,
    name: String,
}

impl<'source> Path<'source> {
    /// The source behind it.
    pub(crate) fn source(&self) -> &'source Source {
        self.source
    }

    /// A path below this one.
    pub(crate) fn at(&self, name: impl Display) -> Self {
        let name = if self.name.is_empty() { name.to_string() } else { format!("{}.{name}", self.name) };
        Self { source: self.source, name }
    }

    /// Takes the tensor of this name below this path.
    pub(crate) fn tensor(&self, name: &str, shape: &[i64], role: Role) -> Result<Parameter, BackboneError> {
        let name = self.at(name).name;
        Ok(self.source.take(Asked { name, shape: shape.to_vec(), role })?.into())
    }
}
