//! What a head is trained on: features by position, samples by class name, and what brings batches to the device.

mod features;
mod feed;
mod samples;
mod store;

pub use features::{Features, InMemory, ReadError};
pub use feed::Feed;
pub use samples::Samples;
pub use store::StoredFeatures;
