#![doc = include_str!("../README.md")]

mod align;
mod areas;
mod candidates;
mod cells;
mod comparable;
mod error;
mod evidence;
mod fingerprint;
mod forest;
mod index;
mod look_up;
mod near;
mod perceptual;
mod relief;
mod search;
mod settings;
mod thumbnail;
mod windows;

pub use candidates::{pairs_between, pairs_within};
pub use error::SamePictureError;
pub use evidence::{Evidence, SamePicture, Turn, Window};
pub use fingerprint::{Fingerprint, fingerprints, fingerprints_of_films};
pub use perceptual::PerceptualHash;
pub use search::find;
pub use settings::Search;
