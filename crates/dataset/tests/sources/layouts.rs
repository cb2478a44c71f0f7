//! What names of folders and files say, and what they do not: masks, licences, origins, patients.

use std::{collections::BTreeMap, fs, path::Path};

use radiograph_classes::{COVID_19, Classes, NORMAL, PNEUMONIA};
use radiograph_dataset::{
    identifiers::Identifiers,
    manifest::Place,
    prepare::{Prepared, prepare},
    recipe::Recipe,
    scan::Scan,
    source::{ClassFolders, Collection, Source, recognise},
};

use super::scan::{bitmap, write};

/// A picture with all grays, another for every number.
fn film(number: u32) -> Vec<u8> {
    let gray = move |x: u32, y: u32| {
        // The last steps of MurmurHash3: noise. Numbers of a linear rule make pictures that are shifts of one another.
        let mut mixed = (x / 4) | ((y / 4) << 8) | (number << 16);
        for factor in [0x85eb_ca6b_u32, 0xc2b2_ae35] {
            mixed = (mixed ^ (mixed >> 15)).wrapping_mul(factor);
        }
        [(mixed >> 16) as u8; 3]
    };
    bitmap(64, 64, gray)
}

/// A disc on black: sharp, or with gray edges and the noise of JPEG.
fn mask(number: u32, sharp: bool) -> Vec<u8> {
    let gray = move |x: u32, y: u32| {
        let (x, y) = (f64::from(x) - 20.0 - f64::from(number), f64::from(y) - 31.5);
        let depth = 16.0 - x.hypot(y);
        let value =
            if sharp { f64::from(u8::from(depth > 0.0)) } else { (depth / 2.0 + 0.5).clamp(0.0, 1.0) };
        let noise = if sharp { 0 } else { ((x * 3.0 + y * 5.0).abs() as u32 % 4) as u8 };
        [(value * 250.0) as u8 + noise; 3]
    };
    bitmap(64, 64, gray)
}

fn read_only(folder: &Path) -> Collection {
    let recognised = recognise(folder).unwrap();
    let names: Vec<String> = recognised.sources.iter().map(|source| source.name().to_string()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(recognised.unknown.is_empty(), "{:?}", recognised.unknown);
    recognised.sources[0].read().unwrap()
}

fn prepared(folder: &Path) -> Prepared {
    let sources = recognise(folder).unwrap().sources;
    let mut recipe = Recipe::trustworthy(Classes::of_the_paper());
    recipe.search.crops = false;
    prepare(folder, &sources, &recipe, &Identifiers::Kept, 7, &|_| ()).unwrap()
}

fn by_class(collection: &Collection) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for record in &collection.records {
        *counts.entry(record.class().map_or("none", |class| class.as_str())).or_insert(0) += 1;
    }
    counts
}

fn excluded(collection: &Collection) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for exclusion in &collection.exclusions {
        *counts.entry(exclusion.reason.code()).or_insert(0) += 1;
    }
    counts
}

/// Twelve films and their masks in each of the four folders of the COVID-19 Radiography Database.
fn radiography_database(folder: &Path) {
    for (class, first) in [("COVID", 0), ("Lung_Opacity", 100), ("Normal", 200), ("Viral Pneumonia", 300)] {
        for number in 1..=12 {
            write(folder, &format!("{class}/images/{class}-{number}.bmp"), &film(first + number));
            write(folder, &format!("{class}/masks/{class}-{number}.bmp"), &mask(number, true));
        }
        write(folder, &format!("{class}.metadata.xlsx"), b"no table");
    }
}

