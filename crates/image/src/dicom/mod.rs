//! Decodes a DICOM file to one frame of gray or RGB pixels, as a viewer would show it.
//!
//! Stored values pass the steps of DICOM PS3.3 in their order: modality LUT or rescale slope and intercept, then VOI
//! LUT or window (or, where the file gives neither, the range of its values without the outermost thousandths), then the
//! presentation LUT, then, for MONOCHROME1 or an inverse presentation, inversion. Files with up to 8 bits stored become 8-bit pictures, others 16-bit
//! ones.
//!
//! Files are read here rather than by a library, because what viewers open is more than the standard allows, and because
//! no length field of a stranger's file may decide what is allocated.

mod attributes;
mod colour;
mod data_set;
mod element;
mod file;
mod fragments;
mod gray;
mod header;
mod run_length;
mod stored;
mod table;
mod tags;
mod transfer_syntax;
mod value;
mod words;

pub use header::{DicomHeader, HeaderError};
pub use transfer_syntax::{Outcome, TransferSyntax};

use self::{
    attributes::{Attributes, Meaning},
    data_set::DataSet,
    file::File,
    stored::Stored,
};
use super::{ImageFormat, Limits, Note, Picture, Samples, Undecodable};

/// Decodes a frame; `None` asks for the only one.
pub(super) fn decode(
    bytes: &[u8],
    asked: Option<u32>,
    limits: &Limits,
    notes: &mut Vec<Note>,
) -> Result<Picture, Undecodable> {
    let file = File::open(bytes, limits.allocation, notes)?;
    if let transfer_syntax::Coding::Refused(what) = file.coding {
        return Err(unsupported(what.to_owned()));
    }
    let set = DataSet::read(&file.data, file.encoding, notes)?;
    let attributes = Attributes::read(&set, limits, notes)?;
    let frame = attributes.frame(asked)?;
    if set.has_overlay {
        notes.push(Note::Overlay);
    }
    if set.code(tags::PRESENTATION_INTENT_TYPE) == "FOR PROCESSING" {
        notes.push(Note::ForProcessing);
    }
    let stored = Stored::decode(&set, file.coding, &attributes, frame, limits, notes)?;
    let samples = match stored.meaning {
        Meaning::Monochrome1 | Meaning::Monochrome2 => {
            gray::Presentation::read(&set, &attributes, frame, notes).apply(&stored.words)
        }
        Meaning::Palette => colour::palette(&set, &stored.words, &attributes)?,
        _ => colour::rgb(stored, &attributes),
    };
    picture(&attributes, samples)
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
