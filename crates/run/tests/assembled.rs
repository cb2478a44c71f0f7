//! Tests the stage `assemble` on phantoms: its files, when it runs again, and the results that its revision pins.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, ops::ControlFlow, path::Path};

use radiograph_dataset::{
    Label, Provenance, SourceName, View,
    source::{CollectionReader, Source, SourceError},
};
use radiograph_files::ContentHash;
use radiograph_image::encode_png;
use radiograph_phantoms::{Finding, Phantom, collection::Collections};
use radiograph_run::{Config, Error, Progress, Run, Stage};

/// Draws films with the same names and contents on every machine; only modification times differ.
fn phantoms(folder: &Path) {
    Collections { patients: 40, seed: 3, side: 64 }.write(folder, |_, _| {}).unwrap();
}

/// Settings with a key of pseudonyms that is the same on every machine.
fn config(folder: &Path) -> Config {
    let mut config = Config::resolve(Some("training.folds = 2"), &[]).unwrap();
    config.data.folder = folder.to_owned();
    let key = folder.parent().unwrap().join("key");
    fs::write(&key, "1".repeat(64)).unwrap();
    config.data.key_file = Some(key);
    config
}

/// Runs the stage and returns its events as text.
fn assemble(config: &Config, run: &Path) -> Result<Vec<String>, Error> {
    let mut events = Vec::new();
    let mut watch = |progress: Progress<'_>| {
        match progress {
            Progress::Started { stage, .. } => events.push(format!("started {stage}")),
            Progress::AlreadyDone { stage, .. } => events.push(format!("done {stage}")),
            _ => {}
        }
        ControlFlow::Continue(())
    };
    Run::open(config.clone(), run, &mut watch)?.assemble()?;
    Ok(events)
}

#[test]
fn assembling_again_does_nothing_until_data_or_output_change() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let (data, run) = (place.path().join("collections"), place.path().join("run"));
    let config = config(&data);
    assert_eq!(assemble(&config, &run).unwrap(), ["started assemble"]);
    assert_eq!(assemble(&config, &run).unwrap(), ["done assemble"]);
    let manifest = fs::read(run.join("manifest.csv")).unwrap();

    fs::write(run.join("manifest.csv"), "edited").unwrap();
    assert_eq!(assemble(&config, &run).unwrap(), ["started assemble"]);
    assert!(fs::read(run.join("manifest.csv")).unwrap() == manifest, "the edit is still there");

    fs::write(data.join("notes.txt"), "a new file").unwrap();
    assert_eq!(assemble(&config, &run).unwrap(), ["started assemble"]);
}

#[test]
fn a_missing_folder_is_named_before_a_run_folder_is_made() {
    let place = tempfile::tempdir().unwrap();
    let run = place.path().join("run");
    let error = assemble(&config(&place.path().join("typo")), &run).unwrap_err();
    assert!(matches!(&error, Error::Config { key, .. } if key == "data.folder"), "{error}");
    assert!(error.to_string().contains("typo") && !run.exists(), "{error}");
}

#[test]
#[cfg(unix)]
fn a_linked_collection_is_named_even_if_nothing_else_is_found() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let data = place.path().join("links");
    fs::create_dir(&data).unwrap();
    let real = fs::read_dir(place.path().join("collections")).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        path.is_dir().then_some(path)
    });
    std::os::unix::fs::symlink(real.unwrap(), data.join("linked")).unwrap();
    let error = assemble(&config(&data), &place.path().join("run")).unwrap_err();
    assert!(matches!(error, Error::NoImage { .. }), "{error}");
    assert!(error.to_string().contains("linked: a linked folder; give its target"), "{error}");
}

#[test]
fn more_folds_than_patients_name_the_setting_and_how_many_are_possible() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let mut config = config(&place.path().join("collections"));
    config.training.folds = 60;
    let error = assemble(&config, &place.path().join("run")).unwrap_err();
    assert!(matches!(&error, Error::Config { key, .. } if key == "training.folds"), "{error}");
    let told = error.to_string();
    assert!(told.contains("the test part and 60 folds need one each, 61 in all; ask for at most "), "{told}");
    let most: usize = told.split("at most ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((2..60).contains(&most), "{told}");
    config.training.folds = most;
    assert_eq!(assemble(&config, &place.path().join("possible")).unwrap(), ["started assemble"]);
    config.training.folds = most + 1;
    assert!(assemble(&config, &place.path().join("impossible")).is_err());
}

