//! A picture as both ways of searching compare it, and a pair that they find.

use crate::{
    Evidence, Fingerprint, Turn, Window,
    areas::{Areas, Frame},
};

/// Two pictures by their positions among those compared, and why they are the same.
pub(crate) type Found = (usize, usize, Evidence);

/// A picture that is compared, by its position in the list.
pub(crate) struct Comparable<'a> {
    pub(crate) position: usize,
    pub(crate) fingerprint: &'a Fingerprint,
}

impl Comparable<'_> {
    pub(crate) fn areas(&self, turn: Option<Turn>) -> Areas {
        let thumbnail = self.fingerprint.thumbnail();
        turn.map_or_else(|| thumbnail.areas(), |turn| thumbnail.turned(turn).areas())
    }

    /// Where in the image a frame of the thumbnail lies.
    pub(crate) fn window(&self, areas: &Areas, frame: &Frame) -> Window {
        let inside = self.fingerprint.inside();
        let (left, top) = (frame.left.max(0.0), frame.top.max(0.0));
        let right = (frame.left + frame.width).min(areas.width());
        let bottom = (frame.top + frame.height).min(areas.height());
        Window {
            left: inside.left + inside.width * left / areas.width(),
            top: inside.top + inside.height * top / areas.height(),
            width: inside.width * (right - left) / areas.width(),
            height: inside.height * (bottom - top) / areas.height(),
        }
    }
}
