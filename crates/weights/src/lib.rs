//! Pretrained weights: what they are, where they come from, and reading them without trust.

mod architecture;
mod error;
mod expected;
mod lineage;
mod record;

pub use self::{
    architecture::Architecture,
    error::WeightsError,
    expected::{Expected, Group},
    lineage::Lineage,
    record::{Interpolation, Normalisation, WeightsRecord},
};
