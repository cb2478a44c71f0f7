use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};

use super::*;

const CLASSES: [&str; 3] = [COVID_19, PNEUMONIA, NORMAL];

fn sample(id: &str, class: &str, group: usize) -> Sample {
    Sample {
        id: id.parse().unwrap(),
        class: class.into(),
        group: format!("clinic:group-{group}").into(),
        augmented: false,
        parent: None,
    }
}

/// Images with a class and a group each, and whether they were made from the first of their group.
fn samples() -> impl Strategy<Value = Vec<Sample>> {
    prop::collection::vec((0_usize..3, 0_usize..60, prop::bool::weighted(0.15)), 80..160).prop_map(|all| {
        let mut samples: Vec<Sample> = Vec::new();
        for (at, (class, group, augmented)) in all.into_iter().enumerate() {
            let mut sample = sample(&format!("clinic:{at}"), CLASSES[class], group);
            let parent = samples.iter().find(|other| other.group == sample.group && !other.augmented);
            if let (Some(parent), true) = (parent, augmented) {
                (sample.augmented, sample.parent) = (true, Some(parent.id.clone()));
            }
            samples.push(sample);
        }
        samples
    })
}

fn parts_of_groups(samples: &[Sample], places: &[Place]) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut parts: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for (sample, place) in samples.iter().zip(places).filter(|(_, place)| !place.is_excluded()) {
        parts.entry(sample.group.to_string()).or_default().insert(place.part());
    }
    parts
}

proptest! {
    #[test]
    fn no_group_is_on_two_sides_and_no_part_is_without_a_class(samples in samples(), seed: u64) {
        let split = Split { kind: Kind::Grouped, test: 0.2, folds: 5 };
        let places = split.places(&samples, seed).unwrap();
        prop_assert_eq!(places.len(), samples.len());
        prop_assert!(parts_of_groups(&samples, &places).values().all(|parts| parts.len() == 1));
        let mut folds: BTreeMap<&GroupId, BTreeSet<Option<u32>>> = BTreeMap::new();
        for (sample, place) in samples.iter().zip(&places) {
            prop_assert!(!(sample.augmented && (*place == Place::Test || place.validates_in(place.fold().unwrap_or(0)))));
            if place.is_excluded() {
                prop_assert!(sample.augmented); // nothing else is left out by a split
            }
            if place.is_train() {
                folds.entry(&sample.group).or_default().insert(place.fold());
            }
        }
        prop_assert!(folds.values().all(|folds| folds.len() == 1));
        for class in CLASSES {
            let of_class = || samples.iter().zip(&places).filter(|(sample, _)| sample.class == class);
            prop_assert!(of_class().any(|(_, place)| *place == Place::Test));
            for fold in 1..=5 {
                prop_assert!(of_class().any(|(_, place)| place.validates_in(fold)), "{} fold {}", class, fold);
                prop_assert!(of_class().any(|(_, place)| place.trains_without(fold)));
            }
        }
    }

    #[test]
    fn folds_cover_everything_that_may_be_scored_exactly_once(samples in samples(), seed: u64) {
        for kind in [Kind::Grouped, Kind::ImageLevel, Kind::ImageLevelWithAugmented] {
            for places in repeated_k_fold(&samples, kind, 4, 2, seed).unwrap() {
                for (sample, place) in samples.iter().zip(&places) {
                    let times = (1..=4).filter(|fold| place.validates_in(*fold)).count();
                    prop_assert_eq!(times, usize::from(kind.scores(sample)));
                    prop_assert!((1..=4).all(|fold| !(place.validates_in(fold) && place.trains_without(fold))));
                }
            }
        }
    }

    #[test]
    fn neither_order_nor_other_draws_change_a_place(samples in samples(), seed: u64, shift in 0_usize..80) {
        for kind in [Kind::Grouped, Kind::ImageLevel, Kind::ImageLevelWithAugmented] {
            let split = Split { kind, test: 0.25, folds: 3 };
            let turned: Vec<Sample> =
                (0..samples.len()).map(|at| samples[(at + shift) % samples.len()].clone()).collect();
            let by_id = |samples: &[Sample]| -> BTreeMap<RecordId, String> {
                let places = split.places(samples, seed).unwrap();
                samples.iter().zip(places).map(|(sample, place)| (sample.id.clone(), format!("{place:?}"))).collect()
            };
            prop_assert_eq!(by_id(&samples), by_id(&turned));
        }
    }

    /// Single images are dealt exactly: as many of each class as the share says, and folds that differ by one at most.
    #[test]
    fn single_images_are_dealt_in_exact_proportion(counts in prop::array::uniform3(30_usize..90), seed: u64) {
        let samples: Vec<Sample> = counts
            .iter()
            .zip(CLASSES)
            .flat_map(|(count, class)| (0..*count).map(move |at| sample(&format!("clinic:{class}-{at}"), class, 0)))
            .collect();
        let places = Split { kind: Kind::ImageLevel, test: 0.2, folds: 5 }.places(&samples, seed).unwrap();
        let count = |class: &str, place: &dyn Fn(&Place) -> bool| {
            samples.iter().zip(&places).filter(|(sample, at)| sample.class == class && place(at)).count()
        };
        for (class, images) in CLASSES.into_iter().zip(counts) {
            let tested = count(class, &|place| *place == Place::Test) as f64;
            prop_assert!((tested - images as f64 * 0.2).abs() < 1.0);
            let folds: Vec<usize> = (1..=5).map(|fold| count(class, &|place| place.validates_in(fold))).collect();
            prop_assert!(folds.iter().max().unwrap() - folds.iter().min().unwrap() <= 1, "{:?}", folds);
        }
    }
}

