//! From collections on a disk to a manifest and its certificate, and back: verified, changed, verified again.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod golden;
mod scene;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use radiograph_classes::Classes;
use radiograph_dataset::{
    DatasetError, GroupId,
    certificate::{Certificate, CertificateError, LeakKind, Verdict},
    identifiers::Identifiers,
    manifest::{Manifest, Place, PrivateFiles, Row},
    prepare::{Prepared, prepare},
    recipe::Recipe,
    source::recognise,
    split::{Sample, leave_one_source_out},
    verify::{Difference, Films, verify},
};
use radiograph_files::ContentHash;
use scene::{Named, Scene, check, edit};

/// The named recipes.
const ALL: [(&str, Named); 3] = [
    ("paper", Recipe::paper),
    ("released-code", Recipe::released_code),
    ("trustworthy", Recipe::trustworthy),
];

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn the_same_files_give_the_same_bytes_on_any_thread_and_in_any_order() {
    let scene = Scene::of(30);
    for (name, named) in ALL {
        let outs: Vec<BTreeMap<String, Vec<u8>>> = [(1, false), (3, false), (2, true)]
            .map(|(threads, reversed)| {
                let out = scene.folder.path().join(format!("{name}-{threads}"));
                scene.prepare(named, threads, reversed).write(&out).unwrap();
                files(&out)
            })
            .into();
        assert_eq!(
            outs[0].keys().collect::<Vec<_>>(),
            ["files.csv", "leakage.json", "left-out.csv", "manifest.csv", "scan.json", "shortfalls.json"]
        );
        assert!(outs[0] == outs[1] && outs[0] == outs[2], "{name}");
    }
}

#[test]
fn every_image_on_the_disk_has_one_row_and_every_recipe_verifies() {
    let scene = Scene::of(30);
    for (name, named) in ALL {
        let out = scene.written(named);
        let manifest = Manifest::read(&out.join(Prepared::MANIFEST)).unwrap();
        let planted = scene.planted.images.iter().map(|image| scene.data().join(&image.file));
        let mut planted: Vec<PathBuf> = planted.collect();
        let table = PrivateFiles::read(&out).unwrap();
        let file = |row: &Row| table.get(&row.id).unwrap().file();
        let mut rows: Vec<PathBuf> = manifest.rows().iter().map(file).collect();
        planted.sort();
        rows.sort();
        assert_eq!(rows, planted, "{name}");
        let found = check(&out);
        assert!(found.differences.is_empty(), "{name}: {:?}", found.differences);
        if name == "trustworthy" {
            assert_eq!(found.certificate.verdict, Verdict::Clean, "{}", found.certificate);
        }
    }
}

/// The manifest and the certificate give away no file name and no patient number, and the split does not depend on
/// how files and patients are called.
#[test]
fn what_can_be_shared_names_no_file_and_no_patient() {
    let scene = Scene::of(30);
    let key = |digit: &str| Identifiers::Pseudonyms(digit.repeat(64).parse().unwrap());
    let written = |name: &str, identifiers: &Identifiers| {
        let out = scene.folder.path().join(name);
        scene.prepare_as(identifiers, Recipe::trustworthy, 2, false).write(&out).unwrap();
        out
    };
    let out = written("pseudonyms", &key("1"));
    assert!(check(&out).differences.is_empty());
    let table = PrivateFiles::read(&out).unwrap();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (id, file) in table.iter() {
        assert!(file.file().is_file(), "{id}");
        names.insert(file.image.to_string());
        names.insert(file.path.file_name().unwrap().to_str().unwrap().to_owned());
        names.insert(file.path.file_stem().unwrap().to_str().unwrap().to_owned());
        names.extend(file.patient.as_ref().map(ToString::to_string));
    }
    assert!(names.len() > 100, "{}", names.len());
    names.insert(scene.data().to_str().unwrap().to_owned());
    let shared = ["manifest.csv", "leakage.json"].map(|name| fs::read_to_string(out.join(name)).unwrap());
    let words: BTreeSet<&str> = shared.iter().flat_map(|text| text.split([',', '\n', '"', ' '])).collect();
    for name in &names {
        // A short name such as `cohen:1` is searched for as a whole word: pseudonyms may begin like it.
        let own = name.split_once(':').map_or(name.as_str(), |(_, own)| own);
        let inside = own.len() > 5 && shared.iter().any(|text| text.contains(own));
        assert!(!inside && (!words.contains(name.as_str()) || name.len() < 3), "{name} can be read");
    }

    // Someone with a copy of the films under other names, and without the private table, checks it all the same.
    let (given, copy) = (scene.folder.path().join("given"), scene.folder.path().join("copy"));
    fs::create_dir_all(&given).unwrap();
    fs::create_dir_all(copy.join("deep")).unwrap();
    for name in ["manifest.csv", "leakage.json"] {
        fs::copy(out.join(name), given.join(name)).unwrap();
    }
    for (number, (_, file)) in table.iter().enumerate() {
        fs::copy(file.file(), copy.join("deep").join(number.to_string())).unwrap();
    }
    let found = verify(&given, Films::In(&copy), &|_| ()).unwrap();
    assert!(found.differences.is_empty(), "{:?}", found.differences);
    fs::remove_file(copy.join("deep/0")).unwrap();
    fs::remove_file(copy.join("deep/1")).unwrap();
    assert!(!verify(&given, Films::In(&copy), &|_| ()).unwrap().differences.is_empty());
    let message = verify(&given, Films::Recorded, &|_| ()).unwrap_err().to_string();
    assert!(message.contains("private/files.csv"), "{message}");

    // Without the films the manifest and the report are checked all the same, and pictures are not certified.
    let found = verify(&given, Films::Absent, &|_| ()).unwrap();
    assert!(found.differences.is_empty(), "{:?}", found.differences);
    assert_eq!((found.certificate.verdict, found.certificate.coverage.checked), (Verdict::Inconclusive, 0));

    // Another key changes the column of patients and nothing else.
    let other = written("other-key", &key("2"));
    let report = |out: &Path| {
        let mut report = Certificate::read(&out.join("leakage.json")).unwrap();
        // The manifest names the patients.
        report.manifest = ContentHash::of_bytes(b"");
        report
    };
    assert_eq!(report(&out), report(&other));
    let rows = |out: &Path| Manifest::read(&out.join("manifest.csv")).unwrap().rows().to_vec();
    let mut patients = 0;
    for (one, other) in rows(&out).into_iter().zip(rows(&other)) {
        patients += usize::from(one.patient != other.patient);
        assert_eq!(one.patient.is_some(), other.patient.is_some());
        assert_eq!(Row { patient: None, ..one }, Row { patient: None, ..other });
    }
    assert!(patients > 50, "{patients}");
}

