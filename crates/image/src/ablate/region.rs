//! Marked places of a picture.

/// Marked places of a picture, row by row from the top left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    width: u32,
    height: u32,
    marked: Vec<bool>,
}

impl Region {
    /// A region of these places; `None` if their number is not `width × height` or a side is 0.
    pub fn new(width: u32, height: u32, marked: Vec<bool>) -> Option<Self> {
        let expected = (width as usize).checked_mul(height as usize)?;
        (expected > 0 && marked.len() == expected).then_some(Self { width, height, marked })
    }

    /// The central rectangle of about this share of the area and of the picture's proportions; `None` if a side is 0.
    pub fn centre(width: u32, height: u32, share: f64) -> Option<Self> {
        let edge = |side: u32| (f64::from(side) * (1.0 - share.clamp(0.0, 1.0).sqrt()) / 2.0).round() as u32;
        let (left, top) = (edge(width), edge(height));
        Self::of(width, height, |x, y| {
            (left..width.saturating_sub(left)).contains(&x) && (top..height.saturating_sub(top)).contains(&y)
        })
    }

    /// The four corners, rectangles with sides of this share of the picture's; `None` if a side is 0.
    pub fn corners(width: u32, height: u32, share: f64) -> Option<Self> {
        let of = |side: u32| (f64::from(side) * share.clamp(0.0, 0.5)).round() as u32;
        let (across, down) = (of(width), of(height));
        Self::of(width, height, |x, y| {
            (x < across || x >= width - across) && (y < down || y >= height - down)
        })
    }

    /// The border, as wide as this share of the shorter side; `None` if a side is 0.
    pub fn border(width: u32, height: u32, share: f64) -> Option<Self> {
        let ring = ((f64::from(width.min(height)) * share.clamp(0.0, 0.5)).round() as u32).max(1);
        let near = |place: u32, side: u32| place < ring || place + ring >= side;
        Self::of(width, height, |x, y| near(x, width) || near(y, height))
    }

    fn of(width: u32, height: u32, marked: impl Fn(u32, u32) -> bool) -> Option<Self> {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self::new(width, height, places.map(|(x, y)| marked(x, y)).collect())
    }

    /// Width and height.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The marks, row by row.
    pub fn marked(&self) -> &[bool] {
        &self.marked
    }

    /// Share of all places that is marked, 0 to 1.
    pub fn share(&self) -> f64 {
        // A region has at least one place.
        self.marked.iter().filter(|marked| **marked).count() as f64 / self.marked.len() as f64
    }

    /// The places that are not marked.
    #[must_use]
    pub fn inverted(&self) -> Self {
        Self { marked: self.marked.iter().map(|marked| !marked).collect(), ..*self }
    }

    /// The marked places that the other region does not mark; `None` if it has another size.
    pub fn without(&self, other: &Self) -> Option<Self> {
        let marked = self.marked.iter().zip(&other.marked).map(|(own, other)| *own && !other).collect();
        (self.size() == other.size()).then_some(Self { marked, ..*self })
    }

    /// The same places on another grid, by the nearest place; `None` if a side is 0.
    pub fn resized(&self, width: u32, height: u32) -> Option<Self> {
        let at = |place: u32, of: u32, own: u32| {
            ((f64::from(place) + 0.5) * f64::from(own) / f64::from(of)) as u32
        };
        Self::of(width, height, |x, y| {
            let (x, y) = (at(x, width, self.width), at(y, height, self.height));
            self.marked[(y * self.width + x) as usize]
        })
    }

    /// Left, top, width and height of the smallest rectangle that holds all marked places; `None` if there are none.
    pub fn bounds(&self) -> Option<(u32, u32, u32, u32)> {
        let places = self.marked.iter().enumerate().filter(|(_, marked)| **marked);
        let mut places = places.map(|(place, _)| (place as u32 % self.width, place as u32 / self.width));
        let first = places.next()?;
        let (least, most) = places.fold((first, first), |(least, most), place| {
            ((least.0.min(place.0), least.1.min(place.1)), (most.0.max(place.0), most.1.max(place.1)))
        });
        Some((least.0, least.1, most.0 - least.0 + 1, most.1 - least.1 + 1))
    }

    /// Dice coefficient with another region of the same size, 0 to 1: twice the common places by the sum of both; `None` if the
    /// sizes differ or nothing is marked.
    pub fn dice(&self, other: &Self) -> Option<f64> {
        let count = |region: &Self| region.marked.iter().filter(|marked| **marked).count();
        let common = self.marked.iter().zip(&other.marked).filter(|(a, b)| **a && **b).count();
        let both = count(self) + count(other);
        (self.size() == other.size() && both > 0).then(|| 2.0 * common as f64 / both as f64)
    }
}
