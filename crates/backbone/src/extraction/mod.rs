//! Extracts feature maps of images into a store, each image once, with a frozen network on one or several devices.
//!
//! Threads decode images ahead of the networks, and a bounded queue passes the images on in batches. One thread for
//! each CUDA device and one for each CPU core computes; the caller's thread is one of them. One more thread writes the
//! shards. Memory use does not depend on the number of images. An extraction may end at any moment, by a signal or a
//! full disk: the next run makes only what is missing.
//!
//! ```no_run
//! # use radiograph_backbone::{BackboneError, extraction::FrozenNetwork};
//! # use radiograph_features::{ExtractionKey, FeatureId, Part, StoreDescription};
//! use radiograph_backbone::extraction::{Extraction, ExtractionSettings, Input, Pixels};
//! use radiograph_files::ContentHash;
//!
//! # fn example<N: FrozenNetwork>(
//! #     folder: &std::path::Path,
//! #     key: ExtractionKey,
//! #     images: Vec<(String, ContentHash, std::path::PathBuf)>,
//! #     read_and_preprocess: fn(&[u8]) -> std::io::Result<Vec<f32>>,
//! #     load: impl FnOnce() -> Result<Vec<N>, BackboneError>,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let description = StoreDescription::new(key, [2048, 5, 5])?;
//! let mut extraction = Extraction::open(folder, &description, Part::WHOLE)?;
//! let inputs = images.into_iter().map(|(id, hash, path)| {
//!     Input::new(id, FeatureId::plain(hash), move || {
//!         let bytes = std::fs::read(path)?;
//!         let values = read_and_preprocess(&bytes)?;
//!         Ok(Pixels { content: ContentHash::of_bytes(&bytes), shape: [3, 224, 224], values })
//!     })
//! });
//! // The networks are loaded only if something is missing.
//! let report = extraction.run(inputs, load, &ExtractionSettings::new([3, 224, 224]), |_| {})?;
//! assert_eq!(report.failures.len(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! # Byte-identical stores
//!
//! Batches are cut from the list of requested features, shard by shard, before any image is left out. So a resumed
//! extraction computes the same batches as an undisturbed one. With the same device and settings, its store has the
//! same bytes. With a [`Backbone`](crate::Backbone) on the CPU, this holds for any number of threads. With another
//! batch size (for example after memory ran out), features agree within float tolerance, because kernels sum in another
//! order.
//!
//! Lists of images and their preprocessing are in `radiograph-dataset`. The files of a store are in
//! `radiograph-features`.

mod error;
mod failure;
mod input;
mod key;
mod network;
mod placement;
mod progress;
mod queue;
mod run;
mod settings;
mod shards;
mod worker;

pub use error::ExtractionError;
pub use failure::{Failure, FailureReason, InputError};
pub use input::{Input, Pixels};
pub use key::{extraction_key, onnx_extraction_key};
pub use network::FrozenNetwork;
pub use progress::{Event, ExtractionReport};
pub use run::Extraction;
pub use settings::ExtractionSettings;
