//! Scores with intervals and paired tests.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use radiograph_metrics::{
    AucVariance, Average, BinaryScores, Bootstrap, ClassScore, Classes, Clusters, Level, McNemar, Metric,
    PairedAuc, Predictions, Probabilities,
};
use tch::{Kind, Tensor};

use crate::{Outcome, Work, timed, unknown};

/// Names of the three classes, in the order of the columns.
const CLASSES: [&str; 3] = ["a", "b", "c"];
/// Replicates of the bootstrap, here and in the script.
const REPLICATES: u32 = 1000;

pub(crate) struct Scores {
    /// Two scores of the same samples.
    binary: [BinaryScores; 2],
    /// Two models of the same images.
    predictions: [Predictions; 2],
    clusters: Clusters,
}

impl Scores {
    /// Reads `scores.safetensors` with `positive`, `first` and `second` of many samples, `truth` of fewer images and the
    /// probabilities `first_model` and `second_model` `[N, 3]`; and writes each result to `results.txt`, a name and a
    /// number a line.
    pub(crate) fn prepare(folder: &Path) -> Outcome<Self> {
        let read = Tensor::read_safetensors(folder.join("scores.safetensors"))?;
        let tensors: BTreeMap<String, Tensor> = read.into_iter().collect();
        let values = |name: &str| -> Outcome<Vec<f64>> {
            let tensor = tensors.get(name).ok_or_else(|| format!("scores.safetensors has no {name}"))?;
            Ok(Vec::<f64>::try_from(tensor.to_kind(Kind::Double).flatten(0, -1))?)
        };
        let positive: Vec<bool> = values("positive")?.into_iter().map(|value| value > 0.5).collect();
        let binary = [
            BinaryScores::new(&positive, &values("first")?)?,
            BinaryScores::new(&positive, &values("second")?)?,
        ];
        let classes = Classes::new(CLASSES)?;
        let truth: Vec<&str> = values("truth")?.into_iter().map(|label| CLASSES[label as usize]).collect();
        let predictions = |name: &str| -> Outcome<Predictions> {
            let rows = values(name)?;
            let column = |place: usize| rows.iter().copied().skip(place).step_by(3).collect::<Vec<f64>>();
            let columns = CLASSES.into_iter().enumerate().map(|(place, class)| (class, column(place)));
            Ok(Predictions::new(&classes, &truth, &Probabilities::from_columns(columns)?)?)
        };
        let predictions = [predictions("first_model")?, predictions("second_model")?];
        let clusters = Clusters::each_alone(positive.len());
        let work = Self { binary, predictions, clusters };
        let mut text = String::new();
        for piece in PIECES {
            for (name, value) in work.compute(piece)? {
                writeln!(text, "{name} {value:e}")?;
            }
        }
        fs::write(folder.join("results.txt"), text)?;
        Ok(work)
    }

    fn compute(&self, piece: &str) -> Outcome<Vec<(&'static str, f64)>> {
        let [first, second] = &self.binary;
        let level = Level::new(0.95)?;
        Ok(match piece {
            "auc" => vec![("auc", first.auc()?)],
            "average-precision" => vec![("average_precision", first.average_precision()?)],
            "interval" => {
                let area = AucVariance::of(first, &self.clusters)?;
                let _interval = area.interval(level);
                vec![("delong_auc", area.auc), ("delong_deviation", area.variance.sqrt())]
            }
            "paired" => vec![("delong_p", PairedAuc::of(first, second, &self.clusters)?.p_value()?)],
            "mcnemar" => {
                let [first, second] = &self.predictions;
                vec![("mcnemar_p", McNemar::of(first, second)?.exact())]
            }
            "bootstrap" => {
                let metrics = [Metric::Averaged(ClassScore::F1, Average::Macro)];
                let estimates = Bootstrap::new(REPLICATES, 7)?.with_level(level);
                let estimates = estimates.estimate(&self.predictions[0], &metrics)?;
                let estimate = estimates.first().ok_or("no estimate")?;
                let interval = estimate.interval?;
                vec![
                    ("macro_f1", estimate.score?),
                    ("macro_f1_low", interval.low),
                    ("macro_f1_high", interval.high),
                ]
            }
            _ => return unknown(piece),
        })
    }
}

const PIECES: [&str; 6] = ["auc", "average-precision", "interval", "paired", "mcnemar", "bootstrap"];

impl Work for Scores {
    fn perform(&mut self, piece: &str) -> Outcome<f64> {
        timed(|| self.compute(piece))
    }
}
