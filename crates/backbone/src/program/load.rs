//! Turns the steps of a plan into layers with parameters on a device.

use std::{cell::RefCell, collections::BTreeMap};

use radiograph_features::Arithmetic;
use radiograph_weights::{Architecture, graph::Operation};
use tch::Tensor;

use super::{arithmetic::kind_of, layers::Layer};
use crate::{
    BackboneError, Form,
    layer::{BatchNorm, Convolution, Dense, Gate, LayerNorm, Positions},
    parameter::Parameter,
    plan::{Fold, Plan, Step},
};

/// The tensors of a network by name, and the device for which they are loaded.
pub(crate) struct Source {
    pub(crate) architecture: Architecture,
    pub(crate) form: Form,
    pub(crate) arithmetic: Arithmetic,
    pub(crate) device: tch::Device,
    pub(crate) tensors: RefCell<BTreeMap<String, Tensor>>,
}

impl Source {
    /// Channels last is faster on the CPU, but not on a Kepler GPU. The half-precision units of newer ones read channels last, so
    /// that cuDNN would rearrange every map; this has not run on a GPU.
    pub(crate) fn channels_last(&self) -> bool {
        let half = self.arithmetic != Arithmetic::F32;
        self.form == Form::Folded && (half || self.device == tch::Device::Cpu)
    }

    /// A copy on the device. Tensors stay, because two steps of a folded normalisation read the same ones.
    fn take(&self, name: &str) -> Result<Parameter, BackboneError> {
        let tensors = self.tensors.borrow();
        // Tensors are checked before a network is built.
        let tensor = tensors.get(name).ok_or_else(|| BackboneError::Tensors {
            architecture: self.architecture,
            faults: vec![format!("{name} is missing")],
        })?;
        Ok(tensor.f_to_device(self.device)?.into())
    }

    /// Parameters of an operation, in its order.
    fn parameters<const N: usize>(&self, operation: &Operation) -> Result<[Parameter; N], BackboneError> {
        let names = operation.parameters();
        let found: Vec<Parameter> =
            names.iter().map(|parameter| self.take(&parameter.name)).collect::<Result<_, _>>()?;
        found.try_into().map_err(|found: Vec<Parameter>| BackboneError::Tensors {
            architecture: self.architecture,
            faults: vec![format!("{} has {} tensors instead of {N}", operation.name(), found.len())],
        })
    }
}

/// Loads the layers of a plan.
pub(super) struct Loading<'a> {
    pub(super) source: &'a Source,
}