#[test]
fn no_mask_of_the_radiography_database_is_a_film_and_all_films_stay() {
    let folder = tempfile::tempdir().unwrap();
    radiography_database(folder.path());
    let collection = read_only(folder.path());
    let expected = [(COVID_19, 12), (ClassFolders::LUNG_OPACITY, 12), (NORMAL, 12), (PNEUMONIA, 12)];
    assert_eq!(by_class(&collection), expected.into());
    assert_eq!(excluded(&collection), [("mask", 48)].into());
    assert!(collection.records.iter().all(|record| record.id.name().contains("/images/")));

    let prepared = prepared(folder.path());
    assert_eq!(prepared.left_out.iter().filter(|left| left.reason.code() == "mask").count(), 48);
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for row in prepared.manifest.rows() {
        let code = match &row.place {
            Place::Excluded { reason } => reason.to_string(),
            place => place.part().to_owned(),
        };
        *codes.entry(code).or_default() += 1;
    }
    let opacities = codes.remove("class (class Lung_Opacity)");
    assert_eq!((opacities, codes.values().sum::<usize>(), codes.len()), (Some(12), 36, 2), "{codes:?}");

    // A user may map opacities to pneumonia.
    let mapped =
        ClassFolders::new("kaggle".parse().unwrap(), folder.path()).folder("Lung_Opacity", PNEUMONIA);
    assert_eq!(by_class(&mapped.read().unwrap()), [(COVID_19, 12), (NORMAL, 12), (PNEUMONIA, 24)].into());
}

#[test]
fn the_splits_of_covid_qu_ex_are_one_collection_without_masks_and_not_augmented() {
    let folder = tempfile::tempdir().unwrap();
    for (split, first) in [("Train", 0), ("Val", 100), ("Test", 200)] {
        for (class, more) in [("COVID-19", 10), ("Non-COVID", 30), ("Normal", 50)] {
            for number in 0..4 {
                write(
                    folder.path(),
                    &format!("{split}/{class}/images/{number}.bmp"),
                    &film(first + more + number),
                );
                write(
                    folder.path(),
                    &format!("{split}/{class}/lung masks/{number}.bmp"),
                    &mask(number, false),
                );
            }
        }
    }
    let collection = read_only(folder.path());
    assert_eq!(by_class(&collection), [(COVID_19, 12), ("none", 12), (NORMAL, 12)].into());
    assert_eq!(excluded(&collection), [("mask", 36)].into());
    for record in &collection.records {
        assert!(!record.origin.is_augmented() && record.licence.is_none() && record.patient.is_none());
    }
    let other = collection.records.iter().find(|record| record.class().is_none()).unwrap();
    assert_eq!(other.label.published(), "Non-COVID");
}

/// A folder called as a split beside other collections swallows none of them.
#[test]
fn a_folder_called_test_beside_others_is_a_collection_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["test/covid/1.bmp", "test/normal/2.bmp", "clinic/covid/3.bmp"] {
        write(folder.path(), name, &film(1));
    }
    let names: Vec<String> =
        recognise(folder.path()).unwrap().sources.iter().map(|source| source.name().to_string()).collect();
    assert_eq!(names, ["clinic", "test"]);
}

#[test]
fn masks_that_no_name_tells_are_found_by_their_pixels() {
    let folder = tempfile::tempdir().unwrap();
    for (class, first) in [("covid", 0), ("pneumonia", 100), ("normal", 200)] {
        for number in 0..8 {
            write(folder.path(), &format!("{class}/{number}.bmp"), &film(first + number));
        }
    }
    write(folder.path(), "covid/8.bmp", &mask(3, true));
    write(folder.path(), "normal/lungs.bmp", &mask(5, false));
    let prepared = prepared(folder.path());
    let reason = |row: &radiograph_dataset::manifest::Row| match &row.place {
        Place::Excluded { reason } => Some((row.id.name().to_owned(), reason.to_string())),
        _ => None,
    };
    let told: Vec<(String, String)> = prepared.manifest.rows().iter().filter_map(reason).collect();
    let text = "mask (a mask or a drawing and no film: it has two gray values)";
    assert_eq!(told, ["covid/8.bmp", "normal/lungs.bmp"].map(|name| (name.to_owned(), text.to_owned())));

    let report = Scan::default().run(&recognise(folder.path()).unwrap().sources, &|_| ()).unwrap();
    let found: Vec<&str> = report.findings_of("mask").filter_map(|finding| finding.file.as_deref()).collect();
    assert_eq!(found, ["covid/8.bmp", "normal/lungs.bmp"]);
}

