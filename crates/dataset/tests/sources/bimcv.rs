//! BIMCV's two sets in the layout that public programs read: tables of reports by session, and films in folders of sessions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use radiograph_dataset::{
    ClassName, Sex, View,
    source::{Collection, recognise},
};

/// Header of the table of reports. Only the columns that public programs name; the published one has more.
const REPORTS: &str =
    "ReportID\tPatientID\tReport\tLabels\tLocalizations\tLabelsLocalizationsBySentence\tlabelCUIS";
const PEOPLE: &str = "participant\tmodality_dicom\tage\tgender";

fn reports(rows: &[(&str, &str, &str)]) -> String {
    let rows = rows.iter().map(|(session, person, labels)| {
        format!("{session}\t{person}\t\"torax, sin cambios\"\t{labels}\t[]\t[]\t[]\n")
    });
    format!("{REPORTS}\n{}", rows.collect::<String>())
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The class of the films of each session.
fn classes(collection: &Collection) -> BTreeMap<&str, Option<&str>> {
    collection
        .records
        .iter()
        .map(|record| {
            let name = record.id.name();
            (&name[name.find("ses-").unwrap()..][..8], record.class().map(ClassName::as_str))
        })
        .collect()
}

#[test]
fn the_positive_set_has_the_classes_of_its_reports_and_not_of_its_tests() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("covid19_posi");
    let table = reports(&[
        ("ses-E001", "sub-S01", "['COVID 19', 'pneumonia', 'infiltrates']"),
        ("ses-E002", "sub-S01", "['normal']"),
        ("ses-E003", "sub-S02", "['pneumonia']"),
        ("ses-E004", "sub-S02", "['COVID 19 uncertain']"),
        ("ses-E005", "sub-S03", "[]"),
        ("ses-E006", "sub-S03", "['normal', 'COVID 19']"),
        ("ses-E900", "sub-S09", "['normal']"),
    ]);
    let people = format!(
        "{PEOPLE}\nsub-S01\t['CR']\t[64]\tF\nsub-S02\t['DX', 'CT']\t[50, 51]\tM\nderivatives\t[]\t\tNone\n"
    );
    write(
        &root,
        &[
            ("derivatives/labels/labels_covid_posi.tsv", &table),
            (
                "derivatives/EHR/sil_reg_covid_posi.tsv",
                "participant\tdate\ttest\tresult\nsub-S01\t1.4.2020\tPCR\tPOSITIVO\n",
            ),
            ("derivatives/masks/sub-S01.png", ""),
            ("participants.tsv", &people),
            ("sub-S01/sub-S01_sessions.tsv", "session_id\tstudy_date\tmedical_evaluation\n"),
            ("sub-S01/ses-E001/mod-rx/sub-S01_ses-E001_run-1_bp-chest_vp-ap_dx.png", ""),
            ("sub-S01/ses-E001/mod-rx/sub-S01_ses-E001_run-1_bp-chest_vp-ap_dx.json", "{}"),
            ("sub-S01/ses-E001/mod-rx/sub-S01_ses-E001_acq-2_run-1_bp-chest_vp-ll_dx.png", ""),
            ("sub-S01/ses-E001/mod-rx/sub-S01_ses-E001_run-1_bp-chest_dx.png", ""),
            ("sub-S01/ses-E002/mod-rx/sub-S01_ses-E002_run-1_bp-chest_vp-pa_cr.png", ""),
            ("sub-S02/ses-E003/mod-rx/sub-S02_ses-E003_run-1_bp-chest_vp-pa_cr.png", ""),
            ("sub-S02/ses-E003/mod-ct/sub-S02_ses-E003_run-2_bp-chest_ct.nii.gz", ""),
            ("sub-S02/ses-E004/mod-rx/sub-S02_ses-E004_run-1_bp-chest_vp-pa_cr.png", ""),
            ("sub-S03/ses-E005/mod-rx/sub-S03_ses-E005_run-1_bp-chest_vp-pa_cr.png", ""),
            ("sub-S03/ses-E006/mod-rx/sub-S03_ses-E006_run-1_bp-chest_vp-pa_cr.png", ""),
        ],
    );
    let found = recognise(place.path()).unwrap();
    assert_eq!(found.left_out().collect::<Vec<_>>(), [""; 0]);
    let collection = found.sources[0].read().unwrap();
    assert_eq!(collection.source.as_str(), "bimcv-covid19-positive");
    let expected = [
        ("ses-E001", Some("COVID-19")),
        ("ses-E002", Some("normal")),
        // Somebody with a positive test has pneumonia: neither of the two classes can be told.
        ("ses-E003", None),
        ("ses-E004", None),
        ("ses-E005", None),
        ("ses-E006", None),
    ];
    assert_eq!(classes(&collection), expected.into());
    let of_first: Vec<_> = collection
        .records
        .iter()
        .filter(|record| record.id.name().contains("ses-E001"))
        .map(|record| (record.patient.as_ref().unwrap().to_string(), record.view, record.sex, record.age))
        .collect();
    let patient = || "bimcv-covid19-positive:sub-S01".to_owned();
    assert_eq!(of_first, [View::Lateral, View::Ap].map(|view| (patient(), view, Some(Sex::Female), None)));
    // Rows of CT, of the folder "derivatives" and the film whose name tells no view.
    let mut codes: Vec<&str> =
        collection.exclusions.iter().map(|exclusion| exclusion.reason.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["excluded-by-pattern", "no-such-film", "no-such-film"]);
    let licence = collection.records[0].licence.as_deref();
    assert_eq!(licence, Some("BIMCV-COVID19 Dataset Research Use Agreement"));
}

