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
    assert!(matches!(error, SplitError::TooFewGroups { groups: 1, folds: 5, test: true, .. }));
    let told = "class COVID-19 has 30 images of 1 patient (images that must stay together count as one patient), and the \
                test part and 5 folds need one each, 6 in all; add images of at least 5 other patients";
    assert_eq!(error.to_string(), told);
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
        assert!(matches!(error, SplitError::TooFewGroups { groups: 4, folds: 5, .. }), "{error}");
        assert!(k_fold(&samples, kind, 4, 7).is_ok());
    }
}

/// Samples of groups: for each group, its images by class.
fn of_groups(groups: &[Vec<usize>]) -> Vec<Sample> {
    let images =
        groups.iter().enumerate().flat_map(|(group, images)| images.iter().map(move |class| (group, *class)));
    let sample = |(at, (group, class)): (usize, (usize, usize))| {
        sample(&format!("clinic:{at}"), CLASSES[class], group)
    };
    images.enumerate().map(sample).collect()
}

/// Panics unless no group is on two sides and every one of these parts, which is all there are, has every class.
#[track_caller]
fn check_parts(samples: &[Sample], places: &[Place], parts: usize) {
    let mut of_group: BTreeMap<&GroupId, Option<u32>> = BTreeMap::new();
    let mut of_part: BTreeMap<Option<u32>, BTreeSet<&ClassName>> = BTreeMap::new();
    for (sample, place) in samples.iter().zip(places) {
        assert!(!place.is_excluded());
        let part = place.fold(); // none: the test part
        assert_eq!(*of_group.entry(&sample.group).or_insert(part), part, "{}", sample.group);
        of_part.entry(part).or_default().insert(&sample.class);
    }
    let classes = samples.iter().map(|sample| &sample.class).collect::<BTreeSet<_>>().len();
    assert_eq!(of_part.len(), parts);
    assert!(of_part.values().all(|of_part| of_part.len() == classes), "{of_part:?}");
}

/// The example of scikit-learn's issue 28218, whose `StratifiedGroupKFold` leaves folds without a class: groups a, b, c
/// and d with the classes 1, 1 and 0, 0 and 2, and 2. Only a with c against b with d is a split.
#[test]
fn the_split_that_scikit_learn_did_not_find_is_found() {
    let samples = of_groups(&[vec![1], vec![1, 0], vec![0, 2], vec![2]]);
    for seed in 0..50 {
        check_parts(&samples, &k_fold(&samples, Kind::Grouped, 2, seed).unwrap(), 2);
        let error = Split { kind: Kind::Grouped, test: 0.2, folds: 2 }.places(&samples, seed).unwrap_err();
        assert!(matches!(error, SplitError::TooFewGroups { groups: 2, folds: 2, .. }), "{error}");
    }
}

/// Its issue 34828: as many groups as folds, of which one fold stayed empty.
#[test]
fn as_many_groups_as_parts_leave_no_part_empty() {
    for big in [1, 25, 40] {
        let mut groups: Vec<Vec<usize>> = (0..18).map(|group| vec![group % 3]).collect();
        groups[0] = vec![0; big];
        let samples = of_groups(&groups);
        for seed in 0..20 {
            let places = Split { kind: Kind::Grouped, test: 0.2, folds: 5 }.places(&samples, seed).unwrap();
            check_parts(&samples, &places, 6);
        }
    }
}

#[test]
fn too_few_patients_are_counted_with_what_to_do() {
    // Three patients with pneumonia, one of them with two images.
    let mut groups: Vec<Vec<usize>> = (0..20).map(|group| vec![if group % 2 == 0 { 0 } else { 2 }]).collect();
    groups.extend([vec![1], vec![1, 1], vec![1]]);
    let samples = of_groups(&groups);
    let told =
        |folds| Split { kind: Kind::Grouped, test: 0.2, folds }.places(&samples, 7).unwrap_err().to_string();
    let expected = "class pneumonia has 4 images of 3 patients (images that must stay together count as one patient), and \
                    the test part and 5 folds need one each, 6 in all; ask for at most 2 folds, or add images of at least \
                    3 other patients";
    assert_eq!(told(5), expected);
    assert!(Split { kind: Kind::Grouped, test: 0.2, folds: 2 }.places(&samples, 7).is_ok());
    let fewer = |folds| {
        Split { kind: Kind::Grouped, test: 0.2, folds }.places(&samples, 7).unwrap_err().fewer_folds()
    };
    assert_eq!((fewer(5), fewer(3)), (Some(2), Some(2)));
    assert!(told(3).ends_with("add images of at least 1 other patient"), "{}", told(3));
    let error = k_fold(&samples, Kind::ImageLevel, 5, 7).unwrap_err().to_string();
    assert!(
        error.starts_with("class pneumonia has 4 images, and 5 folds need one each, 5 in all; "),
        "{error}"
    );
}

