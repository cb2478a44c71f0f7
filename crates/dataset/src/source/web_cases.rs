//! Reads cases saved from web pages, such as Radiopaedia's and SIRM's, with a table written by the person who saved
//! them.

use serde::Deserialize;

use super::{CollectionReader, Source, SourceError, adapter, words::text};
use crate::{Provenance, table::TableFormat};

adapter! {
    /// Cases saved from web pages one by one: a folder of images and a table of one's own.
    ///
    /// **Where from**: <https://radiopaedia.org> and <https://sirm.org>, which offer no archive and no table.
    /// **Licence**: Radiopaedia CC BY-NC-SA; SIRM states none. Column `licence` says it for each image.
    /// **Layout**: `cases.csv` (UTF-8) with the columns `filename,case_url,patient,view,finding,licence` beside the images;
    /// `filename` is relative to the folder. Further columns `modality`, `sex`, `age` are read if they are there.
    /// **Unverified**: the table is a layout of this crate, and no such folder was at hand.
    ///
    /// Findings are Cohen's words (`COVID-19`, `Pneumonia`, `No Finding`, …). Where `patient` is blank, the page stands for the
    /// patient: images of one case belong together. Most of these cases are in Cohen's collection as well.
    WebCases
}

const LAYOUT: &str =
    "saved web cases need a table cases.csv (filename,case_url,patient,view,finding,licence)";

#[derive(Deserialize)]
struct Columns {
    filename: String,
    case_url: String,
    patient: String,
    view: String,
    finding: String,
    licence: String,
    #[serde(default)]
    modality: String,
    #[serde(default)]
    sex: String,
    #[serde(default)]
    age: String,
}

impl Source for WebCases {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let required = ["filename", "case_url", "patient", "view", "finding", "licence"];
        for row in reader.rows::<Columns>("cases.csv", &TableFormat::utf8(&required), LAYOUT)? {
            let (line, columns) = (row.line, row.columns);
            let Some(mut record) = reader.record_of_row(line, "", &columns.filename) else { continue };
            record.patient = reader.patient(&columns.patient).or_else(|| reader.patient(&columns.case_url));
            record.label = reader.finding(line, &columns.finding, Provenance::Table);
            record.view = reader.view(line, &columns.view);
            record.modality = reader.modality(line, &columns.modality);
            record.sex = reader.sex(line, &columns.sex);
            record.age = reader.age(line, &columns.age);
            record.licence = text(&columns.licence);
            record.url = text(&columns.case_url);
            reader.add(record);
        }
        Ok(())
    }
}
