//! Evidence at the size of the image, and its share inside a mask.

use ndarray::Array2;

use super::Mask;
use crate::{Evidence, GradcamError, HeatMap, NoEvidence, draw::upsample};

/// Evidence for a class on the pixels of an image, `[H, W]`: not negative, and positive somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Saliency {
    values: Array2<f64>,
}

impl Saliency {
    /// The evidence of a map, stretched to the image's size.
    ///
    /// # Errors
    ///
    /// The reason, if the map shows nothing at this size.
    pub fn new(map: &HeatMap, height: usize, width: usize) -> Result<Self, NoEvidence> {
        match map.evidence() {
            Evidence::Found(evidence) => {
                let values = upsample(&evidence, height, width);
                // A cell without a near pixel does not show.
                if values.iter().any(|value| *value > 0.0) {
                    Ok(Self { values })
                } else {
                    Err(NoEvidence::BetweenPixels)
                }
            }
            Evidence::Nothing(reason) => Err(reason),
        }
    }

    /// The values, in [0, 1].
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// The share of all evidence that lies inside the mask, in [0, 1]. Against a lesion this is the energy-based
    /// pointing game (Wang et al., CVPR workshops 2020). Compare it with [`Mask::share`], the value of a uniform map.
    ///
    /// # Errors
    ///
    /// If the mask has another size.
    pub fn mass_inside(&self, mask: &Mask) -> Result<f64, GradcamError> {
        self.same_size(mask)?;
        let inside: f64 = self
            .values
            .iter()
            .zip(mask.marked())
            .filter(|(_, marked)| **marked)
            .map(|(value, _)| value)
            .sum();
        Ok(inside / self.values.sum())
    }

    /// Whether the strongest place lies inside the mask, or at most `tolerance` pixels from it: the pointing game (Zhang et
    /// al., IJCV 2018, with 15 pixels).
    ///
    /// # Errors
    ///
    /// If the mask has another size.
    pub fn points_into(&self, mask: &Mask, tolerance: usize) -> Result<bool, GradcamError> {
        self.same_size(mask)?;
        let (row, column) = self.peak();
        let reach = |place: usize| place.saturating_sub(tolerance)..=place + tolerance;
        let near = |other: usize, place: usize| other.abs_diff(place).pow(2);
        Ok(reach(row).any(|y| {
            reach(column).any(|x| near(y, row) + near(x, column) <= tolerance.pow(2) && mask.contains(y, x))
        }))
    }

    /// Row and column of the strongest place. If several are equal, it is the middle one, because a stretched cell is
    /// flat at the edge.
    pub fn peak(&self) -> (usize, usize) {
        let largest = self.values.fold(0.0, |largest: f64, value| largest.max(*value));
        let peaks: Vec<_> = self
            .values
            .indexed_iter()
            .filter(|(_, value)| **value == largest)
            .map(|(place, _)| place)
            .collect();
        peaks.get(peaks.len() / 2).copied().unwrap_or_default()
    }

    /// Places from the strongest to the weakest, as row-major positions. Equal places keep row-major order.
    pub fn order(&self) -> Vec<usize> {
        let values: Vec<f64> = self.values.iter().copied().collect();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
        order
    }

    fn same_size(&self, mask: &Mask) -> Result<(), GradcamError> {
        same_size("the mask", mask.size(), self.values.dim())
    }
}

pub(super) fn same_size(
    what: &'static str,
    got: (usize, usize),
    needed: (usize, usize),
) -> Result<(), GradcamError> {
    if got == needed {
        return Ok(());
    }
    let ((got_height, got_width), (height, width)) = (got, needed);
    Err(GradcamError::Size { what, got_width, got_height, width, height })
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn saliency() -> Saliency {
        Saliency::new(&HeatMap::new(array![[0.0, 3.0], [1.0, -5.0]]), 2, 2).unwrap()
    }

    #[test]
    fn evidence_that_no_pixel_meets_is_none() {
        // With two pixels for five cells, the pixels show the first two and the last two cells.
        let between = HeatMap::new(array![[0.0, 0.0, 1.0, 0.0, 0.0]]);
        assert_eq!(Saliency::new(&between, 1, 2), Err(NoEvidence::BetweenPixels));
        assert_eq!(Saliency::new(&between, 0, 0), Err(NoEvidence::BetweenPixels));
        assert!(Saliency::new(&between, 1, 3).is_ok());
    }

    #[test]
    fn shares_are_of_the_evidence_in_favour() {
        let right = Mask::new(array![[false, true], [false, true]]);
        assert_eq!(saliency().mass_inside(&right).unwrap(), 0.75);
        assert_eq!(saliency().peak(), (0, 1));
        assert_eq!(saliency().order(), [1, 2, 0, 3]);
    }

    #[test]
    fn pointing_forgives_the_tolerance_and_no_more() {
        let corner = Mask::new(array![[false, false], [true, false]]);
        // √2 pixels away.
        assert!(!saliency().points_into(&corner, 1).unwrap());
        assert!(saliency().points_into(&corner, 2).unwrap());
    }

    #[test]
    fn a_mask_of_another_size_is_refused() {
        let error = saliency().mass_inside(&Mask::new(Array2::from_elem((3, 2), true))).unwrap_err();
        assert_eq!(error.to_string(), "the mask is 2 × 3 pixels, but 2 × 2 are needed");
    }
}
