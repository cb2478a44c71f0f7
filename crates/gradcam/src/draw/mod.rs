//! Maps made visible: colours, superposition, panels. Everything drawn here can be had as numbers elsewhere.

mod colour;
mod lettering;
mod overlay;
mod panel;

pub use colour::ColourMap;
pub use overlay::{heat_map_picture, superimpose, upsample};
pub use panel::{Caption, Panel, stack};
