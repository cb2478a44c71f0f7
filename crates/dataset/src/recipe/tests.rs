use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};
use radiograph_same_picture::Evidence;

use super::*;
use crate::{
    Label, Provenance, RecordId, View,
    balance::{BalancedBy, Field, Quota, QuotaOrigin, Unmatched},
    certificate::{Certificate, PictureSearch, Verdict},
};

fn candidate(id: &str, class: &str) -> Candidate {
    let mut record = Record::new(id.parse().unwrap(), format!("/data/{}.png", id.replace(':', "/")));
    record.label = Label::of(class, Provenance::Table, "");
    record.view = View::Pa;
    Candidate::new(record, ContentHash::of_bytes(id.as_bytes()), None)
}

fn listing(counts: &[(&'static str, &'static str, usize)]) -> Vec<Candidate> {
    let of = |&(source, class, count): &(&'static str, &'static str, usize)| {
        (0..count).map(move |at| candidate(&format!("{source}:{at}"), class))
    };
    counts.iter().flat_map(of).collect()
}

/// 1,401 original and 912 augmented images of COVID-19, 2,313 of each other class, as section 3.1 of the paper has them.
fn listing_of_the_paper() -> Vec<Candidate> {
    let mut listing = listing(&[
        ("covid", COVID_19, 1401),
        ("mendeley-augmented", COVID_19, 912),
        ("normal", NORMAL, 2313),
        ("pneumonia", PNEUMONIA, 2313),
    ]);
    for candidate in &mut listing[1401..1401 + 912] {
        candidate.record.origin = Origin::AugmentedFromUnknown;
    }
    listing
}

/// One of the named recipes.
type Named = fn(Classes) -> Recipe;

fn make(named: Named, candidates: Vec<Candidate>, pairs: &[SamePicture], seed: u64) -> Made {
    named(Classes::of_the_paper()).make(Path::new("/data"), candidates, pairs, seed).unwrap()
}

fn classes<'a>(rows: impl Iterator<Item = &'a Row>) -> [usize; 3] {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.class.as_ref().unwrap().to_string()).or_insert(0) += 1;
    }
    [COVID_19, PNEUMONIA, NORMAL].map(|class| counts.get(class).copied().unwrap_or(0))
}

#[test]
fn the_paper_gets_its_own_numbers() {
    for seed in [0, 7, 12_345] {
        let manifest = make(Recipe::paper, listing_of_the_paper(), &[], seed).manifest;
        assert_eq!(classes(manifest.train()), [1850, 1851, 1850]);
        assert_eq!(classes(manifest.test()), [463, 462, 463]);
        assert_eq!(manifest.test().filter(|row| row.augmented).count(), 0);
        assert_eq!(manifest.train().filter(|row| row.augmented).count(), 912);
        assert_eq!(manifest.folds(), 5);
        let validated: usize = (1..=5).map(|fold| manifest.validation(fold).count()).sum();
        assert_eq!(validated, 5551 - 912);
    }
}

/// Today's collections have more images than section 3.1 of the paper, which used 1,401 original and 912 augmented ones of
/// COVID-19.
#[test]
fn quotas_ask_for_the_numbers_of_the_paper() {
    let mut listing = listing(&[
        ("cohen", COVID_19, 1100),
        ("covid-cxnet", COVID_19, 900),
        ("mendeley-augmented", COVID_19, 1200),
        ("normal", NORMAL, 9000),
        ("pneumonia", PNEUMONIA, 4000),
    ]);
    for candidate in &mut listing[2000..3200] {
        candidate.record.origin = Origin::AugmentedFromUnknown;
    }
    let quota = |origin, images| Quota {
        class: COVID_19.into(),
        source: None,
        origin: Some(origin),
        images,
        exactly: true,
    };
    let mut recipe = Recipe::paper(Classes::of_the_paper());
    recipe.balance.quotas = vec![quota(QuotaOrigin::Original, 1401), quota(QuotaOrigin::Augmented, 912)];
    let made = recipe.make(Path::new("/data"), listing, &[], 7).unwrap();
    assert!(made.shortfalls.is_empty(), "{:?}", made.shortfalls);
    assert_eq!(classes(made.manifest.train()), [1850, 1851, 1850]);
    assert_eq!(classes(made.manifest.test()), [463, 462, 463]);
    assert_eq!(made.manifest.train().filter(|row| row.augmented).count(), 912);
    assert_eq!(made.manifest.test().filter(|row| row.augmented).count(), 0);
    // Both collections of originals are drawn from: 1,401 of 2,000, so 770.55 of the 1,100, with a deviation of 10.2.
    let used = made.manifest.rows().iter().filter(|row| !row.place.is_excluded());
    let cohen = used.filter(|row| row.id.source().as_str() == "cohen").count();
    assert!((730..=811).contains(&cohen), "{cohen}");
}

