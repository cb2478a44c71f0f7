#![doc = include_str!("../README.md")]

mod architecture;
mod catalogue;
mod definition;
mod described;
mod dtype;
mod error;
mod expected;
mod facts;
mod fault;
mod folder;
pub mod graph;
mod header;
mod installation;
mod lineage;
mod name;
pub mod network;
mod record;
mod state;
mod weights;

pub use self::{
    architecture::{Architecture, Graphs, RegistrationError, UnknownArchitecture},
    definition::{Auxiliary, Family, NetworkDefinition, OriginalChecksum, Published},
    dtype::Dtype,
    error::WeightsError,
    expected::{Expected, Group},
    facts::{Facts, ImageSizeError},
    fault::{Fault, HeaderFault, Hint, MOST_SIDES},
    folder::{Locked, Taking, WeightsFolder},
    header::{Header, LONGEST_HEADER, Tensor},
    lineage::Lineage,
    name::{NameError, WeightsChoice, WeightsName},
    record::WeightsRecord,
    state::StateFile,
    weights::Weights,
};
