//! The number format in which a frozen network computes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number format of a frozen network's parameters and activations. Sums within an operation keep more digits; the
/// features themselves are f32.
///
/// It is no [`Element`](crate::Element): that is the format of what is stored.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Arithmetic {
    /// IEEE 754 binary32: 24 significant bits.
    #[default]
    F32,
    /// The range of f32 with 8 significant bits. Fast on processors with AVX-512 BF16 or AMX and on GPUs of compute
    /// capability 8.0 and above.
    Bf16,
    /// IEEE 754 binary16: 11 significant bits, values up to 65,504. Fast on GPUs of compute capability 7.0 and above.
    F16,
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        })
    }
}
