//! Reads the Actualmed COVID-19 chest X-rays, <https://github.com/agchung/Actualmed-COVID-chestxray-dataset>.

use serde::Deserialize;

use super::{CollectionReader, Source, SourceError, adapter, words::text};
use crate::{Label, Provenance, table::TableFormat};

adapter! {
    /// The Actualmed collection: 238 X-rays of 215 patients.
    ///
    /// **Where from**: <https://github.com/agchung/Actualmed-COVID-chestxray-dataset>.
    /// **Licence**: none; its README allows research use.
    /// **Layout**: `metadata.csv`, `images/` with the names of column `imagename`.
    /// **Unverified**: built from the table's header and first rows; no image and no whole table was at hand.
    ///
    /// A blank finding means inconclusive (the notes say so) and is unknown. Some patients have images with and without
    /// findings, taken on different days; they stay one patient.
    Actualmed, "actualmed"
}

const LAYOUT: &str = "the Actualmed collection has metadata.csv beside images/";

#[derive(Deserialize)]
struct Columns {
    patientid: String,
    sex: String,
    age: String,
    finding: String,
    view: String,
    modality: String,
    imagename: String,
    notes: String,
}

impl Source for Actualmed {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let required = ["patientid", "sex", "age", "finding", "view", "modality", "imagename", "notes"];
        for row in reader.rows::<Columns>("metadata.csv", &TableFormat::utf8(&required), LAYOUT)? {
            let (line, columns) = (row.line, row.columns);
            let Some(mut record) = reader.record_of_row(line, "images", &columns.imagename) else { continue };
            record.patient = reader.patient(&columns.patientid);
            record.label = match text(&columns.finding) {
                Some(finding) => reader.finding(line, &finding, Provenance::Table),
                None => {
                    Label::undecided(Provenance::Table, columns.notes.split(',').next().unwrap_or_default())
                }
            };
            record.view = reader.view(line, &columns.view);
            record.modality = reader.modality(line, &columns.modality);
            record.sex = reader.sex(line, &columns.sex);
            record.age = reader.age(line, &columns.age);
            reader.add(record);
        }
        Ok(())
    }
}
