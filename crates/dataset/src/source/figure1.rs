//! Reads the Figure1 COVID-19 chest X-rays, <https://github.com/agchung/Figure1-COVID-chestxray-dataset>.

use serde::Deserialize;

use super::{CollectionReader, Source, SourceError, adapter};
use crate::{Event, Provenance, View, table::TableFormat};

adapter! {
    /// The Figure1 collection: 55 images that physicians shared, many of them photographs of monitors.
    ///
    /// **Where from**: <https://github.com/agchung/Figure1-COVID-chestxray-dataset>.
    /// **Licence**: none; its README allows research use.
    /// **Layout**: `metadata.csv` (Windows-1252), `images/<patientid>.jpg` or `.png`.
    ///
    /// The table names no files: a row's `patientid` is the file's name without extension. The letter at its end tells
    /// images of one patient apart, so `COVID-00003a` and `COVID-00003b` are patient `COVID-00003`. Blank findings are
    /// unknown. The collection publishes frontal films only.
    Figure1, "figure1"
}

const LAYOUT: &str = "the Figure1 collection has metadata.csv beside images/";

#[derive(Deserialize)]
struct Columns {
    patientid: String,
    offset: String,
    sex: String,
    age: String,
    finding: String,
    view: String,
    modality: String,
}

impl Source for Figure1 {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let required = ["patientid", "offset", "sex", "age", "finding", "view", "modality"];
        for row in reader.rows::<Columns>("metadata.csv", &TableFormat::windows_1252(&required), LAYOUT)? {
            let (line, columns) = (row.line, row.columns);
            let image = columns.patientid.trim();
            let is_there =
                |extension: &&str| reader.folder().contains(&format!("images/{image}.{extension}"));
            let extension = ["jpg", "png", "jpeg"].into_iter().find(is_there).unwrap_or("jpg");
            let name = if image.is_empty() { String::new() } else { format!("{image}.{extension}") };
            let Some(mut record) = reader.record_of_row(line, "images", &name) else { continue };
            record.patient = reader.patient(patient(image));
            record.label = reader.finding(line, &columns.finding, Provenance::Table);
            record.view = reader.view(line, &columns.view).or(View::FrontalByCollection);
            record.modality = reader.modality(line, &columns.modality);
            record.sex = reader.sex(line, &columns.sex);
            record.age = reader.age(line, &columns.age);
            record.offset = reader.offset(line, &columns.offset, Event::SymptomsOrAdmission);
            reader.add(record);
        }
        Ok(())
    }
}

/// The id without the letter that tells a patient's images apart.
fn patient(image: &str) -> &str {
    match image.strip_suffix(|letter: char| letter.is_ascii_lowercase()) {
        Some(number) if number.ends_with(|digit: char| digit.is_ascii_digit()) => number,
        _ => image,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_letter_after_a_digit_is_dropped() {
        let cases =
            [("COVID-00003a", "COVID-00003"), ("COVID-00004", "COVID-00004"), ("COVID", "COVID"), ("", "")];
        for (image, patient) in cases {
            assert_eq!(super::patient(image), patient);
        }
    }
}
