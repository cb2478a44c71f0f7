//! Against scikit-learn. `tests/golden/sklearn.py` computes the numbers.

use ndarray::{Array2, ArrayView2};
use radiograph_classes::Classes;
use radiograph_probe::{Examples, Fold, Folds, Probe, Stopping, choose};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    made_by: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    c: f64,
    features: Vec<Vec<f64>>,
    labels: Vec<usize>,
    weights: Option<Vec<f64>>,
    coefficients: Vec<Vec<f64>>,
    intercepts: Vec<f64>,
    probabilities_of_first_rows: Vec<Vec<f64>>,
    folds: Vec<usize>,
    grid: Vec<f64>,
    log_losses: Vec<f64>,
}

fn golden() -> Golden {
    let golden: Golden = serde_json::from_str(include_str!("../golden/sklearn.json")).unwrap();
    assert!(golden.made_by.contains("scikit-learn 1.9.1") && golden.cases.len() == 4, "{}", golden.made_by);
    golden
}

impl Case {
    fn features(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.features.len(), self.features[0].len()), |(row, column)| {
            self.features[row][column]
        })
    }

    fn examples(&self) -> Examples {
        let classes = Classes::new((0..self.intercepts.len()).map(|class| format!("class {class}"))).unwrap();
        let examples = Examples::new(self.features().view(), &classes, self.labels.clone()).unwrap();
        match &self.weights {
            Some(weights) => examples.with_weights(weights.clone()).unwrap(),
            None => examples,
        }
    }
}

fn near(what: &str, found: ArrayView2<'_, f64>, expected: &[Vec<f64>], tolerance: f64) {
    assert_eq!(found.dim(), (expected.len(), expected[0].len()), "{what}");
    for ((row, column), value) in found.indexed_iter() {
        let expected = expected[row][column];
        assert!((value - expected).abs() <= tolerance, "{what} [{row}, {column}]: {value} for {expected}");
    }
}

#[test]
fn coefficients_and_probabilities_are_those_of_scikit_learn() {
    for case in golden().cases {
        let probe = Probe::fit(&case.examples(), case.c, &Stopping::default()).unwrap();
        assert!(probe.convergence().converged, "{}: {:?}", case.name, probe.convergence());
        near(&case.name, probe.coefficients(), &case.coefficients, 1e-4);
        let intercepts =
            Array2::from_shape_vec((1, case.intercepts.len()), probe.intercepts().to_vec()).unwrap();
        near(&case.name, intercepts.view(), std::slice::from_ref(&case.intercepts), 1e-4);
        let first = case.features();
        let probabilities = probe.probabilities(first.slice_axis(ndarray::Axis(0), (..5).into())).unwrap();
        near(&case.name, probabilities.view(), &case.probabilities_of_first_rows, 1e-5);
    }
}

#[test]
fn log_losses_of_the_cross_validation_are_those_of_scikit_learn() {
    for case in golden().cases {
        let examples = case.examples();
        let rows = |held_out: bool, fold| {
            (0..examples.len()).filter(|row| (case.folds[*row] == fold) == held_out).collect::<Vec<_>>()
        };
        let folds =
            (0..3).map(|fold| Fold { training: rows(false, fold), held_out: rows(true, fold) }).collect();
        let folds = Folds::new(&examples, folds).unwrap();
        let chosen = choose(&examples, &folds, &case.grid, &Stopping::default()).unwrap();
        assert!(chosen.converged(), "{}: {:?}", case.name, chosen.candidates);
        for (candidate, expected) in chosen.candidates.iter().zip(&case.log_losses) {
            let difference = (candidate.log_loss - expected).abs();
            assert!(difference < 1e-5 * expected, "{}: {} for {expected}", case.name, candidate.log_loss);
        }
        let lowest = (0..3).min_by(|a, b| case.log_losses[*a].total_cmp(&case.log_losses[*b])).unwrap();
        assert_eq!(chosen.probe.c(), case.grid[lowest], "{}", case.name);
        assert_eq!(chosen.probe, Probe::fit(&examples, case.grid[lowest], &Stopping::default()).unwrap());
        assert_eq!(chosen.folds.len(), 3);
    }
}
