//! Tests of collections that are read by descriptions.

use std::path::Path;

use super::*;
use crate::{
    ClassName, Presence, Sex, View,
    source::{Collection, Folder, description::Draft},
};

pub(super) fn read(description: &str, files: &[(&str, &str)]) -> Result<Collection, SourceError> {
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
    assert_eq!(
        collection.notes[0].oddity.to_string(),
        "class normal in an earlier table, but class TB in this row, so the film has no class; correct one of them"
    );
    assert_eq!(codes(&collection), [("no-such-film", Some(4))]);
}

#[test]
fn two_tables_that_disagree_are_told_with_row_file_and_both_values() {
    let description = "[[table]]\nfile = 'films.csv'\ncolumns = { file = 'f', patient = 'p', licence = 'l', date = 'd', sex = 's' }\n\
                       [[table]]\nfile = 'more.csv'\ncolumns = { file = 'f', patient = 'p', licence = 'l', date = 'd', sex = 's' }\n";
    let films = "f,p,l,d,s\na.png,1,CC0,2020-03-31,F\nb.png,2,,,\n";
    let more = "f,p,l,d,s\nb.png,2,CC0,2020-01-01,M\na.png,3,CC BY,2020-04-01,M\n";
    let collection =
        read(description, &[("films.csv", films), ("more.csv", more), ("a.png", ""), ("b.png", "")]).unwrap();
    let told: Vec<_> = collection
        .notes
        .iter()
        .map(|note| (note.table.as_deref(), note.row, note.file.as_deref(), note.oddity.to_string()))
        .collect();
    let of_a = |one: &str, other: &str| {
        let told = "in this row, which does not count; correct one of them";
        (Some("more.csv"), Some(3), Some("a.png"), format!("{one} in an earlier table, but {other} {told}"))
    };
    assert_eq!(
        told,
        [
            of_a("patient 1", "patient 3"),
            of_a("licence CC0", "licence CC BY"),
            of_a("date 2020-03-31", "date 2020-04-01"),
            of_a("sex female", "sex male"),
        ]
    );
    assert_eq!(collection.records[0].patient.as_ref().unwrap().name(), "1");
    assert_eq!(collection.records[1].licence.as_deref(), Some("CC0"));
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
        "in-memory/t.csv: no column is named \"c\"; name one of these in the description: f, d"
    );
    // A column of 10,000 different words is no column of classes, whether it is named or found by its name.
    let words: String = (0..10_000).map(|word| format!("{word}.png,word {word}\n")).collect();
    let message = error(&[("t.csv", &format!("f,c\n{words}"))]);
    assert!(message.contains("t.csv: the column \"c\" has more than 200 different words"), "{message}");
    let folder = Folder::in_memory([("cases.csv", format!("file,class\n{words}"))]);
    let draft = Draft::of_folder(&folder, || false).unwrap();
    assert!(draft.to_toml().contains("9950 rarer words are of no class"));
    let message = Described::new(draft.description, "clinic").read_folder(folder).unwrap_err().to_string();
    assert!(message.contains("cases.csv") && message.contains("[labels]"), "{message}");
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
fn covidx_as_it_is_described() {
    let collection = recognised(&[
        (
            "train_COVIDx_CXR-3A.txt",
            "19 1-s2.0-gr2.jpg COVID-19 cohen\n0b7a 0b7a.png normal rsna\n0c4c 0c4c.png pneumonia rsna\n",
        ),
        ("train_COVIDx_CXR-3B.txt", "19 1-s2.0-gr2.jpg positive cohen\n0c4c 0c4c.png negative rsna\n"),
        ("test_COVIDx_CXR-3A.txt", "419639-003251 MIDRC-RICORD-0.png COVID-19 ricord\n"),
        ("train/1-s2.0-gr2.jpg", ""),
        ("train/0b7a.png", ""),
        ("train/0c4c.png", ""),
        ("test/MIDRC-RICORD-0.png", ""),
    ]);
    assert_eq!(collection.source.as_str(), "covidx");
    assert_eq!((collection.exclusions.len(), collection.notes.len()), (0, 0), "{:?}", collection.notes);
    let said: Vec<_> = collection
        .records
        .iter()
        .map(|record| (record.patient.as_ref().unwrap().name(), record.class().unwrap().as_str()))
        .collect();
    let expected =
        [("419639-003251", "COVID-19"), ("0b7a", "normal"), ("0c4c", "pneumonia"), ("19", "COVID-19")];
    assert_eq!(said, expected);
    // The list of versions up to 5 has three columns; without a test list, the training list is enough.
    let files = [("train_COVIDx5.txt", "8 SARS-day9.jpeg pneumonia\n"), ("train/SARS-day9.jpeg", "")];
    assert_eq!(recognised(&files).records[0].class().unwrap(), "pneumonia");
}

