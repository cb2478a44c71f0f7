//! Selects the pixels that a probe may look at.

use ndarray::Array2;

use crate::{SmallPicture, Table};

const SIDE: usize = SmallPicture::SIDE;

/// Width of the border ring, in pixels of the small picture.
const RING: usize = 3;

/// The pixels of a small picture that are left after a central square was blacked out.
#[derive(Clone, Debug)]
pub(crate) struct Pixels(Vec<(usize, usize)>);

impl Pixels {
    /// A ring along the border.
    pub(crate) fn border() -> Self {
        Self::outside(SIDE - 2 * RING)
    }

    /// The whole picture.
    pub(crate) fn all() -> Self {
        Self::outside(0)
    }

    /// All pixels but a central square of about this share of the area, 0 to below 1. Its side is the nearest even
    /// number, so that it lies in the middle.
    pub(crate) fn centre_out(share: f64) -> Self {
        let side = 2.0 * (share.sqrt() * SIDE as f64 / 2.0).round();
        Self::outside((side as usize).min(SIDE - 2))
    }

    fn outside(side: usize) -> Self {
        let margin = (SIDE - side) / 2;
        let inside = |at: usize| (margin..margin + side).contains(&at);
        let all = (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column)));
        Self(all.filter(|&(row, column)| !(inside(row) && inside(column))).collect())
    }

    /// The share of the picture that is blacked out.
    pub(crate) fn removed(&self) -> f64 {
        1.0 - self.0.len() as f64 / (SIDE * SIDE) as f64
    }

    /// The pixels of these rows, `[N, D]`. Rows without a picture are black; callers leave them out.
    pub(crate) fn matrix(&self, table: &Table, rows: &[usize]) -> Array2<f64> {
        Array2::from_shape_fn((rows.len(), self.0.len()), |(row, pixel)| {
            let (line, column) = self.0[pixel];
            table.images()[rows[row]].picture.as_ref().map_or(0.0, |of| f64::from(of.at(line, column)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_gone_and_the_border_is_left() {
        let ring = Pixels::border();
        assert_eq!(ring.0.len(), 32 * 32 - 26 * 26);
        assert!(ring.0.contains(&(0, 0)) && ring.0.contains(&(31, 2)) && ring.0.contains(&(15, 29)));
        assert!(!ring.0.contains(&(3, 3)) && !ring.0.contains(&(16, 16)));
        for (share, side) in [(0.0, 0), (0.25, 16), (0.5, 22), (0.75, 28), (0.9, 30), (0.999, 30)] {
            let left = Pixels::centre_out(share);
            assert_eq!(left.0.len(), 32 * 32 - side * side, "{share}");
            assert!((left.removed() - (side * side) as f64 / 1024.0).abs() < 1e-12, "{share}");
        }
    }
}
