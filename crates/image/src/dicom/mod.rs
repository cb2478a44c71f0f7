//! Decodes a DICOM file to one frame of gray or RGB pixels, as a viewer would show it.
//!
//! Stored values pass the steps of DICOM PS3.3 in their order: modality LUT or rescale slope and intercept, then VOI
//! LUT or window (or, where the file gives neither, the range from the least to the greatest value), then, for
//! MONOCHROME1, inversion. Files with up to 8 bits stored become 8-bit pictures, others 16-bit ones.
//!
//! The data set is read by `dicom-object`; the codecs are called here rather than through its adapters, because
//! these trust the header's sizes and panic when the pixels disagree with them.

mod attributes;
mod codec;
mod gray;
mod guard;
mod header;
mod table;

pub use header::DicomHeader;

use dicom_object::{FileDicomObject, InMemDicomObject, OpenFileOptions, file::ReadPreamble};

use self::{attributes::Attributes, codec::Codec};
use super::{ImageFormat, Limits, Picture, Samples, Undecodable};

type Object = FileDicomObject<InMemDicomObject>;

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Undecodable> {
    let syntax = guard::transfer_syntax(bytes)?;
    let codec = Codec::of(&syntax)?;
    guard::check_lengths(bytes, &syntax)?;
    let object = OpenFileOptions::new()
        .read_preamble(ReadPreamble::Always)
        .from_reader(bytes)
        .map_err(|error| damaged(chain(&error)))?;
    let attributes = Attributes::read(&object, limits)?;
    let pixels = codec.decode(&object, &attributes, limits)?;
    if attributes.samples == 3 {
        let values = pixels.into_iter().map(|value| value as u8).collect();
        return picture(&attributes, Samples::Rgb8(values));
    }
    let shown = gray::Presentation::read(&object, &attributes)?.apply(pixels);
    picture(&attributes, shown)
}

fn picture(attributes: &Attributes, samples: Samples) -> Result<Picture, Undecodable> {
    let (width, height) = (attributes.columns, attributes.rows);
    Picture::new(width.into(), height.into(), samples)
        .ok_or_else(|| damaged(format!("the pixels do not fill {width} × {height}")))
}

fn damaged(reason: impl Into<String>) -> Undecodable {
    Undecodable::damaged(ImageFormat::Dicom, reason)
}

fn unsupported(what: String) -> Undecodable {
    Undecodable::UnsupportedVariety {
        format: ImageFormat::Dicom,
        what,
        remedy: "convert the file to uncompressed gray DICOM or PNG",
    }
}

/// An error with its causes; `dicom-object` says what failed in the last of them.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
