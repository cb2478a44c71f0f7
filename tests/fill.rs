//! Fills tensors by formula, so that Rust and Python compute the same weights from a tensor's name, without a file of
//! weights. The formula is SplitMix64 from the FNV-1a hash of the name.

use tch::Tensor;

use crate::devices::device;

/// Fills tensors by name. Each salt, a prefix of the names, gives another set of weights.
pub(crate) struct Fill {
    salt: String,
}

impl Fill {
    pub(crate) fn new(salt: &str) -> Self {
        Self { salt: salt.to_owned() }
    }

    pub(crate) fn salt(&self) -> &str {
        &self.salt
    }

    /// Values in [-1, 1), exact in f32, row-major.
    pub(crate) fn values(&self, name: &str, shape: &[i64]) -> Tensor {
        let count: i64 = shape.iter().product();
        let hash = self.salt.bytes().chain(name.bytes()).fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        let mut state = hash;
        let values: Vec<f32> = (0..count)
            .map(|_| {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut z = state;
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                z ^= z >> 31;
                2.0 * ((z >> 40) as f32 / (1 << 24) as f32) - 1.0
            })
            .collect();
        Tensor::from_slice(&values).view(shape).to_device(device().to_tch())
    }

    /// Weights of a dense or recurrent layer `[rows, columns]`: values times √(6 / columns).
    pub(crate) fn dense(&self, name: &str, rows: i64, columns: i64) -> Tensor {
        self.values(name, &[rows, columns]) * (6.0 / columns as f64).sqrt()
    }

    /// A tensor of a convolutional network, whose kind follows from its name and shape.
    pub(crate) fn parameter(&self, name: &str, shape: &[i64]) -> Tensor {
        let values = self.values(name, shape);
        let part = name.rsplit('.').next().unwrap_or(name);
        match (shape, part) {
            ([_, inputs @ ..], "weight" | "cls_token" | "pos_embed") if !inputs.is_empty() => {
                values * (6.0 / inputs.iter().product::<i64>() as f64).sqrt()
            }
            (_, "weight") => values * 0.1 + 1.0,
            (_, "bias" | "running_mean") => values * 0.1,
            (_, "running_var") => (values + 1.0) * 0.25 + 1.0,
            (_, "gamma") => values * 0.1,
            _ => panic!("{name} {shape:?} is no part that the formula knows"),
        }
    }

    /// A bias: values times 0.1.
    pub(crate) fn bias(&self, name: &str, length: i64) -> Tensor {
        self.values(name, &[length]) * 0.1
    }
}

#[test]
fn the_salt_is_part_of_the_name() {
    let (plain, salted) = (Fill::new(""), Fill::new("salt."));
    assert_eq!(plain.values("salt.input", &[4]), salted.values("input", &[4]));
    assert_ne!(plain.values("input", &[4]), salted.values("input", &[4]));
}
