//! Draws maps: colours, overlays and panels. All the numbers behind the pictures are available elsewhere in this crate.

mod colour;
mod lettering;
mod overlay;
mod panel;

pub use colour::ColourMap;
pub use overlay::{heat_map_picture, superimpose, upsample};
pub use panel::{CAPTION_HEIGHT, Caption, Panel, stack};
