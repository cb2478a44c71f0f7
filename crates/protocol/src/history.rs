//! Loss and accuracy of each epoch of a training, as in the paper's Figure 5.

use std::path::Path;

use radiograph_files::write_bytes;
use serde::{Deserialize, Serialize};

use crate::ProtocolError;

/// Loss and accuracy over a set of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Share of samples whose class has the greatest probability, 0 to 1.
    pub accuracy: f64,
}

/// One epoch. It records no time, so the same seed gives the same history, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Learning rate.
    pub rate: f64,
    /// Mean scores over its steps, with dropout and while weights change, as Keras reports them.
    pub training: Scores,
    /// Scores after its last step, without dropout.
    pub validation: Option<Scores>,
}

impl EpochRecord {
    /// The validation loss, which early stopping, plateaus and the choice of the best epoch use; without validation, the
    /// training loss.
    pub fn watched(&self) -> f64 {
        self.validation.map_or(self.training.loss, |scores| scores.loss)
    }
}

/// All epochs so far: numbered from 1 without gaps, all of them validated or none, all numbers finite.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<EpochRecord>")]
pub struct History(Vec<EpochRecord>);

impl TryFrom<Vec<EpochRecord>> for History {
    type Error = ProtocolError;

    /// # Errors
    ///
    /// [`ProtocolError::Setting`] if the epochs are not a history.
    fn try_from(epochs: Vec<EpochRecord>) -> Result<Self, ProtocolError> {
        let mut history = Self::default();
        epochs.into_iter().try_for_each(|epoch| history.push(epoch))?;
        Ok(history)
    }
}

impl History {
    /// The epochs in order.
    pub fn epochs(&self) -> &[EpochRecord] {
        &self.0
    }

    /// The first epoch, from 1, with the lowest validation loss; `None` if nothing was validated.
    pub fn best_epoch(&self) -> Option<usize> {
        let validated = self.0.iter().filter(|record| record.validation.is_some());
        validated.min_by(|a, b| a.watched().total_cmp(&b.watched())).map(|record| record.epoch)
    }

    /// The number of epochs since the best one; 0 if nothing was validated.
    pub fn without_gain(&self) -> usize {
        self.best_epoch().map_or(0, |best| self.0.len() - best)
    }

    /// The [watched](EpochRecord::watched) loss of each epoch.
    pub fn watched(&self) -> Vec<f64> {
        self.0.iter().map(EpochRecord::watched).collect()
    }

    /// Adds the next epoch.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] if its number is not the next one, it is validated and the first one is not (or the
    /// reverse), or a value is not finite.
    pub fn push(&mut self, record: EpochRecord) -> Result<(), ProtocolError> {
        let EpochRecord { epoch, rate, training, validation } = record;
        if epoch != self.0.len() + 1 {
            return Err(ProtocolError::setting(
                "the number of an epoch",
                epoch,
                "count epochs from 1 without gaps",
            ));
        }
        if self.0.first().is_some_and(|first| first.validation.is_some() != validation.is_some()) {
            return Err(ProtocolError::setting(
                "an epoch that is validated unlike the first",
                epoch,
                "validate all epochs or none",
            ));
        }
        let scores = [Some(training), validation].into_iter().flatten();
        let mut numbers = scores.flat_map(|scores| [scores.loss, scores.accuracy]).chain([rate]);
        if let Some(wrong) = numbers.find(|number| !number.is_finite()) {
            return Err(ProtocolError::setting("a number of an epoch", wrong, "write a finite one"));
        }
        self.0.push(record);
        Ok(())
    }

    /// Writes the table `epoch, learning_rate, training_loss, training_accuracy, validation_loss, validation_accuracy`.
    /// The last two are empty if nothing was validated. Numbers read back exactly.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::File`] if the system refuses.
    pub fn write_csv(&self, path: &Path) -> Result<(), ProtocolError> {
        let mut text = String::from(
            "epoch,learning_rate,training_loss,training_accuracy,validation_loss,validation_accuracy\n",
        );
        for EpochRecord { epoch, rate, training, validation } in &self.0 {
            let (loss, accuracy) = validation.map_or_else(Default::default, |scores| {
                (scores.loss.to_string(), scores.accuracy.to_string())
            });
            text += &format!("{epoch},{rate},{},{},{loss},{accuracy}\n", training.loss, training.accuracy);
        }
        Ok(write_bytes(path, text.as_bytes())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(losses: &[f64]) -> History {
        let record = |(index, &loss): (usize, &f64)| EpochRecord {
            epoch: index + 1,
            rate: 1e-5,
            training: Scores { loss: 0.1 + 0.2, accuracy: 1.0 / 3.0 },
            validation: Some(Scores { loss, accuracy: 0.5 }),
        };
        History(losses.iter().enumerate().map(record).collect())
    }

    #[test]
    fn the_first_of_equally_good_epochs_is_the_best() {
        let history = history(&[0.5, 0.25, 0.25, 0.75]);
        assert_eq!(history.best_epoch(), Some(2));
        assert_eq!(history.without_gain(), 2);
        assert_eq!(History::default().best_epoch(), None);
    }

    #[test]
    fn epochs_that_are_no_history_are_not_read() {
        let good = history(&[0.5, 0.25]);
        let text = serde_json::to_string(&good).unwrap();
        assert_eq!(serde_json::from_str::<History>(&text).unwrap(), good);
        assert_eq!(serde_json::from_str::<History>("[]").unwrap(), History::default());
        let read = |from: &str, to: &str| {
            let hostile = text.replacen(from, to, 1);
            assert_ne!(hostile, text);
            serde_json::from_str::<History>(&hostile).unwrap_err().to_string()
        };
        assert!(read("\"epoch\":1", "\"epoch\":9").contains("number of an epoch is 9"));
        assert!(read("\"epoch\":1", "\"epoch\":0").contains("number of an epoch is 0"));
        assert!(read("\"epoch\":2", "\"epoch\":1").contains("number of an epoch is 1"));
        assert!(read("{\"loss\":0.5,\"accuracy\":0.5}", "null").contains("validated"));
        // JSON has no such numbers; other formats do.
        for wrong in [f64::NAN, f64::INFINITY] {
            assert!(History::try_from(history(&[0.5, wrong]).0).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_read_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        history(&[0.25]).write_csv(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let fields: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
        assert_eq!(fields[0], "1");
        let numbers: Vec<f64> = fields[1..].iter().map(|field| field.parse().unwrap()).collect();
        assert_eq!(numbers, [1e-5, 0.1 + 0.2, 1.0 / 3.0, 0.25, 0.5]);
    }
}
