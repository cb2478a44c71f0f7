//! Which images show the same picture, whatever they are called and wherever they come from.
//!
//! [`fingerprints`] decodes every file once; [`find`] compares what that leaves and names every pair with its
//! [`Evidence`]. Metadata and names play no part.

mod align;
mod candidates;
mod crop;
mod evidence;
mod fingerprint;
mod perceptual;
mod search;
mod thumbnail;

pub use candidates::{pairs_between, pairs_within};
pub use evidence::{Evidence, SamePicture, Turn, Window};
pub use fingerprint::{Fingerprint, fingerprints};
pub use perceptual::PerceptualHash;
pub use search::{Search, find};
