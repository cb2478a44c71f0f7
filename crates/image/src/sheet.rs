//! Lays many pictures out on one page: a contact sheet.

use radiograph_input::Filter;

use crate::{Picture, Samples, resize::resize};

/// Lays pictures out in rows from the top left, each fitted into a square tile, in 8-bit gray, or RGB if one of
/// them is coloured. `None` if there are no pictures or columns, tiles have no pixels, or the page would have a side
/// above 20,000 pixels.
///
/// ```
/// use radiograph_image::{Picture, Samples, sheet::contact_sheet};
///
/// let white = Picture::new(40, 20, Samples::Gray8(vec![255; 800])).expect("800 pixels");
/// let sheet = contact_sheet(&[white.clone(), white], 2, 100).expect("two small tiles");
/// assert_eq!((sheet.width(), sheet.height()), (100 + 100 + 12, 100 + 8));
/// ```
pub fn contact_sheet(pictures: &[Picture], columns: u32, tile: u32) -> Option<Picture> {
    let count = u32::try_from(pictures.len()).ok()?;
    if count == 0 || columns == 0 || tile == 0 {
        return None;
    }
    let columns = columns.min(count);
    let page = |tiles: u32| {
        tiles.checked_mul(tile.checked_add(GAP)?)?.checked_add(GAP).filter(|side| *side <= 20_000)
    };
    let (width, height) = (page(columns)?, page(count.div_ceil(columns))?);
    let colour = pictures.iter().any(|picture| picture.is_coloured(0));
    let channels = if colour { 3 } else { 1 };
    let mut values = vec![GROUND; width as usize * height as usize * channels];
    for (place, picture) in (0..).zip(pictures) {
        let small = fitted(picture, tile)?.into_8_bit();
        let small = if colour { small.into_rgb() } else { small.into_gray() };
        let left = GAP + place % columns * (tile + GAP) + (tile - small.width()) / 2;
        let top = GAP + place / columns * (tile + GAP) + (tile - small.height()) / 2;
        let row = small.width() as usize * channels;
        let (Samples::Gray8(from) | Samples::Rgb8(from)) = small.samples() else { return None };
        for (line, from) in (top as usize..).zip(from.chunks_exact(row)) {
            let start = (line * width as usize + left as usize) * channels;
            values[start..start + row].copy_from_slice(from);
        }
    }
    Picture::new(width, height, if colour { Samples::Rgb8(values) } else { Samples::Gray8(values) })
}

/// Pixels between tiles and around them.
const GAP: u32 = 4;
/// Gray of the page.
const GROUND: u8 = 40;

fn fitted(picture: &Picture, tile: u32) -> Option<Picture> {
    let longer = f64::from(picture.width().max(picture.height()));
    let side = |side: u32| ((f64::from(side) * f64::from(tile) / longer).round() as u32).clamp(1, tile);
    resize(picture, side(picture.width()), side(picture.height()), Filter::Bicubic)
}
