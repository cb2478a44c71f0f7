//! Training data of a head: sources of features, labelled samples, and the feed that brings batches to the device.

mod features;
mod feed;
mod samples;
mod shard_order;
mod store;

pub use features::{Features, InMemory, ReadError};
pub use feed::Feed;
pub use samples::Samples;
pub(crate) use shard_order::window;
pub use store::StoredFeatures;
