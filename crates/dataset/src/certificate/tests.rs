use radiograph_classes::{COVID_19, NORMAL};
use radiograph_files::ContentHash;
use radiograph_same_picture::{Evidence, SamePicture};
use serde_json::Value;

use super::*;
use crate::{GroupId, Provenance, View, manifest::StatedReason};

/// Forty images in groups of their own: every fifth is tested on, the others are in four folds.
fn rows() -> Vec<Row> {
    let row = |at: usize| {
        let id = format!("clinic:{at:02}");
        let place = match at % 5 {
            0 => Place::Test,
            fold => Place::Train { fold: Some(fold as u32), validates: true },
        };
        Row {
            id: id.parse().unwrap(),
            content_hash: ContentHash::of_bytes(id.as_bytes()),
            taken_from: None,
            patient: Some(id.parse().unwrap()),
            class: Some(if at < 20 { COVID_19 } else { NORMAL }.into()),
            provenance: Provenance::Table,
            view: View::Pa,
            sex: None,
            age: None,
            licence: None,
            augmented: false,
            parent: None,
            drawn: false,
            group: GroupId::from(id),
            place,
        }
    };
    (0..40).map(row).collect()
}

fn terms() -> Terms {
    Terms {
        recipe: "trustworthy".to_owned(),
        seed: 7,
        split: Split { kind: Kind::Grouped, test: 0.2, folds: 4 },
        source_out: None,
        search: Search::default(),
        classes: Classes::new([COVID_19, NORMAL]).unwrap(),
        pseudonyms: false,
    }
}

fn certificate(rows: Vec<Row>, pictures: &[SamePicture]) -> Certificate {
    let pictures = PictureSearch::complete(pictures.to_vec(), rows.len());
    Certificate::of(&Manifest::new(rows).unwrap(), &pictures, terms()).unwrap()
}

fn same(first: usize, second: usize) -> SamePicture {
    SamePicture { first, second, evidence: Evidence::SamePixels }
}

/// Shared patients, pictures, groups, and images of shared families.
fn counts(crossing: &Crossing) -> [usize; 4] {
    [
        crossing.shared_patients,
        crossing.shared_pictures,
        crossing.shared_groups,
        crossing.images_of_shared_families,
    ]
}

#[test]
fn nothing_crosses_where_nothing_is_shared() {
    let certificate = certificate(rows(), &[]);
    assert_eq!(certificate.verdict, Verdict::Clean);
    assert_eq!((certificate.train_to_test.from_images, certificate.train_to_test.to_images), (32, 8));
    assert_eq!(certificate.parts[1].classes[&COVID_19.into()], 4);
    assert_eq!(certificate.folds.len(), 4);
    let sentence = "Clean: nothing crosses the borders of this split; all 40 images were compared, and their patients are known.";
    assert_eq!(certificate.sentence, sentence);
    assert!(certificate.to_string().starts_with(sentence));
}

#[test]
fn each_kind_of_leak_is_found_and_only_that() {
    let mut patient = rows();
    patient[5].patient = patient[1].patient.clone();
    assert_eq!(counts(&certificate(patient, &[]).train_to_test), [1, 0, 0, 0]);

    // The groups say nothing of it: only pixels, or bytes, do.
    assert_eq!(counts(&certificate(rows(), &[same(1, 5)]).train_to_test), [0, 1, 0, 0]);
    let mut bytes = rows();
    bytes[5].content_hash = bytes[1].content_hash;
    assert_eq!(counts(&certificate(bytes, &[]).train_to_test), [0, 1, 0, 0]);

    let mut group = rows();
    group[5].group = group[1].group.clone();
    assert_eq!(counts(&certificate(group, &[]).train_to_test), [0, 0, 1, 0]);

    let mut child = rows();
    child[1].parent = Some(child[5].id.clone());
    assert_eq!(counts(&certificate(child, &[]).train_to_test), [0, 0, 0, 1]);
    let mut siblings = rows();
    siblings[1].parent = Some("gone:1".parse().unwrap());
    siblings[5].parent = Some("gone:1".parse().unwrap());
    let certificate = certificate(siblings, &[]);
    assert_eq!(counts(&certificate.train_to_test), [0, 0, 0, 1]);
    let example = &certificate.train_to_test.examples[0];
    assert_eq!((example.from.name(), example.to.name(), example.shared), ("01", "05", LeakKind::Family));
    assert_eq!(certificate.verdict, Verdict::Leaks);
    assert!(certificate.sentence.starts_with("Leaks: training and test share"), "{}", certificate.sentence);
}

