//! Reads the COVID-19 image data collection of Cohen et al., <https://github.com/ieee8023/covid-chestxray-dataset>.

use radiograph_classes::COVID_19;
use serde::Deserialize;

use super::{CollectionReader, Source, SourceError, adapter, words::text};
use crate::{Event, Modality, Provenance, View, table::TableFormat};

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

/// How names of figures begin that this collection keeps as its publishers (journals, case collections) write them.
const FIGURES: [&str; 10] = [
    "1-s2.0-S",
    "SARS-10.1148",
    "auntminnie-",
    "covid-19-pneumonia-",
    "jkms-",
    "kjr-",
    "nejmc",
    "nejmoa",
    "radiol.",
    "ryct.",
];

/// Whether a file that another collection holds is named as this one names its files: by a figure, or by a UUID in
/// capitals, which may have the size after it (`…-1068x817.jpeg`). Other names of this collection are like anyone's.
pub(super) fn is_own_name(name: &str) -> bool {
    FIGURES.iter().any(|figure| name.starts_with(figure)) || begins_with_uuid(name)
}

fn begins_with_uuid(name: &str) -> bool {
    let bytes = name.as_bytes();
    let fits = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_digit() || (b'A'..=b'F').contains(byte),
    };
    bytes.len() > 36 && bytes[..36].iter().enumerate().all(fits) && !bytes[36].is_ascii_alphanumeric()
}

impl Source for Cohen {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
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

#[cfg(test)]
mod tests {
    #[test]
    fn names_that_other_collections_took_over() {
        for name in [
            "01E392EE-69F9-4E33-BFCE-E5C968654078.jpeg",
            "01E392EE-69F9-4E33-BFCE-E5C968654078-1068x817.jpeg",
            "ryct.2020200034.fig5-day0.jpeg",
            "covid-19-pneumonia-15-PA.jpg",
        ] {
            assert!(super::is_own_name(name), "{name}");
        }
        for name in [
            "01e392ee-69f9-4e33-bfce-e5c968654078.jpeg",
            "01E392EE-69F9-4E33-BFCE-E5C968654078A.jpeg",
            "01E392EE-69F9-4E33-BFCE-E5C968654078",
            "01E392EE_69F9_4E33_BFCE_E5C968654078.png",
            "00000165_001.png",
            "person12_virus_3.jpeg",
            "é1E392EE-69F9-4E33-BFCE-E5C96865407.png",
            "",
        ] {
            assert!(!super::is_own_name(name), "{name}");
        }
    }
}
