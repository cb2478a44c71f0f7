//! Finds images that show the same picture: copies, crops, turned and recompressed ones.
//!
//! [`fingerprints`] decodes every file once; [`find`] compares the fingerprints and returns every pair with its
//! [`Evidence`]. Metadata and file names play no part.
//!
//! 1. **Equal**: bytes, then gray pixels, by SHA-256.
//! 2. **Near**: perceptual hashes of the whole image and of its centre square, as it stands and turned seven ways, within a
//!    few bits ([`pairs_within`]). Each such pair is laid over each other and must agree.
//! 3. **Cropped**: the centre square of every image is looked for in every other, at scales from its whole shorter side
//!    down, and must agree where it fits best.
//!
//! Two images agree if their gray values correlate, and the detail of them too: what is left when the mean of every
//! place's neighbourhood is taken off. Gray values alone do not tell chests apart, because all have their lungs in the same places.
//!
//! ```
//! use radiograph_phantoms::{Finding, Phantom};
//! use radiograph_same_picture::{Evidence, Fingerprint, Search, find};
//! use radiograph_files::ContentHash;
//!
//! let film = Phantom { seed: 7, patient: 0, film: 0, finding: Finding::None, bedside: false }.draw(128).picture;
//! let crop = film.crop(20, 4, 100, 90).expect("inside the film");
//! let images = [
//!     Fingerprint::of_picture(ContentHash::of_bytes(b"the bytes of one file"), film),
//!     Fingerprint::of_picture(ContentHash::of_bytes(b"those of another"), crop),
//! ];
//! let pairs = find(&images, &Search::default())?;
//! assert_eq!((pairs[0].first, pairs[0].second), (0, 1));
//! assert!(matches!(pairs[0].evidence, Evidence::Crop { correlation, .. } if correlation > 0.98));
//! # Ok::<(), radiograph_same_picture::SamePictureError>(())
//! ```
//!
//! Not found: an image that was turned by more than a degree or two and less than a right angle, a crop below the smallest
//! window, and two pieces of one picture if neither holds the middle of the other.

mod align;
mod candidates;
mod crop;
mod error;
mod evidence;
mod fingerprint;
mod perceptual;
mod search;
mod thumbnail;

pub use candidates::{pairs_between, pairs_within};
pub use error::SamePictureError;
pub use evidence::{Evidence, SamePicture, Turn, Window};
pub use fingerprint::{Fingerprint, fingerprints};
pub use perceptual::PerceptualHash;
pub use search::{Search, find};