impl Loading<'_> {
    pub(super) fn all(&self, plan: &Plan) -> Result<Vec<Layer>, BackboneError> {
        let mut layers = Vec::with_capacity(plan.steps.len());
        let mut biases: BTreeMap<usize, Parameter> = BTreeMap::new();
        for (place, step) in plan.steps.iter().enumerate() {
            let layer = match step {
                Step::Operation(operation) => self.operation(operation)?,
                Step::Convolution { layer, folds, unbiased } => {
                    let mut folded = self.folded(layer, folds)?;
                    if *unbiased {
                        if let Some(bias) = folded.bias.clone() {
                            biases.insert(place, bias);
                        }
                        folded = folded.without_bias();
                    }
                    Layer::Convolution(folded)
                }
                Step::Gate(norm) => {
                    let (scale, shift) = self.norm(norm)?.affine()?;
                    Layer::Gate(Gate::of_rectified(&scale, &shift)?.0)
                }
                Step::PoolThenBias {
                    pool: Operation::AveragePool { window, counts_padding },
                    convolution,
                } => Layer::PoolThenBias {
                    window: *window,
                    counts_padding: *counts_padding,
                    bias: biases.remove(convolution),
                },
                // A plan makes it of average poolings alone.
                Step::PoolThenBias { .. } | Step::Absorbed => Layer::Absorbed,
                Step::Linear { layer, scale } => {
                    let [factor] = self.source.parameters(scale)?;
                    Layer::Linear(self.dense(layer)?.scaled(&factor)?)
                }
                Step::Begin { channels } => Layer::Begin { channels: *channels },
                &Step::Extend { begin, filled, last } => Layer::Extend { begin, filled, last },
            };
            layers.push(layer.of_kind(kind_of(self.source.arithmetic))?);
        }
        Ok(layers)
    }

    fn operation(&self, operation: &Operation) -> Result<Layer, BackboneError> {
        Ok(match operation {
            Operation::Input { .. } => Layer::Input,
            Operation::Affine { scale, shift } => {
                Layer::Affine { scale: self.channels(scale)?, shift: self.channels(shift)? }
            }
            Operation::Convolution { .. } => Layer::Convolution(self.folded(operation, &[])?),
            Operation::BatchNorm { .. } => Layer::BatchNorm(self.norm(operation)?),
            Operation::Relu => Layer::Relu,
            Operation::Gelu => Layer::Gelu,
            Operation::MaxPool(window) => Layer::MaxPool(*window),
            &Operation::AveragePool { window, counts_padding } => {
                Layer::AveragePool { window, counts_padding }
            }
            Operation::GlobalAverage => Layer::GlobalAverage,
            Operation::AdaptiveAverage { side } => Layer::AdaptiveAverage { side: *side },
            Operation::Flatten => Layer::Flatten,
            Operation::Concatenate => Layer::Concatenate,
            Operation::Add => Layer::Add,
            Operation::Scale(factor) => Layer::Scale(*factor),
            Operation::LayerScale { .. } => {
                let [factor] = self.source.parameters(operation)?;
                Layer::LayerScale(factor)
            }
            &Operation::LayerNorm { channels, epsilon, .. } => {
                let [weight, bias] = self.source.parameters(operation)?;
                Layer::LayerNorm(LayerNorm { weight, bias, channels, epsilon })
            }
            Operation::Linear { .. } => Layer::Linear(self.dense(operation)?),
            Operation::Tokens => Layer::Tokens,
            Operation::Cells { skipped } => Layer::Cells { skipped: *skipped },
            Operation::ClassToken { .. } => {
                let [token] = self.source.parameters(operation)?;
                Layer::ClassToken(token)
            }
            &Operation::Position { grid, .. } => {
                let [values] = self.source.parameters(operation)?;
                Layer::Positions(Positions { values, grid })
            }
            Operation::Attention { heads } => Layer::Attention { heads: *heads },
            // A later version of the description may have operations that this version does not compute.
            other => {
                return Err(BackboneError::Operation {
                    architecture: self.source.architecture,
                    operation: other.name(),
                });
            }
        })
    }

    /// A convolution with what it absorbs, in the layout of the device.
    fn folded(&self, layer: &Operation, folds: &[Fold]) -> Result<Convolution, BackboneError> {
        let &Operation::Convolution { window, groups, bias, .. } = layer else {
            return Err(BackboneError::Operation {
                architecture: self.source.architecture,
                operation: layer.name(),
            });
        };
        let (weight, bias) = if bias {
            let [weight, bias] = self.source.parameters(layer)?;
            (weight, Some(bias))
        } else {
            let [weight] = self.source.parameters(layer)?;
            (weight, None)
        };
        let mut convolution = Convolution { weight, bias, window, groups };
        if self.source.channels_last() {
            convolution = convolution.channels_last()?;
        }
        for fold in folds {
            convolution = match fold {
                Fold::After(norm) => {
                    let (scale, shift) = self.norm(norm)?.affine()?;
                    convolution.then_affine(&scale, &shift)?
                }
                Fold::Times(factor) => convolution.times(*factor)?,
                Fold::Gated(norm) => {
                    let (scale, shift) = self.norm(norm)?.affine()?;
                    let (_, scale, shift) = Gate::of_rectified(&scale, &shift)?;
                    convolution.after_affine(&scale, &shift)?
                }
            };
        }
        Ok(convolution)
    }

    fn norm(&self, operation: &Operation) -> Result<BatchNorm, BackboneError> {
        let [weight, bias, mean, variance] = self.source.parameters(operation)?;
        let epsilon = match operation {
            Operation::BatchNorm { epsilon, .. } => *epsilon,
            _ => 0.0,
        };
        Ok(BatchNorm { weight, bias, mean, variance, epsilon })
    }

    fn dense(&self, operation: &Operation) -> Result<Dense, BackboneError> {
        let [weight, bias] = self.source.parameters(operation)?;
        Ok(Dense { weight, bias })
    }

    /// Numbers of each channel as `[1, C, 1, 1]`.
    fn channels(&self, values: &[f64]) -> Result<Parameter, BackboneError> {
        let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let tensor = Tensor::f_from_slice(&values)?.f_view([1, -1, 1, 1])?;
        Ok(tensor.f_to_device(self.source.device)?.into())
    }
}
