#![doc = include_str!("../README.md")]

mod error;
mod export;
mod film;
mod network_file;
mod operation;
mod proto;
#[cfg(test)]
mod tests;
mod writer;

pub use self::{
    error::OnnxError,
    export::{Export, Input},
    network_file::{NetworkFile, NetworkFileError},
};