#[test]
fn brixia_as_it_is_described() {
    // Preamble, transfer syntax, modality.
    let film =
        [&"\0".repeat(128), "DICM\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0", "\x08\0\x60\0CS\x02\0DX"]
            .concat();
    let collection = recognised(&[
        (
            "metadata_global_v2.csv",
            "\u{feff}Filename;BrixiaScore;BrixiaScoreGlobal;ConsensusTestset\n100.dcm;000000;0;0\n",
        ),
        ("dicom_clean/100.dcm", &film),
    ]);
    assert_eq!(collection.source.as_str(), "brixia");
    let record = &collection.records[0];
    assert_eq!((record.class().unwrap().as_str(), &record.patient), ("COVID-19", &None));
}

#[test]
fn the_tuberculosis_sets_of_the_national_library_as_they_are_described() {
    let collection = recognised(&[
        ("CXR_png/MCUCXR_0001_0.png", ""),
        ("CXR_png/MCUCXR_0104_1.png", ""),
        ("ClinicalReadings/MCUCXR_0001_0.txt", ""),
        ("ManualMask/leftMask/MCUCXR_0001_0.png", ""),
    ]);
    assert_eq!(collection.source.as_str(), "montgomery");
    let said: Vec<_> = collection
        .records
        .iter()
        .map(|record| (record.class().unwrap().as_str(), record.stated.to_string()))
        .collect();
    assert_eq!(said, [("normal", "12 bits".to_owned()), ("TB", "12 bits".to_owned())]);
    assert_eq!((codes(&collection), collection.other_files), (vec![], 2));

    let collection = recognised(&[
        ("CXR_png/CHNCXR_0001_0.png", ""),
        ("CXR_png/CHNCXR_0327_1.png", ""),
        ("mask/CHNCXR_0327_1_mask.png", ""),
    ]);
    assert_eq!((collection.source.as_str(), collection.records.len()), ("shenzhen", 2));
    assert_eq!(codes(&collection), [("mask", None)]);
    // A folder of that name alone is nothing.
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("CXR_png")).unwrap();
    std::fs::write(place.path().join("CXR_png/CHNCXR_0001_0.png"), "").unwrap();
    std::fs::write(place.path().join("CXR_png/other_1.png"), "").unwrap();
    assert!(crate::source::recognise(place.path()).unwrap().sources.is_empty());
}

#[test]
fn patterns_of_paths_give_classes() {
    let description = "[class_patterns]\n'*_1.png' = 'TB'\n'*_0.png' = 'normal'\n'old/**' = 'TB'\n'**/*_2.png' = 'normal'\n";
    let files = ["a_0.png", "b_1.png", "old/c_2.png", "old/d.png", "e.png"].map(|name| (name, ""));
    let collection = read(description, &files).unwrap();
    let classes: Vec<_> = collection
        .records
        .iter()
        .map(|record| (record.id.name(), record.class().unwrap().as_str(), record.label.provenance().name()))
        .collect();
    let expected = [("a_0.png", "normal"), ("b_1.png", "TB"), ("old/d.png", "TB")];
    assert_eq!(classes, expected.map(|(name, class)| (name, class, "folder")));
    assert_eq!(codes(&collection), [("outside-class-folders", None); 2]);
    // A table counts for more.
    let table =
        "\n[[table]]\nfile = 't.csv'\ncolumns = { file = 'f', class = 'c' }\n[class_patterns]\n'**' = 'TB'\n";
    let collection =
        read(table, &[("t.csv", "f,c\na.png,normal\nb.png,\n"), ("a.png", ""), ("b.png", "")]).unwrap();
    let classes: Vec<_> = collection.records.iter().map(|record| record.class().unwrap().as_str()).collect();
    assert_eq!(classes, ["normal", "TB"]);
    assert!(read("[class_patterns]\n'a**' = 'TB'\n", &[]).is_err());
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
