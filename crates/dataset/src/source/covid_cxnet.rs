//! Reads COVID-CXNet, <https://github.com/armiro/COVID-CXNet> (Figshare 12580328).

use std::collections::{BTreeMap, HashMap};

use radiograph_classes::COVID_19;
use serde::Deserialize;

use super::{CollectionReader, Source, SourceError, adapter, is_image, words::text};
use crate::{
    Age, Event, Label, Modality, Oddity, Provenance, Record, View,
    table::{Row, TableFormat},
};

adapter! {
    /// COVID-CXNet: some 900 frontal X-rays of COVID-19 patients, half of them with a row in a table.
    ///
    /// **Where from**: <https://github.com/armiro/COVID-CXNet>.
    /// **Licence**: CC BY 4.0 (its README); the images were gathered from many places.
    /// **Layout**: `metadata.csv` (UTF-8 with a byte order mark) beside `chest_xray_images/covid19/NNN[p][-].ext`.
    ///
    /// Rows and files are matched by number, because 32 names of the table differ from the file's in case or extension.
    /// `p` marks children; `-` marks cases that were confirmed but show no abnormality. The publishers state that all
    /// images show confirmed cases, so files without a row, and rows without a label, are COVID-19 by the collection.
    /// Only frontal films are published. Many of the images are Hannover's or Cohen's.
    CovidCxnet, "covid-cxnet"
}

const IMAGES: &str = "chest_xray_images/covid19";
const LAYOUT: &str = "COVID-CXNet has metadata.csv beside chest_xray_images/covid19/";

#[derive(Deserialize)]
struct Columns {
    filename: String,
    patient_id: String,
    sex: String,
    age: String,
    view: String,
    label: String,
    pcr_test: String,
    location: String,
    admission_offset: String,
    symptom_offset: String,
    url: String,
}

impl Source for CovidCxnet {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let required = [
            "filename",
            "patient_id",
            "sex",
            "age",
            "view",
            "label",
            "pcr_test",
            "location",
            "admission_offset",
            "symptom_offset",
            "url",
        ];
        let rows = reader.rows::<Columns>("metadata.csv", &TableFormat::utf8(&required), LAYOUT)?;
        let files = files_by_number(reader);
        for row in rows {
            self.add_row(reader, &files, &row);
        }
        for file in reader.unclaimed_images(IMAGES) {
            let mut record = reader.record_of_file(IMAGES, &file);
            record.label = by_collection(record.id.name());
            describe(&mut record);
            reader.note(None, Some(record.id.name()), Oddity::NotInTable);
            reader.add(record);
        }
        Ok(())
    }
}

impl CovidCxnet {
    fn add_row(&self, reader: &mut CollectionReader, files: &HashMap<u32, Vec<String>>, row: &Row<Columns>) {
        let (line, columns) = (row.line, &row.columns);
        let written = columns.filename.trim();
        let Some(mut record) = reader.record_of_row(line, IMAGES, written) else { return };
        if !reader.folder().contains(&format!("{IMAGES}/{written}")) {
            // One file of that number and no other: anything else would be a guess.
            let numbered = Name::read(written).and_then(|name| files.get(&name.number));
            if let Some([file]) = numbered.map(Vec::as_slice) {
                record = Record { row: record.row, ..reader.record_of_file(IMAGES, file) };
                let found = record.id.name().to_owned();
                reader.note(
                    Some(line),
                    Some(&found),
                    Oddity::NameDiffers { written: written.to_owned(), found: found.clone() },
                );
            }
        }
        record.patient = reader.patient(&columns.patient_id);
        record.label = match (text(&columns.label), columns.pcr_test.trim()) {
            (Some(label), "positive") => reader.finding(line, &label, Provenance::Pcr),
            (Some(label), _) => reader.finding(line, &label, Provenance::Table),
            (None, _) => by_collection(record.id.name()),
        };
        record.view = reader.view(line, &columns.view);
        record.sex = reader.sex(line, &columns.sex);
        record.age = reader.age(line, &columns.age);
        let symptoms = reader.offset(line, &columns.symptom_offset, Event::Symptoms);
        let admission = reader.offset(line, &columns.admission_offset, Event::Admission);
        record.offset = symptoms.or(admission);
        record.location = text(&columns.location);
        record.url = text(&columns.url);
        describe(&mut record);
        reader.add(record);
    }
}

/// The label of an image for which the table has none.
fn by_collection(name: &str) -> Label {
    let shows_nothing = Name::read(name).is_some_and(|name| name.shows_nothing);
    let published = if shows_nothing { "confirmed, no visible abnormality" } else { "" };
    Label::of(COVID_19, Provenance::Collection, published)
}

/// What holds for all images of the collection, and what the file's name says.
fn describe(record: &mut Record) {
    record.modality = Modality::XRay;
    record.view = record.view.or(View::FrontalByCollection);
    record.licence = Some("CC BY 4.0".to_owned());
    let name = Name::read(record.id.name());
    if name.is_some_and(|name| name.is_child) {
        record.age = record.age.or(Some(Age { from: 0, to: Some(17) }));
    }
}

/// Image files by their number; a number may stand for several.
fn files_by_number(reader: &CollectionReader) -> HashMap<u32, Vec<String>> {
    let mut files: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for file in reader.folder().files_below(IMAGES).filter(|file| is_image(file)) {
        let name = file.rsplit('/').next().and_then(Name::read);
        if let Some(name) = name {
            files.entry(name.number).or_default().push(file.to_owned());
        }
    }
    files.into_iter().collect()
}

/// `NNN[p][-].ext`.
#[derive(Debug, PartialEq)]
struct Name {
    number: u32,
    is_child: bool,
    shows_nothing: bool,
}

impl Name {
    fn read(name: &str) -> Option<Self> {
        let (stem, _) = name.rsplit_once('.')?;
        let (stem, shows_nothing) = stem.strip_suffix('-').map_or((stem, false), |stem| (stem, true));
        let (stem, is_child) = stem.strip_suffix('p').map_or((stem, false), |stem| (stem, true));
        let is_number = !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self { number: is_number.then(|| stem.parse().ok())??, is_child, shows_nothing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let name = |number, is_child, shows_nothing| Some(Name { number, is_child, shows_nothing });
        assert_eq!(Name::read("481p-.jpg"), name(481, true, true));
        assert_eq!(Name::read("001.JPEG"), name(1, false, false));
        assert_eq!(Name::read("280-.jpg"), name(280, false, true));
        for wrong in ["p.jpg", "+1.jpg", "12", "", "99999999999.png", "a1.png"] {
            assert_eq!(Name::read(wrong), None, "{wrong}");
        }
    }
}
