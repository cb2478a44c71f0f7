//! A raw map of evidence on the grid of the features. Pictures of it are made in `draw`.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Evidence for a class at each place of the feature map, `[H, W]`. The values are raw: neither cut at zero nor scaled.
///
/// Scaling hides magnitude: noise and strong evidence look alike once each is stretched to [0, 1]. So the raw map is
/// kept, and [`HeatMap::evidence`] scales it or says why there is nothing to show.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    raw: Array2<f64>,
}

/// A map without the evidence against the class.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Evidence for the class, divided by its largest value: `[H, W]` in [0, 1]. It holds a 1 and at least one lower
    /// value.
    Found(Array2<f64>),
    /// There is nothing to show.
    Nothing(NoEvidence),
}

/// Why a map shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoEvidence {
    /// Every value is exactly 0.
    AllZero,
    /// No value is above 0: all evidence is against the class.
    NoneInFavour,
    /// All values are equal, so no place stands out.
    Constant,
    /// The map was stretched to fewer pixels than it has cells, and it is zero at all of them.
    BetweenPixels,
}

impl HeatMap {
    /// A map of finite values. The explainer refuses other values before it makes a map.
    pub(crate) fn new(raw: Array2<f64>) -> Self {
        Self { raw }
    }

    /// The values as the method gives them.
    pub fn raw(&self) -> &Array2<f64> {
        &self.raw
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        self.raw.dim()
    }

    /// The map, cut at zero and divided by its largest value; or the reason why it shows nothing.
    pub fn evidence(&self) -> Evidence {
        let first = self.raw.first().copied().unwrap_or(0.0);
        let largest = self.raw.fold(f64::NEG_INFINITY, |largest, value| largest.max(*value));
        if self.raw.iter().all(|value| *value == 0.0) {
            Evidence::Nothing(NoEvidence::AllZero)
        } else if largest <= 0.0 {
            Evidence::Nothing(NoEvidence::NoneInFavour)
        } else if self.raw.iter().all(|value| *value == first) {
            Evidence::Nothing(NoEvidence::Constant)
        } else {
            Evidence::Found(self.raw.mapv(|value| value.max(0.0) / largest))
        }
    }
}

impl NoEvidence {
    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::AllZero => "the map is zero everywhere",
            Self::NoneInFavour => "nothing speaks for the class",
            Self::Constant => "every place counts the same",
            Self::BetweenPixels => "the evidence lies between the pixels",
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn maps_that_show_nothing_say_why() {
        let cases = [
            (array![[0.0, 0.0], [0.0, 0.0]], NoEvidence::AllZero),
            (array![[-1.0, 0.0], [-2.0, -0.5]], NoEvidence::NoneInFavour),
            (array![[-1.0, -1.0], [-1.0, -1.0]], NoEvidence::NoneInFavour),
            (array![[0.25, 0.25], [0.25, 0.25]], NoEvidence::Constant),
        ];
        for (raw, expected) in cases {
            assert_eq!(HeatMap::new(raw).evidence(), Evidence::Nothing(expected));
        }
    }

    #[test]
    fn evidence_against_is_cut_and_the_best_place_is_one() {
        let map = HeatMap::new(array![[-3.0, 0.5], [2.0, 0.0]]);
        assert_eq!(map.evidence(), Evidence::Found(array![[0.0, 0.25], [1.0, 0.0]]));
        assert_eq!(map.raw()[[0, 0]], -3.0);
    }
}
