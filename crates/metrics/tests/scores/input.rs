//! Tests that bad input gives one typed error, which names the first offender, and never a panic.

use ndarray::array;
use proptest::prelude::*;
use radiograph_metrics::{BinaryScores, Bootstrap, Classes, Error, Evaluation, Predictions, Probabilities};

#[test]
fn the_first_offender_is_named() {
    let classes = Classes::new(["a", "b"]).unwrap();
    let row = |bad: [f64; 2]| Probabilities::new(&classes, array![[0.5, 0.5], bad, bad]).unwrap_err();
    for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        assert!(matches!(row([0.5, bad]), Error::InvalidProbability { row: 1, class, .. } if class == "b"));
    }
    assert!(matches!(row([0.5, 0.4]), Error::Unnormalised { row: 1, .. }));
    assert!(matches!(
        Probabilities::new(&Classes::new(["a"]).unwrap(), array![[1.0]]),
        Err(Error::OneClass { class }) if class == "a"
    ));
    assert!(matches!(
        Probabilities::new(&classes, array![[0.2, 0.3, 0.5]]),
        Err(Error::LengthMismatch { expected: 2, got: 3, .. })
    ));
    assert!(Probabilities::from_columns([("a", vec![0.5, 0.5]), ("b", vec![0.5])]).is_err());
    let none: [(&str, Vec<f64>); 0] = [];
    assert!(matches!(Probabilities::from_columns(none), Err(Error::Classes(_))));
    assert!(matches!(
        Probabilities::from_columns([("a", vec![1.0]), ("a", vec![0.0])]),
        Err(Error::Classes(_))
    ));

    let columns = Probabilities::new(&classes, array![[0.5, 0.5], [0.1, 0.9], [1.0, 0.0]]).unwrap();
    let other = Classes::new(["a", "c"]).unwrap();
    assert!(matches!(Predictions::new(&other, &["a", "a", "c"], &columns), Err(Error::Classes(_))));
    assert!(matches!(
        Predictions::new(&classes, &["a", "b", "B"], &columns),
        Err(Error::UnknownLabel { index: 2, label, .. }) if label == "B"
    ));
    assert!(matches!(
        Predictions::new(&classes, &["a"], &columns),
        Err(Error::LengthMismatch { expected: 3, got: 1, .. })
    ));
    let predictions = Predictions::new(&classes, &["a", "b", "b"], &columns).unwrap();
    assert!(matches!(
        predictions.clone().with_patients(&["p", "", "q"]),
        Err(Error::EmptyName { index: 1, what }) if what == "patient"
    ));
    assert!(matches!(
        predictions.clone().with_field("sex", &[Some("F"), None, Some("")]),
        Err(Error::EmptyName { index: 2, what }) if what == "sex"
    ));
    assert!(matches!(
        predictions.with_ids(&["x", "y", "x"]),
        Err(Error::DuplicateId { first: 0, second: 2, .. })
    ));
    assert!(matches!(BinaryScores::new(&[true], &[0.5]), Err(Error::TooFewSamples { got: 1 })));
    assert!(matches!(
        BinaryScores::new(&[true, false], &[0.5, f64::NAN]),
        Err(Error::InvalidScore { index: 1, .. })
    ));
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), Just(f64::NAN), Just(-1.0), 0.0..1.0_f64, any::<f64>()]
}

proptest! {
    #[test]
    fn no_matrix_makes_the_constructors_panic(
        rows in prop::collection::vec(prop::collection::vec(number(), 0..4), 0..6),
        truth in prop::collection::vec("[abc]", 0..6),
    ) {
        let columns = (0..3).map(|k| rows.iter().filter_map(|row| row.get(k).copied()).collect::<Vec<f64>>());
        if let Ok(probabilities) = Probabilities::from_columns(["a", "b", "c"].into_iter().zip(columns)) {
            let classes = probabilities.classes().clone();
            if let Ok(predictions) = Predictions::new(&classes, &truth, &probabilities) {
                let evaluation = Evaluation::of(&predictions, &Bootstrap::new(100, 0).unwrap()).unwrap();
                prop_assert_eq!(evaluation.classes.len(), 3);
            }
        }
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "[a-c,0-9.\n\"%p_-]{0,200}") {
        let _ = Predictions::read_csv(text.as_bytes(), None);
    }
}
