//! Finds, describes and safely reads files of pretrained weights.
//!
//! A file of weights alone is not enough to compute with. Whether average pooling counts padding, and what batch
//! normalisation adds to the variance, changes InceptionV3's features by a third; and each network needs its own
//! normalisation of images. So weights are a safetensors file and a [`WeightsRecord`], which are used together:
//!
//! - [`WeightsRecord::published`] lists the known published weights;
//! - [`Weights::named`] finds weights that `radiograph weights` installed, and [`Weights::of_file`] takes a file that
//!   names its lineage;
//! - [`Weights::open`] checks the whole file against the network's tensors and gives a [`StateFile`] to read from.
//!
//! ```
//! use radiograph_weights::{Architecture, Expected, Group, WeightsName, WeightsRecord};
//!
//! // What a file of InceptionV3 must hold: as many parameters as torchvision counts before the classifier.
//! let tensors = Expected::of(Architecture::INCEPTION_V3);
//! let is_parameter = |tensor: &&Expected| tensor.group == Group::Features && !tensor.name.contains("running_");
//! let parameters: usize = tensors.iter().filter(is_parameter).map(|tensor| tensor.shape.iter().product::<usize>()).sum();
//! assert_eq!(parameters, 21_785_568);
//!
//! // What is known of published weights; what is not known says so.
//! let name: WeightsName = "inception_v3.tv_in1k".parse()?;
//! let record = WeightsRecord::named(&name).expect("a published name");
//! assert_eq!(record.input_size, 299);
//! assert!(record.lineage.pooling_counts_padding && record.sha256.is_some());
//! # Ok::<(), radiograph_weights::WeightsError>(())
//! ```
//!
//! Everything in a file is checked before it is used, and one error lists all faults. The crate never unpickles,
//! memory-maps or fetches a file, and never falls back to random numbers.
//!
//! [`network`] describes each network once, as a [`graph`] of operations; `radiograph-backbone` computes it with
//! libtorch, which this crate does not link. [`Architecture::register`] adds networks that are written elsewhere.

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
