//! The model in subgroups: unknown values are a group, small groups have no score, and a gap is tested.

use radiograph_audit::{
    Audit, Image, Model, Part, SMALLEST_GROUP, Subgroups, Table,
    planted::{Planted, Shortcut},
};
use radiograph_metrics::Probabilities;

use crate::quick;

/// A model that is wrong in this percentage of the images of each sex.
fn audited(wrong: impl Fn(&str) -> usize, sex: impl Fn(usize) -> Option<&'static str>) -> Vec<Subgroups> {
    let planted = Planted { training: 60, test: 200, ..Planted::new(Shortcut::Nothing, 0.0, 13) };
    let table = planted.draw().unwrap();
    let mut images: Vec<Image> = table.images().to_vec();
    let mut patient = (String::new(), 0);
    for image in &mut images {
        if image.cluster != patient.0 {
            patient = (image.cluster.clone(), patient.1 + 1);
        }
        if let Some(sex) = sex(patient.1) {
            image.fields.insert("sex".to_owned(), sex.to_owned());
        }
    }
    let table = Table::new(table.classes(), images).unwrap();
    let test: Vec<&Image> = table.images().iter().filter(|image| image.part == Part::Test).collect();
    let ill = |(at, image): (usize, &&Image)| {
        let sex = image.fields.get("sex").map_or("unknown", String::as_str);
        let is_wrong = at * 37 % 100 < wrong(sex);
        // Noise that does not depend on the class breaks ties.
        let noise = (at * 7 % 20) as f64 / 1000.0;
        noise + if (image.class == "ill") ^ is_wrong { 0.7 } else { 0.2 }
    };
    let ill: Vec<f64> = test.iter().enumerate().map(ill).collect();
    let well = ill.iter().map(|share| 1.0 - share).collect();
    let probabilities = Probabilities::from_columns([("ill", ill), ("well", well)]).unwrap();
    let model = Model { name: "model".to_owned(), probabilities };
    Audit::of(&table, Some(&model), &quick()).unwrap().subgroups
}

fn by_sex(all: &[Subgroups]) -> &Subgroups {
    all.iter().find(|of| of.field == "sex").unwrap()
}

#[test]
fn a_model_that_fails_for_one_sex_has_a_gap() {
    let halves = |patient: usize| Some(if patient.is_multiple_of(2) { "female" } else { "male" });
    let all = audited(|sex| if sex == "female" { 50 } else { 2 }, halves);
    let gap = by_sex(&all).gap.unwrap();
    assert!(gap.value > 0.3 && gap.adjusted_p_value < 0.01, "{gap:?}");
    // Sources have no part in it.
    let source = all.iter().find(|of| of.field == "source").unwrap().gap.unwrap();
    assert!(source.adjusted_p_value > 0.05 && source.value < gap.value, "{source:?}");
    let even = audited(|_| 20, halves);
    assert!(by_sex(&even).gap.unwrap().adjusted_p_value > 0.05, "{:?}", by_sex(&even).gap);
}

#[test]
fn unknown_is_a_group_and_small_groups_have_no_score() {
    let all = audited(
        |_| 20,
        |patient| match patient {
            0..100 => Some("female"),
            100..105 | 257.. => Some("male"),
            _ => None,
        },
    );
    let groups = &by_sex(&all).groups;
    let names: Vec<_> = groups.iter().map(|of| of.group.as_deref()).collect();
    assert_eq!(names, [Some("female"), Some("male"), None]);
    assert!(groups[1].clusters < SMALLEST_GROUP && groups[1].auc.is_none(), "{:?}", groups[1]);
    assert!(groups[0].auc.is_some() && groups[2].auc.is_some());
    assert_eq!(groups.iter().map(|of| of.clusters).sum::<usize>(), 200);
}