/// What was planted is the truth: equal numbers of one drawn patient are one person. Pixels show only what was found; a
/// copy with the very bytes must be.
#[test]
fn copies_of_the_same_bytes_are_never_on_two_sides() {
    let scene = Scene::of(30);
    let manifest = scene.prepare(Recipe::trustworthy, 2, false).manifest;
    let mut sides: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for row in manifest.rows().iter().filter(|row| !row.place.is_excluded()) {
        sides.entry(row.content_hash.to_string()).or_default().push(row.place.part());
    }
    assert!(sides.values().all(|parts| parts.len() == 1), "one image a picture");
    assert!(
        scene
            .planted
            .images
            .iter()
            .any(|image| { image.defects.contains(&radiograph_phantoms::collection::Defect::ByteCopy) })
    );
}

#[test]
fn an_image_that_changed_or_vanished_is_named() {
    let scene = Scene::of(30);
    let out = scene.written(Recipe::trustworthy);
    let manifest = Manifest::read(&out.join(Prepared::MANIFEST)).unwrap();
    let mut rows = manifest.test();
    let (changed, gone) = (rows.next().unwrap(), rows.next().unwrap());
    let table = PrivateFiles::read(&out).unwrap();
    let file = |row: &Row| table.get(&row.id).unwrap().file();
    let mut bytes = fs::read(file(changed)).unwrap();
    bytes.push(0);
    fs::write(file(changed), bytes).unwrap();
    fs::remove_file(file(gone)).unwrap();
    let differences = check(&out).differences;
    // What the certificate says of pictures may differ too: a file that is gone looks like nothing any more.
    let of_files: Vec<(&str, String)> = differences
        .iter()
        .filter_map(|difference| match difference {
            Difference::Changed { id, .. } => Some(("changed", id.to_string())),
            Difference::Vanished { id, .. } => Some(("gone", id.to_string())),
            Difference::Unreadable { id, .. } => Some(("unreadable", id.to_string())),
            _ => None,
        })
        .collect();
    assert_eq!(of_files, [("changed", changed.id.to_string()), ("gone", gone.id.to_string())]);
    let line = differences[0].to_string();
    assert!(line.contains("has changed: its SHA-256 begins with"), "{line}");
}

