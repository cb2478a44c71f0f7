//! What must hold for any data.

use ndarray::{Array2, Axis};
use proptest::prelude::*;
use radiograph_classes::Classes;
use radiograph_probe::{Examples, Folds, GRID, Probe, Stopping, choose};
use radiograph_random::Stream;

/// Rows of three overlapping classes.
fn data(seed: u64, rows: usize, columns: usize) -> (Array2<f64>, Vec<usize>) {
    let mut stream = Stream::new(seed, "probe");
    let labels: Vec<usize> = (0..rows).map(|row| row % 3).collect();
    let features = Array2::from_shape_fn((rows, columns), |(row, column)| {
        stream.normal() + if column % 3 == labels[row] { 1.0 } else { 0.0 }
    });
    (features, labels)
}

fn classes() -> Classes {
    Classes::new(["covid", "normal", "pneumonia"]).unwrap()
}

fn fit(features: &Array2<f64>, labels: &[usize], c: f64) -> Probe {
    let examples = Examples::new(features.view(), &classes(), labels.to_vec()).unwrap();
    let probe = Probe::fit(&examples, c, &Stopping { tolerance: 1e-9, ..Stopping::default() }).unwrap();
    assert!(probe.convergence().converged, "{:?}", probe.convergence());
    probe
}

