//! Stores the feature maps that a frozen network computes, on disk, so that each image is computed only once.
//!
//! A store is a folder with the features of one [`ExtractionKey`] (network, weights, preprocessing, lineage, precision, and
//! what computed them). In it, a [`FeatureId`] (SHA-256 of an image file, and its augmented variant) names a feature map
//! `[C, H, W]`. An edited image has another hash, and a changed setting makes another key. So features that are read are
//! never stale.
//!
//! # Reading
//!
//! ```
//! # use radiograph_features::{Element, ExtractionKey, FeatureError, Part, StoreDescription, StoreWriter};
//! # use radiograph_files::ContentHash;
//! use radiograph_features::{FeatureId, FeatureStore};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! # let (first, second) = (ContentHash::of_bytes(b"first image"), ContentHash::of_bytes(b"second image"));
//! # let key = ExtractionKey {
//! #     backbone: "tiny".to_owned(),
//! #     weights: ContentHash::of_bytes(b"weights"),
//! #     preprocessing: "as it is".to_owned(),
//! #     lineage: "keras".to_owned(),
//! #     precision: Element::F32,
//! #     computation: None,
//! # };
//! # let description = StoreDescription::new(key, [2, 1, 1])?;
//! # let mut writer = StoreWriter::open(folder, &description, Part::WHOLE)?;
//! # writer.write(&[FeatureId::plain(first), FeatureId::plain(second)], &[1.0, 2.0, 3.0, 4.0])?;
//! // `first` and `second` are the ContentHash of two image files, as a manifest has them.
//! let store = FeatureStore::open(folder)?;
//! let [channels, height, width] = store.shape();
//!
//! // In any order, repeated if wanted, from any number of threads; always f32, whatever is on the disk.
//! let wanted = [second, first, second].map(FeatureId::plain);
//! let mut maps = vec![0.0; wanted.len() * channels * height * width];
//! store.read(&wanted, &mut maps)?;
//! assert_eq!(maps, [3.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
//!
//! // The fourth augmented variant of an image. What is missing is named, all of it; nothing is made up.
//! let variant = FeatureId::variant(first, 4);
//! let error = store.read(&[variant], &mut vec![0.0; channels * height * width]).unwrap_err();
//! assert!(matches!(error, FeatureError::Missing { missing, .. } if missing == [variant]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Open the store of a run with [`FeatureStore::open_for`], which refuses features of other weights or another
//! preprocessing. Files are read by position and never mapped, so a truncated file is an error and not a signal. Every
//! feature map is compared with its checksum as it is read.
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
