//! A hospital's archive, from the first look to a verified manifest: what docs/own-data.md shows.

#![allow(clippy::unwrap_used, reason = "tests stop at what they did not expect")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use radiograph_classes::Classes;
use radiograph_dataset::{
    certificate::Verdict,
    identifiers::Identifiers,
    manifest::{Manifest, Place, PrivateFiles},
    prepare::prepare,
    recipe::Recipe,
    source::{draft, recognise},
    verify::{Difference, Films, verify},
};

#[path = "../examples/hospital/archive.rs"]
mod archive;

use archive::{Archive, REPORTS};

#[test]
fn a_nested_tree_and_a_workbook_of_free_words_become_a_verified_manifest_with_one_edit() {
    let place = tempfile::tempdir().unwrap();
    let hospital = place.path().join("hospital");
    let written = Archive { patients: 45, side: 64, seed: 7 }.write(&hospital).unwrap();
    assert!(written.films > 80 && written.copies.len() >= 3, "{written:?}");

    // The first look: the workbook comes near, and its columns and words are drafted.
    let found = recognise(&hospital).unwrap();
    assert!(
        found.near_misses[0].to_string().contains("no column tells the classes"),
        "{:?}",
        found.near_misses
    );
    let text = draft(&hospital).unwrap().unwrap().to_toml();
    assert!(
        text.contains("accession_number = \"Accession number\"") && text.contains("class = \"Report\""),
        "{text}"
    );
    // The one edit: what the words mean.
    let edited = text.lines().map(|line| {
        let word = line.split('"').nth(1).unwrap_or_default();
        match word {
            "bact. pneumonia" | "lobar pneumonia" => format!("\"{word}\" = \"pneumonia\""),
            "no acute disease" => format!("\"{word}\" = \"normal\""),
            "covid pneumonia" => format!("\"{word}\" = \"COVID-19\""),
            "follow-up" => format!("\"{word}\" = \"\""),
            _ => line.to_owned(),
        }
    });
    let edited: Vec<String> = edited.collect();
    fs::write(hospital.join("radiograph-source.toml"), edited.join("\n")).unwrap();

    let sources = recognise(&hospital).unwrap().sources;
    assert_eq!(sources.len(), 1);
    let collection = sources[0].read().unwrap();
    let notes: BTreeSet<&str> = collection.notes.iter().map(|note| note.oddity.code()).collect();
    assert_eq!(notes, ["zeros-lost"].into(), "{:?}", collection.notes);
    assert!(collection.records.iter().all(|record| record.date.is_some() && record.patient.is_some()));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for exclusion in &collection.exclusions {
        *reasons.entry(exclusion.reason.code()).or_insert(0) += 1;
    }
    assert_eq!(reasons, [("body-part", 5)].into());

    let mut recipe = Recipe::trustworthy(Classes::of_the_paper());
    recipe.search.crops = false;
    let identifiers = Identifiers::Pseudonyms("1".repeat(64).parse().unwrap());
    let prepared = prepare(&hospital, &sources, &recipe, &identifiers, 7, &|_| ()).unwrap();
    assert_ne!(prepared.certificate.verdict, Verdict::Leaks, "{}", prepared.certificate);
    let out = place.path().join("run");
    prepared.write(&out).unwrap();
    assert!(verify(&out, Films::Recorded, &|_| ()).unwrap().differences.is_empty());

    // A film that was sent twice, once under another number, is on one side.
    let files = PrivateFiles::read(&out).unwrap();
    let manifest = Manifest::read(&out.join("manifest.csv")).unwrap();
    let group = |path: &Path| {
        let (id, _) = files.iter().find(|(_, file)| file.file() == path).unwrap();
        manifest.rows().iter().find(|row| row.id == *id).unwrap().group.clone()
    };
    for [frontal, copy] in &written.copies {
        assert_eq!(group(frontal), group(copy), "{frontal:?} {copy:?}");
    }
    // Days are in the private table and nowhere else.
    assert!(files.iter().all(|(_, file)| file.date.is_some()));
    for name in ["manifest.csv", "leakage.json"] {
        assert!(!fs::read_to_string(out.join(name)).unwrap().contains("2020-"), "{name}");
    }

    // A leak across series, planted by hand: one of a patient's films is tested on, another one trained on.
    let mut rows = manifest.rows().to_vec();
    let of_patient = |rows: &[radiograph_dataset::manifest::Row], at: usize| {
        rows[at].place.is_train()
            && rows.iter().filter(|row| row.place.is_train() && row.patient == rows[at].patient).count() > 1
    };
    let moved = (0..rows.len()).find(|at| of_patient(&rows, *at)).unwrap();
    let patient = rows[moved].patient.clone();
    let series: BTreeSet<_> = rows
        .iter()
        .filter(|row| row.patient == patient)
        .map(|row| files.get(&row.id).unwrap().path.parent().unwrap().to_owned())
        .collect();
    assert!(series.len() > 1, "{series:?}");
    rows[moved].place = Place::Test;
    Manifest::new(rows).unwrap().write(&out.join("manifest.csv")).unwrap();
    let found = verify(&out, Films::Recorded, &|_| ()).unwrap();
    assert!(
        found.differences.iter().any(|difference| matches!(difference, Difference::Leak { .. })),
        "{:?}",
        found.differences
    );
    assert!(hospital.join(REPORTS).is_file());
}
