//! What holds for any table, any names and any order.

use proptest::prelude::*;
use radiograph_dataset::{
    Age,
    source::{Cohen, Collection, Folder, Source},
};

const HEADER: &str = "patientid,offset,sex,age,finding,view,modality,location,folder,filename,url,license\n";

/// A table of rows (patient, file, finding), beside ten images.
fn read(rows: &[(u8, String, &str)]) -> Collection {
    let mut table = csv::WriterBuilder::new().from_writer(HEADER.as_bytes().to_vec());
    for (patient, file, finding) in rows {
        let patient = patient.to_string();
        let row = [&patient, "0", "M", "50", finding, "PA", "X-ray", "Here", "images", file, "", ""];
        table.write_record(row).unwrap();
    }
    let images = (0..10).map(|number| (format!("images/{number}.png"), Vec::new()));
    let table = ("metadata.csv".to_owned(), table.into_inner().unwrap());
    Cohen::new("").read_folder(Folder::in_memory(images.chain([table]))).unwrap()
}

fn names() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just(String::new()),
        "[0-9]\\.png",
        "\\PC{0,6}"
    ];
    prop_oneof![
        4 => "[0-9]\\.png",
        1 => proptest::collection::vec(part, 0..4).prop_map(|parts| parts.join("/")),
        1 => any::<String>(),
    ]
}

fn rows() -> impl Strategy<Value = Vec<(u8, String, &'static str)>> {
    let findings = proptest::sample::select(vec!["COVID-19", "No Finding", "Pneumonia", "ARDS", "what?"]);
    proptest::collection::vec((0..6_u8, names(), findings), 0..24)
}

proptest! {
    #[test]
    fn every_row_and_every_file_is_accounted_for_once(rows in rows()) {
        let collection = read(&rows);
        let (records, exclusions) = (&collection.records, &collection.exclusions);
        let of_rows = exclusions.iter().filter(|exclusion| exclusion.row.is_some()).count();
        prop_assert_eq!(collection.rows, rows.len());
        prop_assert_eq!(records.len() + of_rows, rows.len());
        let contradicted: std::collections::BTreeSet<_> = exclusions
            .iter()
            .filter(|exclusion| exclusion.reason.code() == "contradictory-rows")
            .map(|exclusion| exclusion.record.as_ref().unwrap().path.clone())
            .collect();
        let without_row = exclusions.iter().filter(|exclusion| exclusion.reason.code() == "file-without-row").count();
        prop_assert_eq!(records.len() + contradicted.len() + without_row, 10);
    }

    #[test]
    fn no_name_leads_out(rows in rows()) {
        let collection = read(&rows);
        for record in collection.described() {
            let below = record.path.strip_prefix(&collection.root).unwrap();
            prop_assert!(below.components().all(|part| matches!(part, std::path::Component::Normal(_))));
        }
    }

    #[test]
    fn records_of_one_image_share_their_patient_whatever_the_order(rows in rows()) {
        let patients = |collection: &Collection| {
            let mut patients: Vec<_> = collection
                .described()
                .map(|record| (record.path.clone(), record.patient.clone().unwrap().to_string()))
                .collect();
            patients.sort();
            patients.dedup();
            patients
        };
        let forwards = patients(&read(&rows));
        let backwards: Vec<_> = rows.into_iter().rev().collect();
        prop_assert_eq!(&forwards, &patients(&read(&backwards)));
        // Of an image that is there, all rows have one patient in the end.
        let there: Vec<_> = forwards.iter().filter(|(path, _)| {
            (0..10).any(|number| path.ends_with(format!("images/{number}.png")))
        }).map(|(path, _)| path).collect();
        let mut once = there.clone();
        once.dedup();
        prop_assert_eq!(there, once);
    }

    #[test]
    fn ages_within_a_range_are_not_outside_it(text in "[0-9]{0,4}\\+?|(early|mid|late) [0-9]0s|0[0-9]{2}[YMWD]", low in 0..130_u16, high in 0..130_u16) {
        if let Some(age) = Age::read(&text) {
            prop_assert!(age.from <= Age::OLDEST);
            prop_assert!(age.to.is_none_or(|to| to >= age.from));
            prop_assert_eq!(age.within(0..=u16::MAX), Some(true));
            if low <= high && age.within(low..=high) == Some(true) {
                prop_assert!(low <= age.from);
            }
        }
    }
}
