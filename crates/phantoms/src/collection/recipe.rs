//! Makes one image file of a collection: draws, cuts, moves, scales and encodes a film.
//!
//! A derived image draws its parent's film again. So nothing is kept in memory, and a byte copy has the bytes of its original.

use radiograph_image::{
    ImageFormat, Picture, Samples, encode,
    preprocess::{Transform, resize},
};
use radiograph_input::Filter;

use super::dicom::{self, Header};
use crate::Phantom;

/// The steps, in their order.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub(super) phantom: Phantom,
    /// Rectangle to cut out: left, top, width, height as shares of the sides.
    pub(super) cut: Option<[f64; 4]>,
    pub(super) moved: Option<Transform>,
    /// Width as a share of the film's side; the height follows.
    pub(super) scale: f64,
    pub(super) encoding: Encoding,
}

#[derive(Clone, Debug)]
pub(super) enum Encoding {
    /// 8 bits.
    File(ImageFormat),
    /// 8 bits in three equal channels, as many collections have.
    GrayAsColour(ImageFormat),
    /// 8-bit PNG without its end.
    Truncated,
    Dicom(Header),
}

/// The bytes of the file, and the finding's outline where there is one.
pub(super) struct Made {
    pub(super) bytes: Vec<u8>,
    pub(super) mask: Option<Picture>,
}

impl Recipe {
    pub(super) fn make(&self, side: u32) -> Made {
        let film = self.phantom.draw(side);
        let mask = film.mask.iter().map(|&inside| if inside { 255 } else { 0 }).collect();
        let mask =
            Picture::new(side, side, Samples::Gray8(mask)).map(|mask| self.shape(mask, Filter::Nearest));
        Made { bytes: self.encode(&self.shape(film.picture, Filter::Bicubic)), mask }
    }

    fn shape(&self, picture: Picture, filter: Filter) -> Picture {
        let side = f64::from(picture.width());
        let cut = self.cut.and_then(|shares| {
            let [left, top, width, height] = shares.map(|share| (share * side).round() as u32);
            picture.crop(left, top, width, height)
        });
        let picture = cut.unwrap_or(picture);
        let picture = self.moved.map_or(picture.clone(), |transform| transform.apply(&picture));
        let width = ((self.scale * side).round() as u32).max(16);
        let height =
            (f64::from(width) * f64::from(picture.height()) / f64::from(picture.width())).round() as u32;
        resize(&picture, width, height.max(16), filter).unwrap_or(picture)
    }

    fn encode(&self, picture: &Picture) -> Vec<u8> {
        let encoded = match &self.encoding {
            Encoding::File(format) => encode(&picture.clone().into_8_bit(), *format),
            Encoding::GrayAsColour(format) => encode(&picture.clone().into_8_bit().into_rgb(), *format),
            Encoding::Truncated => {
                encode(&picture.clone().into_8_bit(), ImageFormat::Png).map(|mut bytes| {
                    bytes.truncate(bytes.len() * 2 / 3);
                    bytes
                })
            }
            Encoding::Dicom(header) => dicom::encode(picture, header),
        };
        // The formats asked for in this module are all written, and memory does not refuse.
        encoded.unwrap_or_else(|| unreachable!("{:?} is written", self.encoding))
    }
}
