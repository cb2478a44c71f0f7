use proptest::prelude::*;
use radiograph_classes::{COVID_19, NORMAL};
use radiograph_files::ContentHash;

use super::*;
use crate::{Age, GroupId, Provenance, Reason, Sex, View};

fn row(id: &str, place: Place) -> Row {
    Row {
        id: id.parse().unwrap(),
        content_hash: ContentHash::of_bytes(id.as_bytes()),
        taken_from: None,
        patient: None,
        class: Some(COVID_19.into()),
        provenance: Provenance::Pcr,
        view: View::ApSupine,
        sex: None,
        age: None,
        licence: None,
        augmented: false,
        parent: None,
        drawn: false,
        group: GroupId::from("clinic:1".to_owned()),
        place,
    }
}

fn rows() -> Vec<Row> {
    vec![
        Row {
            patient: Some("clinic:7+8".parse().unwrap()),
            sex: Some(Sex::Female),
            age: Some(Age { from: 50, to: None }),
            licence: Some("CC BY, \"as is\"\nor so".into()),
            class: Some(NORMAL.into()),
            ..row("clinic:2", Place::Train { fold: Some(3), validates: true })
        },
        row("clinic:10", Place::Test),
        Row {
            augmented: true,
            drawn: true,
            parent: Some("other:x".parse().unwrap()),
            taken_from: Some("nih".parse().unwrap()),
            age: Some(Age { from: 40, to: Some(49) }),
            ..row("clinic:1", Place::Train { fold: Some(1), validates: false })
        },
        row("clinic:3", Place::Train { fold: None, validates: false }),
        Row {
            class: None,
            view: View::Ct,
            provenance: Provenance::None,
            ..row("clinic:4", Place::from(&Reason::View(View::Ct)))
        },
    ]
}

fn written(rows: Vec<Row>) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.csv");
    Manifest::new(rows).unwrap().write(&path).unwrap();
    (folder, path)
}

#[test]
fn a_manifest_reads_back_as_written_whatever_the_order() {
    let (_folder, path) = written(rows());
    let read = Manifest::read(&path).unwrap();
    assert_eq!(read, Manifest::new(rows()).unwrap());
    let reversed = written(rows().into_iter().rev().collect());
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&reversed.1).unwrap());
    assert_eq!(read.rows()[0].id.to_string(), "clinic:1");
    assert_eq!(read.classes().unwrap().to_string(), "COVID-19, normal");
}

/// A manifest of films of which nothing is stated has the columns that it always had.
#[test]
fn what_is_stated_of_samples_stands_in_a_column_that_is_there_only_for_it() {
    let twelve = Stated::default().with_bits(12).unwrap().monochrome_1();
    let stated = [("clinic:10", twelve), ("clinic:2", Stated::default())];
    let stated = stated.map(|(id, stated)| (id.parse().unwrap(), stated));
    let manifest = Manifest::new(rows()).unwrap().with_stated(stated);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.csv");
    manifest.write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.lines().next().unwrap().ends_with(",reason,detail,samples"));
    assert_eq!(text.matches(",12 bits MONOCHROME1\n").count(), 1);
    let read = Manifest::read(&path).unwrap();
    assert_eq!(read, manifest);
    let [tested, other] =
        ["clinic:10", "clinic:2"].map(|id| read.rows().iter().find(|row| row.id.to_string() == id).unwrap());
    assert_eq!((read.stated(&tested.id), read.stated(&other.id)), (twelve, Stated::default()));
    assert_ne!(read.picture(tested), tested.content_hash);
    assert_eq!(read.picture(other), other.content_hash);

    std::fs::write(&path, text.replace("12 bits", "17 bits")).unwrap();
    let message = Manifest::read(&path).unwrap_err().to_string();
    assert!(message.contains("\"17 bits MONOCHROME1\" in column samples"), "{message}");

    let (_folder, plain) = written(rows());
    assert!(!std::fs::read_to_string(plain).unwrap().contains("samples"));
}

