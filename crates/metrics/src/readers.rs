//! Decisions of readers, scored and compared with a model as if each reader were one.

use std::{collections::HashMap, io::Read};

use ndarray::Array2;

use crate::{Error, Predictions, Probabilities, predictions_csv::header};

impl Predictions {
    /// The same samples with hard decisions, such as a reader's, in the place of the probabilities: the class decided on has
    /// probability 1.
    ///
    /// Scores of decisions (accuracy, recall, specificity, …), their intervals and tests hold as for a model. Scores of
    /// probabilities (AUC, log loss, calibration) say nothing about decisions.
    ///
    /// # Errors
    ///
    /// If the number of decisions is not the number of samples, or at the first one that is not a class.
    pub fn with_decisions<D: AsRef<str>>(&self, decisions: &[D]) -> Result<Self, Error> {
        if decisions.len() != self.len() {
            let (what, expected) = ("the list of decisions".to_owned(), self.len());
            return Err(Error::LengthMismatch { what, expected, got: decisions.len() });
        }
        let mut values = Array2::zeros((self.len(), self.classes().len()));
        for (index, decision) in decisions.iter().map(AsRef::as_ref).enumerate() {
            let Some(column) = self.classes().names().position(|name| name == decision) else {
                let (label, classes) = (decision.to_owned(), self.classes().clone());
                return Err(Error::UnknownLabel { index, label, classes });
            };
            values[[index, column]] = 1.0;
        }
        Ok(self.with_probabilities(Probabilities::new(self.classes(), values)?))
    }
}

/// Decisions of several readers on samples named by id.
///
/// ```
/// use radiograph_metrics::{Bootstrap, ComparisonOptions, Metric, Permutation, Predictions, Readers, compare};
///
/// let model = Predictions::read_csv(
///     "id,label,p_a,p_b\n1,a,0.9,0.1\n2,b,0.2,0.8\n3,a,0.4,0.6\n4,b,0.3,0.7\n".as_bytes(),
///     None,
/// )?;
/// let readers = Readers::read_csv("id,R1,R2\n4,b,b\n3,a,\n2,a,b\n1,a,b\n".as_bytes())?;
/// let (model, reader) = readers.beside("R1", &model)?;
/// assert_eq!(Metric::Accuracy.of(&reader)?, 0.75);
/// let options = ComparisonOptions {
///     bootstrap: Bootstrap::new(200, 7)?, permutation: Permutation::new(200, 7)?, significance: 0.05,
/// };
/// let compared = compare(("model", &model), ("R1", &reader), &Metric::Accuracy, &options)?;
/// assert_eq!(compared.difference.score, Ok(0.0));
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readers {
    ids: Vec<String>,
    /// Name and decisions of each reader, in the order of the ids.
    readers: Vec<(String, Vec<Option<String>>)>,
}

