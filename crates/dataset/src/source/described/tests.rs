//! Tests of collections that are read by descriptions.

use std::path::Path;

use super::*;
use crate::{
    ClassName, Presence, Sex, View,
    source::{Collection, Folder, description::Draft},
};

fn read(description: &str, files: &[(&str, &str)]) -> Result<Collection, SourceError> {
    let description = Description::parse(description, Path::new("radiograph-source.toml"))?;
    let folder = Folder::in_memory(files.iter().map(|(name, text)| (*name, *text)));
    Described::new(description, "clinic").read_folder(folder)
}

fn drafted(files: &[(&str, &str)]) -> Collection {
    let folder = || Folder::in_memory(files.iter().map(|(name, text)| (*name, *text)));
    let draft = Draft::of_folder(&folder(), || false).unwrap();
    Described::new(draft.description, "clinic").read_folder(folder()).unwrap()
}

fn codes(collection: &Collection) -> Vec<(&'static str, Option<u64>)> {
    collection.exclusions.iter().map(|exclusion| (exclusion.reason.code(), exclusion.row)).collect()
}

#[test]
fn names_are_resolved_where_they_are_unambiguous() {
    let table = "file,class\n\
                 images\\a.png,normal\n\
                 B.PNG,normal\n\
                 c,normal\n\
                 sub/re\u{301}sume\u{301}.png,normal\n\
                 twice,normal\n\
                 nowhere.png,normal\n\
                 ../out.png,normal\n\
                 1.2.840.113,normal\n";
    let collection = drafted(&[
        ("cases.csv", table),
        ("images/a.png", ""),
        ("images/b.png", ""),
        ("images/c.jpeg", ""),
        ("images/sub/r\u{e9}sum\u{e9}.png", ""),
        ("one/twice.png", ""),
        ("two/twice.png", ""),
        ("x/1.2.840.113.png", ""),
        ("x/1.2.840.png", ""),
    ]);
    let files: Vec<&str> = collection.records.iter().map(|record| record.id.name()).collect();
    let odd: Vec<_> = collection.notes.iter().map(|note| (note.oddity.code(), note.row)).collect();
    assert_eq!(odd, [2, 3, 4, 5, 9].map(|row| ("name-differs", Some(row))));
    let expected = [
        "images/a.png",
        "images/b.png",
        "images/c.jpeg",
        "images/sub/r\u{e9}sum\u{e9}.png",
        "x/1.2.840.113.png",
    ];
    assert_eq!(files, expected);
    assert_eq!(
        codes(&collection),
        [
            ("ambiguous-name", Some(6)),
            ("row-without-file", Some(7)),
            ("name-leaves-folder", Some(8)),
            ("file-without-row", None),
            ("file-without-row", None),
            ("file-without-row", None),
        ]
    );
}

#[test]
fn every_role_is_read() {
    let table = "image,subject,label,projection,gender,age,license,link,augmented\n\
                 a.png,P1,COVID-19,LAT,F,060Y,CC0,http://x,0\n\
                 b.png,P1,follow-up,PA,x,300,,,yes\n";
    let collection = drafted(&[("t.tsv", &table.replace(',', "\t")), ("a.png", ""), ("b.png", "")]);
    let [first, second] = &collection.records[..] else { panic!("{:?}", collection.exclusions) };
    assert_eq!(first.class().unwrap(), "COVID-19");
    assert_eq!(
        (first.view, first.sex, first.age),
        (View::Lateral, Some(Sex::Female), Some(crate::Age::years(60)))
    );
    assert_eq!((first.licence.as_deref(), first.url.as_deref()), (Some("CC0"), Some("http://x")));
    assert!(second.origin.is_augmented() && !first.origin.is_augmented());
    assert_eq!(second.class().unwrap(), "follow-up");
    let odd: Vec<&str> = collection.notes.iter().map(|note| note.oddity.code()).collect();
    assert_eq!(odd, ["unknown-word", "impossible"]);
    assert_eq!((collection.rows, collection.other_files), (2, 1));
}

