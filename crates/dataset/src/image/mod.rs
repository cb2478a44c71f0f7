//! Image files: what they are, whatever they are called, and their pixels.
//!
//! [`decode_file`] turns any of them into a [`Picture`] within [`Limits`], or says in an [`Undecodable`] why not.
//! Nothing here resizes or normalises: that is [`preprocess`](crate::preprocess).

mod decode;
mod dicom;
mod encode;
mod format;
mod jpeg;
mod limits;
mod picture;
mod published;
mod raster;
mod undecodable;

pub use decode::{decode, decode_file, decode_gray, read_file};
pub use dicom::DicomHeader;
pub(crate) use encode::encode;
pub use encode::encode_png;
pub use format::{ImageFormat, SNIFF_BYTES};
pub use limits::Limits;
pub use picture::{Picture, Samples};
pub use published::{PublishedImage, PublishedImages};
pub use undecodable::Undecodable;
