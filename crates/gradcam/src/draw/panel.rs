//! Draws the panel of one image, as in the paper's Figure 9: original, heat map, overlay and a caption.

use image::{Rgb, RgbImage, imageops};

use super::{
    ColourMap, heat_map_picture,
    lettering::{LINE, write_line},
    superimpose,
};
use crate::{Evidence, Explanation};

/// One image's panel.
///
/// A panel has three tiles side by side, all of the picture's shape, under three lines of text. Right of the heat map is its colour
/// scale, from no evidence at the bottom to the most in this image at the top. A map without evidence becomes a grey tile that
/// gives the reason, never a picture, and has no scale.
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    /// The image, in any size.
    pub picture: &'a RgbImage,
    /// Its explanation.
    pub explanation: &'a Explanation,
    /// Text over the panel.
    pub caption: Caption<'a>,
    /// Colours of the heat map.
    pub colours: ColourMap,
    /// Opacity of the heat map over the picture, in [0, 1].
    pub opacity: f64,
    /// Longer side of a tile in pixels, 64 to 4096.
    pub tile: u32,
}

/// Text over a panel.
#[derive(Debug, Clone, Copy)]
pub struct Caption<'a> {
    /// Name of the image.
    pub image: &'a str,
    /// Collection that the image comes from.
    pub source: &'a str,
    /// Its true class, if known.
    pub truth: Option<&'a str>,
    /// Method that made the map, such as `grad-cam of the logit`.
    pub method: &'a str,
}

impl Panel<'_> {
    /// Draws the panel.
    pub fn draw(&self) -> RgbImage {
        let (width, height) = self.tile_size();
        let tile = imageops::resize(self.picture, width, height, imageops::FilterType::Triangle);
        let (heat, both) = match self.explanation.map.evidence() {
            Evidence::Found(evidence) => (
                heat_map_picture(&evidence, width, height, self.colours),
                superimpose(&tile, &evidence, self.colours, self.opacity),
            ),
            Evidence::Nothing(reason) => {
                let mut empty = RgbImage::from_pixel(width, height, GROUND);
                write_line(&mut empty, "no heat map:", GAP, height / 2 - LINE);
                write_line(&mut empty, reason.reason(), GAP, height / 2);
                (empty, tile.clone())
            }
        };
        let mut panel =
            RgbImage::from_pixel(3 * width + SCALE + 5 * GAP, CAPTION_HEIGHT + height + GAP, PAGE);
        let scale = self.scale(height);
        let mut x = GAP;
        for part in [&tile, &heat, &scale, &both] {
            imageops::replace(&mut panel, part, i64::from(x), i64::from(CAPTION_HEIGHT));
            x += part.width() + GAP;
        }
        for (line, text) in (0_u32..).zip(self.lines()) {
            write_line(&mut panel, &text, GAP, GAP + line * LINE);
        }
        panel
    }

    /// Left, top, width and height of the picture, the heat map and the overlay in the panel, in pixels.
    pub fn tiles(&self) -> [[u32; 4]; 3] {
        let (width, height) = self.tile_size();
        let (heat, both) = (2 * GAP + width, 4 * GAP + 2 * width + SCALE);
        [GAP, heat, both].map(|left| [left, CAPTION_HEIGHT, width, height])
    }

    /// The colour scale of the heat map, as high as a tile.
    fn scale(&self, height: u32) -> RgbImage {
        match self.explanation.map.evidence() {
            Evidence::Found(_) => RgbImage::from_fn(SCALE, height, |_, y| {
                let value = 1.0 - f64::from(y) / f64::from(height.saturating_sub(1).max(1));
                Rgb(self.colours.colour(value))
            }),
            Evidence::Nothing(_) => RgbImage::from_pixel(SCALE, height, PAGE),
        }
    }

    fn tile_size(&self) -> (u32, u32) {
        let longer = f64::from(self.picture.width().max(self.picture.height()).max(1));
        let tile = f64::from(self.tile.clamp(64, 4096));
        let side = |side: u32| ((f64::from(side) * tile / longer).round() as u32).max(2 * LINE);
        (side(self.picture.width()), side(self.picture.height()))
    }

    fn lines(&self) -> [String; 3] {
        let Explanation { class, predicted, probability, .. } = self.explanation;
        let Caption { image, source, truth, method } = self.caption;
        let truth =
            truth.map_or_else(|| "true class unknown".to_owned(), |truth| format!("true class {truth}"));
        [
            format!("{image} ({source}), {truth}"),
            format!(
                "predicted {}, shown: {} with probability {probability:.3}",
                predicted.name(),
                class.name()
            ),
            format!("original | heat map | superimposed; {method}"),
        ]
    }
}

/// Stacks panels, each group under its heading, for example a contact sheet by class. `None` if there is no panel.
pub fn stack<'a>(groups: impl IntoIterator<Item = (&'a str, Vec<RgbImage>)>) -> Option<RgbImage> {
    let groups: Vec<_> = groups.into_iter().filter(|(_, panels)| !panels.is_empty()).collect();
    let panels = || groups.iter().flat_map(|(_, panels)| panels);
    let width = panels().map(RgbImage::width).max()?;
    let heading = LINE + 2 * GAP;
    let height = panels().map(RgbImage::height).sum::<u32>() + heading * u32::try_from(groups.len()).ok()?;
    let mut sheet = RgbImage::from_pixel(width, height, PAGE);
    let mut y = 0;
    for (name, panels) in &groups {
        write_line(&mut sheet, name, GAP, y + GAP);
        y += heading;
        for panel in panels {
            imageops::replace(&mut sheet, panel, 0, i64::from(y));
            y += panel.height();
        }
    }
    Some(sheet)
}

/// Pixels between tiles and around them.
const GAP: u32 = 6;
/// Width of the colour scale in pixels.
const SCALE: u32 = 16;
/// Height in pixels of the text above the tiles of a panel. A page that repeats the text can cut it off.
pub const CAPTION_HEIGHT: u32 = 3 * LINE + 2 * GAP;
const PAGE: Rgb<u8> = Rgb([24, 24, 24]);
const GROUND: Rgb<u8> = Rgb([64, 64, 64]);
