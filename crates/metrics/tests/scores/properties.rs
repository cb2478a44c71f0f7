//! Tests the properties of every metric, which a table lists.

use ndarray::Array2;
use proptest::prelude::*;
use radiograph_metrics::{
    Average, Beta, BinaryScores, Bins, Bootstrap, CalibrationNorm, ClassScore, Classes, Metric, PairAverage,
    Predictions, Probabilities, Undefined,
};

use crate::resampling::simulated;

const NAMES: [&str; 3] = ["covid", "normal", "pneumonia"];

/// Expected properties of a metric.
struct Known {
    metric: Metric,
    bounds: (f64, f64),
    /// Depends only on the order of scores within the column of `pneumonia`.
    ranks_only: bool,
    /// Reason why it is undefined if `pneumonia` has no sample; `None` if it still exists.
    without_a_class: Option<Undefined>,
    /// Whether it exists without samples of `pneumonia` if the class was predicted.
    unless_predicted: bool,
}

fn table(classes: &Classes) -> Vec<Known> {
    let last = classes.class("pneumonia").unwrap();
    let mut table = Vec::new();
    let mut add = |metric, bounds, ranks_only, without_a_class| {
        table.push(Known { metric, bounds, ranks_only, without_a_class, unless_predicted: false });
    };
    let share = (0.0, 1.0);
    add(Metric::Accuracy, share, false, None);
    add(Metric::BalancedAccuracy, share, false, Some(Undefined::NoPositive));
    add(Metric::MatthewsCorrelation, (-1.0, 1.0), false, None);
    add(Metric::CohenKappa, (-1.0, 1.0), false, None);
    add(Metric::Brier, (0.0, 2.0), false, None);
    add(Metric::LogLoss, (0.0, 37.0), false, None);
    for norm in [CalibrationNorm::Mean, CalibrationNorm::RootMeanSquare, CalibrationNorm::Largest] {
        add(Metric::CalibrationError(Bins::GUO, norm), share, false, None);
        add(Metric::CalibrationError(Bins::EqualMass(4), norm), share, false, None);
    }
    add(Metric::Class(ClassScore::Recall, last.clone()), share, false, Some(Undefined::NoPositive));
    add(Metric::Class(ClassScore::Accuracy, last.clone()), share, false, None);
    add(Metric::Class(ClassScore::Specificity, last.clone()), share, false, None);
    add(Metric::Class(ClassScore::NegativePredictiveValue, last.clone()), share, false, None);
    add(
        Metric::Class(ClassScore::MatthewsCorrelation, last.clone()),
        (-1.0, 1.0),
        false,
        Some(Undefined::ConstantTruth),
    );
    for average in [Average::Macro, Average::Weighted, Average::Micro] {
        let undefined = (average == Average::Macro).then_some(Undefined::ClassUndefined);
        add(Metric::Averaged(ClassScore::Recall, average), share, false, undefined);
        add(Metric::AveragedAuc(average), share, false, undefined);
        add(Metric::AveragedPrecision(average), share, false, undefined);
    }
    add(Metric::Averaged(ClassScore::F(Beta::new(2.0).unwrap()), Average::Micro), share, false, None);
    add(Metric::Auc(last.clone()), share, true, Some(Undefined::NoPositive));
    add(Metric::AveragePrecision(last.clone()), share, true, Some(Undefined::NoPositive));
    for average in [PairAverage::Macro, PairAverage::Weighted] {
        add(Metric::OneVsOneAuc(average), share, false, Some(Undefined::ClassUndefined));
    }
    for (metric, reason) in [
        (Metric::Class(ClassScore::Precision, last.clone()), Undefined::NeverPredicted),
        (Metric::Class(ClassScore::F1, last), Undefined::Absent),
        (Metric::Averaged(ClassScore::Precision, Average::Macro), Undefined::ClassUndefined),
        (Metric::Averaged(ClassScore::F1, Average::Macro), Undefined::ClassUndefined),
    ] {
        let without_a_class = Some(reason);
        table.push(Known {
            metric,
            bounds: share,
            ranks_only: false,
            without_a_class,
            unless_predicted: true,
        });
    }
    table
}

/// Labels and rows of integers that become probabilities; many ties.
fn samples(classes: usize) -> impl Strategy<Value = (Vec<usize>, Vec<[u32; 3]>)> {
    prop::collection::vec((0..classes, prop::array::uniform3(1..8_u32)), 6..60)
        .prop_map(|list| list.into_iter().unzip())
}

