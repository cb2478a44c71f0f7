use proptest::prelude::*;
use radiograph_classes::{COVID_19, NORMAL};
use radiograph_same_picture::Evidence;

use super::*;
use crate::{Label, Provenance};

fn record(id: &str, patient: Option<&str>, class: &str) -> Record {
    let mut record = Record::new(id.parse().unwrap(), "");
    record.patient = patient.map(|patient| patient.parse().unwrap());
    record.label = Label::of(class, Provenance::Table, "");
    record
}

fn child(id: &str, parent: &str) -> Record {
    Record { origin: Origin::AugmentedFrom(parent.parse().unwrap()), ..record(id, None, COVID_19) }
}

fn same(first: usize, second: usize) -> SamePicture {
    SamePicture { first, second, evidence: Evidence::SameBytes }
}

fn groups(records: &[Record], pairs: &[SamePicture]) -> (Groups, GroupSummary) {
    let records: Vec<&Record> = records.iter().collect();
    let groups = Groups::of(&records, pairs).unwrap();
    let summary = GroupSummary::of(&groups, &records, pairs);
    (groups, summary)
}

#[test]
fn pictures_patients_and_parents_hang_together() {
    let records = [
        record("cohen:1", Some("cohen:a"), COVID_19),
        record("cohen:2", Some("cohen:a"), COVID_19),
        record("other:3", None, COVID_19), // the picture of cohen:2
        child("made:4", "other:3"),
        record("other:5", Some("other:a"), COVID_19), // another patient of that number
        child("made:6", "gone:1"),
        child("made:7", "gone:1"),
    ];
    let (groups, summary) = groups(&records, &[same(1, 2)]);
    let names: Vec<&str> = (0..7).map(|image| groups.group(image).as_str()).collect();
    assert_eq!(names, ["cohen:1", "cohen:1", "cohen:1", "cohen:1", "other:5", "made:6", "made:6"]);
    let pictures: Vec<usize> = (0..7).map(|image| groups.picture(image)).collect();
    assert_eq!(pictures, [0, 1, 1, 1, 2, 3, 3]);
    assert_eq!((summary.pictures, summary.groups, summary.spanning), (4, 3, 1));
    assert_eq!(summary.sizes, BTreeMap::from([(1, 1), (2, 1), (4, 1)]));
    let duplicates: Vec<(String, usize)> = summary
        .duplicates
        .iter()
        .map(|count| (count.sources.each_ref().map(ToString::to_string).join(" "), count.pairs))
        .collect();
    let expected = [("cohen made", 1), ("cohen other", 1), ("made made", 1), ("made other", 1)];
    assert_eq!(duplicates, expected.map(|(sources, pairs)| (sources.to_owned(), pairs)));
}

#[test]
fn one_picture_with_two_classes_is_a_conflict_and_one_patient_is_not() {
    let records = [
        record("cohen:1", Some("cohen:a"), COVID_19),
        record("other:2", None, NORMAL),
        record("cohen:3", Some("cohen:a"), NORMAL),
    ];
    let (groups, summary) = groups(&records, &[same(0, 1)]);
    let images: Vec<String> = groups.conflicts()[0].images.iter().map(ToString::to_string).collect();
    assert_eq!((groups.conflicts().len(), images), (1, vec!["cohen:1".to_owned(), "other:2".to_owned()]));
    assert_eq!(summary.patients_of_several_classes, 1);
    let excluded = |rule| -> Vec<bool> { groups.in_conflict(rule).iter().map(Option::is_some).collect() };
    assert_eq!(excluded(ConflictRule::ExcludePicture), [true, true, false]);
    assert_eq!(excluded(ConflictRule::ExcludeGroup), [true, true, true]);
    assert_eq!(excluded(ConflictRule::Keep), [false, false, false]);
}

#[test]
fn a_pair_beyond_the_list_is_an_error() {
    let records = [record("cohen:1", None, COVID_19)];
    let error = Groups::of(&[&records[0]], &[same(0, 1)]).unwrap_err();
    assert!(matches!(error, NoSuchImage { position: 1, images: 1 }));
}

proptest! {
    #[test]
    fn the_order_of_records_and_pairs_does_not_matter(
        links in prop::collection::vec((0_usize..30, 0_usize..30), 0..25),
        patients in prop::collection::vec(prop::option::of(0_u8..12), 30),
        shift in 0_usize..30,
    ) {
        let records: Vec<Record> = (0..30)
            .map(|at| record(&format!("s:{at}"), patients[at].map(|patient| format!("s:{patient}")).as_deref(), COVID_19))
            .collect();
        let pair = |one: usize, other: usize| same(one.min(other), one.max(other));
        let (plain, _) = groups(&records, &links.iter().map(|&(one, other)| pair(one, other)).collect::<Vec<_>>());
        let moved: Vec<Record> = (0..30).map(|at| records[(at + shift) % 30].clone()).collect();
        let at = |image: usize| (image + 30 - shift) % 30;
        let (turned, _) =
            groups(&moved, &links.iter().rev().map(|&(one, other)| pair(at(one), at(other))).collect::<Vec<_>>());
        for image in 0..30 {
            prop_assert_eq!(plain.group(image), turned.group(at(image)));
        }
    }
}
