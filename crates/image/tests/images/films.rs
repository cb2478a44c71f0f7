//! Films as devices and archives write them (`films/generate.py`): shown as every viewer shows them, or refused by name.

use std::{collections::HashMap, fs, path::Path};

use radiograph_image::{DicomHeader, ImageFormat, Limits, SNIFF_BYTES, Samples, decode, decode_noted};
use serde::Deserialize;

#[derive(Deserialize)]
struct Films {
    rows: u32,
    columns: u32,
    /// What a viewer shows, in 16 bits.
    pictures: HashMap<String, Vec<i64>>,
    cases: Vec<Case>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    picture: String,
    /// Words of each note.
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct Refused {
    file: String,
    words: Vec<String>,
}

fn films() -> Films {
    let text = fs::read_to_string(folder().join("films.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/films")
}

#[test]
fn golden_films_are_shown_as_viewers_show_them() {
    let films = films();
    let mut wrong = Vec::new();
    for case in &films.cases {
        let bytes = fs::read(folder().join(&case.file)).unwrap();
        assert_eq!(ImageFormat::of_content(&bytes[..SNIFF_BYTES]), Some(ImageFormat::Dicom), "{}", case.file);
        let decoded = match decode_noted(&bytes, &Limits::default()) {
            Ok(decoded) => decoded,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.file));
                continue;
            }
        };
        assert_eq!((decoded.picture.width(), decoded.picture.height()), (films.columns, films.rows));
        let Samples::Gray16(shown) = decoded.picture.samples() else { panic!("{}: not 16 bits", case.file) };
        let expected = &films.pictures[&case.picture];
        let worst =
            shown.iter().zip(expected).map(|(shown, expected)| (i64::from(*shown) - expected).abs()).max();
        if worst > Some(1) {
            wrong.push(format!("{}: off by {worst:?}", case.file));
        }
        let notes: Vec<String> = decoded.notes.iter().map(ToString::to_string).collect();
        let each_said = case.notes.iter().all(|words| notes.iter().any(|note| note.contains(words)));
        let none_more = notes.iter().all(|note| case.notes.iter().any(|words| note.contains(words)));
        if !each_said || !none_more {
            wrong.push(format!("{}: notes {notes:?} instead of {:?}", case.file, case.notes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(films.cases.len(), 102, "films");
}

#[test]
fn golden_films_that_are_refused_say_why() {
    let films = films();
    for case in &films.refused {
        let bytes = fs::read(folder().join(&case.file)).unwrap();
        let error = decode(&bytes, &Limits::default()).unwrap_err().to_string();
        for words in &case.words {
            assert!(error.contains(words), "{}: {error} does not say {words:?}", case.file);
        }
    }
    assert_eq!(films.refused.len(), 12, "films");
}

/// The header is read from every film whose pixels are, and says the same in each.
#[test]
fn golden_films_name_their_patient() {
    let films = films();
    for case in films.cases.iter().filter(|case| case.file != "bare-without-group-8.dcm") {
        let header = DicomHeader::of_bytes(&fs::read(folder().join(&case.file)).unwrap()).unwrap();
        assert_eq!(header.patient.as_deref(), Some("P1"), "{}", case.file);
        assert_eq!(header.modality.as_deref(), Some("CR"), "{}", case.file);
    }
}