fn build(classes: &Classes, names: &[&str], truth: &[usize], rows: &[[u32; 3]], power: f64) -> Predictions {
    let values = Array2::from_shape_fn((rows.len(), 3), |(row, k)| {
        let total: f64 = rows[row].iter().map(|&w| f64::from(w).powf(power)).sum();
        f64::from(rows[row][k]).powf(power) / total
    });
    let columns = Classes::new(names.iter().copied()).unwrap();
    let truth: Vec<&str> = truth.iter().map(|&label| names[label]).collect();
    Predictions::new(classes, &truth, &Probabilities::new(&columns, values).unwrap()).unwrap()
}

fn score(metric: &Metric, predictions: &Predictions) -> Result<f64, Undefined> {
    Undefined::catch(metric.of(predictions)).unwrap()
}

fn close(a: &Result<f64, Undefined>, b: &Result<f64, Undefined>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => (a - b).abs() < 1e-12,
        (a, b) => a == b,
    }
}

proptest! {
    #[test]
    fn the_order_of_samples_does_not_matter((truth, rows) in samples(3), seed: u64) {
        let classes = Classes::new(NAMES).unwrap();
        let predictions = build(&classes, &NAMES, &truth, &rows, 1.0);
        let mut order: Vec<usize> = (0..truth.len()).collect();
        order.sort_by_key(|&i| (i as u64 + 1).wrapping_mul(seed | 1));
        let shuffled = predictions.select(&order);
        for known in table(&classes) {
            let (a, b) = (score(&known.metric, &predictions), score(&known.metric, &shuffled));
            prop_assert!(close(&a, &b), "{}: {a:?} {b:?}", known.metric);
        }
    }

    /// The same columns under the same names, listed in another order: no score may notice.
    #[test]
    fn the_order_of_columns_does_not_matter((truth, rows) in samples(3)) {
        let classes = Classes::new(NAMES).unwrap();
        let predictions = build(&classes, &NAMES, &truth, &rows, 1.0);
        let rotated_names = [NAMES[2], NAMES[0], NAMES[1]];
        let rotated_rows: Vec<[u32; 3]> = rows.iter().map(|r| [r[2], r[0], r[1]]).collect();
        let rotated_truth: Vec<usize> = truth.iter().map(|t| (t + 1) % 3).collect();
        let rotated = build(&classes, &rotated_names, &rotated_truth, &rotated_rows, 1.0);
        for known in table(&classes) {
            let (a, b) = (score(&known.metric, &predictions), score(&known.metric, &rotated));
            prop_assert!(close(&a, &b), "{}: {a:?} {b:?}", known.metric);
        }
    }

    /// Other names for the same classes leave every score alone.
    #[test]
    fn names_do_not_matter((truth, rows) in samples(3)) {
        let classes = Classes::new(NAMES).unwrap();
        // The class of the table must be the same one, so that only the two others change their names.
        let renamed = ["zebra", "aardvark", "pneumonia"];
        let other = Classes::new(renamed).unwrap();
        let a = build(&classes, &NAMES, &truth, &rows, 1.0);
        let b = build(&other, &renamed, &truth, &rows, 1.0);
        for (ours, theirs) in table(&classes).into_iter().zip(table(&other)) {
            prop_assert_eq!(score(&ours.metric, &a), score(&theirs.metric, &b));
        }
    }

    #[test]
    fn scores_stay_within_their_bounds((truth, rows) in samples(3), sharp in 0.2..6.0_f64) {
        let classes = Classes::new(NAMES).unwrap();
        let predictions = build(&classes, &NAMES, &truth, &rows, sharp);
        for known in table(&classes) {
            if let Ok(score) = score(&known.metric, &predictions) {
                prop_assert!((known.bounds.0..=known.bounds.1).contains(&score), "{}: {score}", known.metric);
            }
        }
    }

    #[test]
    fn a_class_without_samples_is_undefined_where_it_matters((truth, rows) in samples(2)) {
        prop_assume!(truth.contains(&0) && truth.contains(&1));
        let classes = Classes::new(NAMES).unwrap();
        let predictions = build(&classes, &NAMES, &truth, &rows, 1.0);
        let predicted = |name| (0..truth.len()).any(|i| predictions.predicted(i).name() == name);
        // Else the scores of these two are undefined for reasons of their own.
        prop_assume!(predicted("covid") && predicted("normal"));
        for known in table(&classes) {
            let score = score(&known.metric, &predictions);
            let exists = known.unless_predicted && predicted("pneumonia");
            let reason = known.without_a_class.filter(|_| !exists);
            prop_assert_eq!(score.err(), reason, "{}", known.metric);
        }
    }

    #[test]
    fn monotone_transforms_leave_rankings_alone((truth, rows) in samples(3)) {
        let positive: Vec<bool> = truth.iter().map(|&t| t == 0).collect();
        let plain: Vec<f64> = rows.iter().map(|r| f64::from(r[0])).collect();
        let scores = BinaryScores::new(&positive, &plain).unwrap();
        for transform in [|x: f64| x.ln(), |x: f64| x.powi(3) - 1e6, |x: f64| -1.0 / x, |x: f64| 1e-300 * x] {
            let changed: Vec<f64> = plain.iter().map(|&x| transform(x)).collect();
            let changed = BinaryScores::new(&positive, &changed).unwrap();
            prop_assert_eq!(scores.auc(), changed.auc());
            prop_assert_eq!(scores.average_precision(), changed.average_precision());
        }
        // Reversed scores turn the area over; so do reversed labels.
        let reversed: Vec<f64> = plain.iter().map(|x| -x).collect();
        let reversed = BinaryScores::new(&positive, &reversed).unwrap();
        if let (Ok(a), Ok(b)) = (scores.auc(), reversed.auc()) {
            prop_assert!((a + b - 1.0).abs() < 1e-12);
        }
    }

    /// The column of `pneumonia` sharpened, the other two rescaled to fill the row: its order stays, all else moves.
    #[test]
    fn rank_metrics_see_nothing_but_the_order_of_their_column((truth, rows) in samples(3), power in 1.5..4.0_f64) {
        let classes = Classes::new(NAMES).unwrap();
        let plain = build(&classes, &NAMES, &truth, &rows, 1.0);
        let values = plain.probabilities().values();
        let sharp = |p: f64| p.powf(power) / (p.powf(power) + (1.0 - p).powf(power));
        let values = Array2::from_shape_fn(values.dim(), |(row, k)| {
            let p = values[[row, 2]];
            if k == 2 { sharp(p) } else { values[[row, k]] * (1.0 - sharp(p)) / (1.0 - p) }
        });
        let names: Vec<&str> = truth.iter().map(|&label| NAMES[label]).collect();
        let moved = Predictions::new(&classes, &names, &Probabilities::new(&classes, values).unwrap()).unwrap();
        prop_assert_ne!(Metric::Brier.of(&plain).unwrap(), Metric::Brier.of(&moved).unwrap());
        let ranked: Vec<Known> = table(&classes).into_iter().filter(|known| known.ranks_only).collect();
        prop_assert_eq!(ranked.len(), 2);
        for known in ranked {
            let (a, b) = (score(&known.metric, &plain), score(&known.metric, &moved));
            prop_assert_eq!(a, b, "{}", known.metric);
        }
    }

    #[test]
    fn all_tied_scores_tell_nothing((truth, _) in samples(2), score in -5.0..5.0_f64) {
        prop_assume!(truth.contains(&0) && truth.contains(&1));
        let positive: Vec<bool> = truth.iter().map(|&t| t == 0).collect();
        let scores = BinaryScores::new(&positive, &vec![score; truth.len()]).unwrap();
        prop_assert_eq!(scores.auc(), Ok(0.5));
        let prevalence = positive.iter().filter(|p| **p).count() as f64 / truth.len() as f64;
        prop_assert!((scores.average_precision().unwrap() - prevalence).abs() < 1e-12);
    }

    /// Exchanging truth and prediction exchanges precision and recall and leaves symmetric scores alone.
    #[test]
    fn transposing_exchanges_precision_and_recall(cells in prop::array::uniform9(0..50_u64)) {
        use radiograph_metrics::ConfusionMatrix;
        let classes = Classes::new(NAMES).unwrap();
        let rows = [[cells[0], cells[1], cells[2]], [cells[3], cells[4], cells[5]], [cells[6], cells[7], cells[8]]];
        let turned: Vec<[u64; 3]> = (0..3).map(|k| [rows[0][k], rows[1][k], rows[2][k]]).collect();
        let matrix = ConfusionMatrix::from_counts(&classes, &rows).unwrap();
        let turned = ConfusionMatrix::from_counts(&classes, &turned).unwrap();
        prop_assert_eq!(matrix.accuracy(), turned.accuracy());
        for class in classes.iter() {
            let (a, b) = (matrix.one_vs_rest(&class).unwrap(), turned.one_vs_rest(&class).unwrap());
            prop_assert_eq!(a.precision().ok(), b.recall().ok());
            prop_assert_eq!(a.f_score(Beta::ONE), b.f_score(Beta::ONE));
        }
        if let (Ok(a), Ok(b)) = (matrix.matthews_correlation(), turned.matthews_correlation()) {
            prop_assert!((a - b).abs() < 1e-12);
        }
        if let (Ok(a), Ok(b)) = (matrix.cohen_kappa(), turned.cohen_kappa()) {
            prop_assert!((a - b).abs() < 1e-12);
        }
    }
}

