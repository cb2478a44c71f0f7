//! Draws panels of explained images (picture, heat map, overlay) and measures where the evidence lies.

use std::path::Path;

use radiograph_files::{ContentHash, write_bytes};
use radiograph_gradcam::{
    Evidence, Explanation,
    draw::{Caption, ColourMap, Panel},
    measure::{Mask, Saliency},
};

use crate::{Error, Shown};

/// Longer side of a panel's tile, in pixels.
const TILE: u32 = 320;
/// Longer side, in pixels, of the picture that a panel is drawn from.
pub(crate) const PANEL_SIDE: u32 = 2 * TILE;
/// Width of the border in which evidence is measured, as a share of each side.
pub(crate) const BORDER: f64 = 0.1;

/// Draws the panel of an explained picture into a PNG file. Returns left, top, width and height of picture, heat map and overlay.
pub(crate) fn draw(
    shown: &Shown,
    explanation: &Explanation,
    caption: Caption<'_>,
    file: &Path,
) -> Result<[[u32; 4]; 3], Error> {
    let panel = Panel {
        picture: shown.picture(),
        explanation,
        caption,
        colours: ColourMap::default(),
        opacity: 0.4,
        tile: TILE,
    };
    let mut png = std::io::Cursor::new(Vec::new());
    panel.draw().write_to(&mut png, image::ImageFormat::Png).map_err(|error| Error::damaged(file, error))?;
    write_bytes(file, png.get_ref())?;
    Ok(panel.tiles())
}

/// Where the evidence of a heat map lies.
pub(crate) struct Measured {
    /// Reason why the map is empty, if it is.
    pub(crate) nothing: Option<String>,
    /// Share of the evidence in the border, 0 to 1.
    pub(crate) in_border: Option<f64>,
    /// Share of the area in the border.
    pub(crate) border_share: f64,
    /// Share of the evidence outside the body, 0 to 1.
    pub(crate) outside_body: Option<f64>,
    /// Share of the area outside the body.
    pub(crate) outside_share: f64,
}

impl Measured {
    pub(crate) fn of(shown: &Shown, explanation: &Explanation) -> Result<Self, Error> {
        let (height, width) = (shown.picture().height() as usize, shown.picture().width() as usize);
        let border = Mask::border_ring(height, width, BORDER)?;
        let outside = shown.outside_body();
        let (in_border, outside_body) = match Saliency::new(&explanation.map, height, width) {
            Ok(saliency) => (Some(saliency.mass_inside(&border)?), Some(saliency.mass_inside(&outside)?)),
            Err(_) => (None, None), // an empty map, whose reason `nothing` gives
        };
        let nothing = match explanation.map.evidence() {
            Evidence::Nothing(reason) => Some(reason.reason().to_owned()),
            Evidence::Found(_) => None,
        };
        Ok(Self {
            nothing,
            in_border,
            border_share: border.share(),
            outside_body,
            outside_share: outside.share(),
        })
    }
}

/// A file name for an id. Characters other than letters, digits, `.`, `_` and `-` become `-`, and the first digits of
/// the id's hash make the name unique.
pub fn file_name(id: &str) -> String {
    let plain: String = id
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' })
        .take(80)
        .collect();
    format!("{plain}-{}", ContentHash::of_bytes(id.as_bytes()).short())
}