fn largest_difference(first: &Array2<f64>, second: &Array2<f64>) -> f64 {
    first.iter().zip(second).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_unit_and_the_zero_of_a_feature_do_not_matter(
        seed in 0_u64..1_000, shift in -1e6..1e6_f64, scale in 1e-3..1e3_f64,
    ) {
        let (features, labels) = data(seed, 45, 5);
        let mut moved = features.clone();
        moved.column_mut(2).mapv_inplace(|value| value * scale + shift);
        let (first, second) = (fit(&features, &labels, 0.5), fit(&moved, &labels, 0.5));
        let of = |probe: &Probe, of: &Array2<f64>| probe.probabilities(of.view()).unwrap();
        prop_assert!(largest_difference(&of(&first, &features), &of(&second, &moved)) < 1e-5);
        prop_assert!(
            largest_difference(&first.coefficients().to_owned(), &second.coefficients().to_owned()) < 1e-5
        );
    }

    #[test]
    fn the_order_of_rows_does_not_matter(seed in 0_u64..1_000) {
        let (features, labels) = data(seed, 45, 5);
        let mut order: Vec<usize> = (0..45).collect();
        Stream::new(seed, "order").shuffle(&mut order);
        let shuffled = features.select(Axis(0), &order);
        let renumbered: Vec<usize> = order.iter().map(|&row| labels[row]).collect();
        let (first, second) = (fit(&features, &labels, 0.5), fit(&shuffled, &renumbered, 0.5));
        prop_assert!(
            largest_difference(&first.coefficients().to_owned(), &second.coefficients().to_owned()) < 1e-6
        );
    }

    // `choose` trains in the span of the rows if there are fewer of them than features, `fit` among the features.
    #[test]
    fn probes_of_folds_with_more_features_than_rows_are_those_of_a_plain_training(seed in 0_u64..1_000) {
        let (features, labels) = data(seed, 45, 61);
        let examples = Examples::new(features.view(), &classes(), labels.clone()).unwrap();
        let groups: Vec<String> = (0..45).map(|row| row.to_string()).collect();
        let folds = Folds::grouped(&examples, &groups, 3).unwrap();
        let stopping = Stopping { tolerance: 1e-9, ..Stopping::default() };
        let chosen = choose(&examples, &folds, &[0.1], &stopping).unwrap();
        prop_assert!(chosen.converged());
        prop_assert_eq!(chosen.folds.len(), 3);
        for (probe, fold) in chosen.folds.iter().zip(folds.as_slice()) {
            let own: Vec<usize> = fold.training.iter().map(|&row| labels[row]).collect();
            let plain = fit(&features.select(Axis(0), &fold.training), &own, 0.1);
            prop_assert!(
                largest_difference(&probe.coefficients().to_owned(), &plain.coefficients().to_owned()) < 1e-6
            );
            let intercepts = probe.intercepts().iter().zip(plain.intercepts());
            prop_assert!(intercepts.into_iter().all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn other_names_for_the_classes_change_names_alone(seed in 0_u64..1_000) {
        let (features, labels) = data(seed, 45, 5);
        let renamed: Vec<usize> = labels.iter().map(|label| (label + 1) % 3).collect();
        let (first, second) = (fit(&features, &labels, 0.5), fit(&features, &renamed, 0.5));
        let back = second.coefficients().select(Axis(0), &[1, 2, 0]);
        prop_assert!(largest_difference(&first.coefficients().to_owned(), &back) < 1e-6);
    }

    #[test]
    fn a_weight_of_two_is_a_row_that_stands_twice(seed in 0_u64..1_000, row in 0_usize..45) {
        // One more row changes the standardisation, so the features are given in a form that it keeps.
        let (features, mut labels) = data(seed, 45, 1);
        let signs = features.mapv(f64::signum);
        let both = ndarray::concatenate![Axis(0), signs, signs.mapv(|value| -value)];
        labels.extend(labels.clone());
        let twice = ndarray::concatenate![Axis(0), both, both.select(Axis(0), &[row, row + 45])];
        let more: Vec<usize> = labels.iter().copied().chain([labels[row], labels[row + 45]]).collect();
        let mut weights = vec![1.0; 90];
        (weights[row], weights[row + 45]) = (2.0, 2.0);
        let weighted = Examples::new(both.view(), &classes(), labels).unwrap().with_weights(weights).unwrap();
        let first = Probe::fit(&weighted, 0.5, &Stopping { tolerance: 1e-9, ..Stopping::default() }).unwrap();
        let second = fit(&twice, &more, 0.5);
        prop_assert!(
            largest_difference(&first.coefficients().to_owned(), &second.coefficients().to_owned()) < 1e-6
        );
    }

    #[test]
    fn separable_data_stays_finite(seed in 0_u64..1_000, gap in 1.0..1e4_f64) {
        let (mut features, labels) = data(seed, 30, 40);
        for (mut row, label) in features.outer_iter_mut().zip(&labels) {
            row[0] += gap * *label as f64;
        }
        let examples = Examples::new(features.view(), &classes(), labels).unwrap();
        let probe = Probe::fit(&examples, 1e6, &Stopping::default()).unwrap();
        prop_assert!(probe.coefficients().iter().chain(probe.intercepts()).all(|value| value.is_finite()));
        let probabilities = probe.probabilities((features * 1e3).view()).unwrap();
        for row in probabilities.outer_iter() {
            prop_assert!(row.iter().all(|p| (0.0..=1.0).contains(p)) && (row.sum() - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits_and_the_written_probe_is_the_same() {
    // Few features, and more features than rows.
    for (rows, columns) in [(600, 17), (90, 130)] {
        let (features, labels) = data(5, rows, columns);
        let examples = Examples::new(features.view(), &classes(), labels).unwrap();
        let patients: Vec<String> = (0..rows).map(|row| (row / 4).to_string()).collect();
        let folds = Folds::grouped(&examples, &patients, 5).unwrap();
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| choose(&examples, &folds, &GRID, &Stopping::default()).unwrap())
        };
        let chosen = with(1);
        for threads in [2, 3, 8] {
            assert_eq!(with(threads), chosen, "{threads} threads");
        }
        assert!(chosen.converged());
        let written = serde_json::to_string(&chosen.probe).unwrap();
        assert_eq!(serde_json::from_str::<Probe>(&written).unwrap(), chosen.probe);
    }
}

#[test]
fn training_that_is_cut_short_says_so() {
    let (features, labels) = data(5, 60, 6);
    let examples = Examples::new(features.view(), &classes(), labels).unwrap();
    let cut = Probe::fit(&examples, 1.0, &Stopping { iterations: 2, ..Stopping::default() }).unwrap();
    assert!(!cut.convergence().converged && cut.convergence().iterations == 2);
    assert!(cut.convergence().gradient_norm > Stopping::default().tolerance);
    let whole = Probe::fit(&examples, 1.0, &Stopping::default()).unwrap();
    assert!(whole.convergence().converged && whole.convergence().objective < cut.convergence().objective);
}

/// On labels without any relation to the features, the strongest penalty wins and the answers are the shares of the
/// classes.
#[test]
fn noise_is_answered_with_the_shares_of_the_classes() {
    let mut stream = Stream::new(9, "noise");
    let features = Array2::from_shape_fn((120, 30), |_| stream.normal());
    let labels: Vec<usize> = (0..120).map(|row| if row % 4 == 3 { 2 } else { row % 2 }).collect();
    let examples = Examples::new(features.view(), &classes(), labels).unwrap();
    let patients: Vec<String> = (0..120).map(|row| row.to_string()).collect();
    let folds = Folds::grouped(&examples, &patients, 5).unwrap();
    let chosen = choose(&examples, &folds, &GRID, &Stopping::default()).unwrap();
    assert!(chosen.probe.c() <= 1e-3, "{}", chosen.probe.c());
    let mean = chosen.probe.probabilities(features.view()).unwrap().mean_axis(Axis(0)).unwrap();
    for (class, share) in [0.5, 0.25, 0.25].into_iter().enumerate() {
        assert!((mean[class] - share).abs() < 1e-3, "{mean}");
    }
}

/// Features that are constant in training say nothing, whatever they are later.
#[test]
fn a_constant_feature_is_ignored() {
    let (mut features, labels) = data(5, 60, 6);
    features.column_mut(4).fill(0.1);
    let probe = fit(&features, &labels, 1.0);
    assert!(probe.coefficients().column(4).iter().all(|coefficient| *coefficient == 0.0));
    let before = probe.probabilities(features.view()).unwrap();
    features.column_mut(4).fill(1e9);
    assert_eq!(probe.probabilities(features.view()).unwrap(), before);
}
