use proptest::prelude::*;
use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};
use radiograph_same_picture::{Evidence, SamePicture};

use super::*;
use crate::{Age, Label, Origin, RecordId};

fn record(at: usize, class: &str) -> Record {
    let mut record = Record::new(RecordId::new(&"clinic".parse().unwrap(), at.to_string()), "");
    record.label = Label::of(class, Provenance::Table, "");
    record
}

fn records(counts: [usize; 3]) -> Vec<Record> {
    let classes = [COVID_19, PNEUMONIA, NORMAL].into_iter().zip(counts);
    let classes = classes.flat_map(|(class, count)| std::iter::repeat_n(class, count));
    classes.enumerate().map(|(at, class)| record(at, class)).collect()
}

fn classes() -> Classes {
    Classes::new([COVID_19, PNEUMONIA, NORMAL]).unwrap()
}

fn choose(balance: &Balance, records: &[Record], pairs: &[SamePicture]) -> Balanced {
    let records: Vec<&Record> = records.iter().collect();
    let groups = Groups::of(&records, pairs).unwrap();
    balance.choose(&records, &groups, &classes(), 7).unwrap()
}

fn codes(balanced: &Balanced) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for reason in balanced.reasons.iter().flatten() {
        *counts.entry(reason.code()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn classes_become_as_large_as_the_smallest_or_as_asked() {
    let records = records([30, 20, 50]);
    for (per_class, expected) in [
        (PerClass::Smallest, [20, 20, 20]),
        (PerClass::AtMost(7), [7, 7, 7]),
        (PerClass::AtMost(2313), [20, 20, 20]),
        (PerClass::All, [30, 20, 50]),
    ] {
        let balanced = choose(&Balance { per_class, ..Balance::default() }, &records, &[]);
        let counts = [COVID_19, PNEUMONIA, NORMAL].map(|class| balanced.classes[&ClassName::from(class)]);
        assert_eq!(counts, expected);
    }
}

#[test]
fn originals_are_drawn_before_augmented_images() {
    let mut records = records([20, 9, 9]);
    for record in records.iter_mut().take(15).skip(3) {
        record.origin = Origin::AugmentedFromUnknown;
    }
    let balance =
        Balance { per_class: PerClass::Smallest, prefer: vec![Preference::Original], ..Balance::default() };
    let balanced = choose(&balance, &records, &[]);
    let kept = |augmented: bool| {
        let pairs = records.iter().zip(&balanced.reasons).take(20);
        pairs.filter(|(record, reason)| record.origin.is_augmented() == augmented && reason.is_none()).count()
    };
    assert_eq!((kept(false), kept(true)), (8, 1));
}

#[test]
fn of_every_picture_the_preferred_image_stays() {
    let mut records = records([3, 1, 1]);
    records[0].origin = Origin::AugmentedFromUnknown;
    records[2].patient = Some("clinic:p".parse().unwrap());
    let pair = |first, second| SamePicture { first, second, evidence: Evidence::SameBytes };
    let balance = Balance {
        one_per_picture: true,
        prefer: vec![Preference::Original, Preference::KnownPatient],
        ..Balance::default()
    };
    let balanced = choose(&balance, &records, &[pair(0, 1), pair(0, 2)]);
    let kept = records[2].id.clone();
    assert_eq!(balanced.reasons[0], Some(Reason::SamePicture(kept.clone())));
    assert_eq!(balanced.reasons[1], Some(Reason::SamePicture(kept)));
    assert_eq!(balanced.reasons[2..], [None, None, None]);
}

#[test]
fn patients_and_groups_have_no_more_than_their_caps() {
    let mut records = records([10, 4, 4]);
    for (at, record) in records.iter_mut().take(10).enumerate() {
        record.patient = Some(format!("clinic:{}", at / 5).parse().unwrap());
    }
    let balance = Balance { per_patient: Some(3), ..Balance::default() };
    let balanced = choose(&balance, &records, &[]);
    assert_eq!(codes(&balanced), BTreeMap::from([("patient-cap", 4)]));
    // A shared picture unites the two patients into one group.
    let pair = [SamePicture { first: 0, second: 9, evidence: Evidence::SamePixels }];
    let balance = Balance { per_patient: Some(3), per_group: Some(4), ..Balance::default() };
    let balanced = choose(&balance, &records, &pair);
    assert_eq!(codes(&balanced), BTreeMap::from([("patient-cap", 4), ("group-cap", 2)]));
}

#[test]
fn a_field_is_balanced_where_it_can_be_and_the_rest_is_told() {
    let mut records = records([6, 5, 4]);
    // Ages: COVID 4 old 2 young; pneumonia 2 old 3 young; normal 4 old, no young.
    for (at, record) in records.iter_mut().enumerate() {
        let young = [4, 5, 8, 9, 10].contains(&at);
        record.age = Some(Age::years(if young { 20 } else { 65 }));
    }
    let by = |unmatched| Balance {
        per_class: PerClass::Smallest,
        by: Some(BalancedBy { field: Field::AgeBand, unmatched }),
        ..Balance::default()
    };
    let excluded = choose(&by(Unmatched::Exclude), &records, &[]);
    assert!(excluded.classes.values().all(|count| *count == 2));
    assert_eq!(codes(&excluded), BTreeMap::from([("unmatched", 9)]));
    let counts = |counts: [usize; 3]| -> BTreeMap<ClassName, usize> {
        [COVID_19, PNEUMONIA, NORMAL].into_iter().map(ClassName::from).zip(counts).collect()
    };
    let value = |value: &str, available, kept| Shortfall::Value {
        field: Field::AgeBand,
        value: value.to_owned(),
        available: counts(available),
        kept: counts(kept),
    };
    let expected = [value("18-39", [2, 3, 0], [0, 0, 0]), value("60-79", [4, 2, 4], [2, 2, 2])];
    assert_eq!(excluded.shortfalls, expected);
    let told = "not balanced at age band 60-79: 2 of 4 COVID-19, 2 of 4 normal, 2 of 2 pneumonia kept";
    assert_eq!(excluded.shortfalls[1].to_string(), told);

    let filled = choose(&by(Unmatched::Fill), &records, &[]);
    assert!(filled.classes.values().all(|count| *count == 4));
    assert_eq!(filled.shortfalls.len(), 2);
}

/// How often each image is kept with the seeds from 0 to `SEEDS`.
fn times_kept(balance: &Balance, records: &[Record], pairs: &[SamePicture]) -> Vec<u32> {
    let records: Vec<&Record> = records.iter().collect();
    let groups = Groups::of(&records, pairs).unwrap();
    let mut times = vec![0; records.len()];
    for seed in 0..SEEDS {
        let balanced = balance.choose(&records, &groups, &classes(), seed).unwrap();
        let kept = balanced.reasons.iter().map(|reason| u32::from(reason.is_none()));
        times.iter_mut().zip(kept).for_each(|(times, kept)| *times += kept);
    }
    times
}

const SEEDS: u64 = 400;

/// Panics unless a sum over all seeds is within 4.5 standard errors of `mean`; by chance that happens to one in 150,000.
#[track_caller]
fn near(sum: u32, mean: f64, variance: f64) {
    let (seeds, sum) = (SEEDS as f64, f64::from(sum));
    let errors = (sum - seeds * mean) / (seeds * variance).sqrt();
    assert!(errors.abs() < 4.5, "{} a seed, expected {mean}: {errors:.1} standard errors", sum / seeds);
}

/// One patient of twelve has 40 films. The cap leaves 4 of them beside 11 others, and 12 of these 15 are needed: by
/// independent draws the patient keeps 4 × 12 / 15 of them, with the variance of the hypergeometric distribution.
#[test]
fn a_patient_with_many_images_keeps_no_larger_share_after_the_cap_than_others() {
    let mut records = records([51, 12, 12]);
    for (at, record) in records.iter_mut().enumerate() {
        record.patient = Some(format!("clinic:{}", at.max(39)).parse().unwrap());
    }
    let balance = Balance { per_patient: Some(4), per_class: PerClass::Smallest, ..Balance::default() };
    let times = times_kept(&balance, &records, &[]);
    let share = 12.0 / 15.0;
    near(times[..40].iter().sum(), 4.0 * share, 12.0 * (4.0 / 15.0) * (11.0 / 15.0) * (3.0 / 14.0));
    for &other in &times[40..51] {
        near(other, share, share * (1.0 - share));
    }
    let of_one = 4.0 / 40.0 * share;
    for &film in &times[..40] {
        near(film, of_one, of_one * (1.0 - of_one));
    }
}

/// Of eight pictures of a patient, four have nine copies. Which copy is kept says nothing about which picture is.
#[test]
fn a_picture_with_copies_passes_the_caps_no_more_often_than_one_without() {
    for (per_patient, per_group) in [(Some(4), None), (None, Some(4))] {
        let mut records = records([44, 8, 8]);
        for record in &mut records[..44] {
            record.patient = Some("clinic:p".parse().unwrap());
        }
        let pair = |copy: usize| SamePicture { first: copy % 4, second: copy, evidence: Evidence::SameBytes };
        let pairs: Vec<SamePicture> = (4..40).map(pair).collect();
        let balance = Balance { one_per_picture: true, per_patient, per_group, ..Balance::default() };
        let times = times_kept(&balance, &records, &pairs);
        for &alone in &times[40..44] {
            near(alone, 0.5, 0.25);
        }
        for picture in 0..4 {
            near((0..40).filter(|image| image % 4 == picture).map(|image| times[image]).sum(), 0.5, 0.25);
        }
    }
}

/// At one value 9 of 10 images are matched and at the other 1 of 10; 2 more of the 10 that are left over fill the class.
#[test]
fn images_that_fill_a_class_are_drawn_anew() {
    let mut records = records([20, 12, 12]);
    for (at, record) in records.iter_mut().enumerate() {
        let young = at < 10 || (20..29).contains(&at) || (32..41).contains(&at);
        record.age = Some(Age::years(if young { 20 } else { 65 }));
    }
    // The old ones of the other classes: 3 each, of which the third class lacks two.
    records[42].age = None;
    records[43].age = None;
    let by = BalancedBy { field: Field::AgeBand, unmatched: Unmatched::Fill };
    let balance = Balance { per_class: PerClass::Smallest, by: Some(by), ..Balance::default() };
    let times = times_kept(&balance, &records, &[]);
    let filled = 0.2; // 2 of the 1 + 9 that are left over
    near(times[..10].iter().sum(), 9.0 + filled, filled * (1.0 - filled));
    // The hypergeometric variance of how many of the nine fill the class.
    near(times[10..20].iter().sum(), 1.0 + 9.0 * filled, 2.0 * 0.9 * 0.1 * (8.0 / 9.0));
}

fn quota(images: usize) -> Quota {
    Quota { class: COVID_19.into(), source: None, origin: None, images, exactly: true }
}

#[test]
fn quotas_leave_out_what_they_do_not_need_and_tell_what_they_lack() {
    let mut records = records([50, 20, 20]);
    for (at, record) in records.iter_mut().take(50).enumerate() {
        let source = if at < 30 { "here" } else { "there" };
        record.id = RecordId::new(&source.parse().unwrap(), at.to_string());
        if at % 2 == 1 {
            record.origin = Origin::AugmentedFromUnknown;
        }
    }
    let of = |source: &str, origin, images| Quota {
        source: Some(source.parse().unwrap()),
        origin: Some(origin),
        ..quota(images)
    };
    let quotas = vec![
        of("here", QuotaOrigin::Original, 9),
        of("here", QuotaOrigin::Augmented, 4),
        Quota { exactly: false, ..of("there", QuotaOrigin::Original, 100) },
        of("there", QuotaOrigin::Augmented, 11),
        Quota { exactly: false, ..of("nowhere", QuotaOrigin::Augmented, 3) },
    ];
    let balance = Balance { quotas, ..Balance::default() };
    let balanced = choose(&balance, &records, &[]);
    let kept = |source: &str, augmented: bool| {
        let pairs = records.iter().zip(&balanced.reasons).filter(|(_, reason)| reason.is_none());
        let of =
            |record: &Record| record.source().as_str() == source && record.origin.is_augmented() == augmented;
        pairs.filter(|(record, _)| of(record)).count()
    };
    let kept = [kept("here", false), kept("here", true), kept("there", false), kept("there", true)];
    assert_eq!(kept, [9, 4, 10, 10]);
    assert_eq!(codes(&balanced), BTreeMap::from([("quota", 6 + 11)]));
    let reason = balanced.reasons.iter().flatten().find(|reason| reason.to_string().contains(" 4 ")).unwrap();
    assert_eq!(reason.to_string(), "exactly 4 augmented images of COVID-19 from here are kept");
    let told: Vec<String> = balanced.shortfalls.iter().map(ToString::to_string).collect();
    let expected = [
        "quota of exactly 11 augmented images of COVID-19 from there is not met: 10 of 10 kept",
        "quota of at most 3 augmented images of COVID-19 from nowhere: there are no such images",
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_exact_quota_that_the_cap_of_the_class_breaks_is_told() {
    let balance = Balance { quotas: vec![quota(25)], per_class: PerClass::AtMost(20), ..Balance::default() };
    let balanced = choose(&balance, &records([30, 20, 40]), &[]);
    assert_eq!(codes(&balanced), BTreeMap::from([("quota", 5), ("surplus", 5 + 20)]));
    assert_eq!(balanced.shortfalls, [Shortfall::Quota { quota: quota(25), available: 30, kept: 20 }]);
    let balance = Balance { per_class: PerClass::All, ..balance };
    assert!(choose(&balance, &records([30, 20, 40]), &[]).shortfalls.is_empty());
}

#[test]
fn quotas_that_overlap_or_are_of_no_class_are_errors() {
    let here = Quota { source: Some("here".parse().unwrap()), ..quota(3) };
    let original = Quota { origin: Some(QuotaOrigin::Original), ..quota(4) };
    let there = Quota { source: Some("there".parse().unwrap()), ..original.clone() };
    let normal = Quota { class: NORMAL.into(), ..quota(5) };
    for apart in [[&here, &there], [&here, &normal]] {
        Quota::check(&apart.map(Clone::clone), &classes()).unwrap();
    }
    for meet in [[&here, &quota(9)], [&here, &original], [&original, &there], [&here, &here]] {
        let error = Quota::check(&meet.map(Clone::clone), &classes()).unwrap_err();
        assert!(matches!(error, BalanceError::QuotasOverlap { .. }), "{error}");
    }
    let error = Quota::check(&[Quota { class: "tuberculosis".into(), ..here }], &classes()).unwrap_err();
    assert!(error.to_string().contains("class tuberculosis, which is not among"), "{error}");
}

#[test]
fn a_class_without_images_and_a_cap_of_none_are_errors() {
    let records = records([3, 0, 4]);
    let records: Vec<&Record> = records.iter().collect();
    let groups = Groups::of(&records, &[]).unwrap();
    let error = Balance::default().choose(&records, &groups, &classes(), 7).unwrap_err();
    assert!(error.to_string().contains("no image of class pneumonia"), "{error}");
    let balance = Balance { per_patient: Some(0), ..Balance::default() };
    assert!(matches!(balance.choose(&records, &groups, &classes(), 7), Err(BalanceError::Setting { .. })));
}

proptest! {
    #[test]
    fn the_choice_does_not_depend_on_the_order(shift in 0_usize..40, seed: u64) {
        let records: Vec<Record> = records([20, 10, 10]);
        let balance = Balance { per_class: PerClass::Smallest, ..Balance::default() };
        let choose = |records: &[&Record]| {
            let groups = Groups::of(records, &[]).unwrap();
            let balanced = balance.choose(records, &groups, &classes(), seed).unwrap();
            let kept = records.iter().zip(balanced.reasons).filter(|(_, reason)| reason.is_none());
            let mut kept: Vec<RecordId> = kept.map(|(record, _)| record.id.clone()).collect();
            kept.sort();
            kept
        };
        let plain: Vec<&Record> = records.iter().collect();
        let turned: Vec<&Record> = (0..40).map(|at| &records[(at + shift) % 40]).collect();
        prop_assert_eq!(choose(&plain), choose(&turned));
    }

    #[test]
    fn oversampled_classes_come_equally_often(counts in prop::array::uniform3(1_usize..40), seed: u64) {
        let names: Vec<ClassName> = records(counts).iter().filter_map(|record| record.class().cloned()).collect();
        let all = oversample(&names, seed);
        let largest = counts.into_iter().max().unwrap();
        for class in [COVID_19, PNEUMONIA, NORMAL] {
            prop_assert_eq!(all.iter().filter(|at| names[**at] == class).count(), largest);
        }
        prop_assert!((0..names.len()).all(|at| all.contains(&at)));
    }
}
