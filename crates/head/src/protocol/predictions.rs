//! Writes a model's predictions as a CSV table for other programs.

use std::path::Path;

use radiograph_files::{ContentHash, FileError, write_bytes};
use radiograph_protocol::Cohort;

use crate::{ClassProbabilities, Error};

/// Writes the table `id, cluster, source, label, p_<class>, …` with one row for each image, in the cohort's order, and returns
/// its hash. Probabilities read back exactly.
pub(super) fn write(
    path: &Path,
    cohort: &Cohort,
    positions: &[usize],
    probabilities: &ClassProbabilities,
) -> Result<ContentHash, Error> {
    let text = table(cohort, positions, probabilities)
        .map_err(|error| FileError::Write { path: path.to_owned(), source: error.into() })?;
    write_bytes(path, &text)?;
    Ok(ContentHash::of_bytes(&text))
}

fn table(
    cohort: &Cohort,
    positions: &[usize],
    probabilities: &ClassProbabilities,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["id", "cluster", "source", "label"].map(str::to_owned).into_iter();
    writer.write_record(header.chain(probabilities.classes().names().map(|name| format!("p_{name}"))))?;
    for (&position, row) in positions.iter().zip(probabilities.rows()) {
        let image = &cohort.images()[position];
        let label = cohort.label(position).map(|class| class.name().to_owned()).unwrap_or_default();
        let known = [image.id.clone(), image.cluster.clone(), image.source.clone(), label].into_iter();
        writer.write_record(known.chain(row.iter().map(f64::to_string)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}