#[test]
fn parts_are_what_the_places_say() {
    let manifest = Manifest::new(rows()).unwrap();
    let ids = |rows: Vec<&Row>| rows.iter().map(|row| row.id.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(manifest.train().collect()), ["1", "2", "3"]);
    assert_eq!(ids(manifest.test().collect()), ["10"]);
    assert_eq!(ids(manifest.training(1).collect()), ["2", "3"]);
    assert_eq!(ids(manifest.validation(1).collect()), [""; 0]); // an augmented image is never scored
    assert_eq!(ids(manifest.training(3).collect()), ["1", "3"]);
    assert_eq!(ids(manifest.validation(3).collect()), ["2"]);
    assert_eq!(manifest.folds(), 3);
}

#[test]
fn what_an_editor_can_break_is_named() {
    let (_folder, path) = written(rows());
    let text = std::fs::read_to_string(&path).unwrap();
    let hash = ContentHash::of_bytes(b"clinic:10").to_string();
    let cases = [
        ("licence,", "license,", "no column licence"),
        (hash.as_str(), "12ab", "line 3: \"12ab\" in column content_hash"),
        ("clinic:10,", "clinic:1,", "clinic:1 stands in line 2 already"),
        (",test,", ",tset,", "\"tset\" in column part"),
        (",COVID-19,", ",,", "needs a class"),
        ("clinic:10,", "clinic,", "ids are written source:name"),
        (",clinic,", ",cohen,", "is not of source \"cohen\""),
        (",train,3,yes", ",train,0,yes", "\"0\" in column fold"),
        (",train,3,yes", ",train,3,", "\"\" in column validates"),
        (",test,,,,", ",test,,,view,", "\"view\" in column reason"),
        (",excluded,,,view", ",excluded,,,", "needs a reason"),
        (",AP supine,", ",from above,", "\"from above\" in column view"),
        (
            ",train,3,yes",
            ",train,4294967295,yes",
            "\"4294967295\" in column fold; folds are counted from 1 to 1000 at most",
        ),
        ("50+", "59-50", "\"59-50\" in column age"),
        (",clinic:1,test", ",,test", "needs a group"),
        (",test,,,,", ",test,,,,,", "21 fields where the header has 20"),
    ];
    for (from, to, expected) in cases {
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let message = Manifest::read(&path).unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains("manifest.csv"), "{expected}: {message}");
    }
}

#[test]
fn a_class_that_was_not_asked_for_is_named() {
    let (_folder, path) = written(rows());
    let text = std::fs::read_to_string(&path).unwrap();
    let classes = Classes::new([COVID_19, NORMAL]).unwrap();
    assert!(Manifest::read_of(&path, &classes).is_ok());
    std::fs::write(&path, text.replace(",normal,", ",sick,")).unwrap();
    let message = Manifest::read_of(&path, &classes).unwrap_err().to_string();
    assert!(message.contains("clinic:2 has class \"sick\"; the classes are COVID-19, normal"), "{message}");
}

#[test]
fn two_rows_for_one_image_are_refused() {
    let error = Manifest::new(vec![row("clinic:1", Place::Test), row("clinic:1", Place::Test)]).unwrap_err();
    assert!(error.to_string().contains("clinic:1"));
}

proptest! {
    /// Whatever an editor, or an attacker, makes of a manifest: an error, or a manifest that reads back as it is written.
    #[test]
    fn any_change_gives_an_error_or_a_sound_manifest(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = Vec::new();
        Manifest::new(rows()).unwrap().write_to(&mut bytes).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(manifest) = Manifest::read_from(&bytes[..], Path::new("manifest.csv")) {
            let mut again = Vec::new();
            manifest.write_to(&mut again).unwrap();
            prop_assert_eq!(&Manifest::read_from(&again[..], Path::new("manifest.csv")).unwrap(), &manifest);
        }
    }
}