#[test]
fn pictures_are_followed_through_others() {
    // 1 looks like 0, and 0 like 5, which is tested on: 1 and 5 are one picture. 0 and 5 are on the same side.
    let crossing = certificate(rows(), &[same(0, 1), same(0, 5)]).train_to_test;
    assert_eq!((crossing.shared_pictures, crossing.images_with_copies), (1, 2));
}

/// The person of image 1, trained on, is the one of image 5, tested on, as image 0 shows, which is not used itself: it is of
/// 1's patient, and 5 is the same picture or was made from it. The manifest's groups say nothing of it.
#[test]
fn a_person_straddles_through_an_image_that_is_not_used() {
    let chained = |link: &dyn Fn(&mut [Row])| {
        let mut rows = rows();
        rows[0].place = Place::Excluded {
            reason: StatedReason { code: "same-picture".to_owned(), text: "shows another".to_owned() },
        };
        rows[0].patient = rows[1].patient.clone();
        link(&mut rows);
        rows
    };
    let picture = certificate(chained(&|_| ()), &[same(0, 5)]);
    let family = certificate(chained(&|rows| rows[5].parent = Some(rows[0].id.clone())), &[]);
    for certificate in [picture, family] {
        let crossing = &certificate.train_to_test;
        assert_eq!(counts(crossing), [0, 0, 0, 0], "no patient, picture or family is on both sides");
        assert_eq!((crossing.shared_sets, crossing.images_of_shared_sets), (1, 1));
        assert!(certificate.leaks_to_test() && !certificate.leaks_between_folds());
        let [example] = &crossing.examples[..] else { panic!("{:?}", crossing.examples) };
        assert_eq!((example.shared, example.from.name(), example.to.name()), (LeakKind::Chain, "01", "05"));
        assert!(certificate.to_string().contains("one chain: clinic:01 and clinic:05"), "{certificate}");
    }
    // Between folds as well: 1 and 2 are in two of them.
    let between = certificate(chained(&|_| ()), &[same(0, 2)]);
    assert!(!between.leaks_to_test() && between.leaks_between_folds());
}

#[test]
fn a_split_without_a_side_is_inconclusive_and_says_so() {
    let all = |place: &Place| rows().into_iter().map(|row| Row { place: place.clone(), ..row }).collect();
    let trained = certificate(all(&Place::Train { fold: None, validates: false }), &[]);
    let tested = certificate(all(&Place::Test), &[]);
    assert_eq!((trained.verdict, tested.verdict), (Verdict::Inconclusive, Verdict::Inconclusive));
    assert!(trained.sentence.contains("Not covered: no test images"), "{}", trained.sentence);
    assert!(tested.sentence.contains("Not covered: no training images"), "{}", tested.sentence);
}

/// Were folds counted up to, this would take hours.
#[test]
fn only_folds_that_occur_are_looked_at() {
    let mut rows = rows();
    for row in &mut rows {
        if let Place::Train { fold: Some(fold), .. } = &mut row.place {
            *fold += u32::MAX - 4;
        }
    }
    let certificate = certificate(rows, &[]);
    assert_eq!((certificate.verdict, certificate.folds.len()), (Verdict::Clean, 4));
    assert_eq!(certificate.parts.last().unwrap().part, format!("fold {}", u32::MAX));
}

#[test]
fn a_leak_between_folds_is_none_to_the_test_images() {
    let certificate = certificate(rows(), &[same(1, 2)]);
    assert!(certificate.train_to_test.is_empty() && certificate.leaks_between_folds());
    assert!(certificate.sentence.starts_with("Leaks: folds share"), "{}", certificate.sentence);
    let leaking = certificate.folds.iter().filter(|fold| !fold.is_empty());
    let leaking: Vec<&str> = leaking.map(|fold| fold.from.as_str()).collect();
    assert_eq!(leaking, ["training of fold 1", "training of fold 2"]);
}

#[test]
fn the_contrast_counts_what_an_image_level_split_would_leak() {
    // Twenty pictures, two images each: 8 of 40 are tested on, and their twins are mostly trained on.
    let pairs: Vec<SamePicture> = (0..20).map(|at| same(2 * at, 2 * at + 1)).collect();
    let Naive::Split(crossing) = certificate(rows(), &pairs).naive else { panic!("no contrast") };
    assert_eq!((crossing.from_images, crossing.to_images), (32, 8));
    assert!(crossing.images_with_copies >= 4, "{crossing:?}");
}

