//! Scores each subgroup of a field, including the samples without a value.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Bootstrap, Error, Estimate, Metric, Predictions, Undefined, estimates};

/// A value of a field, or its absence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Samples with this value.
    Named(String),
    /// Samples without a value; they form a separate group and are never dropped.
    Missing,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.pad(name),
            Self::Missing => f.pad("(missing)"),
        }
    }
}

/// A score of one subgroup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subgroup {
    /// The group.
    pub group: Group,
    /// Number of samples.
    pub samples: usize,
    /// Number of clusters: its patients, unless other clusters were given.
    pub clusters: usize,
    /// Number of samples by true class, in the order of the classes; a group with only one class has no AUC.
    pub by_class: Vec<(String, usize)>,
    /// The score with its interval.
    pub estimate: Estimate,
}

/// A score for every subgroup of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubgroupTable {
    /// The field.
    pub field: String,
    /// The score.
    pub metric: Metric,
    /// Subgroups by name, the missing group last.
    pub groups: Vec<Subgroup>,
}

impl SubgroupTable {
    /// Scores each group of `field` separately. Groups of fewer than `fewest` samples are listed with an undefined
    /// score.
    ///
    /// # Errors
    ///
    /// If no field has this name or the metric does not fit.
    pub fn of(
        predictions: &Predictions,
        field: &str,
        metric: &Metric,
        bootstrap: &Bootstrap,
        fewest: usize,
    ) -> Result<Self, Error> {
        let mut members: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (sample, value) in predictions.field(field)?.iter().enumerate() {
            let group = value.clone().map_or(Group::Missing, Group::Named);
            members.entry(group).or_default().push(sample);
        }
        let score = |(group, samples): (Group, Vec<usize>)| {
            let selected = predictions.select(&samples);
            let estimate = if samples.len() < fewest {
                let reason = Undefined::TooFewSamples;
                Estimate::without_resampling(Err(reason), Err(reason))
            } else {
                estimates(&selected, std::slice::from_ref(metric), bootstrap)?.remove(0) // one in, one out
            };
            let mut counts = vec![0; selected.classes().len()];
            selected.truth_positions().iter().for_each(|&class| counts[class as usize] += 1);
            let names = selected.classes().names().map(str::to_owned);
            let (samples, clusters) = (selected.len(), selected.clusters().len());
            Ok(Subgroup { group, samples, clusters, by_class: names.zip(counts).collect(), estimate })
        };
        let groups = members.into_iter().map(score).collect::<Result<_, Error>>()?;
        Ok(Self { field: field.to_owned(), metric: metric.clone(), groups })
    }
}