#[test]
fn the_table_leaves_no_metric_out() {
    let classes = Classes::new(NAMES).unwrap();
    let kinds: std::collections::HashSet<_> =
        table(&classes).iter().map(|known| std::mem::discriminant(&known.metric)).collect();
    assert_eq!(kinds.len(), 14, "every kind of metric: {kinds:?}");
}

#[test]
fn the_name_of_every_metric_reads_back() {
    let classes = Classes::new(["a of b", "pneumonia"]).unwrap();
    let odd = classes.class("a of b").unwrap();
    let metrics = table(&Classes::new(NAMES).unwrap()).into_iter().map(|known| known.metric);
    let more = [
        Metric::Auc(odd.clone()),
        Metric::Class(ClassScore::F(Beta::new(0.5).unwrap()), odd),
        Metric::Averaged(ClassScore::MatthewsCorrelation, Average::Macro),
    ];
    let mut names = std::collections::HashSet::new();
    for metric in metrics.chain(more) {
        let name = metric.to_string();
        assert_eq!(name.parse::<Metric>().unwrap(), metric);
        assert_eq!(serde_json::to_value(&metric).unwrap(), name);
        assert!(names.insert(name));
    }
    for unknown in [
        "",
        "accurac",
        "AUC",
        "AUC of ",
        "precision of  covid",
        "ECE (no bins of equal width)",
        "F-1 of covid",
    ] {
        assert!(unknown.parse::<Metric>().is_err(), "{unknown:?}");
    }
    assert!(Metric::Accuracy.is_share() && !Metric::AveragedAuc(Average::Macro).is_share());
}

