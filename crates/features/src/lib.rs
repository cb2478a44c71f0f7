#![doc = include_str!("../README.md")]
//!
//! # Writing
//!
//! [`StoreWriter`] plans the shards of a list of images and writes them one by one. Several processes may each write a
//! [`Part`]. `radiograph-backbone` computes the features. [`verify()`] checks a whole store against its checksums.
//! [`gc`] removes unwanted or damaged features and leftovers. [`merge()`] joins the stores of several machines.
//! [`write_table`] makes a complete store open in a few reads.
//!
//! # On the disk
//!
//! ```text
//! store.json                                       key, shape, number format
//! 0d5e…2b.safetensors  9c41…77.safetensors  …      feature maps, each a tensor named `<SHA-256 of the image>/<variant>`
//! index/0d5e…2b.json   index/9c41…77.json   …      for each shard: its SHA-256, and the CRC-32 of every map in it
//! table.bin                                        the place of every map; made from the lists
//! .store.lock  .part-1-of-1.lock                   locks of writers; empty
//! ```
//!
//! A shard counts once its list is in `index/`; the list is written last. All files are written whole or not at all.
//! The table names the lists that it was made from. A store without one, or with other lists by now, is read with its
//! lists.
//! Other programs can read the features without this project:
//!
//! ```python
//! from pathlib import Path
//! from safetensors.numpy import load_file
//!
//! shards = [Path(store) / f"{listed.stem}.safetensors" for listed in Path(store, "index").glob("*.json")]
//! features = {name: value for shard in shards for name, value in load_file(shard).items()}
//! map = features["3f0a…/0"]  # [C, H, W]
//! ```
//!
//! Networks are in `radiograph-backbone`; images and their lists are in `radiograph-dataset`.

mod arithmetic;
mod computation;
mod contents;
mod description;
mod element;
mod error;
mod feature_id;
mod gc;
mod key;
mod lock;
mod merge;
mod part;
mod read;
mod shard;
mod store;
mod table;
mod table_bytes;
mod verify;
mod writer;

pub use arithmetic::Arithmetic;
pub use computation::Computation;
pub use description::StoreDescription;
pub use element::{Element, NotStorable};
pub use error::{FeatureError, KeyDifference};
pub use feature_id::FeatureId;
pub use gc::{Collected, gc};
pub use key::ExtractionKey;
pub use merge::{Merged, merge};
pub use part::{Part, PartError};
pub use store::FeatureStore;
pub use table::write_table;
pub use verify::{Verification, verify};
pub use writer::{Plan, StoreWriter};
