//! Finds images that show the same picture: copies, crops, turned and recompressed ones.
//!
//! [`fingerprints`] decodes every file once; [`find`] compares the fingerprints and returns every pair with its
//! [`Evidence`]. Metadata and file names play no part.
//!
//! 1. **Equal**: bytes, then gray pixels, by SHA-256.
//! 2. **Near**: perceptual hashes of the whole image and of its centre square, as it stands and turned seven ways, within a
//!    few bits ([`pairs_within`]). Each such pair is laid over each other and must agree.
//! 3. **Looked up**: the core of every image, a square in its middle, is looked up in windows of every other, at scales from
//!    the whole shorter side down and at small angles. An index proposes the pairs. Each is laid over each other and must
//!    agree where it fits best.
//!
//! Two images agree in one of two ways. Their gray values correlate, and the detail of them too: what is left when the mean of
//! every place's neighbourhood is taken off. Or their reliefs correlate, up to the sign: the detail in units of the
//! neighbourhood's contrast, which negatives, gamma, windows and equalisation leave as it is. Gray values alone do not tell
//! chests apart, because all have their lungs in the same places. Margins of one gray are cut off first, because a common
//! frame is no common picture.
//!
//! ```
//! use radiograph_phantoms::{Finding, Phantom};
//! use radiograph_same_picture::{Evidence, Fingerprint, Search, find};
//! use radiograph_files::ContentHash;
//!
//! let film = Phantom { seed: 11, patient: 0, film: 0, finding: Finding::None, bedside: false }.draw(256).picture;
//! let crop = film.crop(20, 30, 200, 180).expect("inside the film");
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
//! Not found: an image that was turned by more than [`Search::tilt`] and less than a right angle, a crop below the smallest
//! window, two pieces of one picture if neither holds the core of the other, and a copy whose gray values were changed and
//! that is a small crop and turned as well.

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
