//! COVID-19 image data collection (Cohen et al.), <https://github.com/ieee8023/covid-chestxray-dataset>.

use serde::Deserialize;

use super::{CollectionReader, Source, TableFormat, adapter, words::text};
use crate::{COVID_19, DatasetError, Event, Modality, Provenance, View};

adapter! {
    /// The collection of Cohen et al.: X-rays and CT slices from case reports, mostly COVID-19.
    ///
    /// **Where from**: <https://github.com/ieee8023/covid-chestxray-dataset>.
    /// **Licence**: per image, in the table's column `license`; blank for many.
    /// **Layout**: `metadata.csv`, `images/`; `volumes/` (CT) and `annotations/` may be there.
    ///
    /// The table has had three headers, and all are read: of February 2020 (`Patientid`, a column ` url`), of June 2020,
    /// and the later one with `RT_PCR_positive` and findings as paths (`Pneumonia/Viral/COVID-19`). Only the second was
    /// checked against a whole published table; **the first and the last are unverified**, built from their headers and
    /// first rows.
    ///
    /// COVID-19, then pneumonia of any other infectious kind, then "No Finding" become classes; ARDS alone, lipoid and
    /// aspiration pneumonia do not. Blank views stay unknown.
    Cohen, "cohen"
}

const LAYOUT: &str = "Cohen's collection has metadata.csv beside images/";

#[derive(Deserialize)]
struct Columns {
    #[serde(alias = "Patientid")]
    patientid: String,
    offset: String,
    sex: String,
    age: String,
    finding: String,
    #[serde(default, rename = "RT_PCR_positive")]
    pcr_positive: String,
    view: String,
    #[serde(default)]
    modality: Option<String>,
    location: String,
    #[serde(default)]
    folder: String,
    filename: String,
    url: String,
    license: String,
}

impl Source for Cohen {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), DatasetError> {
        let required = [
            "patientid|Patientid",
            "offset",
            "sex",
            "age",
            "finding",
            "view",
            "location",
            "filename",
            "url",
            "license",
        ];
        for row in reader.rows::<Columns>("metadata.csv", &TableFormat::utf8(&required), LAYOUT)? {
            let (line, columns) = (row.line, row.columns);
            let folder = text(&columns.folder).unwrap_or_else(|| "images".to_owned());
            let below = match reader.folder().resolve("", &folder) {
                Ok(below) => below,
                Err(reason) => {
                    reader.exclude(Some(line), Some(&columns.filename), reason);
                    continue;
                }
            };
            let Some(mut record) = reader.record_of_row(line, &below, &columns.filename) else { continue };
            record.patient = reader.patient(&columns.patientid);
            let tested = columns.pcr_positive.trim() == "Y";
            record.label = reader.finding(line, &columns.finding, Provenance::Table);
            if tested && record.class().is_some_and(|class| class == COVID_19) {
                record.label = reader.finding(line, &columns.finding, Provenance::Pcr);
            }
            record.view = reader.view(line, &columns.view);
            record.modality = match &columns.modality {
                Some(modality) => reader.modality(line, modality),
                // The first header has no such column; its views tell projections from slices.
                None if record.view == View::Ct => Modality::Ct,
                None if record.view == View::Unknown => Modality::Unknown,
                None => Modality::XRay,
            };
            record.sex = reader.sex(line, &columns.sex);
            record.age = reader.age(line, &columns.age);
            record.offset = reader.offset(line, &columns.offset, Event::SymptomsOrAdmission);
            record.location = text(&columns.location);
            record.licence = text(&columns.license);
            record.url = text(&columns.url);
            reader.add(record);
        }
        reader.set_aside("annotations");
        Ok(())
    }
}