impl Readers {
    /// Reads a CSV file with a header and one sample per row: the column `id`, and a column of class names for each reader,
    /// whose name is the header. An empty cell is a sample that the reader did not decide on.
    ///
    /// # Errors
    ///
    /// If the input is not CSV, if the column `id` or any reader is missing, or if a column or an id repeats.
    pub fn read_csv(from: impl Read) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(from);
        let header = header(&mut reader)?;
        let missing =
            |column: &str| Error::MissingColumn { column: column.to_owned(), found: header.clone() };
        let id = header.iter().position(|name| name == "id").ok_or_else(|| missing("id"))?;
        if header.len() < 2 {
            return Err(missing("<reader>"));
        }
        let mut columns: Vec<Vec<String>> = vec![Vec::new(); header.len()];
        for record in reader.records() {
            let record = record?;
            columns.iter_mut().zip(record.iter()).for_each(|(column, cell)| column.push(cell.to_owned()));
        }
        let ids = columns[id].clone();
        let mut seen = HashMap::with_capacity(ids.len());
        for (second, id) in ids.iter().enumerate() {
            if let Some(first) = seen.insert(id, second) {
                return Err(Error::DuplicateId { id: id.clone(), first, second });
            }
        }
        let given = |cell: String| Some(cell).filter(|cell| !cell.is_empty());
        let named = header.into_iter().zip(columns).enumerate().filter(|(at, _)| *at != id);
        let readers = named.map(|(_, (name, column))| (name, column.into_iter().map(given).collect()));
        Ok(Self { readers: readers.collect(), ids })
    }

    /// The names of the readers, in the order of the file.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.readers.iter().map(|(name, _)| name.as_str())
    }

    /// The model's and the reader's predictions of the samples that both have, in the order of the model. Samples that the
    /// reader did not decide on are left out of both.
    ///
    /// # Errors
    ///
    /// If no reader has this name, if the model's samples have no ids, if the reader decided on a sample that the model has
    /// not, or at the first decision that is not a class.
    pub fn beside(&self, reader: &str, model: &Predictions) -> Result<(Predictions, Predictions), Error> {
        let known = || self.names().map(str::to_owned).collect();
        let Some((_, decisions)) = self.readers.iter().find(|(name, _)| name == reader) else {
            return Err(Error::UnknownModel { model: reader.to_owned(), known: known() });
        };
        let ids =
            model.ids().ok_or_else(|| Error::MissingColumn { column: "id".to_owned(), found: Vec::new() })?;
        let mut left: HashMap<&str, &str> = HashMap::with_capacity(ids.len());
        for (id, decision) in self.ids.iter().zip(decisions) {
            left.extend(decision.as_ref().map(|decision| (id.as_str(), decision.as_str())));
        }
        let mut samples = Vec::with_capacity(left.len());
        let mut chosen = Vec::with_capacity(left.len());
        for (sample, id) in ids.iter().enumerate() {
            if let Some(decision) = left.remove(id.as_str()) {
                samples.push(sample);
                chosen.push(decision);
            }
        }
        if let Some(id) = left.keys().min() {
            return Err(Error::UnknownSample { id: (*id).to_owned() });
        }
        let model = model.select(&samples);
        let reader = model.with_decisions(&chosen)?;
        Ok((model, reader))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClassScore, ConfusionMatrix, McNemar, Metric};

    fn model() -> Predictions {
        let text = "id,patient,label,p_a,p_b\n1,x,a,0.9,0.1\n2,x,b,0.2,0.8\n3,y,a,0.4,0.6\n4,z,b,0.3,0.7\n";
        Predictions::read_csv(text.as_bytes(), None).unwrap()
    }

    #[test]
    fn a_reader_is_scored_on_what_was_read_and_paired_by_id() {
        let readers = Readers::read_csv("R1,id,R2\nb,4,b\na,3,\na,2,b\n,1,b\n".as_bytes()).unwrap();
        assert_eq!(readers.names().collect::<Vec<_>>(), ["R1", "R2"]);
        let (model, reader) = readers.beside("R1", &model()).unwrap();
        assert_eq!(model.ids().unwrap(), ["2", "3", "4"]);
        assert_eq!(ConfusionMatrix::of(&reader).rows(), [[1, 0], [1, 1]]);
        // Sample 2 is right by the model alone, sample 3 by the reader alone.
        assert_eq!(McNemar::of(&model, &reader).unwrap(), McNemar { only_first: 1, only_second: 1 });
        let recall = Metric::Class(ClassScore::Recall, reader.class("b").unwrap());
        assert_eq!(recall.of(&reader).unwrap(), 0.5);
        assert_eq!((reader.clusters().len(), reader.patients().unwrap().len()), (3, 3));
    }

    #[test]
    fn what_cannot_be_paired_is_named() {
        let read = |text: &str| Readers::read_csv(text.as_bytes());
        let beside = |text: &str| read(text).unwrap().beside("R", &model());
        assert!(matches!(beside("id,R\n5,a\n"), Err(Error::UnknownSample { id }) if id == "5"));
        assert!(matches!(beside("id,R\n1,c\n"), Err(Error::UnknownLabel { index: 0, .. })));
        assert!(matches!(beside("id,Q\n1,a\n"), Err(Error::UnknownModel { .. })));
        assert!(matches!(read("id,R\n1,a\n1,b\n"), Err(Error::DuplicateId { first: 0, second: 1, .. })));
        assert!(matches!(read("R\na\n"), Err(Error::MissingColumn { column, .. }) if column == "id"));
        assert!(matches!(read("id\n1\n"), Err(Error::MissingColumn { .. })));
        assert!(matches!(read("id,R,R\n1,a,a\n"), Err(Error::DuplicateColumn { .. })));
        assert!(model().with_decisions(&["a"]).is_err());
    }
}
