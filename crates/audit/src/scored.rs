//! Predictions of some images of a table: their AUC with an interval, and the drop from one set of predictions to another.

use std::collections::BTreeMap;

use ndarray::Array2;
use radiograph_classes::Classes;
use radiograph_metrics::{Average, Bootstrap, Estimate, Metric, Predictions, Probabilities};
use radiograph_random::Stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Error, Settings, Table, question::Question, ranks::WeightedRanks};

/// A difference with its 95 % percentile interval from resampling clusters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScoreDrop {
    /// The difference.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Predictions of images.
pub(crate) struct Scored {
    /// Positions of the images in the table.
    pub(crate) rows: Vec<usize>,
    /// Their labels, as columns.
    pub(crate) labels: Vec<usize>,
    /// `[N, K]`.
    pub(crate) probabilities: Array2<f64>,
}

impl Scored {
    /// Macro AUC for these classes, which are the columns.
    pub(crate) fn estimate(
        &self,
        table: &Table,
        classes: &Classes,
        settings: &Settings,
    ) -> Result<Estimate, Error> {
        Ok(self.estimates(table, classes, &[Metric::AveragedAuc(Average::Macro)], settings)?.remove(0)) // one in, one out
    }

    /// Each metric, in order.
    pub(crate) fn estimates(
        &self,
        table: &Table,
        classes: &Classes,
        metrics: &[Metric],
        settings: &Settings,
    ) -> Result<Vec<Estimate>, Error> {
        let names: Vec<&str> = classes.names().collect();
        let truth: Vec<&str> = self.labels.iter().map(|&label| names[label]).collect();
        let probabilities = Probabilities::new(classes, self.probabilities.clone())?;
        let predictions = Predictions::new(classes, &truth, &probabilities)?
            .with_clusters(&Question::clusters(table, &self.rows))?;
        Ok(Bootstrap::new(settings.replicates, settings.seed)?.estimate(&predictions, metrics)?)
    }

    /// This AUC less another. Clusters are resampled together, because images may be in both.
    /// `None` if an AUC or most resamples are undefined.
    pub(crate) fn drop_to(&self, other: &Self, table: &Table, settings: &Settings) -> Option<ScoreDrop> {
        let mut numbers = Numbers::default();
        let (of_own, of_other) = (numbers.of(table, &self.rows), numbers.of(table, &other.rows));
        let ranks = |scored: &Self| WeightedRanks::of(scored.probabilities.view(), &scored.labels);
        let (own, other) = (ranks(self), ranks(other));
        resampled(numbers.count(), settings, &|weights| {
            let of = |numbers: &[usize]| numbers.iter().map(|&number| weights[number]).collect::<Vec<f64>>();
            Some(own.macro_auc(&of(&of_own))? - other.macro_auc(&of(&of_other))?)
        })
    }
}

/// Numbers of clusters, from 0.
#[derive(Default)]
pub(crate) struct Numbers<'t>(BTreeMap<&'t str, usize>);

impl<'t> Numbers<'t> {
    /// The number of each row's cluster.
    pub(crate) fn of(&mut self, table: &'t Table, rows: &[usize]) -> Vec<usize> {
        let number = |&row: &usize| {
            let next = self.0.len();
            *self.0.entry(&table.images()[row].cluster).or_insert(next)
        };
        rows.iter().map(number).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// A difference of weighted clusters, with the interval from drawing clusters with replacement. `None` if it is undefined, or
/// undefined for most resamples.
pub(crate) fn resampled(
    clusters: usize,
    settings: &Settings,
    difference: &(dyn Fn(&[f64]) -> Option<f64> + Sync),
) -> Option<ScoreDrop> {
    let value = difference(&vec![1.0; clusters])?;
    let mut drawn: Vec<f64> = (0..u64::from(settings.replicates))
        .into_par_iter()
        .filter_map(|number| {
            let mut stream = Stream::new(settings.seed, "audit: drop").numbered(number);
            let mut weights = vec![0.0; clusters];
            (0..clusters).for_each(|_| weights[stream.below(clusters)] += 1.0);
            difference(&weights)
        })
        .collect();
    if 2 * drawn.len() < settings.replicates as usize {
        return None;
    }
    drawn.sort_unstable_by(f64::total_cmp);
    let end = |at| radiograph_metrics::quantile(&drawn, at).ok();
    Some(ScoreDrop { value, low: end(0.025)?, high: end(0.975)? })
}
