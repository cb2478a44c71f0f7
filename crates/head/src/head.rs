//! Builds a head and computes its logits: a feature map becomes a sequence, a recurrent cell reads it, and dense layers
//! classify it.
//!
//! Training is in `training`.

use radiograph_libtorch::Device;
use radiograph_protocol::{Dropout, DropoutPlace, HeadConfig, HeadTensor, Initial, Reading};
use radiograph_random::Stream;
use tch::{Kind, Tensor};

use crate::{Error, Parameters, cell::Recurrent, to_sequence};

/// Keras's epsilon of batch normalisation; libtorch's is 1e-5.
const BATCH_NORM_EPSILON: f64 = 1e-3;
/// Weight of a new batch in the moving averages: 1 minus Keras's momentum of 0.99.
const BATCH_NORM_NEW: f64 = 0.01;

/// Evaluation or training. It is an argument of each pass, not a state of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No dropout; batch normalisation uses its moving averages. Gradients still flow if they are required.
    Evaluate,
    /// Dropout; batch normalisation uses the batch and updates its moving averages.
    Train(Step),
}

/// A step of a training. Dropout depends only on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Seed of the training.
    pub seed: u64,
    /// Number of the step, counted from 0 over all epochs.
    pub number: u64,
}

/// A classifier of feature maps.
#[derive(Debug)]
pub struct Head {
    config: HeadConfig,
    device: Device,
    parameters: Parameters,
    recurrent: Option<Recurrent>,
    recurrent_norm: Option<BatchNorm>,
    hidden: Vec<Hidden>,
    output: Dense,
}

impl Head {
    /// A head with first weights drawn from `seed`, each tensor from its own stream.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a setting is out of its range, [`Error::Libtorch`] if the device lacks memory.
    pub fn new(config: HeadConfig, seed: u64, device: Device) -> Result<Self, Error> {
        let layout = config.layout()?;
        Self::with(config, Parameters::initialise(&layout, seed, device.to_tch())?, device)
    }

    /// A head of zeros, to be filled from a file.
    pub(crate) fn blank(config: HeadConfig, device: Device) -> Result<Self, Error> {
        let zeros = |tensor| HeadTensor { initial: Initial::Zeros, ..tensor };
        let layout: Vec<HeadTensor> = config.layout()?.into_iter().map(zeros).collect();
        Self::with(config, Parameters::initialise(&layout, 0, device.to_tch())?, device)
    }

    fn with(config: HeadConfig, parameters: Parameters, device: Device) -> Result<Self, Error> {
        let norm = |name: &str| match config.batch_norm {
            true => BatchNorm::new(name, &parameters).map(Some),
            false => Ok(None),
        };
        let (recurrent, recurrent_norm) = match config.reading {
            Reading::Recurrent { cell, units, .. } => {
                (Some(Recurrent::new(cell, units, &parameters)?), norm("lstm_norm")?)
            }
            Reading::Flatten | Reading::GlobalAverage => (None, None),
        };
        let hidden = (1..=config.dense.len())
            .map(|number| {
                let name = format!("fc_{number}");
                Ok(Hidden { dense: Dense::new(&name, &parameters)?, norm: norm(&format!("{name}_norm"))? })
            })
            .collect::<Result<_, Error>>()?;
        let output = Dense::new("output", &parameters)?;
        Ok(Self { config, device, parameters, recurrent, recurrent_norm, hidden, output })
    }

    /// Its settings.
    pub fn config(&self) -> &HeadConfig {
        &self.config
    }

    /// Its device.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Its named tensors.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Its named tensors, for choosing which are trained.
    pub fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    /// Logits `[N, K]` of feature maps `[N, C, H, W]`, f32, on the head's device. The columns have the order of the classes
    /// in its settings.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] for maps of another shape, [`Error::Libtorch`] if memory runs out.
    pub fn forward(&self, features: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        let read = self.read(features, mode)?;
        let mut values = self.drop(read, mode, &[DropoutPlace::AfterReading], "reading")?;
        for (index, hidden) in self.hidden.iter().enumerate() {
            values = hidden.dense.forward(&values)?.f_relu()?;
            if let Some(norm) = &hidden.norm {
                values = norm.forward(&values, mode)?;
            }
            values = self.drop(values, mode, &[DropoutPlace::AfterDense], &format!("fc_{}", index + 1))?;
        }
        self.output.forward(&values)
    }

