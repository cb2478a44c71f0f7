//! Reads NIH ChestX-ray14, <https://nihcc.app.box.com/v/ChestXray-NIHCC> and Kaggle `nih-chest-xrays/data`.

use std::collections::HashMap;

use radiograph_classes::{NORMAL, PNEUMONIA};
use serde::Deserialize;

use super::{CollectionReader, Source, SourceError, adapter, is_image, words::text};
use crate::{
    Label, Modality, Oddity, PatientId, Provenance, Reason, Record, SourceName,
    table::{Row, TableFormat},
};

adapter! {
    /// ChestX-ray14: 112,120 frontal X-rays of 30,805 patients of the NIH Clinical Center, labelled by text mining.
    ///
    /// **Where from**: <https://nihcc.app.box.com/v/ChestXray-NIHCC>, or Kaggle `nih-chest-xrays/data`.
    /// **Licence**: no restriction, but the NIH Clinical Center asks for credit.
    /// **Layout**: `Data_Entry_2017_v2020.csv` or else `Data_Entry_2017.csv`, and the images in any folders whose names
    /// begin with `images` (`images/`, or Kaggle's `images_001/images/` to `images_012/images/`).
    /// **Unverified** for Kaggle's folders, built from descriptions. The table of 2020 gives its published counts; 785 rows of
    /// the table of 2017 with their images were at hand.
    ///
    /// "No Finding" alone is normal; "Pneumonia" among the findings is pneumonia, or only where it stands alone after
    /// [`pneumonia_alone`](Self::pneumonia_alone). The patient is the first eight digits of the file's name. The width
    /// and height in the table are those of the original radiograph, not of the image, and are not used.
    Nih, "nih"; pneumonia_alone: bool
}

const LAYOUT: &str = "ChestX-ray14 has Data_Entry_2017.csv beside images/ or images_001/ and following";
const TABLES: [&str; 2] = ["Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv"];
const FINDINGS: [&str; 15] = [
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Effusion",
    "Emphysema",
    "Fibrosis",
    "Hernia",
    "Infiltration",
    "Mass",
    "No Finding",
    "Nodule",
    "Pleural_Thickening",
    "Pneumonia",
    "Pneumothorax",
];

#[derive(Deserialize)]
struct Columns {
    #[serde(rename = "Image Index")]
    image: String,
    #[serde(rename = "Finding Labels")]
    findings: String,
    #[serde(rename = "Patient ID")]
    patient: String,
    #[serde(rename = "Patient Age")]
    age: String,
    #[serde(rename = "Patient Gender", alias = "Patient Sex")]
    sex: String,
    #[serde(rename = "View Position")]
    view: String,
}

impl Nih {
    /// Counts an image as pneumonia only if that is its one finding.
    #[must_use]
    pub fn pneumonia_alone(mut self) -> Self {
        self.pneumonia_alone = true;
        self
    }

    fn add_row(&self, reader: &mut CollectionReader, folders: &HashMap<String, String>, row: Row<Columns>) {
        let (line, columns) = (row.line, row.columns);
        let name = columns.image.trim();
        let below = folders.get(name).map_or("images", String::as_str);
        let Some(mut record) = reader.record_of_row(line, below, name) else { return };
        record.patient = self.patient(reader, line, name, &columns.patient);
        record.label = self.label(reader, line, &columns.findings);
        describe(&mut record);
        record.view = reader.view(line, &columns.view);
        record.sex = reader.sex(line, &columns.sex);
        record.age = reader.age(line, &columns.age);
        reader.add(record);
    }

    fn label(&self, reader: &mut CollectionReader, line: u64, published: &str) -> Label {
        let findings: Vec<&str> = published.split('|').map(str::trim).collect();
        for finding in &findings {
            if !FINDINGS.contains(finding) {
                let word = (*finding).to_owned();
                reader.note(
                    Some(line),
                    None,
                    Oddity::UnknownWord { column: "Finding Labels", word, rows: 1 },
                );
            }
        }
        if findings.len() > 1 && findings.contains(&"No Finding") {
            let (used, unused) = ("no label".to_owned(), format!("the row says {published:.60}"));
            reader.note(Some(line), None, Oddity::Contradiction { used, unused });
            return Label::undecided(Provenance::TextMined, published);
        }
        let known = findings.iter().all(|finding| FINDINGS.contains(finding));
        let pneumonia = findings.contains(&"Pneumonia");
        if findings == ["No Finding"] {
            Label::of(NORMAL, Provenance::TextMined, published)
        } else if pneumonia && (findings.len() == 1 || !self.pneumonia_alone) {
            Label::of(PNEUMONIA, Provenance::TextMined, published)
        } else if pneumonia {
            Label::without(NORMAL, Provenance::TextMined, published)
        } else if known {
            Label::without(NORMAL, Provenance::TextMined, published).and_without(PNEUMONIA)
        } else {
            Label::undecided(Provenance::TextMined, published)
        }
    }

