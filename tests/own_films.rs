//! Tests the way of a user's own films: a tree of DICOM files with a table of reports, from the description to the report, with
//! two classes and with six; and that a leak planted across two series of a patient is found.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use radiograph::{Config, Pipeline, Progress};
use radiograph_classes::Classes;
use radiograph_dataset::{
    certificate::LeakKind,
    manifest::{Manifest, Place},
    source::draft,
    verify::{Difference, Films, verify},
};
use radiograph_image::Samples;
use radiograph_phantoms::{Finding, Phantom};

/// Side of the films.
const SIDE: u32 = 96;

/// A DICOM file in explicit VR little endian (PS3.5, 7.1.2) with a drawn film of 16 bits.
fn film(patient: u32, film: u32, accession: &str) -> Vec<u8> {
    let finding = Finding::ALL[patient as usize % 3];
    let drawn = Phantom { seed: 11, patient, film, finding, bedside: false }.draw(SIDE).picture;
    let Samples::Gray16(pixels) = drawn.samples() else { panic!("phantoms have 16 bits") };
    let pixels: Vec<u8> = pixels.iter().flat_map(|gray| gray.to_le_bytes()).collect();
    let text = |group: u16, element: u16, kind: &str, value: &str| {
        let value = if value.len() % 2 == 1 { format!("{value} ") } else { value.to_owned() };
        let tag = [group.to_le_bytes(), element.to_le_bytes()].concat();
        [&tag[..], kind.as_bytes(), &(value.len() as u16).to_le_bytes(), value.as_bytes()].concat()
    };
    let number = |group: u16, element: u16, value: u16| {
        let tag = [group.to_le_bytes(), element.to_le_bytes()].concat();
        [&tag[..], b"US\x02\0", &value.to_le_bytes()].concat()
    };
    [
        vec![0; 128],
        b"DICM".to_vec(),
        text(2, 0x10, "UI", "1.2.840.10008.1.2.1\0"),
        text(0x08, 0x50, "SH", accession),
        text(0x08, 0x60, "CS", "DX"),
        text(0x10, 0x20, "LO", &format!("Doe-{patient}")),
        text(0x18, 0x15, "CS", "CHEST"),
        text(0x18, 0x5101, "CS", "PA"),
        number(0x28, 0x02, 1),
        text(0x28, 0x04, "CS", "MONOCHROME2"),
        number(0x28, 0x10, SIDE as u16),
        number(0x28, 0x11, SIDE as u16),
        number(0x28, 0x100, 16),
        number(0x28, 0x101, 16),
        number(0x28, 0x102, 15),
        number(0x28, 0x103, 0),
        [&b"\xE0\x7F\x10\0OW\0\0"[..], &(pixels.len() as u32).to_le_bytes(), &pixels].concat(),
    ]
    .concat()
}

/// patient/series/film of `patients` with two series, and `reports.csv` with the accession number and the words of each report.
fn archive(root: &Path, patients: u32, words: &[&str]) {
    let mut reports = "Accession;Report\n".to_owned();
    for patient in 0..patients {
        for series in 0..2 {
            let accession = format!("A{patient:03}{series}");
            let folder = root.join(format!("pat{patient}/series{series}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("IM0001"), film(patient, series, &accession)).unwrap();
            reports += &format!("{accession};{}\n", words[patient as usize % words.len()]);
        }
    }
    fs::write(root.join("reports.csv"), reports).unwrap();
}

/// Runs everything into the folder `run` beside the archive.
fn run(archive: &Path, classes: &[&str]) -> PathBuf {
    let place = archive.parent().unwrap();
    let key = place.join("key");
    fs::write(&key, "1".repeat(64)).unwrap();
    let classes: Vec<String> = classes.iter().map(|class| format!("'{class}'")).collect();
    let settings = format!(
        "
        backbones = ['densenet121']
        weights.densenet121 = 'random:1'
        data = {{ folder = '{}', key_file = '{}', classes = [{}], test_share = 0.4, search_crops = false }}
        input.size = 64
        training = {{ epochs = 1, folds = 2, batch_size = 8 }}
        head.layers.densenet121 = {{ units = 4, dense = [4] }}
        evaluation = {{ bootstrap_replicates = 100, permutations = 100 }}
        explanation.images_per_class = 0
        ",
        archive.display(),
        key.display(),
        classes.join(", ")
    );
    let config = Config::resolve(Some(&settings), &[]).unwrap();
    let run = place.join("run");
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    Pipeline::open(config, &run, &mut watch).unwrap().run().unwrap();
    run
}

#[test]
fn two_classes_of_a_dicom_tree_reach_the_report_with_one_edit_of_the_draft() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("archive");
    archive(&root, 24, &["old tuberculosis", "clear", "Old  Tuberculosis"]);

    // The draft knows the column of accession numbers and guesses that of the classes; the user says what its words mean.
    let drafted = draft(&root).unwrap().unwrap();
    let text = drafted.description.to_toml();
    assert!(
        text.contains("accession_number = \"Accession\"") && text.contains("class = \"Report\""),
        "{text}"
    );
    let mut edited = drafted.description;
    edited.labels = [("old tuberculosis", "TB"), ("clear", "normal")]
        .map(|(word, class)| (word.to_owned(), class.to_owned()))
        .into();
    fs::write(root.join("radiograph-source.toml"), edited.to_toml()).unwrap();

    let run = run(&root, &["TB", "normal"]);
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    for words in ["TB", "normal", "confusion"] {
        assert!(report.contains(words), "{words}");
    }
    assert!(!report.contains("Doe-"), "a patient is named");
    let verified = verify(&run, Films::Recorded, &|_| ()).unwrap();
    assert!(verified.differences.is_empty(), "{:?}", verified.differences);
    assert_eq!(verified.certificate.train_to_test.shared_patients, 0);

    // One series of a tested patient is moved into training: the other one gives the patient away.
    let path = run.join("manifest.csv");
    let classes = Classes::new(["TB", "normal"]).unwrap();
    let mut rows = Manifest::read_of(&path, &classes).unwrap().rows().to_vec();
    // Balancing may have left out one of the two.
    let tested: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].place == Place::Test).collect();
    let films_of = |at: usize| tested.iter().filter(|&&one| rows[one].patient == rows[at].patient).count();
    let moved = *tested.iter().find(|&&at| films_of(at) == 2).unwrap();
    rows[moved].place = Place::Train { fold: Some(1), validates: true };
    Manifest::new(rows).unwrap().write(&path).unwrap();
    let differences = verify(&run, Films::Recorded, &|_| ()).unwrap().differences;
    let leaks = differences
        .iter()
        .filter(|difference| matches!(difference, Difference::Leak { shared: LeakKind::Patient, .. }));
    assert!(leaks.count() > 0, "{differences:?}");
}

#[test]
fn six_classes_reach_the_report() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("archive");
    let classes = ["atelectasis", "effusion", "mass", "nodule", "pneumothorax", "normal"];
    archive(&root, 48, &classes);
    // With a column called "diagnosis" no description is needed.
    let table = fs::read_to_string(root.join("reports.csv")).unwrap();
    fs::write(root.join("reports.csv"), table.replace("Report", "Diagnosis")).unwrap();

    let run = run(&root, &classes);
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    for class in classes {
        assert!(report.contains(class), "{class}");
    }
    let manifest = Manifest::read_of(&run.join("manifest.csv"), &Classes::new(classes).unwrap()).unwrap();
    assert_eq!(manifest.rows().len(), 96);
}
