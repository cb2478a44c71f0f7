//! Phantoms read back through the adapters of the collections whose layouts they have.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use radiograph_classes::Classes;
use radiograph_dataset::{
    Record,
    identifiers::Identifiers,
    manifest::{Drawn, Manifest},
    prepare::prepare,
    recipe::Recipe,
    scan::Scan,
    source::{PHANTOM_MARK, Recognised, recognise},
};
use radiograph_image::flags::{Flag, Scores};
use radiograph_phantoms::collection::{Collections, Defect, MARK, Planted, PlantedImage};
use radiograph_phantoms::{Finding, Phantom};
use radiograph_random::Stream;

#[path = "../examples/flag_rates/plant.rs"]
mod plant;

const SMALL: Collections = Collections { seed: 5, patients: 45, side: 96 };

fn written(collections: &Collections) -> (tempfile::TempDir, Planted) {
    let folder = tempfile::tempdir().unwrap();
    let planted = collections.write(folder.path(), |_, _| ()).unwrap();
    (folder, planted)
}

/// One film beside the collections does not make them one tree of films.
#[test]
fn a_stray_film_swallows_no_collection() {
    let (folder, _) = written(&SMALL);
    let root = folder.path().join("collections").canonicalize().unwrap();
    let names = |recognised: &Recognised| -> BTreeSet<String> {
        recognised.sources.iter().map(|source| source.name().as_str().to_owned()).collect()
    };
    let before = names(&recognise(&root).unwrap());
    let films: Vec<_> =
        fs::read_dir(root.join("dicom-films")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let film = films.iter().find(|path| path.extension().is_some_and(|end| end == "dcm")).unwrap();
    fs::copy(film, root.join("stray.dcm")).unwrap();
    let recognised = recognise(&root).unwrap();
    assert_eq!(names(&recognised), before);
    assert_eq!(before.len(), 6);
    assert_eq!(recognised.unknown, [root]);
}

#[test]
fn every_layout_reads_back_to_what_was_written() {
    let (folder, planted) = written(&SMALL);
    let text = fs::read_to_string(folder.path().join("phantoms.json")).unwrap();
    assert_eq!(serde_json::from_str::<Planted>(&text).unwrap(), planted);

    let root = folder.path().join("collections").canonicalize().unwrap();
    let recognised = recognise(&root).unwrap();
    assert!(recognised.unknown.is_empty(), "{:?}", recognised.unknown);
    let names: BTreeSet<String> =
        recognised.sources.iter().map(|source| source.name().as_str().to_owned()).collect();
    let expected = ["cohen", "covid-cxnet", "dicom-films", "hannover", "mendeley-augmented", "nih"];
    assert_eq!(names, expected.map(str::to_owned).into());

    let mut records: BTreeMap<String, Record> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for source in &recognised.sources {
        let collection = source.read().unwrap();
        for exclusion in &collection.exclusions {
            *reasons.entry(exclusion.reason.code()).or_default() += 1;
        }
        records.extend(collection.records.into_iter().map(|record| (record.id.to_string(), record)));
    }
    assert_eq!(reasons, BTreeMap::from([("row-without-file", planted.rows_without_files.len())]));
    assert_eq!(records.len(), planted.images.len());
    for image in &planted.images {
        check_record(&root, image, &records[&image.id]);
    }
}

fn check_record(root: &Path, image: &PlantedImage, record: &Record) {
    assert_eq!(record.path.strip_prefix(root).unwrap().to_str().unwrap(), image.file);
    assert_eq!(record.patient.as_ref().map(ToString::to_string), image.patient, "{}", image.id);
    assert_eq!(record.class().map(ToString::to_string), image.class, "{}", image.id);
    assert_eq!(
        record.sex.map(|sex| format!("{sex:?}").chars().next().unwrap().to_string()),
        image.sex,
        "{}",
        image.id
    );
    assert_eq!(
        record.age.map(|age| (age.from, age.to)),
        image.age.map(|age| (age.into(), Some(age.into()))),
        "{}",
        image.id
    );
    assert_eq!(record.origin.is_augmented(), image.defects.contains(&Defect::Augmented), "{}", image.id);
    let view = record.view.name();
    assert_eq!(
        view.to_lowercase(),
        image.view.as_deref().unwrap_or("unknown").to_lowercase(),
        "{}",
        image.id
    );
}

/// What one look at each file can find; copies and children are found by comparing images with each other.
#[test]
fn a_scan_finds_the_planted_defects_by_name() {
    let (folder, planted) = written(&SMALL);
    let sources = recognise(&folder.path().join("collections")).unwrap().sources;
    let report = Scan::default().run(&sources, &|_| ()).unwrap();
    assert!(report.unread.is_empty());
    for (code, defect) in [
        ("extension-lies", Defect::ExtensionLies),
        ("name-differs", Defect::NameDiffers),
        ("not-in-table", Defect::NoRow),
        ("unreadable", Defect::Truncated),
    ] {
        let found: BTreeSet<String> = report
            .findings_of(code)
            .map(|finding| format!("{}:{}", finding.source, finding.file.as_deref().unwrap()))
            .collect();
        let images = planted.images.iter().filter(|image| image.defects.contains(&defect));
        let with: BTreeSet<String> = images.map(|image| image.id.clone()).collect();
        assert!(!with.is_empty());
        assert_eq!(found, with, "{code}");
    }
    let missing: BTreeSet<&str> =
        report.findings_of("row-without-file").map(|finding| finding.file.as_deref().unwrap()).collect();
    let planted: BTreeSet<&str> = planted.rows_without_files.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(missing, planted);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The manifest that a folder of collections comes to, written and read back.
fn manifest(folder: &Path) -> Manifest {
    let mut recipe = Recipe::paper(Classes::of_the_paper());
    recipe.split.folds = 2;
    let sources = recognise(folder).unwrap().sources;
    let out = tempfile::tempdir().unwrap();
    let prepared = prepare(folder, &sources, &recipe, &Identifiers::Kept, 7, &|_| ()).unwrap();
    let drawn: usize = prepared.certificate.parts[..2].iter().map(|part| part.drawn).sum();
    let used = prepared.manifest.rows().iter().filter(|row| !row.place.is_excluded());
    assert_eq!(drawn, used.filter(|row| row.drawn).count());
    assert_eq!(prepared.to_string().contains("DRAWN"), drawn > 0);
    prepared.write(out.path()).unwrap();
    Manifest::read(&out.path().join("manifest.csv")).unwrap()
}

#[test]
fn phantoms_are_known_as_drawn_wherever_they_are_copied_and_whatever_the_folders_are_called() {
    assert_eq!(PHANTOM_MARK, MARK);
    let (folder, _) = written(&SMALL);
    let collections = folder.path().join("collections");
    let whole = manifest(&collections);
    assert_eq!(whole.drawn(), Drawn::All);
    assert!(whole.rows().iter().all(|row| row.drawn), "also rows that are left out, and files without rows");

    // Copied, and every folder renamed.
    let place = tempfile::tempdir().unwrap();
    for (number, entry) in fs::read_dir(&collections).unwrap().enumerate() {
        copy(&entry.unwrap().path(), &place.path().join(format!("hospital-{number}")));
    }
    assert_eq!(manifest(place.path()).drawn(), Drawn::All);
    let report = Scan::default().run(&recognise(place.path()).unwrap().sources, &|_| ()).unwrap();
    assert!(report.collections.iter().all(|collection| collection.drawn));

    // Without its mark, a collection is one of patients, and the manifest is mixed.
    fs::remove_file(place.path().join("hospital-0").join(MARK)).unwrap();
    let mixed = manifest(place.path());
    assert!(mixed.rows().iter().any(|row| !row.drawn) && mixed.rows().iter().any(|row| row.drawn));
    for entry in fs::read_dir(place.path()).unwrap() {
        let mark = entry.unwrap().path().join(MARK);
        if mark.exists() {
            fs::remove_file(mark).unwrap();
        }
    }
    assert_eq!(manifest(place.path()).drawn(), Drawn::None);
}

/// The flags were fixed on real films. Drawn ones, which they have never seen, are flagged when planted and not otherwise.
#[test]
fn planted_phantoms_are_flagged_and_plain_ones_are_not() {
    const FILMS: u32 = 24;
    let mut flagged: BTreeMap<Flag, [u32; 2]> = BTreeMap::new();
    for patient in 0..FILMS {
        let finding = Finding::ALL[patient as usize % 3];
        let phantom = Phantom { seed: 3, patient, film: 0, finding, bedside: patient % 2 == 1 };
        let film = phantom.draw(320).picture.into_8_bit();
        let mut stream = Stream::new(3, "plant").numbered(patient.into());
        for flag in Flag::ALL {
            // Phantoms have collimated edges of their own. Their middle has none.
            let film = plant::middle(&film, if flag == Flag::Border { 0.12 } else { 0.0 });
            let planted = match flag {
                Flag::Sideways => plant::turned(&film, &mut stream),
                Flag::Inverted => plant::inverted(&film),
                Flag::Border => plant::bordered(&film, &mut stream),
                Flag::Text => plant::written_on(&film, &mut stream),
                _ => plant::emptied(&film, &mut stream),
            };
            let [hits, false_alarms] = flagged.entry(flag).or_default();
            *hits += u32::from(Scores::of(&planted).flags().contains(&flag));
            *false_alarms += u32::from(Scores::of(&film).flags().contains(&flag));
        }
    }
    println!("{flagged:?} of {FILMS}");
    for (flag, [hits, false_alarms]) in flagged {
        // Bedside phantoms carry words such as SUPINE, which are text.
        let allowed = if flag == Flag::Text { FILMS / 2 } else { FILMS / 20 };
        assert!(
            hits * 5 >= FILMS * 4 && false_alarms <= allowed,
            "{flag:?}: {hits} and {false_alarms} of {FILMS}"
        );
    }
}
