//! Reads and writes predictions as CSV.

use std::io::{Read, Write};

use radiograph_classes::Classes;

use crate::{Error, Predictions, Probabilities};

/// Prefix of the probability columns: `p_covid` holds the probability of the class `covid`.
const PROBABILITY_PREFIX: &str = "p_";

/// Column of sample weights. A column `weight` is a field, because patients have one.
const WEIGHT: &str = "sample_weight";

impl Predictions {
    /// Reads a CSV file with a header and one sample per row.
    ///
    /// Columns, in any order: `label`, the true class; `p_<class>` for each class; optionally `id`, `patient`, `cluster` and
    /// `sample_weight`.
    /// Every other column (`source`, `sex`, …) is a field. Empty cells of `patient` are unknown patients, those of fields are
    /// missing values. Classes have the order of their columns unless `classes` gives another one.
    ///
    /// ```
    /// use radiograph_metrics::Predictions;
    ///
    /// let file = "id,patient,source,label,p_covid,p_normal\n\
    ///             1.png,ann,north,covid,0.75,0.25\n\
    ///             2.png,ann,,normal,0.5,0.5\n";
    /// let predictions = Predictions::read_csv(file.as_bytes(), None)?;
    /// assert_eq!(predictions.classes().to_string(), "covid, normal");
    /// assert_eq!(predictions.field("source")?[1], None);
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the input is not CSV, if `label` or the probabilities are missing, or at the first cell that is not a number;
    /// also the errors of [`Predictions::new`] and of the methods that add ids, patients and fields.
    pub fn read_csv(from: impl Read, classes: Option<&Classes>) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(from);
        let header = header(&mut reader)?;
        let missing =
            |column: &str| Error::MissingColumn { column: column.to_owned(), found: header.clone() };
        let label = header.iter().position(|name| name == "label").ok_or_else(|| missing("label"))?;
        if !header.iter().any(|name| name.starts_with(PROBABILITY_PREFIX)) {
            return Err(missing("p_<class>"));
        }
        let mut columns: Vec<Vec<String>> = vec![Vec::new(); header.len()];
        let mut numbers: Vec<Vec<f64>> = vec![Vec::new(); header.len()];
        for record in reader.records() {
            let record = record?;
            for (at, text) in record.iter().enumerate() {
                if header[at].starts_with(PROBABILITY_PREFIX) || header[at] == WEIGHT {
                    let line = record.position().map_or(0, csv::Position::line);
                    let unreadable = || Error::UnreadableNumber {
                        line,
                        column: header[at].clone(),
                        text: text.to_owned(),
                    };
                    numbers[at].push(text.parse().map_err(|_| unreadable())?);
                } else {
                    columns[at].push(text.to_owned());
                }
            }
        }
        let weights =
            header.iter().position(|name| name == WEIGHT).map(|at| std::mem::take(&mut numbers[at]));
        let named = header
            .iter()
            .zip(numbers)
            .filter_map(|(name, column)| Some((name.strip_prefix(PROBABILITY_PREFIX)?, column)));
        let probabilities = Probabilities::from_columns(named)?;
        let own = probabilities.classes().clone();
        let mut predictions = Self::new(classes.unwrap_or(&own), &columns[label], &probabilities)?;
        for (name, column) in header.iter().zip(&columns) {
            let values = || -> Vec<Option<&String>> {
                column.iter().map(|value| Some(value).filter(|value| !value.is_empty())).collect()
            };
            predictions = match name.as_str() {
                "label" => predictions,
                "id" => predictions.with_ids(column)?,
                "patient" => predictions.with_patients_where_known(&values())?,
                "cluster" => predictions.with_clusters(column)?,
                name if name.starts_with(PROBABILITY_PREFIX) || name == WEIGHT => predictions,
                name => predictions.with_field(name, &values())?,
            };
        }
        match weights {
            Some(weights) => predictions.with_weights(&weights),
            None => Ok(predictions),
        }
    }

    /// Writes a CSV that [`Predictions::read_csv`] reads: `id`, `patient`, `cluster`, `sample_weight` and fields if there are
    /// any, `label`, and one `p_<class>` column per class. Every probability reads back as the same number.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn write_csv(&self, to: impl Write) -> Result<(), Error> {
        let mut writer = csv::Writer::from_writer(to);
        let fields: Vec<&str> = self.fields().collect();
        let mut header: Vec<String> = Vec::new();
        header.extend(self.ids().map(|_| "id".to_owned()));
        header.extend(self.patients().map(|_| "patient".to_owned()));
        header.extend(self.cluster_names().map(|_| "cluster".to_owned()));
        header.extend(self.weights().map(|_| WEIGHT.to_owned()));
        header.extend(fields.iter().map(|&field| field.to_owned()));
        header.push("label".to_owned());
        header.extend(self.classes().names().map(|name| format!("{PROBABILITY_PREFIX}{name}")));
        writer.write_record(&header)?;
        let probabilities = self.probabilities().values();
        for sample in 0..self.len() {
            let mut row: Vec<String> = Vec::with_capacity(header.len());
            row.extend(self.ids().map(|ids| ids[sample].clone()));
            row.extend(self.patients().map(|patients| patients[sample].clone().unwrap_or_default()));
            row.extend(self.cluster_names().map(|clusters| clusters[sample].clone()));
            row.extend(self.weights().map(|weights| weights[sample].to_string()));
            for field in &fields {
                row.push(self.field(field)?[sample].clone().unwrap_or_default());
            }
            row.push(self.truth(sample).name().to_owned());
            row.extend(probabilities.row(sample).iter().map(ToString::to_string));
            writer.write_record(&row)?;
        }
        writer.flush().map_err(csv::Error::from)?;
        Ok(())
    }
}