#[test]
fn a_leak_planted_in_a_finished_manifest_is_found_from_patients_and_from_pixels() {
    let scene = Scene::of(30);
    let out = scene.written(Recipe::trustworthy);
    let clean = fs::read(out.join(Prepared::MANIFEST)).unwrap();
    let kinds = |out: &Path| -> Vec<LeakKind> {
        let differences = check(out).differences;
        assert!(differences.iter().any(|difference| matches!(difference, Difference::Certificate { .. })));
        let leak = |difference: &Difference| match difference {
            Difference::Leak { from, shared, .. } if from == "train" => Some(*shared),
            _ => None,
        };
        differences.iter().filter_map(leak).collect()
    };

    // A patient who is trained on, and whose group is written otherwise.
    edit(&out, |rows| {
        let trained = rows.iter().find(|row| row.place.is_train() && row.patient.is_some());
        let patient = trained.unwrap().patient.clone();
        let tested = rows.iter_mut().find(|row| row.place == Place::Test).unwrap();
        tested.patient = patient;
    });
    assert_eq!(kinds(&out), [LeakKind::Patient]);

    // A copy of a training image that was left out, put into the test images as a group and a patient of its own.
    fs::write(out.join(Prepared::MANIFEST), &clean).unwrap();
    edit(&out, |rows| {
        let is_copy = |row: &Row| {
            matches!(&row.place, Place::Excluded { reason } if reason.code == "same-picture"
                && rows.iter().any(|other| other.place.is_train() && other.content_hash == row.content_hash))
        };
        let at = rows.iter().position(is_copy).unwrap();
        let row = &mut rows[at];
        row.place = Place::Test;
        row.patient = None;
        row.group = format!("{}-alone", row.id).into();
    });
    assert_eq!(kinds(&out), [LeakKind::Picture]);
}

#[test]
fn a_manifest_with_another_class_and_a_broken_certificate_are_errors() {
    let scene = Scene::of(30);
    let out = scene.written(Recipe::paper);
    let manifest = fs::read_to_string(out.join(Prepared::MANIFEST)).unwrap();
    fs::write(out.join(Prepared::MANIFEST), manifest.replace(",pneumonia,", ",pnuemonia,")).unwrap();
    let error = verify(&out, Films::Recorded, &|_| ()).unwrap_err();
    assert!(error.to_string().contains("has class \"pnuemonia\""), "{error}");
    fs::write(out.join(Prepared::MANIFEST), manifest).unwrap();
    fs::write(out.join(Prepared::CERTIFICATE), "{}").unwrap();
    let error = verify(&out, Films::Recorded, &|_| ()).unwrap_err();
    assert!(matches!(error, DatasetError::Certificate(CertificateError::Invalid { .. })), "{error}");
}

#[test]
fn data_that_was_moved_is_found_where_it_is_said_to_be() {
    let scene = Scene::of(30);
    let out = scene.written(Recipe::trustworthy);
    let elsewhere = scene.folder.path().join("elsewhere");
    fs::rename(scene.data(), &elsewhere).unwrap();
    assert_eq!(check(&out).images, scene.planted.images.len());
    assert!(!check(&out).differences.is_empty());
    assert!(verify(&out, Films::In(&elsewhere), &|_| ()).unwrap().differences.is_empty());
}

/// Collections that take images from one another, and views that are not used: what hangs together stays together.
#[test]
fn the_published_collections_are_split_without_a_leak() {
    let Some(root) = golden::data() else { return };
    let sources = recognise(&root).unwrap().sources;
    let mut recipe = Recipe::trustworthy(Classes::of_the_paper());
    recipe.search.crops = false;
    let prepared = prepare(&root, &sources, &recipe, &Identifiers::Kept, 7, &|_| ()).unwrap();
    println!("ran on {} images\n{}{}", prepared.manifest.rows().len(), prepared.groups, prepared.certificate);
    assert_ne!(prepared.certificate.verdict, Verdict::Leaks, "{}", prepared.certificate);
    // The certificate says what it did not see: Kermany, Actualmed and others name no patients.
    assert!(prepared.certificate.sentence.contains("without a known patient"), "{}", prepared.certificate);
    assert!(prepared.manifest.test().count() > 100);
}

/// Of the published collections only Cohen's and, barely, Figure1's hold all three classes; every other one abstains, with
/// the class it lacks.
#[test]
fn most_of_the_published_collections_cannot_be_held_out() {
    let Some(root) = golden::data() else { return };
    let recipe = Recipe::trustworthy(Classes::of_the_paper());
    let mut samples = Vec::new();
    for source in recognise(&root).unwrap().sources {
        for record in source.read().unwrap().records {
            if recipe.reason(&record).is_none() {
                samples.extend(Sample::of(&record, &GroupId::from(&record.id)));
            }
        }
    }
    println!("ran on {} images", samples.len());
    let told: Vec<(String, String)> = leave_one_source_out(&samples)
        .into_iter()
        .map(|out| {
            let told = out.places.map_or_else(|abstention| abstention.to_string(), |_| "tested".to_owned());
            (out.source.to_string(), told)
        })
        .collect();
    let tested: Vec<&str> =
        told.iter().filter(|(_, told)| told == "tested").map(|(source, _)| source.as_str()).collect();
    assert_eq!(tested, ["cohen", "figure1"], "{told:?}");
    assert!(told.len() >= 6, "{told:?}");
    let nih = told.iter().find(|(source, _)| source == "nih").unwrap();
    assert_eq!(nih.1, "it has no COVID-19");
}
