//! Bad input is an error that names the place.

use ndarray::{Array2, array};
use radiograph_classes::Classes;
use radiograph_probe::{Error, Examples, Folds, Probe, Stopping, choose};

fn classes() -> Classes {
    Classes::new(["covid", "normal"]).unwrap()
}

fn good() -> Examples {
    Examples::named(
        array![[1.0], [2.0], [3.0], [4.0]].view(),
        &classes(),
        &["covid", "covid", "normal", "normal"],
    )
    .unwrap()
}

#[test]
fn bad_examples_are_refused() {
    let features = array![[1.0, 2.0], [3.0, f64::NAN]];
    let of = |features: &Array2<f64>, labels: &[usize]| {
        Examples::new(features.view(), &classes(), labels.to_vec()).unwrap_err()
    };
    assert_eq!(of(&features, &[0, 1]).to_string(), "feature 1 of row 1 is NaN, not a finite number");
    let features = array![[1.0, 2.0], [3.0, 4.0]];
    assert_eq!(of(&features, &[0]).to_string(), "1 labels for 2 rows; give one for each row");
    assert_eq!(of(&features, &[0, 2]).to_string(), "row 1 has label 2; with 2 classes, labels are 0 to 1");
    assert!(matches!(of(&Array2::zeros((0, 3)), &[]), Error::Empty { rows: 0, columns: 3 }));
    assert!(matches!(of(&Array2::zeros((3, 0)), &[0, 1, 0]), Error::Empty { rows: 3, columns: 0 }));
    let one = Examples::new(features.view(), &Classes::new(["covid"]).unwrap(), vec![0, 0]);
    assert!(matches!(one, Err(Error::OneClass { class }) if class == "covid"));
    assert!(matches!(
        Examples::named(features.view(), &classes(), &["covid", "healthy"]),
        Err(Error::Classes(_))
    ));
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let weighted = good().with_weights(vec![1.0, 1.0, wrong, 1.0]);
        assert!(matches!(weighted, Err(Error::Weight { row: 2, .. })), "{wrong}");
    }
    assert!(matches!(good().with_weights(vec![1.0]), Err(Error::Length { expected: 4, got: 1, .. })));
}

#[test]
fn bad_settings_are_refused() {
    for c in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Probe::fit(&good(), c, &Stopping::default()), Err(Error::Setting { .. })), "{c}");
    }
    let never = Stopping { iterations: 0, ..Stopping::default() };
    assert!(matches!(Probe::fit(&good(), 1.0, &never), Err(Error::Setting { .. })));
    let folds = Folds::grouped(&good(), &["a", "b", "c", "d"], 2).unwrap();
    let error = choose(&good(), &folds, &[], &Stopping::default()).unwrap_err();
    assert_eq!(error.to_string(), "the number of penalties is 0; it must be at least 1");
}

#[test]
fn a_class_without_a_row_is_named() {
    let examples = Examples::new(array![[1.0], [2.0]].view(), &classes(), vec![0, 0]).unwrap();
    let error = Probe::fit(&examples, 1.0, &Stopping::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no training row has class normal; add one, or leave the class out of the set"
    );
}

#[test]
fn features_of_another_width_are_refused() {
    let probe = Probe::fit(&good(), 1.0, &Stopping::default()).unwrap();
    let error = probe.probabilities(array![[1.0, 2.0]].view()).unwrap_err();
    assert_eq!(error.to_string(), "a row of features has 2 entries instead of 1");
    assert!(matches!(
        probe.probabilities(array![[f64::INFINITY]].view()),
        Err(Error::NotFinite { row: 0, column: 0, .. })
    ));
}

#[test]
fn a_written_probe_that_contradicts_itself_is_refused() {
    let probe = Probe::fit(&good(), 1.0, &Stopping::default()).unwrap();
    let mut written = serde_json::to_value(&probe).unwrap();
    written["intercepts"].as_array_mut().unwrap().pop();
    let error = serde_json::from_value::<Probe>(written).unwrap_err();
    assert_eq!(error.to_string(), "the list of intercepts has 1 entries instead of 2");
}