/// The names of the columns, each of which stands once.
pub(crate) fn header(reader: &mut csv::Reader<impl Read>) -> Result<Vec<String>, Error> {
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    match (1..header.len()).find(|&at| header[..at].contains(&header[at])) {
        Some(second) => Err(Error::DuplicateColumn { column: header[second].clone() }),
        None => Ok(header),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Predictions, Error> {
        Predictions::read_csv(text.as_bytes(), None)
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = "id,patient,cluster,sex,source,label,p_covid,p_normal\n\
                    a,p1,g1,,x,covid,0.1,0.9\nb,,g1,F,,normal,0.3333333333333333,0.6666666666666667\n";
        let predictions = read(text).unwrap();
        assert_eq!(predictions.patients().unwrap(), [Some("p1".to_owned()), None]);
        // The two pictures belong together, although their patients differ.
        assert_eq!((predictions.of_unknown_patient(), predictions.clusters().len()), (1, 1));
        let mut written = Vec::new();
        predictions.write_csv(&mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text);
        let other_order = Classes::new(["normal", "covid"]).unwrap();
        let reordered = Predictions::read_csv(text.as_bytes(), Some(&other_order)).unwrap();
        assert_eq!(reordered.probabilities().values()[[0, 0]], 0.9);
        assert_eq!(reordered.truth(0).name(), "covid");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let header = "id,patient,label,p_a,p_b\n";
        let of = |rows: &str| read(&format!("{header}{rows}")).unwrap_err();
        assert!(matches!(of("x,p,a,0.5,0.5\n"), Error::TooFewSamples { got: 1 }));
        assert!(matches!(of("x,p,a,0.5,0.5\ny,p,c,0.5,0.5\n"), Error::UnknownLabel { index: 1, .. }));
        assert!(matches!(of("x,p,a,0.5,0.5\ny,p,b,0.5,0.6\n"), Error::Unnormalised { row: 1, .. }));
        assert!(matches!(of("x,p,a,NaN,0.5\n"), Error::InvalidProbability { row: 0, .. }));
        assert!(matches!(of("x,p,a,1.5,-0.5\n"), Error::InvalidProbability { row: 0, .. }));
        assert!(
            matches!(of("x,p,a,0.5,half\n"), Error::UnreadableNumber { line: 2, column, .. } if column == "p_b")
        );
        assert!(matches!(
            of("x,p,a,0.5,0.5\nx,p,b,0.5,0.5\n"),
            Error::DuplicateId { first: 0, second: 1, .. }
        ));
        let unnamed = read("cluster,label,p_a,p_b\nx,a,0.5,0.5\n,b,0.5,0.5\n").unwrap_err();
        assert!(matches!(unnamed, Error::EmptyName { what, index: 1 } if what == "cluster"));
        assert!(matches!(of("x,p\n"), Error::Csv(_)));
        assert!(matches!(read("label,p_a\na,1\nb,1\n"), Err(Error::OneClass { .. })));
        assert!(
            matches!(read("p_a,p_b\n1,0\n"), Err(Error::MissingColumn { column, .. }) if column == "label")
        );
        assert!(matches!(read("label,a\nx,1\n"), Err(Error::MissingColumn { .. })));
        assert_eq!(read("").unwrap_err().to_string(), "the file has no column \"label\"; it is empty");
        assert!(matches!(read("label,p_a,p_a\na,1,0\n"), Err(Error::DuplicateColumn { .. })));
        assert!(matches!(read("label,p_a,p_b\n"), Err(Error::TooFewSamples { got: 0 })));
    }
}