#[test]
fn a_pair_beyond_the_rows_is_an_error() {
    let manifest = Manifest::new(rows()).unwrap();
    let beyond = PictureSearch::complete(vec![same(0, 40)], 40);
    let error = Certificate::of(&manifest, &beyond, terms()).unwrap_err();
    assert!(matches!(error, NoSuchImage { position: 40, images: 40 }));
    let few = Certificate::of(&manifest, &PictureSearch::none(39), terms()).unwrap_err();
    assert!(matches!(few, NoSuchImage { position: 39, images: 40 }));
}

/// Keys of objects that stand for data, not for the format: codes, classes, collections.
fn is_data(parent: &str) -> bool {
    parent == "/excluded" || parent.ends_with("/classes") || parent.starts_with("/class_by_source/counts")
}

/// JSON pointers of all objects below a value.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.push(at.to_owned());
            object.iter().for_each(|(key, value)| objects(value, &format!("{at}/{key}"), found));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(key, value)| objects(value, &format!("{at}/{key}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_certificate_reads_back_and_no_key_of_it_may_be_renamed_or_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leakage.json");
    let read = |value: &Value| {
        fs::write(&path, value.to_string()).unwrap();
        Certificate::read_even_edited(&path).map(|(certificate, _)| certificate)
    };
    let mut excluded = rows();
    excluded[3].place =
        Place::Excluded { reason: StatedReason { code: "surplus".to_owned(), text: "enough".to_owned() } };
    let mut of_a_source = certificate(rows(), &[]);
    of_a_source.terms.source_out = Some("clinic".to_owned());
    of_a_source.naive = Naive::Impossible { reason: "there is none".to_owned() };
    let mut renamed = 0;
    for certificate in [certificate(excluded, &[same(1, 5)]), of_a_source] {
        let whole: Value = serde_json::from_str(&certificate.to_json()).unwrap();
        assert_eq!(read(&whole).unwrap(), certificate);
        let mut places = Vec::new();
        objects(&whole, "", &mut places);
        for place in places.iter().filter(|place| !is_data(place)) {
            let keys: Vec<String> =
                whole.pointer(place).unwrap().as_object().unwrap().keys().cloned().collect();
            for key in keys {
                for new_name in [Some(format!("{key}_")), None] {
                    let mut changed = whole.clone();
                    let object = changed.pointer_mut(place).unwrap().as_object_mut().unwrap();
                    let value = object.remove(&key).unwrap();
                    object.extend(new_name.iter().map(|name| (name.clone(), value.clone())));
                    // A search that leaves a setting out has its default, as in a config.
                    if new_name.is_some() || place != "/terms/search" {
                        let error = read(&changed);
                        assert!(
                            matches!(error, Err(CertificateError::Invalid { .. })),
                            "{place}/{key} as {new_name:?}: {error:?}"
                        );
                    }
                }
                renamed += 1;
            }
        }
    }
    assert!(renamed > 200, "{renamed} keys were tried");
}

#[test]
fn a_certificate_of_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leakage.json");
    let json = certificate(rows(), &[]).to_json();
    assert!(json.contains("radiograph-certificate-3"));
    fs::write(&path, json.replace("radiograph-certificate-3", "radiograph-certificate-2")).unwrap();
    let error = Certificate::read(&path).unwrap_err().to_string();
    assert!(error.contains("leakage.json") && error.contains("radiograph-certificate-2"), "{error}");
    let missing = Certificate::read(&folder.path().join("none.json"));
    assert!(matches!(missing, Err(CertificateError::Read { .. })), "{missing:?}");
}

#[test]
fn what_could_not_be_looked_at_is_counted_and_said() {
    let mut of_nobody = rows();
    for at in [1, 5, 6, 10] {
        of_nobody[at].patient = None;
    }
    let mut orphan = rows();
    orphan[7].augmented = true;
    let mut sights = PictureSearch::complete(Vec::new(), 40);
    sights.sights[2] = Sight::LittleContrast;
    sights.sights[5] = Sight::Unseen;
    let of = |rows: Vec<Row>, pictures: &PictureSearch, terms: Terms| {
        Certificate::of(&Manifest::new(rows).unwrap(), pictures, terms).unwrap()
    };
    let complete = PictureSearch::complete(Vec::new(), 40);
    let weak = Search { crops: false, hash_distance: 2, ..Search::default() };
    let cases = [
        (
            of(of_nobody, &complete, terms()),
            36,
            "36 of 40 images (90.0 %). Not covered: 4 images (10.0 %) without a known patient.",
        ),
        (of(orphan, &complete, terms()), 39, "1 image (2.5 %) augmented from an unknown original"),
        (
            of(rows(), &sights, terms()),
            38,
            "1 image (2.5 %) with too little contrast for a comparison; 1 image (2.5 %) that were not decoded",
        ),
        (of(rows(), &PictureSearch::none(40), terms()), 0, "among 0 of 40 images (0.0 %)"),
        (
            of(rows(), &complete, Terms { search: weak, ..terms() }),
            40,
            "what a search weaker than the default misses (hash_distance, crops)",
        ),
    ];
    for (certificate, checked, said) in cases {
        assert_eq!(certificate.verdict, Verdict::Inconclusive, "{said}");
        assert_eq!(certificate.coverage.checked, checked, "{said}");
        assert!(certificate.sentence.contains(said), "{}", certificate.sentence);
    }
    let pseudonyms = of(rows(), &complete, Terms { pseudonyms: true, ..terms() });
    assert_eq!(pseudonyms.verdict, Verdict::Clean);
    assert!(pseudonyms.sentence.ends_with("Pseudonyms tell the patients apart."), "{}", pseudonyms.sentence);
}