/// Many people sort their films as Kermany did, and many programs export such names.
#[test]
fn a_hospital_with_the_folders_of_kermany_keeps_its_licence_its_ages_and_its_patients() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..20 {
        let class = if number % 2 == 0 { "NORMAL" } else { "PNEUMONIA" };
        write(folder.path(), &format!("train/{class}/IM-{number:04}-0001.bmp"), b"");
    }
    write(folder.path(), "test/PNEUMONIA/20200312_001.png", b"");
    let collection = read_only(folder.path());
    assert_eq!(by_class(&collection), [(NORMAL, 10), (PNEUMONIA, 11)].into());
    for record in &collection.records {
        assert_eq!(
            (&record.licence, record.age, &record.patient, &record.taken_from),
            (&None, None, &None, &None)
        );
    }

    for number in 0..30 {
        write(folder.path(), &format!("train/PNEUMONIA/person{number}_bacteria_{number}.jpeg"), b"");
    }
    let collection = read_only(folder.path());
    assert_eq!(collection.source.as_str(), "kermany");
    assert!(collection.records.iter().all(|record| record.licence.as_deref() == Some("CC BY 4.0")));
}

#[test]
fn common_names_are_kermanys_where_most_of_a_merged_set_are() {
    let of = |name: &'static str| move |number: usize| name.replace("N", &format!("{number:04}"));
    let patients = |names: Vec<String>| -> Vec<Option<String>> {
        let files = names.into_iter().map(|name| (name, ""));
        let folder = radiograph_dataset::source::Folder::in_memory(files);
        let collection = ClassFolders::new("merged".parse().unwrap(), "").read_folder(folder).unwrap();
        collection.records.iter().map(|record| record.patient.as_ref().map(ToString::to_string)).collect()
    };
    let count = |patients: &[Option<String>], with: &str| {
        patients.iter().flatten().filter(|patient| patient.contains(with)).count()
    };
    // As the authors' set: Kermany's and NIH's, and COVID-19 from elsewhere, of which one file is called IM-….
    let mut merged: Vec<String> = (0..20).map(of("normal/IM-N-0001.jpeg")).collect();
    merged.extend((0..20).map(of("pneumonia/personN_virus_1.jpeg")));
    merged.extend((1..60).map(of("normal/0000N_001.png")));
    merged.extend((0..20).map(of("covid/IM-N-0001.jpeg")));
    let found = patients(merged);
    assert_eq!(
        (count(&found, "kermany:IM-"), count(&found, "kermany:person"), count(&found, "nih:")),
        (20, 20, 59)
    );

    let mut own: Vec<String> = (0..50).map(of("normal/IM-N-0001.jpeg")).collect();
    own.extend((0..4).map(of("pneumonia/personN_virus_1.jpeg")));
    let found = patients(own);
    assert_eq!((count(&found, "kermany:IM-"), count(&found, "kermany:person")), (0, 4));
}

#[test]
fn only_the_fingerprint_of_mendeleys_set_gives_its_licence_and_origin() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..912 {
        write(folder.path(), &format!("COVID-19/{number}.png"), b"");
        write(folder.path(), &format!("Non-COVID-19/{number}.png"), b"");
    }
    let collection = read_only(folder.path());
    assert_eq!(collection.source.as_str(), "mendeley-augmented");
    assert!(collection.records.iter().all(|record| record.origin.is_augmented()));

    fs::remove_file(folder.path().join("COVID-19/3.png")).unwrap();
    let collection = read_only(folder.path());
    assert_eq!(by_class(&collection), [(COVID_19, 911), ("none", 912)].into());
    assert!(
        collection.records.iter().all(|record| !record.origin.is_augmented() && record.licence.is_none())
    );
}