#[test]
fn patients_may_belong_to_another_collection() {
    let description = "patients = 'nih'\nlicence = 'CC0'\n[[table]]\nfile = 't.csv'\ncolumns = { file = 'f', patient = 'p' }\n";
    let collection = read(description, &[("t.csv", "f,p\na.png,7\n"), ("a.png", "")]).unwrap();
    assert_eq!(collection.records[0].patient.as_ref().unwrap().to_string(), "nih:7");
    assert_eq!(collection.records[0].licence.as_deref(), Some("CC0"));
}

#[test]
fn a_second_table_fills_in_what_the_first_leaves_open() {
    let description = "[[table]]\nfile = 'films.csv'\ncolumns = { file = 'f', patient = 'p', class = 'c' }\n\
                       [[table]]\nfile = 'people.csv'\ncolumns = { patient = 'p', sex = 's', class = 'c' }\n";
    let files = [
        ("films.csv", "f,p,c\na.png,1,\nb.png,1,normal\nc.png,2,normal\n"),
        ("people.csv", "p,s,c\n1,M,normal\n2,F,TB\n3,F,TB\n"),
        ("a.png", ""),
        ("b.png", ""),
        ("c.png", ""),
    ];
    let collection = read(description, &files).unwrap();
    let facts: Vec<_> =
        collection.records.iter().map(|record| (record.sex, record.class().cloned())).collect();
    let normal = Some("normal".into());
    assert_eq!(
        facts,
        [(Some(Sex::Male), normal.clone()), (Some(Sex::Male), normal), (Some(Sex::Female), None)]
    );
    assert_eq!(collection.notes[0].oddity.to_string(), "class normal, but class TB");
    assert_eq!(codes(&collection), [("no-such-film", Some(4))]);
}

#[test]
fn a_film_that_two_tables_dispute_stays_of_no_class() {
    let description = "[[table]]\nfile = 'films.csv'\ncolumns = { file = 'f', patient = 'p', class = 'c' }\n\
                       [[table]]\nfile = 'people.csv'\ncolumns = { patient = 'p', class = 'c' }\n";
    let files =
        [("films.csv", "f,p,c\na.png,1,normal\n"), ("people.csv", "p,c\n1,TB\n1,TB\n"), ("a.png", "")];
    assert_eq!(read(description, &files).unwrap().records[0].class(), None);
}

#[test]
fn columns_of_zero_and_one_tell_classes() {
    let description = "uncertain = 'absent'\n[[table]]\nfile = 't.csv'\ncolumns = { file = 'Path' }\n\
                       class_columns = { 'Pneumonia' = 'pneumonia', 'No Finding' = 'normal' }\n";
    let table = "Path,No Finding,Pneumonia\na.png,1.0,\nb.png,,1.0\nc.png,,-1\nd.png,7,1\n";
    let films = ["a.png", "b.png", "c.png", "d.png"].map(|name| (name, ""));
    let collection = read(description, &[&[("t.csv", table)], &films[..]].concat()).unwrap();
    let classes: Vec<_> =
        collection.records.iter().map(|record| record.class().map(ClassName::as_str)).collect();
    assert_eq!(classes, [Some("normal"), Some("pneumonia"), None, None]);
    assert_eq!(collection.records[2].label.presence("pneumonia"), Presence::Absent);
    assert_eq!(collection.notes[0].oddity.code(), "unknown-word");
}

#[test]
fn patterns_tell_other_files_and_exclusions() {
    let description = "other_files = ['**/masks/*']\nexclude = ['old/**']\nclass_folders = true\n\
                       [labels]\nTB = 'tuberculosis'\nCLEAR = 'normal'\n";
    let files =
        ["tb/1.png", "tb/masks/1.png", "old/tb/2.png", "clear/3.png", "else/4.png"].map(|name| (name, ""));
    let collection = read(description, &files).unwrap();
    let classes: Vec<_> = collection.records.iter().map(|record| record.class().unwrap().as_str()).collect();
    assert_eq!(classes, ["normal", "tuberculosis"]);
    assert_eq!(codes(&collection), [("excluded-by-pattern", None), ("outside-class-folders", None)]);
    assert_eq!(collection.other_files, 1);
}

