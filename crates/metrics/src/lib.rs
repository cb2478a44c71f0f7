#![doc = include_str!("../README.md")]
//!
//! # Overview
//!
//! | you have or want | see |
//! |---|---|
//! | labels and probabilities | [`Predictions`], [`Probabilities`], batch by batch: [`Batches`]; any yes-or-no score: [`BinaryScores`] |
//! | findings side by side, some of them unknown | [`MultiLabel`] |
//! | weights of samples | [`Predictions::with_weights`] |
//! | decisions of readers | [`Readers`], [`Predictions::with_decisions`] |
//! | counts, precision, recall, F1, … | [`ConfusionMatrix`], [`BinaryCounts`], averages: [`Average`], [`Averaged`] |
//! | ROC and precision-recall curves, areas | [`RocCurve`], [`PrecisionRecallCurve`], [`Predictions::average_ranking`], [`Predictions::average_one_vs_one_auc`] |
//! | calibrated probabilities | [`log_loss`], [`brier_score`], [`Reliability`], [`Temperature`] |
//! | calibration of a class: slope, intercept, curve, Brier parts | [`BinaryCalibration`], [`Recalibration`], [`CalibrationCurve`], [`BrierDecomposition`] |
//! | an interval | [`estimates`] (by the kind of score), [`Share`] (Wilson by patient), [`Proportion`] (Wilson, Clopper-Pearson), [`Bootstrap`] (any [`Metric`] or [`Statistic`]), [`AucVariance`] (DeLong, Obuchowski) |
//! | is A better than B? | [`compare`]; several models: [`Family`]; single tests: [`McNemar`], [`PairedAuc`], [`Permutation`], [`holm`] |
//! | a score here and in another hospital | [`Unpaired`] |
//! | a threshold for use | [`BinaryScores::at_specificity`], then [`BinaryScores::rates_at`]; its net benefit: [`DecisionCurve`] |
//! | the precision of a test that is planned | [`AucVariance::planned`], [`AucVariance::patients_needed`] |
//! | predictive values at another prevalence, likelihood ratios | [`Rates`], [`BinaryCounts::ppv_at_prevalence`] |
//! | differences between hospitals, sexes, … | [`SubgroupTable`], [`CrossTable`] |
//! | can this printed table be true? | the crate `radiograph-forensics` |
//! | everything at once, as tables and JSON | [`Evaluation`], [`Table`] |
//!
//! # Rules that hold everywhere
//!
//! - Truth comes first, prediction second; rows of a confusion matrix are the truth.
//! - A class is a name ([`Classes`]). Columns and labels are matched by name, so that their orders cannot be exchanged.
//! - A score that does not exist is an [`Undefined`] with its reason, never 0, 0.5 or NaN; averages list undefined
//!   classes and their treatment ([`WhenUndefined`]).
//! - Patients, not images, are resampled, permuted and counted as independent, once [`Predictions::with_patients`]
//!   names them; or whatever [`Predictions::with_clusters`] says depends on each other.
//! - The same seed gives the same bytes for any number of threads.
//!
//! Values are checked against scikit-learn, scipy and statsmodels to 1e-9.
//!
//! # Command line
//!
//! `radiograph metrics predictions.csv` scores a file like the one above. For the file in the tests' folder, it prints
//! the following (`--by source` adds scores for each source; several files are compared as models):
//!
//! ```
//! use radiograph_metrics::{Bootstrap, Evaluation, Predictions, Table};
//!
//! let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/predictions.csv");
//! let predictions = Predictions::read_csv(std::fs::File::open(path)?, None)?;
//! let evaluation = Evaluation::of(&predictions, &Bootstrap::new(2_000, 7)?)?;
//!
//! assert_eq!(
//!     Table::from(&evaluation.confusion).to_text(),
//!     "\
//! true class  predicted covid  predicted normal  predicted pneumonia
//! ----------  ---------------  ----------------  -------------------
//! covid                    20                 3                    1
//! normal                    0                14                    1
//! pneumonia                 2                 3                   16
//! "
//! );
//! assert_eq!(
//!     evaluation.overall_table().to_text(),
//!     "\
//! score                          value     low    high  interval
//! ----------------------------  ------  ------  ------  -------------------------------------------
//! accuracy                      0.8333  0.6856  0.9198  Wilson at the effective sample size
//! balanced accuracy             0.8429  0.6915  0.9333  BCa bootstrap over patients, expanded tails
//! macro precision               0.8327  0.6832  0.9344  BCa bootstrap over patients, expanded tails
//! macro recall                  0.8429  0.6915  0.9333  BCa bootstrap over patients, expanded tails
//! macro F1                      0.8300  0.6734  0.9312  BCa bootstrap over patients, expanded tails
//! weighted precision            0.8497  0.6879  0.9215  BCa bootstrap over patients, expanded tails
//! weighted recall               0.8333  0.6856  0.9198  Wilson at the effective sample size
//! weighted F1                   0.8350  0.6714  0.9255  BCa bootstrap over patients, expanded tails
//! macro AUC                     0.9377  0.8261  0.9795  DeLong, clustered (Obuchowski)
//! weighted AUC                  0.9365  0.8187  0.9818  BCa bootstrap over patients, expanded tails
//! micro AUC                     0.9283  0.7893  0.9753  BCa bootstrap over patients, expanded tails
//! macro one-vs-one AUC          0.9384  0.8218  0.9817  BCa bootstrap over patients, expanded tails
//! macro average precision       0.8992  0.7329  0.9684  BCa bootstrap over patients, expanded tails
//! weighted average precision    0.9030  0.7605  0.9634  BCa bootstrap over patients, expanded tails
//! micro average precision       0.8859  0.7126  0.9554  BCa bootstrap over patients, expanded tails
//! MCC                           0.7554  0.5452  0.8932  BCa bootstrap over patients, expanded tails
//! Cohen's kappa                 0.7494  0.5319  0.8923  BCa bootstrap over patients, expanded tails
//! log loss                      0.6139  0.4320  1.1779  BCa bootstrap over patients, expanded tails
//! Brier score                   0.3048  0.2187  0.4736  BCa bootstrap over patients, expanded tails
//! ECE (15 bins of equal width)  0.1531       -       -  (resampling adds to its bias)
//! MCE (15 bins of equal width)  0.5006       -       -  (resampling adds to its bias)
//! "
//! );
//! let classes = evaluation.long_class_table().to_text();
//! let first: Vec<&str> = classes.lines().take(5).collect();
//! assert_eq!(
//!     first,
//!     [
//!         "class      score                    value     low    high  interval",
//!         "---------  ----------------------  ------  ------  ------  -------------------------------------------",
//!         "covid      precision               0.9091  0.6823  0.9790  Wilson at the effective sample size",
//!         "covid      recall                  0.8333  0.6217  0.9383  Wilson at the effective sample size",
//!         "covid      F1                      0.8696  0.7500  0.9550  BCa bootstrap over patients, expanded tails",
//!     ]
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The JSON gives every score with its interval, its method and undefined values: `{"name": "accuracy", "estimate":
//! {"score": {"value": 0.8333333333333334}, "interval": {"value": {"low": 0.685…, "high": 0.919…, …`.