/// As above, with classes balanced by age band as far as they can be: children have pneumonia or are well, and nobody of them has
/// COVID-19. The numbers of section 3.1 are the same, and what stays unequal is told.
#[test]
fn balancing_by_age_keeps_the_numbers_of_the_paper_and_tells_what_it_cannot_balance() {
    let mut listing = listing(&[
        ("cohen", COVID_19, 2000),
        ("mendeley-augmented", COVID_19, 1200),
        ("normal", NORMAL, 6000),
        ("pneumonia", PNEUMONIA, 5000),
    ]);
    for (at, candidate) in listing.iter_mut().enumerate() {
        let covid = at < 3200;
        candidate.record.age = match at % 3 {
            0 if !covid => Some(crate::Age::years(7)),
            1 => Some(crate::Age::years(50)),
            _ => Some(crate::Age::years(70)),
        };
        if (2000..3200).contains(&at) {
            candidate.record.origin = Origin::AugmentedFromUnknown;
        }
    }
    let quota = |origin, images| Quota {
        class: COVID_19.into(),
        source: None,
        origin: Some(origin),
        images,
        exactly: true,
    };
    let mut recipe = Recipe::paper(Classes::of_the_paper());
    recipe.balance.quotas = vec![quota(QuotaOrigin::Original, 1401), quota(QuotaOrigin::Augmented, 912)];
    recipe.balance.by = Some(BalancedBy { field: Field::AgeBand, unmatched: Unmatched::Fill });
    let made = recipe.make(Path::new("/data"), listing, &[], 7).unwrap();
    assert_eq!(classes(made.manifest.train()), [1850, 1851, 1850]);
    assert_eq!(classes(made.manifest.test()), [463, 462, 463]);
    assert_eq!(made.manifest.train().filter(|row| row.augmented).count(), 912);
    assert_eq!(made.manifest.test().filter(|row| row.augmented).count(), 0);
    let told: Vec<String> = made.shortfalls.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|told| told.contains("0-17")), "{told:?}");
    assert!(!told.iter().any(|told| told.contains("exactly")), "{told:?}");
}

/// Twelve patients a class with a film each, and one of them with 40: every part has every class, and no patient is on two
/// sides.
#[test]
fn one_patient_with_forty_films_of_twelve_is_split_like_the_others() {
    let mut candidates = listing(&[("c", COVID_19, 51), ("p", PNEUMONIA, 12), ("n", NORMAL, 12)]);
    for (at, candidate) in candidates.iter_mut().enumerate() {
        candidate.record.patient = Some(format!("clinic:{}", at.max(39)).parse().unwrap());
    }
    let mut films = BTreeSet::new();
    for seed in 0..20 {
        let made = make(Recipe::trustworthy, candidates.clone(), &[], seed);
        let manifest = made.manifest;
        assert!(classes(manifest.test()).iter().all(|count| *count > 0));
        assert!((1..=5).all(|fold| classes(manifest.validation(fold)).iter().all(|count| *count > 0)));
        let certificate = Certificate::of(
            &manifest,
            &PictureSearch::complete(Vec::new(), manifest.rows().len()),
            made.terms,
        )
        .unwrap();
        assert_ne!(certificate.verdict, Verdict::Leaks, "{certificate}");
        let big = |row: &&Row| row.patient.as_ref().is_some_and(|patient| patient.name() == "39");
        films.insert(manifest.train().chain(manifest.test()).filter(big).count());
    }
    assert!(films.len() > 1, "the patient keeps the same number of films with every seed: {films:?}");
}

