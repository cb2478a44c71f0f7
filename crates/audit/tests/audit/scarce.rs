//! What the data cannot answer is said: one source, a class in one source, no metadata, few patients.

use radiograph_audit::{
    Audit, Error, Image, Part, Probe, Published, Reason, Settings, SmallPicture, Table, Verdict,
    planted::{Planted, Shortcut},
};
use radiograph_classes::Classes;

use crate::quick;

fn drawn(patients: usize, change: impl Fn(&mut Image)) -> Audit {
    let planted = Planted { training: patients, test: patients, ..Planted::new(Shortcut::Nothing, 0.0, 5) };
    let table = planted.draw().unwrap();
    let mut images = table.images().to_vec();
    images.iter_mut().for_each(change);
    Audit::of(&Table::new(table.classes(), images).unwrap(), None, &quick()).unwrap()
}

fn reasons(audit: &Audit, probe: Probe) -> Vec<Reason> {
    let result = audit.probes.iter().find(|of| of.probe == probe).unwrap();
    assert_eq!(result.verdict, Verdict::CannotTell, "{probe}");
    assert!(result.sentence.starts_with("Cannot tell: "), "{}", result.sentence);
    let judged = |row: &radiograph_audit::Row| row.judgement.as_ref().and_then(|of| of.reason.clone());
    result.rows.iter().filter_map(|row| row.unanswered.clone().or_else(|| judged(row))).collect()
}

#[test]
fn one_source_cannot_be_told_from_another() {
    let audit = drawn(40, |image| image.source = "only".to_owned());
    for probe in [Probe::SourcePrior, Probe::SourceInPictures, Probe::SourceInFeatures] {
        assert_eq!(reasons(&audit, probe), [Reason::OneSource { class: None }]);
    }
    assert_eq!(audit.notes, ["All images come from one source; what the model does elsewhere is unknown."]);
}

#[test]
fn a_class_in_one_source_is_told_and_found() {
    let audit = drawn(60, |image| {
        if image.class == "ill" {
            image.source = "clinic".to_owned();
        }
    });
    let prior = audit.probes.iter().find(|of| of.probe == Probe::SourcePrior).unwrap();
    assert_eq!(prior.verdict, Verdict::Found);
    let auc = prior.rows[0].measurement.as_ref().unwrap().auc.score.unwrap();
    assert_eq!(auc, 1.0, "the source gives the class away without an error");
    assert_eq!(audit.verdict, Verdict::Found);
    let ill = audit.notes.iter().filter(|note| note.contains("images of ill come from clinic")).count();
    assert_eq!(ill, 1, "{:?}", audit.notes);
    assert!(audit.notes.iter().any(|note| note == "Sources with one class only: clinic, east, west."));
    // Within `ill` there is nothing to tell apart; within `well` there is.
    let rows = &audit.probes.iter().find(|of| of.probe == Probe::SourceInPictures).unwrap().rows;
    assert_eq!(rows[0].unanswered, Some(Reason::OneSource { class: Some("ill".to_owned()) }));
    assert!(rows[1].measurement.is_some());
}

#[test]
fn missing_inputs_are_named() {
    let audit = drawn(40, |image| {
        image.published = Published::default();
        image.features = None;
    });
    assert_eq!(reasons(&audit, Probe::Metadata), [Reason::NoInput { what: "metadata".to_owned() }]);
    assert_eq!(reasons(&audit, Probe::SourceInFeatures), [Reason::NoInput { what: "features".to_owned() }]);
    assert_ne!(audit.verdict, Verdict::NotFound);
    assert!(audit.sentence.contains("metadata"), "{}", audit.sentence);
}

#[test]
fn twelve_patients_show_nothing() {
    let audit = drawn(6, |_| ());
    for of in &audit.probes {
        assert_eq!(of.verdict, Verdict::CannotTell, "{}: {}", of.probe, of.sentence);
    }
    assert!(audit.sentence.contains("no all-clear"), "{}", audit.sentence);
}

#[test]
fn a_class_without_test_images_is_named() {
    let planted = Planted { training: 30, test: 30, ..Planted::new(Shortcut::Nothing, 0.0, 5) };
    let table = planted.draw().unwrap();
    let images = table.images().iter().filter(|image| image.part == Part::Training || image.class == "ill");
    let table = Table::new(table.classes(), images.cloned().collect()).unwrap();
    let audit = Audit::of(&table, None, &quick()).unwrap();
    let expected = Reason::TooFewClusters { class: "well".to_owned(), part: Part::Test, clusters: 0 };
    assert_eq!(reasons(&audit, Probe::Border), std::slice::from_ref(&expected));
    assert_eq!(expected.to_string(), "well has 0 clusters in test; at least 2 are needed");
}

#[test]
fn faulty_tables_and_settings_are_refused() {
    let classes = Classes::new(["a", "b"]).unwrap();
    let image = |class: &str, features: Option<Vec<f32>>| Image {
        class: class.to_owned(),
        cluster: "c".to_owned(),
        source: "s".to_owned(),
        part: Part::Training,
        fields: std::collections::BTreeMap::new(),
        published: Published::default(),
        picture: None,
        features,
    };
    assert!(matches!(Table::new(&classes, Vec::new()), Err(Error::Empty)));
    assert!(matches!(Table::new(&classes, vec![image("c", None)]), Err(Error::Classes(_))));
    let unnamed = Image { source: String::new(), ..image("a", None) };
    assert!(matches!(
        Table::new(&classes, vec![unnamed]),
        Err(Error::EmptyName { what: "source", image: 0 })
    ));
    let widths = vec![image("a", Some(vec![1.0])), image("b", Some(vec![1.0, 2.0]))];
    let refused = Table::new(&classes, widths);
    assert!(matches!(refused, Err(Error::Width { image: 1, expected: 1, got: 2 })));
    let broken = Table::new(&classes, vec![image("a", Some(vec![f32::NAN]))]);
    assert!(matches!(broken, Err(Error::NotFinite { what: "feature", image: 0 })));
    assert!(matches!(SmallPicture::new(vec![0; 3]), Err(Error::Picture { expected: 1_024, got: 3 })));
    let table = Table::new(&classes, vec![image("a", None)]).unwrap();
    for settings in [Settings { permutations: 98, ..quick() }, Settings { shares: vec![1.0], ..quick() }] {
        assert!(matches!(Audit::of(&table, None, &settings), Err(Error::Setting { .. })));
    }
}
