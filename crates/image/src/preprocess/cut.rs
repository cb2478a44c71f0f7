//! Which rectangle of a picture is kept: without a share of every edge, or the lungs alone.

use radiograph_input::FilmPart;

use crate::{
    Picture,
    ablate::{Region, estimated_lungs},
};

/// Share of the sides of the box around the lungs that is kept at each of its edges.
const MARGIN: f64 = 0.05;

/// The rectangle of a picture that is kept, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Cut {
    /// The rectangle that is left without `border`, a share below 0.5 of width and height, at every edge; of the lungs, the part
    /// of the box around them that lies in it.
    pub(super) fn of(picture: &Picture, border: f64, part: FilmPart) -> Self {
        let edge = |side: u32| (f64::from(side) * border) as u32;
        let (left, top) = (edge(picture.width()), edge(picture.height()));
        // Less than half of either side goes at either edge, so something is left.
        let within =
            Self { left, top, width: picture.width() - 2 * left, height: picture.height() - 2 * top };
        match part {
            FilmPart::Lungs => within.around(&estimated_lungs(&within.apply(picture.clone()))),
            _ => within,
        }
    }

    /// The box around the marked places of a region of this rectangle, with a margin.
    fn around(self, region: &Region) -> Self {
        let Some((left, top, width, height)) = region.bounds() else { return self };
        let along = |start: u32, length: u32, whole: u32| {
            let margin = (f64::from(length) * MARGIN).round() as u32;
            let first = start.saturating_sub(margin);
            (first, (start + length + margin).min(whole) - first)
        };
        let (left, width) = along(left, width, self.width);
        let (top, height) = along(top, height, self.height);
        Self { left: self.left + left, top: self.top + top, width, height }
    }

    /// Left and top edge, in pixels.
    pub fn corner(&self) -> (u32, u32) {
        (self.left, self.top)
    }

    /// Width and height, in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Whether a picture of this size is kept whole.
    pub fn is_whole(&self, width: u32, height: u32) -> bool {
        (self.width, self.height) == (width, height)
    }

    /// The rectangle of a picture of the size for which it was chosen; a smaller one is kept as it is.
    pub(super) fn apply(self, picture: Picture) -> Picture {
        if self.is_whole(picture.width(), picture.height()) {
            return picture;
        }
        picture.crop(self.left, self.top, self.width, self.height).unwrap_or(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Samples;

    #[test]
    fn borders_go_at_every_edge() {
        let samples = (0..20).map(|value| value as u8).collect();
        let picture = Picture::new(5, 4, Samples::Gray8(samples)).unwrap();
        let cut = Cut::of(&picture, 0.25, FilmPart::Whole).apply(picture);
        assert_eq!((cut.width(), cut.height()), (3, 2));
        assert_eq!(cut.samples(), &Samples::Gray8(vec![6, 7, 8, 11, 12, 13]));
    }

    #[test]
    fn the_box_of_a_region_has_a_margin_and_stays_inside() {
        let whole = Cut { left: 10, top: 20, width: 200, height: 100 };
        let marked = |left: u32, right: u32, top: u32, bottom: u32| {
            let places = (0..100).flat_map(|y| (0..200).map(move |x| (x, y)));
            let inside = |(x, y)| (left..right).contains(&x) && (top..bottom).contains(&y);
            Region::new(200, 100, places.map(inside).collect()).unwrap()
        };
        // 100 wide and 40 high: 5 and 2 pixels more at each edge.
        let around = whole.around(&marked(50, 150, 30, 70));
        assert_eq!(around, Cut { left: 55, top: 48, width: 110, height: 44 });
        let around = whole.around(&marked(0, 200, 1, 41));
        assert_eq!(around, Cut { left: 10, top: 20, width: 200, height: 43 });
        assert_eq!(whole.around(&marked(0, 0, 0, 0)), whole);
    }
}
