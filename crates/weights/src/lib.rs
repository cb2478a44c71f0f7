//! Pretrained weights: what they are, where they come from, and reading them without trust.
//!
//! A file of weights alone is not enough to compute with: whether average pooling counts padding and what batch
//! normalisation adds to the variance changes InceptionV3's features by a third, and each network is fed other numbers.
//! So weights are a safetensors file and a [`WeightsRecord`], and both are used together:
//!
//! - [`WeightsRecord::published`] lists what is known of published weights;
//! - [`Weights::named`] finds what `radiograph weights` installed, [`Weights::of_file`] takes a file that says what it is;
//! - [`Weights::open`] checks all of the file against the network's tensors and gives a [`StateFile`] to read from.
//!
//! ```
//! use radiograph_weights::{Architecture, Expected, Group, WeightsName, WeightsRecord};
//!
//! // What a file of InceptionV3 must hold: as many parameters as torchvision counts before the classifier.
//! let tensors = Expected::of(Architecture::InceptionV3);
//! let is_parameter = |tensor: &&Expected| tensor.group == Group::Features && !tensor.name.contains("running_");
//! let parameters: usize = tensors.iter().filter(is_parameter).map(|tensor| tensor.shape.iter().product::<usize>()).sum();
//! assert_eq!(parameters, 21_785_568);
//!
//! // What is known of published weights; what is not known says so.
//! let name: WeightsName = "inception_v3.tv_in1k".parse()?;
//! let record = WeightsRecord::named(&name).expect("a published name");
//! assert_eq!(record.input_size, 299);
//! assert!(record.lineage.pooling_counts_padding && record.sha256.is_none());
//! # Ok::<(), radiograph_weights::WeightsError>(())
//! ```
//!
//! Everything in a file is checked before it is used, and one error lists everything that is wrong. Nothing is unpickled,
//! nothing is mapped into memory, nothing is fetched here, and nothing falls back to random numbers.
//!
//! How the networks compute is not the business of this crate; it does not link libtorch.

mod architecture;
mod catalogue;
mod described;
mod dtype;
mod error;
mod expected;
mod facts;
mod fault;
mod folder;
mod header;
mod installation;
mod lineage;
mod name;
mod record;
mod state;
mod weights;

pub use self::{
    architecture::{Architecture, UnknownArchitecture},
    dtype::Dtype,
    error::WeightsError,
    expected::{Expected, Group},
    facts::{Facts, TooSmall, Window},
    fault::{Fault, HeaderFault, Hint, MOST_SIDES},
    folder::{Locked, Taking, WeightsFolder},
    header::{Header, LONGEST_HEADER, Tensor},
    lineage::Lineage,
    name::{NameError, WeightsChoice, WeightsName},
    record::WeightsRecord,
    state::StateFile,
    weights::Weights,
};