    /// By the file's name; the table's number must agree.
    fn patient(
        &self,
        reader: &mut CollectionReader,
        line: u64,
        name: &str,
        number: &str,
    ) -> Option<PatientId> {
        let number = text(number).map(|number| format!("{number:0>8}"));
        let Some(named) = patient_number(name) else { return reader.patient(&number.unwrap_or_default()) };
        if let Some(number) = number.filter(|number| number != named) {
            let (used, unused) =
                (format!("the file's name says patient {named}"), format!("the row says {number}"));
            reader.note(Some(line), Some(name), Oddity::Contradiction { used, unused });
        }
        reader.patient(named)
    }
}

impl Source for Nih {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let table = TABLES.into_iter().find(|table| reader.folder().contains(table)).unwrap_or(TABLES[1]);
        let required = [
            "Image Index",
            "Finding Labels",
            "Patient ID",
            "Patient Age",
            "Patient Gender|Patient Sex",
            "View Position",
        ];
        let format = TableFormat { trailing_comma: true, ..TableFormat::utf8(&required) };
        let rows = reader.rows::<Columns>(table, &format, LAYOUT)?;
        let folders = image_folders(reader);
        for row in rows {
            self.add_row(reader, &folders, row);
        }
        Ok(())
    }
}

/// What holds for every image of the collection.
fn describe(record: &mut Record) {
    record.modality = Modality::XRay;
    record.licence = Some("NIH, credit required".to_owned());
}

/// The folder of each image. A name that turns up in several folders counts in the first.
fn image_folders(reader: &mut CollectionReader) -> HashMap<String, String> {
    let mut folders: HashMap<String, String> = HashMap::new();
    let mut copies = Vec::new();
    for file in reader.folder().files().filter(|file| file.starts_with("images") && is_image(file)) {
        let Some((folder, name)) = file.rsplit_once('/') else { continue };
        match folders.get(name) {
            None => _ = folders.insert(name.to_owned(), folder.to_owned()),
            Some(first) => copies.push((file.to_owned(), format!("{first}/{name}"))),
        }
    }
    for (file, first) in copies {
        reader.exclude(None, Some(&file), Reason::NestedCopy(first));
    }
    folders
}

/// The eight digits before `_` of a name such as `00001280_004.png`.
fn patient_number(name: &str) -> Option<&str> {
    let (number, rest) = name.split_once('_')?;
    let (index, _) = rest.split_once('.')?;
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(number, 8) && digits(index, 3)).then_some(number)
}

/// The highest number of a patient: there are 30,805.
const LAST_PATIENT: u32 = 30_805;

/// The NIH patient of a file that another collection took over under its NIH name. Eight digits may also be a date.
pub(super) fn patient_of_name(name: &str) -> Option<PatientId> {
    let known = |number: &&str| number.parse().is_ok_and(|number| (1..=LAST_PATIENT).contains(&number));
    patient_number(name)
        .filter(known)
        .map(|number| PatientId::new(&SourceName::of_adapter(Nih::NAME), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patients_of_names() {
        assert_eq!(patient_of_name("00001280_004.png").unwrap().to_string(), "nih:00001280");
        assert_eq!(patient_of_name("00030805_000.png").unwrap().name(), "00030805");
        for wrong in ["20200312_001.png", "00030806_000.png", "00000000_000.png"] {
            assert_eq!(patient_of_name(wrong), None, "{wrong}");
        }
        for wrong in ["0001280_004.png", "00001280.png", "00001280_4.png", "0000128x_004.png", "", "_."] {
            assert_eq!(patient_of_name(wrong), None, "{wrong}");
        }
    }
}
