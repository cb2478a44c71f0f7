#![doc = include_str!("../README.md")]

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
