//! Writes the collections' tables with their publishers' columns, encodings and line ends.

use csv::{Terminator, WriterBuilder};

use super::{
    Defect, PlannedImage,
    plan::{COHEN, CXNET, HANNOVER, NIH, Plan},
};
use crate::Finding;

/// Every table: its path below the folder of collections, and its content.
pub(super) fn all(plan: &Plan) -> Vec<(String, Vec<u8>)> {
    let of = |collection: &str| -> Vec<&PlannedImage> {
        plan.images.iter().filter(|image| image.collection == collection).collect()
    };
    let mut tables = Vec::new();
    for (collection, name, write) in [
        (NIH, "Data_Entry_2017.csv", nih as fn(&[&PlannedImage], &[&str]) -> Vec<u8>),
        (COHEN, "metadata.csv", cohen),
        (HANNOVER, "data.csv", hannover),
        (CXNET, "metadata.csv", cxnet),
    ] {
        let images = of(collection);
        if !images.is_empty() {
            let missing = plan.rows_without_files.iter().filter(|row| row.collection == collection);
            let missing: Vec<&str> = missing.map(|row| row.name.as_str()).collect();
            tables.push((format!("{collection}/{name}"), write(&images, &missing)));
        }
    }
    tables
}

fn name(image: &PlannedImage) -> &str {
    image.file.rsplit('/').next().unwrap_or(&image.file)
}

/// The patient as the table writes them: without the collection's name.
fn patient(image: &PlannedImage) -> &str {
    image
        .planted
        .patient
        .as_deref()
        .and_then(|patient| patient.split_once(':'))
        .map_or("", |(_, patient)| patient)
}

fn age(image: &PlannedImage) -> String {
    image.planted.age.map_or_else(String::new, |age| age.to_string())
}

fn sex(image: &PlannedImage) -> &str {
    image.planted.sex.as_deref().unwrap_or_default()
}

fn view(image: &PlannedImage) -> &'static str {
    if image.recipe.phantom.bedside { "AP" } else { "PA" }
}

/// The header's commas inside brackets are separators, and every row ends in one more.
fn nih(images: &[&PlannedImage], _: &[&str]) -> Vec<u8> {
    let header = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,\
                  OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],";
    let rows = images.iter().map(|image| {
        let finding = match (image.recipe.phantom.finding, image.recipe.phantom.film) {
            (Finding::None, _) => "No Finding",
            (_, 0) => "Pneumonia",
            _ => "Infiltration|Pneumonia",
        };
        let number = patient(image).trim_start_matches('0');
        let film = image.recipe.phantom.film;
        format!(
            "{},{finding},{film},{number},{},{},{},2500,2048,0.168,0.168,",
            name(image),
            age(image),
            sex(image),
            view(image)
        )
    });
    lines(header, rows)
}

/// The header of June 2020, which ends in a nameless column.
fn cohen(images: &[&PlannedImage], missing: &[&str]) -> Vec<u8> {
    const HEADER: &str = "patientid,offset,sex,age,finding,survival,intubated,intubation_present,went_icu,in_icu,\
                          needed_supplemental_O2,extubated,temperature,pO2_saturation,leukocyte_count,neutrophil_count,\
                          lymphocyte_count,view,modality,date,location,folder,filename,doi,url,license,clinical_notes,\
                          other_notes,";
    let row = |patient: &str, sex: &str, age: &str, finding: &str, view: &str, name: &str| {
        format!(
            "{patient},,{sex},{age},{finding},,,,,,,,,,,,,{view},X-ray,,\"Phantom town, nowhere\",images,{name},,,CC0,A drawing,,"
        )
    };
    let rows = images.iter().map(|image| {
        let finding = match image.recipe.phantom.finding {
            Finding::None => "No Finding",
            Finding::LobarOpacity => "Pneumonia",
            Finding::GroundGlass => "COVID-19",
        };
        row(patient(image), sex(image), &age(image), finding, view(image), name(image))
    });
    let missing = missing.iter().map(|name| row("9999", "", "", "COVID-19", "PA", name));
    lines(HEADER, rows.chain(missing))
}

fn hannover(images: &[&PlannedImage], _: &[&str]) -> Vec<u8> {
    const HEADER: &str = "patient_id,image_id,sex,age,size,weight,admission_offset,icu_admission_offset,\
                          icu_release_offset,death_offset,modality,projection,crp_offset,crp_val,d-dimer_offset,\
                          d-dimer_val,factor_xii_offset,factor_xii_val,ldh_offset,ldh_val,lymphocytes_offset,\
                          lymphocytes_val,neutrophils_offset,neutrophils_val,pco2_offset,pco2_val,po2_offset,po2_val";
    let rows = images.iter().map(|image| {
        let stem = name(image).trim_end_matches(".png");
        let (sex, view) = (sex(image).to_lowercase(), view(image).to_lowercase());
        let days = -i64::from(image.recipe.phantom.film) * 3;
        format!("{},{stem},{sex},,,,{days},inf,,-inf,CR,{view},,,,,,,,,,,,,,,,", patient(image))
    });
    lines(HEADER, rows)
}

/// A byte order mark, CR LF, and names that differ from the files'.
fn cxnet(images: &[&PlannedImage], missing: &[&str]) -> Vec<u8> {
    const HEADER: [&str; 23] = [
        "filename",
        "patient_id",
        "sex",
        "age",
        "view",
        "label",
        "pcr_test",
        "survival",
        "location",
        "admission_offset",
        "symptom_offset",
        "also_had_ct",
        "has_fever",
        "has_cough",
        "has_dyspnea",
        "has_diarrhea",
        "spo2",
        "other_symptoms",
        "medical_background",
        "opacification",
        "other",
        "is_bilateral",
        "url",
    ];
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
    // Writing into memory does not fail, and every row has as many fields as the header.
    let _ = writer.write_record(HEADER);
    for image in images.iter().filter(|image| !image.planted.defects.contains(&Defect::NoRow)) {
        let written = name(image);
        let written = if image.planted.defects.contains(&Defect::NameDiffers) {
            written.to_lowercase()
        } else {
            written.to_owned()
        };
        let sex = if sex(image) == "F" { "female" } else { "male" };
        let _ = writer.write_record([
            &written,
            patient(image),
            sex,
            &age(image),
            "",
            "COVID-19",
            "positive",
            "",
            "Nowhere",
            "",
            "",
            "",
            "1",
            "2",
            "0",
            "",
            "",
            "",
            "",
            "",
            "",
            "1",
            "",
        ]);
    }
    for name in missing {
        let mut row = [""; 23];
        (row[0], row[5]) = (name, "COVID-19");
        let _ = writer.write_record(row);
    }
    writer.into_inner().unwrap_or_default()
}

fn lines(header: &str, rows: impl Iterator<Item = String>) -> Vec<u8> {
    let mut text = format!("{header}\n");
    for row in rows {
        text.push_str(&row);
        text.push('\n');
    }
    text.into_bytes()
}