/// With one fold the images that validate are not compared with any that train.
#[test]
fn folds_that_were_not_compared_are_no_clean_folds() {
    let with = |fold_of: &dyn Fn(u32) -> Option<u32>| {
        let mut rows = rows();
        for row in &mut rows {
            if let Place::Train { fold: Some(fold), .. } = row.place {
                row.place = Place::Train { fold: fold_of(fold), validates: true };
            }
        }
        certificate(rows, &[])
    };
    let one = with(&|_| Some(1));
    assert_eq!(one.verdict, Verdict::Inconclusive);
    assert!(
        one.sentence.contains(
            "the folds: 1 where the settings ask for 4; folds with nothing to compare them with: 1"
        ),
        "{}",
        one.sentence
    );
    let fewer = with(&|fold| Some(fold.min(3)));
    assert_eq!(fewer.verdict, Verdict::Inconclusive);
    assert!(fewer.sentence.contains("the folds: 3 where the settings ask for 4"), "{}", fewer.sentence);
    let none = with(&|_| None);
    assert!(none.sentence.contains("the folds: 0 where the settings ask for 4"), "{}", none.sentence);
}

#[test]
fn a_thousand_folds_are_judged_each() {
    let mut many: Vec<Row> = Vec::new();
    for copy in 0..50 {
        many.extend(rows().into_iter().map(|row| {
            let id = format!("clinic:{copy:02}-{}", row.id.name());
            Row {
                id: id.parse().unwrap(),
                content_hash: ContentHash::of_bytes(id.as_bytes()),
                patient: Some(id.parse().unwrap()),
                group: GroupId::from(id),
                ..row
            }
        }));
    }
    for (at, row) in many.iter_mut().enumerate() {
        row.place = match at {
            0..1000 => Place::Train { fold: Some(at as u32 + 1), validates: true },
            _ => Place::Test,
        };
    }
    let of = |rows: Vec<Row>| {
        let terms = Terms { split: Split { folds: 1000, ..terms().split }, ..terms() };
        let pictures = PictureSearch::complete(Vec::new(), rows.len());
        Certificate::of(&Manifest::new(rows).unwrap(), &pictures, terms).unwrap()
    };
    let clean = of(many.clone());
    assert_eq!((clean.verdict, clean.folds.len()), (Verdict::Clean, 1000));
    many[999].patient = many[0].patient.clone();
    let leaking = of(many);
    let folds: Vec<&str> =
        leaking.folds.iter().filter(|fold| !fold.is_empty()).map(|fold| fold.to.as_str()).collect();
    assert_eq!(folds, ["validation of fold 1", "validation of fold 1000"]);
}

#[test]
fn a_text_that_was_edited_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leakage.json");
    let made = certificate(rows(), &[]);
    let json = made.to_json();
    let read = |text: &str| {
        fs::write(&path, text).unwrap();
        Certificate::read(&path)
    };
    assert_eq!(read(&json).unwrap(), made);
    let edits = [
        json.replace("\"trustworthy\"", "\"paper\""),
        json.replace("  \"seal\"", "    \"seal\""),
        json.replace("\"seed\": 7", "\"seed\": 8"),
        format!("{json}\n"),
    ];
    for edit in edits {
        assert_ne!(edit, json);
        assert!(matches!(read(&edit), Err(CertificateError::Edited { .. })), "{edit}");
    }
    let unsealed = json.replace("\"seal\"", "\"sea\"");
    assert!(matches!(read(&unsealed), Err(CertificateError::Invalid { .. })));
}
