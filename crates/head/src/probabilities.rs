//! Class probabilities that a head gives for images, read by class name.

use radiograph_classes::{Class, Classes};
use tch::{Kind, Tensor};

use crate::Error;

/// A table of probabilities, samples × classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassProbabilities {
    classes: Classes,
    values: Vec<f64>,
}

impl ClassProbabilities {
    /// Softmax of logits `[N, K]` divided by a temperature, in f64.
    pub(crate) fn from_logits(classes: &Classes, logits: &Tensor, temperature: f64) -> Result<Self, Error> {
        let scaled = logits.f_to_kind(Kind::Double)?.f_div_scalar(temperature)?;
        let probabilities = scaled.f_softmax(1, Kind::Double)?.f_to_device(tch::Device::Cpu)?;
        let values = Vec::try_from(probabilities.f_reshape([-1])?)?;
        Ok(Self { classes: classes.clone(), values })
    }

    /// An empty table of these classes.
    pub(crate) fn empty(classes: &Classes) -> Self {
        Self { classes: classes.clone(), values: Vec::new() }
    }

    pub(crate) fn append(&mut self, more: Self) {
        self.values.extend(more.values);
    }

    /// The classes, in the order of each row.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.values.len() / self.classes.len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// One row for each sample, in the order of [`Self::classes`]. Each row sums to 1.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.classes.len())
    }

    /// The probability that the sample at `row` is of the class of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Classes`] if there is no such class, [`Error::MissingSample`] if there is no such sample.
    pub fn of(&self, row: usize, class: &str) -> Result<f64, Error> {
        let column = self.classes.class(class)?.index();
        Ok(self.row(row)?[column])
    }

    /// The most probable class of the sample at `row`; the first one of a tie.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSample`] if there is no such sample.
    pub fn predicted(&self, row: usize) -> Result<Class, Error> {
        let row = self.row(row)?;
        let best = (1..row.len()).fold(0, |best, column| if row[column] > row[best] { column } else { best });
        let missing = Error::MissingSample { index: best, count: self.classes.len() };
        self.classes.iter().nth(best).ok_or(missing)
    }

    fn row(&self, row: usize) -> Result<&[f64], Error> {
        self.rows().nth(row).ok_or(Error::MissingSample { index: row, count: self.len() })
    }

    /// The weighted mean of several heads' probabilities for the same samples (1, 1, … for the plain mean; the released
    /// code weights folds 2 to 5 with 1, 2, 4, 8). Classes are matched by name.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if there is no member or a weight is not above 0, [`Error::Classes`] if the members' classes
    /// differ, [`Error::Shape`] if their numbers of samples differ.
    pub fn weighted_mean(members: &[(&Self, f64)]) -> Result<Self, Error> {
        let Some((first, _)) = members.first() else {
            return Err(Error::setting("the number of members of an ensemble", 0, "give at least one"));
        };
        let total: f64 = members.iter().map(|(_, weight)| weight).sum();
        let mut mean = Self { classes: first.classes.clone(), values: vec![0.0; first.values.len()] };
        for (member, weight) in members {
            if !(*weight > 0.0 && weight.is_finite()) {
                return Err(Error::setting(
                    "the weight of a member",
                    weight,
                    "write a finite number above 0",
                ));
            }
            let columns = first.classes.columns_of(&member.classes)?;
            if member.len() != first.len() {
                return Err(Error::Shape {
                    what: "the probabilities of a member".into(),
                    expected: format!("[{}, {}]", first.len(), first.classes.len()),
                    found: vec![member.len() as i64, member.classes.len() as i64],
                });
            }
            for (sums, row) in mean.values.chunks_exact_mut(columns.len()).zip(member.rows()) {
                for (sum, &column) in sums.iter_mut().zip(&columns) {
                    *sum += row[column] * weight / total;
                }
            }
        }
        Ok(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: [&str; 2], values: &[f64]) -> ClassProbabilities {
        ClassProbabilities { classes: Classes::new(names).unwrap(), values: values.to_vec() }
    }

    #[test]
    fn members_are_matched_by_class_name_and_weighted() {
        let first = of(["covid", "normal"], &[0.9, 0.1, 0.5, 0.5]);
        let second = of(["normal", "covid"], &[0.5, 0.5, 0.0, 1.0]);
        let mean = ClassProbabilities::weighted_mean(&[(&first, 1.0), (&second, 3.0)]).unwrap();
        assert!((mean.of(0, "covid").unwrap() - 0.6).abs() < 1e-12);
        assert!((mean.of(1, "normal").unwrap() - 0.125).abs() < 1e-12);
        assert_eq!(mean.predicted(1).unwrap().name(), "covid");
        assert_eq!(first.predicted(1).unwrap().name(), "covid", "the first of equals");
        assert!(mean.of(2, "covid").is_err() && mean.of(0, "flu").is_err());
    }

    #[test]
    fn members_that_do_not_fit_are_errors() {
        let first = of(["covid", "normal"], &[0.9, 0.1]);
        for (member, weight) in [
            (of(["covid", "flu"], &[0.9, 0.1]), 1.0),
            (of(["covid", "normal"], &[]), 1.0),
            (of(["covid", "normal"], &[0.9, 0.1]), 0.0),
        ] {
            assert!(ClassProbabilities::weighted_mean(&[(&first, 1.0), (&member, weight)]).is_err());
        }
        assert!(ClassProbabilities::weighted_mean(&[]).is_err());
    }

    #[test]
    fn a_temperature_cools_towards_even_chances() {
        let logits = Tensor::from_slice(&[2.0_f32, 0.0]).view([1, 2]);
        let classes = Classes::new(["covid", "normal"]).unwrap();
        for temperature in [1.0, 4.0] {
            let got = ClassProbabilities::from_logits(&classes, &logits, temperature).unwrap();
            let expected = 1.0 / (1.0 + (-2.0 / temperature).exp());
            assert!((got.of(0, "covid").unwrap() - expected).abs() < 1e-12);
        }
    }
}