/// The same samples four times over, as those of new patients: intervals of half the width.
#[test]
fn duplicated_data_narrows_the_interval_of_every_metric() {
    let base = simulated(100, 8);
    let four: Vec<usize> = (0..4 * base.len()).map(|i| i % base.len()).collect();
    let owners: Vec<String> =
        (0..four.len()).map(|i| format!("{} {}", i / base.len(), base.clusters().of(four[i]))).collect();
    let quadrupled = base.select(&four).with_patients(&owners).unwrap();
    let metrics: Vec<Metric> = table(base.classes()).into_iter().map(|known| known.metric).collect();
    let bootstrap = Bootstrap::new(1_000, 5).unwrap();
    let estimates = |predictions: &Predictions| bootstrap.estimate(predictions, &metrics).unwrap();
    for ((metric, narrow), wide) in metrics.iter().zip(estimates(&quadrupled)).zip(estimates(&base)) {
        if matches!(metric, Metric::CalibrationError(..)) {
            assert_eq!(narrow.interval, Err(Undefined::BiasedByResampling), "{metric}");
            assert!(narrow.score.is_ok(), "{metric}");
            continue;
        }
        let ratio = narrow.interval.unwrap().width() / wide.interval.unwrap().width();
        assert!((0.42..0.58).contains(&ratio), "{metric}: {ratio}");
    }
}

#[test]
fn some_metric_depends_on_ranks_only() {
    // Sharpening all rows alike keeps the order of two classes' odds, not that of a column among three; with two classes
    // it keeps both. So rank metrics are checked on two columns here, next to all others, which must move.
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let covid = [0.9, 0.6, 0.7, 0.3, 0.2, 0.55, 0.4, 0.8];
    let truth = ["covid", "covid", "normal", "normal", "normal", "covid", "covid", "covid"];
    let with = |power: f64| {
        let sharp: Vec<f64> =
            covid.iter().map(|p: &f64| p.powf(power) / (p.powf(power) + (1.0 - p).powf(power))).collect();
        let rest = sharp.iter().map(|p| 1.0 - p).collect();
        let columns = Probabilities::from_columns([("covid", sharp), ("normal", rest)]).unwrap();
        Predictions::new(&classes, &truth, &columns).unwrap()
    };
    let of = |metric: &Metric, power: f64| metric.of(&with(power)).unwrap();
    for metric in
        [Metric::AveragedAuc(Average::Macro), Metric::OneVsOneAuc(PairAverage::Macro), Metric::Accuracy]
    {
        assert_eq!(of(&metric, 1.0), of(&metric, 3.0), "{metric}");
    }
    for metric in [Metric::LogLoss, Metric::Brier, Metric::CalibrationError(Bins::GUO, CalibrationNorm::Mean)]
    {
        assert_ne!(of(&metric, 1.0), of(&metric, 3.0), "{metric}");
    }
}