/// Every class has three groups, but two of each are one: the number 62 of one hospital and of another.
#[test]
fn groups_of_several_classes_that_cannot_be_dealt_are_told() {
    let samples = of_groups(&[vec![0, 1, 2], vec![0, 1], vec![1, 2], vec![0, 2]]);
    let error = Split { kind: Kind::Grouped, test: 0.2, folds: 2 }.places(&samples, 7).unwrap_err();
    assert_eq!(error, SplitError::PartsWithoutClass { possible: Some(2), folds: 2, test: true });
    let told = "groups with images of several classes cannot be dealt so that the test part and 2 folds have every class: 2 \
                parts can; add images of other patients";
    assert_eq!(error.to_string(), told);
    let places = Split { kind: Kind::Grouped, test: 0.2, folds: 0 }.places(&samples, 7).unwrap();
    assert!(places.contains(&Place::Test) && places.iter().any(Place::is_train));
}

/// Whether groups of classes can be dealt so that each of `parts` parts has all three: by trying every deal.
fn can_be_dealt(groups: &[BTreeSet<usize>], parts: usize) -> bool {
    let classes: BTreeSet<usize> = groups.iter().flatten().copied().collect();
    (0..parts.pow(groups.len() as u32)).any(|mut deal| {
        let mut of_part = vec![BTreeSet::new(); parts];
        for group in groups {
            of_part[deal % parts].extend(group);
            deal /= parts;
        }
        of_part.iter().all(|of_part| *of_part == classes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Against every possible deal: what can be dealt is dealt, and what cannot is an error that knows how far it goes.
    #[test]
    fn a_split_that_exists_is_found(
        groups in prop::collection::vec(prop::collection::btree_set(0_usize..3, 1..=3), 2..9),
        twice in 0_usize..8,
        seed: u64,
    ) {
        let mut images: Vec<Vec<usize>> = groups.iter().map(|classes| classes.iter().copied().collect()).collect();
        let at = twice % images.len();
        images[at] = images[at].repeat(9);
        let samples = of_groups(&images);
        // What is said to be possible is.
        let split = |folds| Split { kind: Kind::Grouped, test: 0.2, folds }.places(&samples, seed);
        if let Some(folds) = split(5).err().and_then(|error| error.fewer_folds()) {
            prop_assert!(split(folds as u32).is_ok() && split(folds as u32 + 1).is_err());
        }
        let dealt = |folds| k_fold(&samples, Kind::Grouped, folds, seed);
        if let Some(folds) = dealt(5).err().and_then(|error| error.fewer_folds()) {
            prop_assert!(dealt(folds as u32).is_ok() && dealt(folds as u32 + 1).is_err());
        }
        for (parts, dealt) in [
            (3, Split { kind: Kind::Grouped, test: 0.2, folds: 2 }.places(&samples, seed)),
            (2, dealt(2)),
            (3, dealt(3)),
        ] {
            match dealt {
                Ok(places) => check_parts(&samples, &places, parts),
                Err(SplitError::TooFewGroups { class, groups: told, .. }) => {
                    let class = CLASSES.iter().position(|name| class == *name).unwrap();
                    let of = |class| groups.iter().filter(|classes| classes.contains(&class)).count();
                    let fewest = (0..3).map(of).filter(|count| *count > 0).min();
                    prop_assert_eq!(Some(told), fewest);
                    prop_assert_eq!(told, groups.iter().filter(|classes| classes.contains(&class)).count());
                    prop_assert!(told < parts);
                }
                Err(SplitError::PartsWithoutClass { possible, .. }) => {
                    let possible = possible.unwrap();
                    prop_assert!(possible < parts && !can_be_dealt(&groups, possible + 1));
                    prop_assert!(can_be_dealt(&groups, possible));
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
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
