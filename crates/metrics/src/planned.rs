//! The precision that a test of a planned size will have, before anything is trained.

use crate::{AucVariance, Error, Level};

impl AucVariance {
    /// The variance to expect of an AUC in a test with these numbers of positive and negative patients, one image each:
    /// Hanley and McNeil 1982, *The meaning and use of the area under a receiver operating characteristic (ROC) curve*.
    /// Several images of a patient tell more than one and less than as many patients, so patients are the cautious count.
    ///
    /// ```
    /// use radiograph_metrics::{AucVariance, Level};
    ///
    /// let interval = AucVariance::planned(0.85, 84, 84)?.interval(Level::NINETY_FIVE);
    /// assert_eq!(format!("{:.2} to {:.2}", interval.low, interval.high), "0.78 to 0.90");
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `auc` is not above 0 and below 1, or if a number of patients is 0.
    pub fn planned(auc: f64, positives: u64, negatives: u64) -> Result<Self, Error> {
        if !(auc > 0.0 && auc < 1.0) {
            return Err(Error::InvalidSetting { name: "the AUC", value: auc, range: "above 0 and below 1" });
        }
        let fewest = positives.min(negatives);
        if fewest == 0 {
            return Err(Error::InvalidSetting {
                name: "the number of patients of a class",
                value: 0.0,
                range: "at least 1",
            });
        }
        let (m, n) = (positives as f64, negatives as f64);
        // The chance that two positives both score above one negative, and that one positive scores above two negatives.
        let (two_positives, two_negatives) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
        let square = auc * auc;
        let sum =
            auc * (1.0 - auc) + (m - 1.0) * (two_positives - square) + (n - 1.0) * (two_negatives - square);
        Ok(Self {
            auc,
            variance: sum / (m * n),
            clustered: false,
            positive_patients: positives,
            negative_patients: negatives,
        })
    }

    /// Half of the width of the [interval](Self::interval).
    #[must_use]
    pub fn half_width(&self, level: Level) -> f64 {
        self.interval(level).width() / 2.0
    }

    /// The smallest number of patients of a test, the share `prevalence` of them positive, whose interval of this AUC has at
    /// most this half-width.
    ///
    /// # Errors
    ///
    /// If `auc` or `prevalence` is not above 0 and below 1, or if `half_width` is not above 0 and below 1; or if more than 2^40
    /// patients would be needed.
    pub fn patients_needed(auc: f64, prevalence: f64, half_width: f64, level: Level) -> Result<u64, Error> {
        for (name, value) in [("the prevalence", prevalence), ("the half-width", half_width)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(Error::InvalidSetting { name, value, range: "above 0 and below 1" });
            }
        }
        let enough = |patients: u64| -> Result<bool, Error> {
            let positives = (patients as f64 * prevalence).round() as u64;
            let (positives, negatives) = (positives.max(1), (patients - positives.min(patients)).max(1));
            Ok(Self::planned(auc, positives, negatives)?.half_width(level) <= half_width)
        };
        const MOST: u64 = 1 << 40;
        let mut high = 2;
        while !enough(high)? {
            high *= 2;
            if high > MOST {
                let (got, limit) = (high, MOST);
                return Err(Error::TooLarge { what: "patients for this half-width", got, limit });
            }
        }
        let mut low = high / 2;
        while low + 1 < high {
            let middle = u64::midpoint(low, high);
            if enough(middle)? { high = middle } else { low = middle }
        }
        Ok(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_planned_is_refused() {
        assert!(AucVariance::planned(1.0, 5, 5).is_err() && AucVariance::planned(f64::NAN, 5, 5).is_err());
        assert!(AucVariance::planned(0.8, 0, 5).is_err());
    }

    #[test]
    fn the_number_of_patients_is_the_smallest_that_suffices() {
        let level = Level::NINETY_FIVE;
        let needed = AucVariance::patients_needed(0.85, 0.5, 0.05, level).unwrap();
        let width = |patients: u64| {
            AucVariance::planned(0.85, patients.div_ceil(2), patients / 2).unwrap().half_width(level)
        };
        assert!(width(needed) <= 0.05 && width(needed - 2) > 0.05, "{needed}");
        assert!(AucVariance::patients_needed(0.85, 0.0, 0.05, level).is_err());
        assert!(AucVariance::patients_needed(0.85, 0.5, 1e-9, level).is_err());
    }
}
