#![doc = include_str!("../README.md")]

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