#[test]
fn one_giant_group_is_an_error_that_names_class_and_remedy() {
    let samples: Vec<Sample> =
        (0..90).map(|at| sample(&format!("clinic:{at}"), CLASSES[at % 3], 1)).collect();
    let error = Split { kind: Kind::Grouped, test: 0.2, folds: 5 }.places(&samples, 7).unwrap_err();
    assert!(matches!(error, SplitError::TooFewGroups { groups: 1, needed: 6, .. }));
    assert!(error.to_string().contains("class COVID-19 has 1 groups, and 6 parts need one each"), "{error}");
    // Image by image, the same data can be split, and the copies are on both sides.
    assert!(Split { kind: Kind::ImageLevel, test: 0.2, folds: 5 }.places(&samples, 7).is_ok());
}

#[test]
fn a_giant_group_beside_small_ones_stays_whole() {
    let mut samples: Vec<Sample> =
        (0..300).map(|at| sample(&format!("clinic:{at}"), CLASSES[at % 3], 1)).collect();
    samples.extend((0..30).map(|at| sample(&format!("clinic:s{at}"), CLASSES[at % 3], at + 2)));
    for seed in 0..20 {
        let places = Split { kind: Kind::Grouped, test: 0.2, folds: 5 }.places(&samples, seed).unwrap();
        assert!(parts_of_groups(&samples, &places).values().all(|parts| parts.len() == 1));
        assert!(places[..300].iter().all(|place| *place == places[0] && place.is_train()));
    }
}

#[test]
fn fewer_groups_than_folds_are_an_error_in_any_kind() {
    let samples: Vec<Sample> =
        (0..12).map(|at| sample(&format!("clinic:{at}"), CLASSES[at % 3], at)).collect();
    for kind in [Kind::Grouped, Kind::ImageLevel] {
        let error = k_fold(&samples, kind, 5, 7).unwrap_err();
        assert!(matches!(error, SplitError::TooFewGroups { groups: 4, needed: 5, .. }), "{error}");
        assert!(k_fold(&samples, kind, 4, 7).is_ok());
    }
}