/// `paper.md` 5.1: splitting over all files puts 183 augmented images among the 463 test images of COVID-19 on average, with
/// a standard deviation of 9.
#[test]
fn the_released_code_tests_on_augmented_images() {
    let counts: Vec<usize> = (0..12)
        .map(|seed| {
            let manifest = make(Recipe::released_code, listing_of_the_paper(), &[], seed).manifest;
            assert_eq!(classes(manifest.test()), [463, 462, 463]);
            manifest.test().filter(|row| row.augmented).count()
        })
        .collect();
    let mean = counts.iter().sum::<usize>() as f64 / 12.0;
    assert!((mean - 183.0).abs() < 4.0 * 9.0 / 12.0_f64.sqrt(), "{counts:?}");
    assert!(counts.iter().all(|count| (140..=226).contains(count)), "{counts:?}");
}

#[test]
fn augmented_images_of_unknown_origin_are_not_trusted() {
    let made = make(Recipe::trustworthy, listing_of_the_paper(), &[], 7);
    let excluded = |code: &str| {
        let of = |row: &&Row| matches!(&row.place, Place::Excluded { reason } if reason.code == code);
        made.manifest.rows().iter().filter(of).count()
    };
    assert_eq!((excluded("parent-unknown"), excluded("surplus")), (912, 2 * 912));
    assert_eq!(classes(made.manifest.train().chain(made.manifest.test())), [1401; 3]);
}

#[test]
fn a_picture_with_two_classes_is_excluded_and_told() {
    let mut candidates = listing(&[("a", COVID_19, 20), ("b", NORMAL, 20), ("c", PNEUMONIA, 20)]);
    candidates[0].record.patient = Some("a:p".parse().unwrap());
    candidates[1].record.patient = Some("a:p".parse().unwrap());
    let pairs = [SamePicture { first: 0, second: 20, evidence: Evidence::SamePixels }];
    let made = make(Recipe::trustworthy, candidates, &pairs, 7);
    let of = |id: &str| made.manifest.rows().iter().find(|row| row.id.to_string() == id).unwrap();
    for id in ["a:0", "b:0"] {
        let Place::Excluded { reason } = &of(id).place else { panic!("{:?}", of(id).place) };
        assert_eq!(reason.to_string(), "label-conflict (the same picture is COVID-19 here and normal there)");
    }
    assert!(!of("a:1").place.is_excluded());
    assert_eq!(of("a:1").group.as_str(), "a:0");
    assert_eq!(made.groups.conflicts.len(), 1);
}

/// Twenty patients with an image each, and a side view, which no named recipe uses; a copy of that, which has no patient and whose
/// collection does not say what view it is, is used. Which is whose only the side views tell.
#[test]
fn an_image_that_is_not_used_keeps_together_what_it_links() {
    let mut candidates = listing(&[
        ("a", COVID_19, 20),
        ("b", NORMAL, 40),
        ("c", PNEUMONIA, 40),
        ("side", COVID_19, 20),
        ("copy", COVID_19, 20),
    ]);
    for at in 0..20 {
        let patient = Some(format!("a:{at}").parse().unwrap());
        candidates[at].record.patient = patient.clone();
        candidates[100 + at].record.patient = patient;
        candidates[100 + at].record.view = View::Lateral;
        candidates[120 + at].content_hash = candidates[100 + at].content_hash;
    }
    for seed in 0..5 {
        let made = make(Recipe::trustworthy, candidates.clone(), &[], seed);
        let row = |id: &str| made.manifest.rows().iter().find(|row| row.id.to_string() == id).unwrap();
        assert!(row("side:3").place.is_excluded() && !row("copy:3").place.is_excluded());
        assert_eq!(row("copy:3").group, row("a:3").group);
        let certificate = Certificate::of(
            &made.manifest,
            &PictureSearch::complete(Vec::new(), made.manifest.rows().len()),
            made.terms,
        )
        .unwrap();
        assert_ne!(certificate.verdict, Verdict::Leaks, "{certificate}");
    }
}

