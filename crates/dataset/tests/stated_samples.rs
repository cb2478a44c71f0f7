//! Converted films of which only a table says that they are negatives of 12 bits: the search and `verify` see the film that
//! everybody else is shown.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{fs, path::Path};

use radiograph_classes::Classes;
use radiograph_dataset::{
    identifiers::Identifiers,
    prepare::{Gathered, Prepared, gather, prepare},
    recipe::Recipe,
    source::recognise,
    verify::{Difference, Films, verify},
};
use radiograph_image::{Picture, Samples, encode_png};
use radiograph_phantoms::{Finding, Phantom};
use radiograph_same_picture::{Search, find};

const SIDE: u32 = 96;
const PATIENTS: u32 = 12;
const CLASSES: [&str; 2] = ["TB", "normal"];

fn gray(patient: u32) -> Vec<u16> {
    let finding = Finding::ALL[patient as usize % 3];
    let drawn = Phantom { seed: 3, patient, film: 0, finding, bedside: false }.draw(SIDE).picture;
    let Samples::Gray16(values) = drawn.into_samples() else { panic!("phantoms have 16 bits") };
    values
}

/// A PNG file as a conversion makes it: the 12 bits that a DICOM file stored, in samples of 16, black and white exchanged.
fn negative_of_12_bits(patient: u32) -> Vec<u8> {
    let stored = gray(patient).into_iter().map(|value| 4095 - (value >> 4)).collect();
    encode_png(&Picture::new(SIDE, SIDE, Samples::Gray16(stored)).unwrap()).unwrap()
}

/// The same film as a viewer saves it.
fn as_shown(patient: u32) -> Vec<u8> {
    let values = gray(patient).into_iter().map(|value| (value >> 8) as u8).collect();
    encode_png(&Picture::new(SIDE, SIDE, Samples::Gray8(values)).unwrap()).unwrap()
}

/// `south` holds the negatives, with a table that says so. `north` has patient 0 of `south` as a viewer saves it, and the file
/// of patient 1 under another statement.
fn hospitals(root: &Path) {
    let write = |name: &str, patients: std::ops::Range<u32>, film: &dyn Fn(u32) -> Vec<u8>| {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        let mut table = "file,patient,class,interpretation\n".to_owned();
        for patient in patients {
            fs::write(folder.join(format!("{patient}.png")), film(patient)).unwrap();
            let interpretation = if name == "south" { "MONOCHROME1" } else { "" };
            let class = CLASSES[patient as usize % 2];
            table += &format!("{patient}.png,P{patient},{class},{interpretation}\n");
        }
        fs::write(folder.join("films.csv"), table).unwrap();
    };
    write("south", 0..PATIENTS, &negative_of_12_bits);
    write("north", 0..2, &|patient| match patient {
        0 => as_shown(patient),
        _ => negative_of_12_bits(patient),
    });
    let description = "bits = 12\n[[table]]\nfile = 'films.csv'\ncolumns = { file = 'file', patient = 'patient', class = 'class', \
                       photometric_interpretation = 'interpretation' }\n";
    fs::write(root.join("south/radiograph-source.toml"), description).unwrap();
}

fn recipe() -> Recipe {
    Recipe::trustworthy(Classes::new(CLASSES).unwrap())
}

fn read(root: &Path) -> Gathered {
    gather(&recognise(root).unwrap().sources, &recipe(), &Identifiers::Kept, &|_| ()).unwrap()
}

#[test]
fn a_negative_that_a_table_tells_matches_the_film_it_is_of() {
    let place = tempfile::tempdir().unwrap();
    hospitals(place.path());
    let gathered = read(place.path());
    let names: Vec<String> =
        gathered.candidates.iter().map(|candidate| candidate.record.id.to_string()).collect();
    let prints: Vec<_> = gathered.fingerprints.into_iter().map(Option::unwrap).collect();
    let mut found: Vec<(&str, &str, &str)> = find(&prints, &Search::default())
        .unwrap()
        .iter()
        .map(|pair| (names[pair.first].as_str(), names[pair.second].as_str(), pair.evidence.kind()))
        .collect();
    found.sort_unstable();
    // Without the statement the first pair would be a negative, told by its relief alone.
    assert_eq!(
        found,
        [("north:0.png", "south:0.png", "whole-image"), ("north:1.png", "south:1.png", "same-bytes"),]
    );
}

/// Lossless copies whose tables disagree hold the same pixels, and shown they are each other's negatives.
#[test]
fn the_hash_of_pixels_is_of_what_the_files_hold() {
    let place = tempfile::tempdir().unwrap();
    hospitals(place.path());
    let compressed_anew = {
        let file = place.path().join("south/1.png");
        let mut bytes = fs::read(&file).unwrap();
        // A text chunk before the end: the bytes differ, and the pixels do not.
        let end = bytes.split_off(bytes.len() - 12);
        bytes.extend(b"\0\0\0\x02tEXta\0\x99\xa4\xf0\xe2");
        let body = bytes.len() - 4;
        let sum = crc(&bytes[body - 6..body]);
        bytes.truncate(body);
        bytes.extend(sum.to_be_bytes());
        bytes.extend(end);
        bytes
    };
    fs::write(place.path().join("north/1.png"), compressed_anew).unwrap();
    let gathered = read(place.path());
    let prints: Vec<_> = gathered.fingerprints.into_iter().map(Option::unwrap).collect();
    let position = |name: &str| {
        gathered.candidates.iter().position(|candidate| candidate.record.id.to_string() == name).unwrap()
    };
    let (north, south) = (&prints[position("north:1.png")], &prints[position("south:1.png")]);
    assert_ne!(north.content(), south.content());
    assert_eq!(north.pixels(), south.pixels());
    assert_ne!(north.whole(None), south.whole(None));
}

/// CRC-32 of PNG (W3C PNG, annex D).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, &byte| {
        (0..8).fold(
            sum ^ u32::from(byte),
            |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 },
        )
    })
}

#[test]
fn a_manifest_with_statements_verifies_and_an_edited_statement_does_not() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    hospitals(&data);
    let mut recipe = recipe();
    recipe.split.folds = 2;
    let out = place.path().join("out");
    let sources = recognise(&data).unwrap().sources;
    let prepared = prepare(&data, &sources, &recipe, &Identifiers::Kept, 7, &|_| ()).unwrap();
    prepared.write(&out).unwrap();
    let found = verify(&out, Films::Recorded, &|_| ()).unwrap();
    assert!(found.differences.is_empty(), "{:?}", found.differences);

    let path = out.join(Prepared::MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches("12 bits MONOCHROME1").count(), PATIENTS as usize);
    fs::write(&path, text.replacen("12 bits MONOCHROME1", "12 bits", 1)).unwrap();
    let found = verify(&out, Films::Recorded, &|_| ()).unwrap();
    assert!(found.differences.iter().any(|difference| matches!(difference, Difference::Manifest { .. })));
}