#[test]
fn films_of_the_negative_set_that_their_report_suspects_are_of_a_class_of_their_own() {
    let place = tempfile::tempdir().unwrap();
    let table = reports(&[
        ("ses-E001", "sub-S01", "['viral pneumonia', 'pneumonia']"),
        ("ses-E002", "sub-S01", "['normal', 'chronic changes']"),
        ("ses-E003", "sub-S02", "['pneumonia', 'COVID 19 uncertain']"),
        ("ses-E004", "sub-S02", "['COVID 19']"),
        ("ses-E005", "sub-S02", "['cardiomegaly']"),
    ]);
    let films = ["S01/ses-E001", "S01/ses-E002", "S02/ses-E003", "S02/ses-E004", "S02/ses-E005"];
    let films = films.map(|film| {
        let name = film.replace('/', "_");
        format!("sub-{film}/mod-rx/sub-{name}_run-1_bp-chest_vp-pa_cr.png")
    });
    // The other set beside it has the same columns.
    for folder in ["covid19_neg", "covid19_posi"] {
        let root = place.path().join(folder);
        let name = if folder == "covid19_neg" { "Labels_covid_NEG_JAN21" } else { "Labels_covid_123" };
        write(&root, &[(&format!("derivatives/labels/{name}.tsv"), &table), ("participants.tsv", PEOPLE)]);
        write(&root, &films.each_ref().map(|film| (film.as_str(), "")));
    }
    let both = (
        "covid19_neg/listjoin_ok.tsv",
        "\tcovid19_neg\tcovid19_posi\n0\tsub-S01\tsub-S77\n1\tsub-S08\tsub-S02\n",
    );
    write(place.path(), &[both]);
    let found = recognise(place.path()).unwrap();
    let names: Vec<String> = found.sources.iter().map(|source| source.name().to_string()).collect();
    assert_eq!(names, ["bimcv-covid19-negative", "bimcv-covid19-positive"]);
    let negative = found.sources[0].read().unwrap();
    let expected = [
        ("ses-E001", Some("pneumonia")),
        ("ses-E002", Some("normal")),
        ("ses-E003", None),
        ("ses-E004", Some("suspected COVID-19")),
        ("ses-E005", None),
    ];
    assert_eq!(classes(&negative), expected.into());
    // Equal numbers of the two sets are two people; those that the list names are one.
    let people = |collection: &Collection| -> BTreeSet<String> {
        collection.records.iter().map(|record| record.patient.as_ref().unwrap().to_string()).collect()
    };
    let expected = ["bimcv-covid19-negative:sub-S02", "bimcv-covid19-positive:sub-S77"];
    assert_eq!(people(&negative), expected.map(str::to_owned).into());
    let expected = ["S01", "S02"].map(|number| format!("bimcv-covid19-positive:sub-{number}"));
    assert_eq!(people(&found.sources[1].read().unwrap()), expected.into());
    let codes: Vec<&str> = negative.exclusions.iter().map(|exclusion| exclusion.reason.code()).collect();
    assert_eq!(codes, ["no-such-film"], "the person of the list who has no film here");
}
