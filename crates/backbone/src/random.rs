//! Draws random weights from a seed, for tests and trials. A network with such weights recognises nothing.

use std::collections::BTreeMap;

use radiograph_random::Stream;
use radiograph_weights::graph::{Parameter, Role};
use tch::Tensor;

use crate::BackboneError;

/// Draws each tensor from its own random stream, so its values depend only on the seed and its name. Kernels are
/// uniform in ±√(6 / inputs) (He et al., 2015), tokens and positions in ±0.02, normalisation and layer scales change
/// nothing, and biases are 0.
pub(crate) fn tensors(
    parameters: &[Parameter],
    seed: u64,
) -> Result<BTreeMap<String, Tensor>, BackboneError> {
    let mut tensors = BTreeMap::new();
    for Parameter { name, shape, role } in parameters {
        let options = (tch::Kind::Float, tch::Device::Cpu);
        let tensor = match role {
            Role::Kernel => {
                let inputs: i64 = shape.iter().skip(1).product();
                uniform(seed, name, shape, (6.0 / inputs as f64).sqrt() as f32)?
            }
            Role::Embedding => uniform(seed, name, shape, 0.02)?,
            Role::Factor | Role::Variance => Tensor::f_ones(shape, options)?,
            // Biases, summands and means.
            _ => Tensor::f_zeros(shape, options)?,
        };
        tensors.insert(name.clone(), tensor);
    }
    Ok(tensors)
}

fn uniform(seed: u64, name: &str, shape: &[i64], bound: f32) -> Result<Tensor, BackboneError> {
    let mut stream = Stream::new(seed, name);
    let count = shape.iter().product::<i64>() as usize;
    let mut values = vec![0.0_f32; count];
    // Two values of 24 bits from each number of 64: -1 up to below 1 in steps of 2^-23, exact.
    for pair in values.chunks_mut(2) {
        let mut bits = stream.bits();
        for value in pair {
            *value = bound * ((bits as u32 >> 8) as f32 / (1_u32 << 23) as f32 - 1.0);
            bits >>= 32;
        }
    }
    Ok(Tensor::f_from_slice(&values)?.f_view(shape)?)
}