mod as_share;
mod auc;
mod auc_components;
mod average;
mod averaged_curve;
mod batches;
mod binary;
mod binary_calibration;
mod binning;
mod bootstrap;
mod brier;
mod calibration;
mod calibration_curve;
mod calibration_error;
mod clusters;
mod comparison;
mod concat;
mod confusion;
mod counts;
mod cross_table;
mod decision_curve;
mod delong;
mod error;
mod estimate;
mod evaluation;
mod family;
mod holm;
mod interval;
mod logistic;
mod mcnemar;
mod metric;
mod metric_name;
mod midrank;
mod multi_label;
mod operating_point;
mod outcomes;
mod perfect;
mod permutation;
mod planned;
mod precision_recall;
mod predictions;
mod predictions_csv;
mod predictive;
mod prevalence;
mod probabilities;
mod quantile;
mod ranking;
mod readers;
mod recalibration;
mod roc;
mod score;
mod scored;
mod share;
mod statistic;
mod subgroup;
mod table;
mod temperature;
mod thinning;
mod unpaired;
mod weight;

pub use auc::{PairAverage, RankingScore};
pub use average::{Average, Averaged, ClassScore, WhenUndefined};
pub use batches::Batches;
pub use binary::{BinaryScores, MAX_SAMPLES};
pub use binary_calibration::BinaryCalibration;
pub use binning::Bins;
pub use bootstrap::{Bootstrap, BootstrapMethod};
pub use brier::BrierDecomposition;
pub use calibration::{CalibrationNorm, LOG_LOSS_FLOOR, Reliability, ReliabilityBin, brier_score, log_loss};
pub use calibration_curve::{CalibrationCurve, CalibrationPoint};
pub use clusters::Clusters;
pub use comparison::{Comparison, ComparisonOptions, PairedTest, compare};
pub use confusion::ConfusionMatrix;
pub use counts::{Beta, BinaryCounts};
pub use cross_table::{CrossTable, DOMINANT_SHARE};
pub use decision_curve::{DecisionCurve, NetBenefit};
pub use delong::{AucVariance, PairedAuc};
pub use error::Error;
pub use estimate::Estimate;
pub use evaluation::{ClassEvaluation, Evaluation, MetricEstimate};
pub use family::{Choice, Family, not_tested_in_words};
pub use holm::holm;
pub use interval::{Interval, IntervalMethod, Level, Proportion};
pub use mcnemar::{McNemar, PValueRange};
pub use metric::Metric;
pub use multi_label::{FindingComparison, FindingScores, MultiLabel, MultiLabelEvaluation};
pub use operating_point::{OperatingPoint, Rates};
pub use permutation::{Permutation, PermutationTest};
pub use precision_recall::{PrecisionRecallCurve, PrecisionRecallPoint};
pub use predictions::Predictions;
pub use predictive::{LikelihoodRatio, PredictiveValue};
pub use probabilities::{Probabilities, ROW_SUM_TOLERANCE};
pub use quantile::quantile;
pub use radiograph_classes::{Class, Classes};
pub use readers::Readers;
pub use recalibration::Recalibration;
pub use roc::{RocCurve, RocPoint};
pub use score::{Score, Undefined, as_value};
pub use scored::estimates;
pub use share::Share;
pub use statistic::Statistic;
pub use subgroup::{Group, Subgroup, SubgroupTable};
pub use table::Table;
pub use temperature::Temperature;
pub use thinning::Thinned;
pub use unpaired::Unpaired;