#[test]
fn stages_name_the_stage_that_must_run_first() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let config = config(&place.path().join("collections"));
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let mut run = Run::open(config, &place.path().join("run"), &mut watch).unwrap();
    for result in [run.evaluate().map(drop), run.report().map(drop)] {
        assert!(matches!(result, Err(Error::Missing { stage: Stage::Assemble, .. })), "{result:?}");
    }
    run.assemble().unwrap();
    let error = run.evaluate().unwrap_err();
    assert!(matches!(error, Error::Missing { stage: Stage::Train, .. }), "{error}");
    let error = run.report().unwrap_err();
    assert!(matches!(error, Error::Missing { stage: Stage::Evaluate, .. }), "{error}");
}

/// A layout that no description knows: the class is the first letter of the file's name, the patient the rest.
struct Letters(std::path::PathBuf);

impl Source for Letters {
    fn name(&self) -> SourceName {
        SourceName::new("letters").unwrap()
    }

    fn root(&self) -> &Path {
        &self.0
    }

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let files: Vec<String> = reader.folder().files().map(str::to_owned).collect();
        for file in files {
            let mut record = reader.record_of_file("", &file);
            let class = if file.starts_with('a') { "ill" } else { "well" };
            record.label = Label::of(class, Provenance::Folder, class);
            record.patient = reader.patient(&file[1..file.len() - 4]);
            record.view = View::Pa;
            reader.add(record);
        }
        Ok(())
    }
}

#[test]
fn a_source_written_in_rust_is_read_in_place_of_recognised_collections() {
    let place = tempfile::tempdir().unwrap();
    let films = place.path().join("films");
    fs::create_dir(&films).unwrap();
    for number in 0..24 {
        let phantom = Phantom { seed: 1, patient: number, film: 0, finding: Finding::None, bedside: false };
        let film = encode_png(&phantom.draw(64).picture).unwrap();
        fs::write(films.join(format!("{}{number:03}.png", ["a", "b"][number as usize % 2])), film).unwrap();
    }
    let mut config = config(&films);
    config.data.classes = vec!["ill".to_owned(), "well".to_owned()];
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let run = Run::open(config, &place.path().join("run"), &mut watch).unwrap();
    let mut run = run.with_sources(vec![Box::new(Letters(films))]);
    let manifest = run.assemble().unwrap();
    assert_eq!(manifest.rows().len(), 24);
    assert!(manifest.rows().iter().all(|row| row.source().as_str() == "letters"));
    assert!(run.unsearched().unwrap().is_empty());
    // Each patient is a cluster of its own, and each class has half of them.
    let precision = run.test_precision(&manifest).unwrap();
    assert_eq!((precision.clusters, precision.classes.len()), (manifest.test().count(), 2));
    assert_eq!(precision.classes.iter().map(|of| of.clusters).sum::<usize>(), precision.clusters);
    let [ill, well] = [0, 1].map(|at| precision.classes[at].half_width.unwrap());
    assert!((ill - well).abs() < 0.1 && (0.1..0.5).contains(&ill), "{precision}");
    assert!(
        precision.to_string().contains("an AUC of 0.85 will have a 95 % interval of about ± 0."),
        "{precision}"
    );
}

/// Revision of the stage `assemble` and the hashes of the files that it writes for these phantoms. A change of the data
/// crates that changes a hash must raise the stage's revision, and both must be updated here.
#[test]
fn the_revision_of_assemble_stands_for_these_bytes() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let run = place.path().join("run");
    assemble(&config(&place.path().join("collections")), &run).unwrap();
    // Files name the folder of the collections, which is a temporary one here.
    let folder = place.path().canonicalize().unwrap();
    let written =
        ["manifest.csv", "leakage.json", "private/files.csv", "private/left-out.csv", "private/scan.json"];
    let hashes = written.map(|name| {
        let text = fs::read_to_string(run.join(name)).unwrap().replace(folder.to_str().unwrap(), "FOLDER");
        ContentHash::of_bytes(text.as_bytes()).short().to_owned()
    });
    let known = (
        9,
        ["48017d625ac5", "0d0d8bdeab78", "da1551e4f3d0", "0cdbc6258f73", "9fee6f853923"].map(str::to_owned),
    );
    assert_eq!((Stage::Assemble.revision(), hashes), known);
}
