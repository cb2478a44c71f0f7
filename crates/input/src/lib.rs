//! Plain values that describe what a network is fed: how images are resized, coloured, normalised and augmented.
//!
//! This crate applies none of them: `radiograph-image` does. A weights record, a configuration and an image pipeline
//! name the same setting with the same type, so no table has to translate between them.
//!
//! ```
//! use radiograph_input::{Filter, Normalisation};
//!
//! assert_eq!(Normalisation::of("tf"), Some(Normalisation::Tf));
//! assert_eq!(Normalisation::Tf.normalise(255.0, 0), 1.0);
//! assert_eq!(Filter::Bicubic.name(), "bicubic");
//! ```

mod ablation;
mod augmentation;
mod colour;
mod film_part;
mod gray_values;
mod normalisation;
mod resize;

pub use ablation::Ablation;
pub use augmentation::Augmentation;
pub use colour::Colour;
pub use film_part::FilmPart;
pub use gray_values::GrayValues;
pub use normalisation::Normalisation;
pub use resize::{Filter, Fit};
