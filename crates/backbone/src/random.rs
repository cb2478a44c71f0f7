//! Draws random weights from a seed, for tests and trials. A network with such weights recognises nothing.

use std::collections::BTreeMap;

use radiograph_random::Stream;
use tch::Tensor;

use crate::{
    BackboneError,
    source::{Asked, Role},
};

/// Draws each tensor from its own random stream, so its values depend only on the seed and its name. Kernels are
/// uniform in ±√(6 / inputs) (He et al., 2015), batch normalisation changes nothing, and biases are 0.
pub(crate) fn tensors(asked: &[Asked], seed: u64) -> Result<BTreeMap<String, Tensor>, BackboneError> {
    let mut tensors = BTreeMap::new();
    for Asked { name, shape, role } in asked {
        let options = (tch::Kind::Float, tch::Device::Cpu);
        let tensor = match role {
            Role::Kernel => kernel(seed, name, shape)?,
            Role::Bias | Role::NormBias | Role::Mean => Tensor::f_zeros(shape, options)?,
            Role::NormWeight | Role::Variance => Tensor::f_ones(shape, options)?,
        };
        tensors.insert(name.clone(), tensor);
    }
    Ok(tensors)
}

fn kernel(seed: u64, name: &str, shape: &[i64]) -> Result<Tensor, BackboneError> {
    let mut stream = Stream::new(seed, name);
    let inputs: i64 = shape.iter().skip(1).product();
    let bound = (6.0 / inputs as f64).sqrt() as f32;
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
