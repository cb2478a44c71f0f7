//! Predictive values at the prevalence of the place of use. Where the disease is rarer than in the test set, the positive one is
//! lower there and the negative one higher.

use radiograph_classes::Class;

use crate::{BinaryCounts, ConfusionMatrix, Error, Score, Undefined};

/// Tolerance for rounding in the sum of the prevalences.
const SUM_TOLERANCE: f64 = 1e-9;

impl BinaryCounts {
    /// Positive predictive value if the share `prevalence` of the samples were positive, by Bayes' rule; sensitivity
    /// and specificity stay the same.
    ///
    /// ```
    /// use radiograph_metrics::BinaryCounts;
    ///
    /// // 99 % sensitive and specific in a balanced test; one in a hundred ill where it is used.
    /// let counts =
    ///     BinaryCounts { true_positives: 99, false_positives: 1, false_negatives: 1, true_negatives: 99 };
    /// assert_eq!(counts.precision(), Ok(0.99));
    /// assert!((counts.ppv_at_prevalence(0.01)? - 0.5).abs() < 1e-12);
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `prevalence` is not in [0, 1]; [`Error::Undefined`] without positives or negatives, or if no sample would be called
    /// positive.
    pub fn ppv_at_prevalence(&self, prevalence: f64) -> Result<f64, Error> {
        check(prevalence)?;
        let hits = self.recall()? * prevalence;
        let called = hits + (1.0 - self.specificity()?) * (1.0 - prevalence);
        Ok(share(hits, called, Undefined::NeverPredicted)?)
    }

    /// Negative predictive value if the share `prevalence` of the samples were positive.
    ///
    /// # Errors
    ///
    /// As [`BinaryCounts::ppv_at_prevalence`], except that the last reason is that no sample would be called negative.
    pub fn npv_at_prevalence(&self, prevalence: f64) -> Result<f64, Error> {
        check(prevalence)?;
        let missed = (1.0 - self.recall()?) * prevalence;
        let right = self.specificity()? * (1.0 - prevalence);
        Ok(share(right, right + missed, Undefined::NeverNegative)?)
    }
}

impl ConfusionMatrix {
    /// Precision of one class if the classes had these prevalences. Each row keeps its shares and gets a new weight.
    ///
    /// # Errors
    ///
    /// If a class is not in this matrix, is given twice or is missing, or if the prevalences are not a distribution;
    /// [`Error::Undefined`] if a class of positive prevalence has no sample, or no sample would be predicted to be `class`.
    pub fn precision_at_prevalence(
        &self,
        class: &Class,
        prevalences: &[(&Class, f64)],
    ) -> Result<f64, Error> {
        let of = self.classes().position(class)?;
        let mut by_position: Vec<Option<f64>> = vec![None; self.classes().len()];
        let sum: f64 = prevalences.iter().map(|(_, value)| value).sum();
        for &(class, value) in prevalences {
            let invalid = Error::InvalidPrevalence { class: class.to_string(), value, sum };
            let slot = &mut by_position[self.classes().position(class)?];
            if slot.replace(value).is_some() || !(0.0..=1.0).contains(&value) {
                return Err(invalid);
            }
        }
        let missing = self.classes().names().zip(&by_position).find(|(_, value)| value.is_none());
        if let Some((class, _)) = missing {
            return Err(Error::InvalidPrevalence { class: class.to_owned(), value: f64::NAN, sum });
        }
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            let (class, value) =
                prevalences.last().map_or((String::new(), 0.0), |(c, v)| (c.to_string(), *v));
            return Err(Error::InvalidPrevalence { class, value, sum });
        }
        let (mut hits, mut called) = (0.0, 0.0);
        for (truth, (row, prevalence)) in
            self.rows().into_iter().zip(by_position.into_iter().flatten()).enumerate()
        {
            let support: u64 = row.iter().sum();
            if prevalence == 0.0 {
                continue;
            }
            if support == 0 {
                return Err(Undefined::NoPositive.into());
            }
            let rate = prevalence * row[of] as f64 / support as f64;
            called += rate;
            if truth == of {
                hits = rate;
            }
        }
        Ok(share(hits, called, Undefined::NeverPredicted)?)
    }
}

fn share(part: f64, whole: f64, reason: Undefined) -> Score {
    if whole > 0.0 { Ok(part / whole) } else { Err(reason) }
}

fn check(prevalence: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&prevalence) {
        Ok(())
    } else {
        Err(Error::InvalidSetting { name: "the prevalence", value: prevalence, range: "in [0, 1]" })
    }
}

#[cfg(test)]
mod tests {
    use radiograph_classes::Classes;

    use super::*;

    #[test]
    fn the_prevalence_of_the_test_set_changes_nothing() {
        let classes = Classes::new(["covid", "normal"]).unwrap();
        let matrix = ConfusionMatrix::from_counts(&classes, &[[30, 10], [5, 55]]).unwrap();
        let (covid, normal) = (classes.class("covid").unwrap(), classes.class("normal").unwrap());
        let counts = matrix.one_vs_rest(&covid).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-15);
        close(counts.ppv_at_prevalence(0.4).unwrap(), counts.precision().unwrap());
        close(counts.npv_at_prevalence(0.4).unwrap(), counts.negative_predictive_value().unwrap());
        close(
            matrix.precision_at_prevalence(&covid, &[(&normal, 0.6), (&covid, 0.4)]).unwrap(),
            counts.precision().unwrap(),
        );
        close(
            matrix.precision_at_prevalence(&covid, &[(&normal, 0.99), (&covid, 0.01)]).unwrap(),
            counts.ppv_at_prevalence(0.01).unwrap(),
        );
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let classes = Classes::new(["covid", "normal"]).unwrap();
        let matrix = ConfusionMatrix::from_counts(&classes, &[[3, 1], [1, 3]]).unwrap();
        let (covid, normal) = (classes.class("covid").unwrap(), classes.class("normal").unwrap());
        for prevalences in [
            vec![(&covid, 0.5), (&normal, 0.6)],
            vec![(&covid, 1.0)],
            vec![(&covid, 0.5), (&covid, 0.5)],
            vec![(&covid, f64::NAN), (&normal, 0.5)],
            vec![(&covid, -0.5), (&normal, 1.5)],
        ] {
            assert!(matrix.precision_at_prevalence(&covid, &prevalences).is_err(), "{prevalences:?}");
        }
        let counts = matrix.one_vs_rest(&covid).unwrap();
        assert!(counts.ppv_at_prevalence(1.1).is_err());
        assert_eq!(counts.npv_at_prevalence(0.0).unwrap(), 1.0);
    }
}