#[test]
fn a_description_that_does_not_fit_its_tables_is_one_sentence() {
    let table = "[[table]]\nfile = 't.csv'\ncolumns = { file = 'f', class = 'c' }\n";
    let error = |files: &[(&str, &str)]| read(table, files).unwrap_err().to_string();
    assert_eq!(
        error(&[("u.csv", "f\n")]),
        "in-memory: no table fits \"t.csv\"; correct `table.file` in the description"
    );
    assert_eq!(
        error(&[("t.csv", "f,d\n")]),
        "in-memory/t.csv: no column is named \"c\"; its columns are f, d"
    );
    let many: String = (0..300).map(|word| format!("{word}.png,word {word}\n")).collect();
    assert!(error(&[("t.csv", &format!("f,c\n{many}"))]).contains("more than 200 different words"));
}

#[test]
fn one_file_of_many_patients_is_left_out() {
    let rows: String = (0..1000).map(|patient| format!("a.png,{patient},normal\n")).collect();
    let table = format!("file,patient,class\n{rows}b.png,1,normal\nb.png,2,normal\n");
    let collection = drafted(&[("t.csv", &table), ("a.png", ""), ("b.png", "")]);
    assert_eq!(collection.records.len(), 1);
    assert_eq!(collection.records[0].patient.as_ref().unwrap().name(), "1+2");
    assert!(codes(&collection).iter().any(|(code, _)| *code == "many-patients"));
}

#[test]
fn patients_of_two_sexes_and_of_many_films_are_remarked_on() {
    let mut table = "file,patient,sex,class\n".to_owned();
    let names: Vec<String> = (0..101).map(|number| format!("{number}.png")).collect();
    for (number, name) in names.iter().enumerate() {
        table.push_str(&format!("{name},0,{},normal\n", if number == 3 { "F" } else { "M" }));
    }
    let films = names.iter().map(|name| (name.as_str(), ""));
    let files: Vec<(&str, &str)> = std::iter::once(("t.csv", table.as_str())).chain(films).collect();
    let codes: Vec<&str> = drafted(&files).notes.iter().map(|note| note.oddity.code()).collect();
    assert_eq!(codes, ["patient-of-two-sexes", "patient-of-many-films"]);
}

/// A collection of a shipped description whose tables are not at hand, in the layout that others describe.
fn recognised(files: &[(&str, &str)]) -> Collection {
    let place = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let recognised = crate::source::recognise(place.path()).unwrap();
    assert_eq!(recognised.sources.len(), 1, "{:?}", recognised.left_out().collect::<Vec<_>>());
    recognised.sources[0].read().unwrap()
}

#[test]
fn mimic_as_it_is_described() {
    let collection = recognised(&[
        (
            "mimic-cxr-2.0.0-metadata.csv",
            "dicom_id,subject_id,study_id,ViewPosition\n02aa-1,10000032,50414267,PA\n02aa-2,10000032,50414267,LATERAL\n\
             17ff,10000764,57375967,AP\n",
        ),
        (
            "mimic-cxr-2.0.0-chexpert.csv",
            "subject_id,study_id,No Finding,Pneumonia\n10000032,50414267,1.0,\n10000764,57375967,,-1.0\n",
        ),
        ("files/p10/p10000032/s50414267/02aa-1.jpg", ""),
        ("files/p10/p10000032/s50414267/02aa-2.jpg", ""),
        ("files/p10/p10000764/s57375967/17ff.jpg", ""),
    ]);
    assert_eq!(collection.source.as_str(), "mimic-cxr-jpg");
    let said: Vec<_> = collection
        .records
        .iter()
        .map(|record| {
            let patient = record.patient.as_ref().unwrap().name();
            (patient, record.view, record.class().map(ClassName::as_str))
        })
        .collect();
    let expected = [
        ("10000032", View::Pa, Some("normal")),
        ("10000032", View::Lateral, Some("normal")),
        ("10000764", View::Ap, None),
    ];
    assert_eq!(said, expected);
}