#[test]
fn what_lies_elsewhere_is_an_error() {
    let candidates = listing(&[("a", COVID_19, 20), ("b", NORMAL, 20), ("c", PNEUMONIA, 20)]);
    let error =
        Recipe::paper(Classes::of_the_paper()).make(Path::new("/other"), candidates, &[], 7).unwrap_err();
    assert!(matches!(error, DatasetError::OutsideFolder { .. }), "{error}");
}

#[test]
fn named_recipes_say_their_names() {
    let names = [Recipe::paper, Recipe::released_code, Recipe::trustworthy]
        .map(|named: Named| named(Classes::of_the_paper()).name);
    assert_eq!(names, ["paper", "released-code", "trustworthy"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever hangs together: every image in one part, no group, patient or picture on two sides, no class in excess, and
    /// neither the order of images nor of pairs matters.
    #[test]
    fn a_trusted_manifest_is_whole_disjoint_balanced_and_the_same_in_any_order(
        links in prop::collection::vec((0_usize..300, 0_usize..300), 0..80),
        patients in prop::collection::vec(prop::option::weighted(0.6, 0_u16..120), 300),
        seed: u64,
        shift in 0_usize..300,
    ) {
        let mut candidates = listing(&[("a", COVID_19, 100), ("b", NORMAL, 100), ("c", PNEUMONIA, 100)]);
        for (candidate, patient) in candidates.iter_mut().zip(&patients) {
            let source = candidate.record.source().clone();
            candidate.record.patient = patient.map(|patient| format!("{source}:{patient}").parse().unwrap());
        }
        let pair = |one: usize, other: usize| SamePicture {
            first: one.min(other),
            second: one.max(other),
            evidence: Evidence::SamePixels,
        };
        // Within a class: contradictions are another test's.
        let pairs: Vec<SamePicture> = links
            .iter()
            .filter(|(one, other)| one / 100 == other / 100 && one != other)
            .map(|&(one, other)| pair(one, other))
            .collect();
        let made = make(Recipe::trustworthy, candidates.clone(), &pairs, seed);
        let rows = made.manifest.rows();
        let ids: BTreeSet<&RecordId> = rows.iter().map(|row| &row.id).collect();
        prop_assert_eq!(ids.len(), 300);

        let mut sides: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for row in rows.iter().filter(|row| !row.place.is_excluded()) {
            sides.entry(format!("group {}", row.group)).or_default().insert(row.place.part());
            if let Some(patient) = &row.patient {
                sides.entry(format!("patient {patient}")).or_default().insert(row.place.part());
            }
        }
        prop_assert!(sides.values().all(|parts| parts.len() == 1));
        let used = classes(made.manifest.train().chain(made.manifest.test()));
        prop_assert!(used[0] == used[1] && used[1] == used[2] && used[0] > 0);

        let moved: Vec<Candidate> = (0..300).map(|at| candidates[(at + shift) % 300].clone()).collect();
        let at = |image: usize| (image + 300 - shift) % 300;
        let moved_pairs: Vec<SamePicture> =
            pairs.iter().rev().map(|same| pair(at(same.first), at(same.second))).collect();
        let again = make(Recipe::trustworthy, moved, &moved_pairs, seed);
        prop_assert_eq!(again.manifest, made.manifest);
    }
}