    /// The hidden states `[N, H·W, units]` of feature maps `[N, C, H, W]`, before normalisation and dropout; `None` for a
    /// head without a recurrent cell.
    ///
    /// # Errors
    ///
    /// As [`Self::forward`].
    pub fn hidden_states(&self, features: &Tensor) -> Result<Option<Tensor>, Error> {
        self.check(features)?;
        match (&self.recurrent, self.config.reading) {
            (Some(recurrent), Reading::Recurrent { order, .. }) => {
                recurrent.forward(&to_sequence(order, features)?).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Computes the dense layers' input `[N, length]` from `[N, C, H, W]`.
    fn read(&self, features: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        if let Some(states) = self.hidden_states(features)? {
            let states = match &self.recurrent_norm {
                Some(norm) => norm.forward(&states, mode)?,
                None => states,
            };
            return Ok(states.f_flatten(1, 2)?);
        }
        Ok(match self.config.reading {
            Reading::GlobalAverage => features.f_mean_dim(&[2_i64, 3][..], false, Kind::Float)?,
            _ => features.f_permute([0, 2, 3, 1])?.f_flatten(1, 3)?,
        })
    }

    fn check(&self, features: &Tensor) -> Result<(), Error> {
        let shape = self.config.features;
        let size = features.size();
        if size.len() == 4 && size[0] > 0 && size[1..] == [shape.channels, shape.height, shape.width] {
            return Ok(());
        }
        Err(Error::Shape {
            what: "the batch of feature maps".into(),
            expected: format!("[N, {shape}] with N above 0"),
            found: size,
        })
    }

    fn drop(&self, values: Tensor, mode: Mode, places: &[DropoutPlace], site: &str) -> Result<Tensor, Error> {
        let (Some(Dropout { rate, place }), Mode::Train(step)) = (self.config.dropout, mode) else {
            return Ok(values);
        };
        if rate == 0.0 || !(place == DropoutPlace::Everywhere || places.contains(&place)) {
            return Ok(values);
        }
        let stream = Stream::new(step.seed, &format!("dropout.{site}")).numbered(step.number);
        let multipliers = dropout_multipliers(stream, rate, values.numel());
        let mask = Tensor::f_from_slice(&multipliers)?.f_view_as(&values)?.f_to_device(values.device())?;
        Ok(values.f_mul(&mask)?)
    }
}

/// The multipliers of inverted dropout: 0 with probability `rate`, else 1 / (1 - rate).
fn dropout_multipliers(mut stream: Stream, rate: f64, count: usize) -> Vec<f32> {
    let threshold = (rate * (1_u64 << 32) as f64) as u64;
    let kept = (1.0 / (1.0 - rate)) as f32;
    let multiplier = |_| if u64::from(stream.half_bits()) < threshold { 0.0 } else { kept };
    (0..count).map(multiplier).collect()
}

#[derive(Debug)]
struct Hidden {
    dense: Dense,
    norm: Option<BatchNorm>,
}

#[derive(Debug)]
struct Dense {
    weight: Tensor,
    bias: Tensor,
}

impl Dense {
    fn new(name: &str, parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self {
            weight: parameters.handle(&format!("{name}.weight"))?,
            bias: parameters.handle(&format!("{name}.bias"))?,
        })
    }

    fn forward(&self, input: &Tensor) -> Result<Tensor, Error> {
        Ok(input.f_linear(&self.weight, Some(&self.bias))?)
    }
}

/// Batch normalisation over all dimensions but the last, as in Keras. Its moving variance averages the variance of the
/// batch itself; libtorch's would average the unbiased estimate.
#[derive(Debug)]
struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
}

impl BatchNorm {
    fn new(name: &str, parameters: &Parameters) -> Result<Self, Error> {
        let handle = |tensor: &str| parameters.handle(&format!("{name}.{tensor}"));
        Ok(Self {
            weight: handle("weight")?,
            bias: handle("bias")?,
            mean: handle("running_mean")?,
            variance: handle("running_var")?,
        })
    }

    fn forward(&self, values: &Tensor, mode: Mode) -> Result<Tensor, Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_keeps_the_mean_and_drops_its_share() {
        let multipliers = dropout_multipliers(Stream::new(3, "dropout"), 0.25, 40_000);
        let dropped = multipliers.iter().filter(|value| **value == 0.0).count();
        assert!((9_700..10_300).contains(&dropped), "{dropped}");
        assert!(multipliers.iter().all(|value| *value == 0.0 || (*value - 4.0 / 3.0).abs() < 1e-6));
    }
}
