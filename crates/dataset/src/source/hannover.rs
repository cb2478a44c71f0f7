//! Reads the COVID-19 image repository of Hannover, <https://github.com/ml-workgroup/covid-19-image-repository>.

use radiograph_classes::COVID_19;
use serde::Deserialize;

use super::{CollectionReader, Source, SourceError, adapter};
use crate::{Event, Label, Offset, Provenance, table::TableFormat};

adapter! {
    /// The Hannover collection: X-rays of patients of one hospital, many of them lying in intensive care.
    ///
    /// **Where from**: <https://github.com/ml-workgroup/covid-19-image-repository> (Figshare 12275009).
    /// **Licence**: CC BY 3.0.
    /// **Layout**: `data.csv`, `png/<image_id>.png`.
    ///
    /// There is no label column. `admission_offset` counts days from the examination to the admission (-4: admitted four
    /// days before). By the publishers' rule (issue 4 of the repository) an image taken less than 7 days before
    /// admission or later shows COVID-19, one taken more than 14 days before does not (which does not make it normal),
    /// and in between nobody knows. Ages are not published.
    Hannover, "hannover"
}

const LAYOUT: &str = "Hannover's collection has data.csv beside png/";

#[derive(Deserialize)]
struct Columns {
    patient_id: String,
    image_id: String,
    sex: String,
    age: String,
    admission_offset: String,
    modality: String,
    projection: String,
}

impl Source for Hannover {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let required = ["patient_id", "image_id", "sex", "age", "admission_offset", "modality", "projection"];
        for row in reader.rows::<Columns>("data.csv", &TableFormat::utf8(&required), LAYOUT)? {
            let (line, columns) = (row.line, row.columns);
            let image = columns.image_id.trim();
            let name = if image.is_empty() { String::new() } else { format!("{image}.png") };
            let Some(mut record) = reader.record_of_row(line, "png", &name) else { continue };
            record.patient = reader.patient(&columns.patient_id);
            let admission = reader.offset(line, &columns.admission_offset, Event::Admission);
            record.offset = admission.map(|offset| Offset { days: 0.0 - offset.days, ..offset });
            record.label = label(admission, &columns.admission_offset);
            record.modality = reader.modality(line, &columns.modality);
            record.view = reader.view(line, &columns.projection);
            record.sex = reader.sex(line, &columns.sex);
            record.age = reader.age(line, &columns.age);
            record.licence = Some("CC BY 3.0".to_owned());
            reader.add(record);
        }
        Ok(())
    }
}

/// The publishers' rule; `admission` as published, in days from the examination to the admission.
fn label(admission: Option<Offset>, published: &str) -> Label {
    let published = format!("admission_offset {}", published.trim());
    match admission.map(|offset| offset.days) {
        Some(days) if days < 7.0 => Label::of(COVID_19, Provenance::Collection, published),
        Some(days) if days > 14.0 => Label::without(COVID_19, Provenance::Collection, published),
        _ => Label::undecided(Provenance::Collection, published),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Presence;

    #[test]
    fn the_publishers_rule_at_its_edges() {
        let presence = |days: &str| label(Offset::read(days, Event::Admission), days).presence(COVID_19);
        for days in ["-48", "0", "6.9"] {
            assert_eq!(presence(days), Presence::Present, "{days}");
        }
        for days in ["7", "14", "", "inf", "-inf"] {
            assert_eq!(presence(days), Presence::Unknown, "{days}");
        }
        assert_eq!(presence("14.5"), Presence::Absent);
    }
}
