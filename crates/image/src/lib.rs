//! Reads radiographs (PNG, JPEG, TIFF, BMP, WebP, DICOM) and prepares them for a network.
//!
//! [`decode_file`] turns a file into a [`Picture`] within [`Limits`]; the content decides the format, not the name.
//! [`preprocess`] turns a picture into the input of a network, [`loader`] does both for many files at once. [`ablate`] removes
//! parts of what a network sees.
//!
//! Films of devices and archives are often not as the standards ask. What every viewer opens is read, and
//! [`decode_noted`] says what was unusual; docs/films.md lists it.
//!
//! Files come from strangers. Headers are checked against limits before pixels are allocated, and a file that does not
//! become a picture is an [`Undecodable`] with its reason, never a panic.
//!
//! ```
//! use radiograph_image::{Limits, Picture, Samples, decode, encode_png, preprocess::Preprocess};
//!
//! let picture = Picture::new(64, 48, Samples::Gray8(vec![128; 64 * 48])).expect("one sample for each pixel");
//! let png = encode_png(&picture).expect("a small picture encodes");
//! assert_eq!(decode(&png, &Limits::default())?, picture);
//!
//! let input = Preprocess { size: 32, ..Preprocess::default() }.check()?.apply(picture);
//! assert_eq!(input.dim(), (3, 32, 32)); // red, green, blue; rows; columns
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod ablate;
mod bare;
mod codec;
mod colour_mode;
mod decode;
mod depth;
mod dicom;
mod encode;
mod error;
pub mod flags;
mod format;
mod jpeg;
mod jpeg_scans;
mod limits;
pub mod loader;
mod note;
mod picture;
pub mod preprocess;
mod raster;
mod read;
mod resize;
pub mod sheet;
mod stated;
mod tone;
mod undecodable;

pub use colour_mode::colour_mode;
pub use decode::{
    DECODING, Decoded, decode, decode_file, decode_frame, decode_gray, decode_noted, decode_with_gray,
};
pub use dicom::{DicomHeader, HeaderError, Outcome, TransferSyntax};
pub use encode::{encode, encode_png};
pub use error::ImageError;
pub use format::{ImageFormat, SNIFF_BYTES};
pub use limits::Limits;
pub use note::Note;
pub use picture::{Picture, Samples};
pub use read::read_file;
pub use stated::{NotStated, Stated};
pub use undecodable::{TextKind, Undecodable};