#[test]
fn values_out_of_range_are_errors() {
    let samples = [sample("clinic:1", COVID_19, 1)];
    for (test, folds) in [(0.0, 5), (1.0, 5), (f64::NAN, 5), (0.2, 1)] {
        let split = Split { kind: Kind::Grouped, test, folds };
        let many: Vec<Sample> =
            (0..90).map(|at| sample(&format!("clinic:{at}"), CLASSES[at % 3], at)).collect();
        assert!(matches!(split.places(&many, 7), Err(SplitError::Setting { .. })), "{test} {folds}");
    }
    assert!(matches!(k_fold(&samples, Kind::Grouped, 0, 7), Err(SplitError::Setting { .. })));
}

#[test]
fn children_train_where_their_parents_do() {
    let mut samples: Vec<Sample> =
        (0..60).map(|at| sample(&format!("clinic:{at}"), CLASSES[at % 3], at)).collect();
    let children: Vec<Sample> = (0..60)
        .map(|at| Sample {
            augmented: true,
            parent: Some(samples[at].id.clone()),
            ..sample(&format!("made:{at}"), CLASSES[at % 3], 100 + at)
        })
        .collect();
    samples.extend(children);
    samples.push(Sample { augmented: true, ..sample("made:orphan", COVID_19, 500) });
    let places = Split { kind: Kind::ImageLevel, test: 0.25, folds: 4 }.places(&samples, 7).unwrap();
    for at in 0..60 {
        let (parent, child) = (&places[at], &places[60 + at]);
        match parent {
            Place::Test => assert!(
                matches!(child, Place::Excluded { reason } if reason.code == "parent-tested"),
                "{child:?}"
            ),
            _ => assert_eq!((child.fold(), child.is_train()), (parent.fold(), true)),
        }
        assert!((1..=4).all(|fold| !child.validates_in(fold)));
    }
    assert_eq!(places[120], Place::Train { fold: None, validates: false });
    let anywhere = Split { kind: Kind::ImageLevelWithAugmented, test: 0.25, folds: 4 };
    let places = anywhere.places(&samples, 7).unwrap();
    assert!(places[60..].contains(&Place::Test));
}

#[test]
fn a_source_is_held_out_only_where_all_classes_stay_on_both_sides() {
    let mut samples = Vec::new();
    for (source, classes) in [
        ("all", &CLASSES[..]),
        ("nih", &CLASSES[1..]),
        ("covid-only", &CLASSES[..1]),
        ("also-all", &CLASSES[..]),
    ] {
        for at in 0..9 {
            samples.push(sample(&format!("{source}:{at}"), classes[at % classes.len()], samples.len()));
        }
    }
    samples[9].group = samples[0].group.clone(); // an image of nih shows what one of `all` shows
    let outs = leave_one_source_out(&samples);
    let told: Vec<(&str, String)> = outs
        .iter()
        .map(|out| {
            let told = out.places.as_ref().map_or_else(ToString::to_string, |_| "tested".to_owned());
            (out.source.as_str(), told)
        })
        .collect();
    let expected = [
        ("all", "tested"),
        ("also-all", "tested"),
        ("covid-only", "it has no normal and pneumonia"),
        ("nih", "it has no COVID-19"),
    ];
    assert_eq!(told, expected.map(|(source, told)| (source, told.to_owned())));
    let places = outs[0].places.as_ref().unwrap();
    assert_eq!(places.iter().filter(|place| **place == Place::Test).count(), 9);
    assert!(places[9].is_excluded());
    let split = Split { kind: Kind::Grouped, test: 0.2, folds: 2 };
    let places = split.places_without(&"all".parse().unwrap(), &samples, 7).unwrap();
    assert_eq!(places.iter().filter(|place| **place == Place::Test).count(), 9);
    assert!(places.iter().all(|place| place.is_train() == place.fold().is_some()));
    for (source, told) in [("nih", "nih cannot be held out: it has no COVID-19"), ("gone", "no image of it")]
    {
        let error = split.places_without(&source.parse().unwrap(), &samples, 7).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }

    samples.retain(|sample| sample.id.source().as_str() != "also-all");
    samples.retain(|sample| sample.id.source().as_str() != "nih");
    let outs = leave_one_source_out(&samples);
    assert_eq!(
        outs[0].places.as_ref().unwrap_err().to_string(),
        "without it there is no normal and pneumonia"
    );
}
