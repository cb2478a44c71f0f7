//! Turns stored colours into RGB: palettes, luma and chroma, depths other than 8 bits.

use super::{
    attributes::{Attributes, Meaning},
    damaged,
    data_set::DataSet,
    stored::Stored,
    table::{Descriptor, LookUpTable, expanded},
    tags,
    words::Words,
};
use crate::{Samples, Undecodable, jpeg};

/// The samples of a colour frame, `[H, W, 3]`: 8 bits if at most 8 are stored, else 16.
pub(super) fn rgb(stored: Stored, attributes: &Attributes) -> Samples {
    let bits = u32::from(attributes.bits_stored);
    let greatest = (1_u64 << bits) - 1;
    let scaled = |code: u64, white: u64| (code * white + greatest / 2) / greatest;
    let samples: Vec<u16> = match stored.words {
        Words::Narrow(codes) if bits == 8 => {
            return eight(codes.into_iter().map(|code| code as u8).collect(), stored.meaning);
        }
        Words::Narrow(codes) if bits < 8 => {
            let codes = codes.into_iter().map(|code| scaled(code.into(), 255) as u8);
            return eight(codes.collect(), stored.meaning);
        }
        Words::Narrow(codes) => codes.into_iter().map(|code| scaled(code.into(), 65_535) as u16).collect(),
        Words::Wide(codes) => codes.into_iter().map(|code| scaled(code.into(), 65_535) as u16).collect(),
    };
    Samples::Rgb16(samples)
}

fn eight(mut values: Vec<u8>, meaning: Meaning) -> Samples {
    if matches!(meaning, Meaning::YbrFull | Meaning::YbrFull422) {
        for pixel in values.as_chunks_mut().0 {
            *pixel = jpeg::rgb(*pixel);
        }
    }
    Samples::Rgb8(values)
}

/// The colours that indices stand for, `[H, W, 3]`.
pub(super) fn palette(
    set: &DataSet<'_>,
    codes: &Words,
    attributes: &Attributes,
) -> Result<Samples, Undecodable> {
    let Words::Narrow(codes) = codes else { return Err(damaged("a palette of 32-bit indices")) };
    let channels = [
        (tags::RED_DESCRIPTOR, tags::RED_DATA, tags::RED_SEGMENTS),
        (tags::GREEN_DESCRIPTOR, tags::GREEN_DATA, tags::GREEN_SEGMENTS),
        (tags::BLUE_DESCRIPTOR, tags::BLUE_DATA, tags::BLUE_SEGMENTS),
    ];
    let (least, greatest) = attributes.range();
    let domain = (least as f64, greatest as f64);
    let mut tables = Vec::with_capacity(3);
    for (descriptor_tag, data, segments) in channels {
        let table = match (set.get(descriptor_tag), set.get(segments)) {
            (Some(descriptor), Some(segments)) => {
                Descriptor::read(descriptor, domain).and_then(|descriptor| {
                    let entries = if descriptor.bits <= 8 {
                        segments.bytes().iter().map(|&byte| byte.into()).collect()
                    } else {
                        segments.words()
                    };
                    let entries = expanded(&entries, descriptor.count).ok_or("of impossible segments")?;
                    LookUpTable::with(descriptor.first, entries, descriptor.bits)
                })
            }
            (descriptor, None) => LookUpTable::of(descriptor, set.get(data), domain),
            (None, Some(_)) => Err("without descriptor"),
        };
        tables.push(table.map_err(|why| damaged(format!("the palette of {descriptor_tag} is {why}")))?);
    }
    // Palettes of 8 bits in words of 16 are found in both halves of the word; those of 16 bits use all of it.
    let deep = tables.iter().any(|table| table.range().1 > 255.0);
    let shown: Vec<[u16; 3]> = (0..1_u32 << attributes.bits_stored)
        .map(|code| {
            let value = attributes.value(code) as f64;
            [0, 1, 2].map(|channel: usize| tables[channel].look_up(value) as u16)
        })
        .collect();
    let colours = codes.iter().flat_map(|&code| shown[usize::from(code)]);
    Ok(if deep {
        Samples::Rgb16(colours.collect())
    } else {
        Samples::Rgb8(colours.map(|value| value as u8).collect())
    })
}