#[test]
fn brax_as_it_is_described() {
    let path = "images/id_0a/Study_1/Series_1/image-1.png";
    let row = format!("images/x.dcm,{path},p7,F,85 or more,PA,,1.0");
    let header = "DicomPath,PngPath,PatientID,PatientSex,PatientAge,ViewPosition,No Finding,Pneumonia";
    let collection =
        recognised(&[("master_spreadsheet_update.csv", &format!("{header}\n{row}\n")), (path, "")]);
    let record = &collection.records[0];
    assert_eq!(record.class().unwrap(), "pneumonia");
    assert_eq!((record.view, record.age.unwrap().to_string()), (View::Pa, "85+".to_owned()));
}

#[test]
fn every_other_word_and_several_rows_of_a_film() {
    let table = "image,finding\na.png,none\na.png,none\nb.png,none\nb.png,nodule\nc.png,mass\n";
    let collection = read(
        r#"
            [[table]]
            file = "t.csv"
            several_rows = "findings"
            columns = { file = "image", class = "finding" }
            [labels]
            "none" = "normal"
            "*" = "other"
        "#,
        &[("t.csv", table), ("a.png", ""), ("b.png", ""), ("c.png", "")],
    )
    .unwrap();
    let classes: Vec<_> =
        collection.records.iter().map(|record| record.class().map(ClassName::as_str)).collect();
    assert_eq!(classes, [Some("normal"), None, Some("other")]);
    assert_eq!(codes(&collection), []);
}

#[test]
fn patients_in_paths_and_patients_that_are_no_persons() {
    let table = "image,class\nin/p1/s1/a.png,normal\np2/s1/a.png,normal\nb.png,normal\n";
    let files = [("t.csv", table), ("p1/s1/a.png", ""), ("p2/s1/a.png", ""), ("b.png", "")];
    let columns = "[[table]]\nfile = 't.csv'\ncolumns = { file = 'image', class = 'class' }";
    let collection = read(&format!("patient_from_path = '{{patient}}/*/*'\n{columns}"), &files).unwrap();
    let patients: Vec<_> = collection
        .records
        .iter()
        .map(|record| record.patient.as_ref().map(|patient| patient.name().to_owned()))
        .collect();
    assert_eq!(patients, [None, Some("p1".to_owned()), Some("p2".to_owned())]);
    for wrong in ["*/*", "{patient}/{patient}", "p{patient}/*"] {
        let message =
            read(&format!("patient_from_path = '{wrong}'\n{columns}"), &files).unwrap_err().to_string();
        assert!(message.contains("{patient} once"), "{message}");
    }

    let table = "image,class,patient\nb.png,normal,7\n";
    let columns =
        "[[table]]\nfile = 't.csv'\ncolumns = { file = 'image', class = 'class', patient = 'patient' }";
    let files = [("t.csv", table), ("b.png", "")];
    let collection = read(&format!("patients_unknown = true\n{columns}"), &files).unwrap();
    assert_eq!(collection.records[0].patient, None);
}

#[test]
fn an_unknown_word_is_told_once_with_its_number_of_rows() {
    let rows: String = (0..50).map(|number| format!("{number}.png,odd\n")).collect();
    let collection = read(
        "[[table]]\nfile = 't.csv'\ncolumns = { file = 'image', class = 'class' }\n[labels]\n'even' = 'normal'",
        &[("t.csv", &format!("image,class\n{rows}")), ("0.png", "")],
    )
    .unwrap();
    let notes: Vec<String> = collection.notes.iter().map(|note| note.oddity.to_string()).collect();
    // Only one of the rows has a film.
    assert_eq!(notes, ["class \"odd\" is not a known word"]);

    let films: Vec<(String, &str)> = (0..50).map(|number| (format!("{number}.png"), "")).collect();
    let table = ("t.csv".to_owned(), format!("image,class\n{rows}"));
    let files: Vec<(&str, &str)> = films
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .chain([(table.0.as_str(), table.1.as_str())])
        .collect();
    let collection = read(
        "[[table]]\nfile = 't.csv'\ncolumns = { file = 'image', class = 'class' }\n[labels]\n'even' = 'normal'",
        &files,
    )
    .unwrap();
    assert_eq!(collection.notes.len(), 1);
    assert_eq!(collection.notes[0].row, Some(2));
    assert!(collection.notes[0].oddity.to_string().ends_with("(50 rows)"));
}
