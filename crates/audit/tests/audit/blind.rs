//! No probe sees test labels while it is fitted.

use radiograph_audit::{
    Audit, Image, Part, Table,
    planted::{Planted, Shortcut},
};

use crate::quick;

fn coefficients(table: &Table) -> Vec<Option<radiograph_probe::Probe>> {
    let audit = Audit::of(table, None, &quick()).unwrap();
    audit.probes.into_iter().flat_map(|of| of.rows).map(|row| row.measurement.unwrap().probe).collect()
}

fn changed(table: &Table, part: Part) -> Table {
    let mut images: Vec<Image> = table.images().to_vec();
    let labels: Vec<(String, String)> = images
        .iter()
        .filter(|image| image.part == part)
        .map(|image| (image.class.clone(), image.source.clone()))
        .collect();
    let of_part = images.iter_mut().filter(|image| image.part == part);
    for (image, (class, _)) in of_part.zip(labels.iter().rev()) {
        image.class.clone_from(class);
    }
    Table::new(table.classes(), images).unwrap()
}

#[test]
fn other_test_labels_change_no_coefficient() {
    let planted = Planted { training: 60, test: 60, ..Planted::new(Shortcut::CornerMark, 1.0, 3) };
    let table = planted.draw().unwrap();
    let fitted = coefficients(&table);
    assert!(fitted.iter().filter(|probe| probe.is_some()).count() >= 7, "{}", fitted.len());
    assert_eq!(fitted, coefficients(&changed(&table, Part::Test)));
    // The same change of training labels does change them.
    let other = coefficients(&changed(&table, Part::Training));
    let same = fitted.iter().zip(&other).filter(|(a, b)| a.is_some() && a == b).count();
    assert_eq!(same, 0);
}

#[test]
fn the_same_seed_gives_the_same_audit() {
    let planted = Planted { training: 40, test: 40, ..Planted::new(Shortcut::Border, 0.5, 3) };
    let audit = || Audit::of(&planted.draw().unwrap(), None, &quick()).unwrap();
    let (first, second) = (audit(), audit());
    assert_eq!(first, second);
    let text = serde_json::to_string(&first).unwrap();
    let read: Audit = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}
