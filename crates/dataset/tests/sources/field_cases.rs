//! Public bug reports of people's own tables and folders, as files (`RADIOGRAPH_FIELDCASES`). The kinds are in the other tests as
//! well.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use radiograph_classes::Classes;
use radiograph_dataset::{
    identifiers::Identifiers,
    manifest::Manifest,
    prepare::{Prepared, prepare},
    recipe::Recipe,
    source::recognise,
};

fn case(name: &str) -> Option<PathBuf> {
    Some(radiograph_needs::folder("RADIOGRAPH_FIELDCASES")?.join(name))
}

fn prepared(folder: &Path, classes: Classes, seed: u64) -> Prepared {
    let mut recipe = Recipe::trustworthy(classes);
    // What the search for altered copies finds is tested elsewhere, and it takes most of the time.
    (recipe.search.crops, recipe.search.altered) = (false, false);
    let sources = recognise(folder).unwrap().sources;
    prepare(folder, &sources, &recipe, &Identifiers::Kept, seed, &|_| ()).unwrap()
}

/// Case 14: folders of masks beside the films. The workbooks there are cut off, and are told.
#[test]
fn no_mask_of_the_radiography_database_is_a_film() {
    let Some(folder) = case("14-radiography-database-masks/kaggle") else { return };
    let found = recognise(&folder).unwrap();
    assert_eq!(found.sources.len(), 1);
    assert_eq!(found.near_misses.len(), 4, "{:?}", found.near_misses);
    let collection = found.sources[0].read().unwrap();
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &collection.records {
        assert!(!record.id.name().contains("masks"), "{}", record.id);
        *classes.entry(record.class().unwrap().as_str()).or_insert(0) += 1;
    }
    let expected = [("COVID-19", 12), ("Lung_Opacity", 12), ("normal", 12), ("pneumonia", 12)];
    assert_eq!(classes, expected.into());
    let masks = collection.exclusions.iter().filter(|exclusion| exclusion.reason.code() == "mask");
    assert_eq!(masks.count(), 48);
    // Films of the three classes alone are trained and tested on.
    let made = prepared(&folder, Classes::of_the_paper(), 7);
    let used: Vec<_> = made.manifest.train().chain(made.manifest.test()).collect();
    assert_eq!(used.len(), 36);
    assert!(used.iter().all(|row| !row.id.name().contains("masks")));
}

/// Case 15: tables of Excel, Windows and macOS.
#[test]
fn tables_of_excel_windows_and_macos_give_their_nine_films() {
    let Some(folder) = case("15-tables-excel-windows-mac") else { return };
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        let found = recognise(&entry.path()).unwrap();
        assert_eq!(found.sources.len(), 1, "{:?}: {:?}", entry.path(), found.near_misses);
        let collection = found.sources[0].read().unwrap();
        assert_eq!(collection.records.len(), 9, "{:?}: {:?}", entry.path(), collection.exclusions);
        let patients: BTreeSet<_> = collection.records.iter().map(|record| record.patient.clone()).collect();
        assert!(patients.len() > 1 && !patients.contains(&None), "{:?}", entry.path());
        assert!(collection.records.iter().all(|record| record.class().is_some()), "{:?}", entry.path());
        cases += 1;
    }
    assert!(cases >= 3, "{cases}");
}

/// Case 16: twelve patients a class, one of them with 40 films. Every part has every class, no patient is on two sides, and the
/// patient with 40 films does not keep the same number of them with every seed.
#[test]
fn one_patient_of_twelve_with_forty_films_is_dealt_like_the_others() {
    let Some(folder) = case("16-few-groups/one-big-of-twelve") else { return };
    let mut films_of_the_big_one = BTreeSet::new();
    for seed in 0..20 {
        let made = prepared(&folder, Classes::of_the_paper(), seed);
        assert_ne!(
            made.certificate.verdict,
            radiograph_dataset::certificate::Verdict::Leaks,
            "{}",
            made.certificate
        );
        let manifest: &Manifest = &made.manifest;
        let parts = std::iter::once(manifest.test().collect::<Vec<_>>())
            .chain((1..=manifest.folds()).map(|fold| manifest.validation(fold).collect()));
        for part in parts {
            let classes: BTreeSet<_> = part.iter().map(|row| row.class.clone()).collect();
            assert_eq!(classes.len(), 3, "seed {seed}");
        }
        let sides = [manifest.train().collect::<Vec<_>>(), manifest.test().collect()];
        let [train, test] =
            sides.map(|rows| rows.iter().map(|row| row.patient.clone()).collect::<BTreeSet<_>>());
        assert!(train.is_disjoint(&test), "seed {seed}");
        let big = |row: &&radiograph_dataset::manifest::Row| {
            row.patient.as_ref().is_some_and(|patient| patient.name() == "c0")
        };
        films_of_the_big_one.insert(manifest.train().chain(manifest.test()).filter(big).count());
    }
    assert!(films_of_the_big_one.len() > 1, "{films_of_the_big_one:?}");
}
