//! Scores the model in subgroups of the test images, and asks whether the scores differ between groups.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, Axis};
use radiograph_metrics::{Average, Bootstrap, Estimate, Metric, Predictions, Probabilities, holm};
use radiograph_random::Stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Error, Model, Settings, Table, null::Exchange, question::Question, ranks::WeightedRanks};

/// Minimum number of clusters in a group. Smaller groups get no AUC and are not compared.
pub const SMALLEST_GROUP: usize = 10;

/// The model's macro AUC in every group of one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subgroups {
    /// The field: `source`, or one of the images' [fields](crate::Image::fields).
    pub field: String,
    /// The groups by name; images without a value come last and are a group too.
    pub groups: Vec<GroupScore>,
    /// Difference between the largest and the smallest group AUC. `None` if fewer than two groups have an AUC, or if the gap is
    /// undefined for more than half of the permutations.
    pub gap: Option<Gap>,
}

/// The model's score in one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupScore {
    /// The value; none for images without one.
    pub group: Option<String>,
    /// Number of images.
    pub images: usize,
    /// Number of clusters.
    pub clusters: usize,
    /// Macro AUC; none below [`SMALLEST_GROUP`] clusters.
    pub auc: Option<Estimate>,
}

/// Whether a score differs between groups: a test of interaction, by exchanging groups between clusters of the same class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gap {
    /// Largest less smallest AUC.
    pub value: f64,
    /// Share of exchanges, the observed one among them, with a gap at least as large.
    pub p_value: f64,
    /// P-value after Holm's correction over all fields.
    pub adjusted_p_value: f64,
}

impl Subgroups {
    /// Every field of the test images that has two groups or more.
    pub(crate) fn of(
        table: &Table,
        test: &[usize],
        model: &Model,
        settings: &Settings,
    ) -> Result<Vec<Self>, Error> {
        let images = table.images();
        let fields: BTreeSet<&str> =
            test.iter().flat_map(|&row| images[row].fields.keys().map(String::as_str)).collect();
        let mut values: Vec<(&str, Vec<Option<&str>>)> = Vec::new();
        values.push(("source", test.iter().map(|&row| Some(images[row].source.as_str())).collect()));
        for field in fields {
            let value = |&row: &usize| images[row].fields.get(field).map(String::as_str);
            values.push((field, test.iter().map(value).collect()));
        }
        values.retain(|(_, values)| values.iter().collect::<BTreeSet<_>>().len() > 1);
        let all = model.probabilities.in_order_of(table.classes())?;
        let of_field = |(field, values): &(&str, Vec<Option<&str>>)| {
            Field { table, test, values, probabilities: all.values().to_owned(), settings }.scored(field)
        };
        let mut scored = values.par_iter().map(of_field).collect::<Result<Vec<_>, Error>>()?;
        let mut gaps: Vec<&mut Gap> = scored.iter_mut().filter_map(|of| of.gap.as_mut()).collect();
        let adjusted = holm(&gaps.iter().map(|gap| gap.p_value).collect::<Vec<_>>())?;
        gaps.iter_mut().zip(adjusted).for_each(|(gap, adjusted)| gap.adjusted_p_value = adjusted);
        Ok(scored)
    }
}

/// The test images with their values of one field.
struct Field<'a> {
    table: &'a Table,
    test: &'a [usize],
    values: &'a [Option<&'a str>],
    probabilities: Array2<f64>,
    settings: &'a Settings,
}

impl Field<'_> {
    fn scored(&self, field: &str) -> Result<Subgroups, Error> {
        let mut members: BTreeMap<(bool, Option<&str>), Vec<usize>> = BTreeMap::new();
        for (place, value) in self.values.iter().enumerate() {
            // Images without a value come last.
            members.entry((value.is_none(), *value)).or_default().push(place);
        }
        let mut groups = Vec::new();
        let mut compared = Vec::new();
        for ((_, value), places) in &members {
            let rows: Vec<usize> = places.iter().map(|&place| self.test[place]).collect();
            let clusters = Question::clusters(self.table, &rows).into_iter().collect::<BTreeSet<_>>().len();
            let enough = clusters >= SMALLEST_GROUP;
            let auc = enough.then(|| self.estimate(places, &rows)).transpose()?;
            if auc.as_ref().is_some_and(|of| of.score.is_ok()) {
                compared.push(*value);
            }
            groups.push(GroupScore { group: value.map(str::to_owned), images: rows.len(), clusters, auc });
        }
        Ok(Subgroups { field: field.to_owned(), groups, gap: self.gap(&compared) })
    }

    fn estimate(&self, places: &[usize], rows: &[usize]) -> Result<Estimate, Error> {
        let classes = self.table.classes();
        let truth: Vec<&str> = rows.iter().map(|&row| self.table.images()[row].class.as_str()).collect();
        let probabilities = Probabilities::new(classes, self.probabilities.select(Axis(0), places))?;
        let predictions = Predictions::new(classes, &truth, &probabilities)?
            .with_clusters(&Question::clusters(self.table, rows))?;
        let bootstrap = Bootstrap::new(self.settings.replicates, self.settings.seed)?;
        Ok(bootstrap.estimate(&predictions, &[Metric::AveragedAuc(Average::Macro)])?.remove(0)) // one in, one out
    }

    /// The gap between groups, and how often an exchange of groups between clusters of the same class gives as large a one.
    fn gap(&self, compared: &[Option<&str>]) -> Option<Gap> {
        if compared.len() < 2 {
            return None;
        }
        let labels: Vec<usize> = self.test.iter().map(|&row| self.table.label(row)).collect();
        let ranks = WeightedRanks::of(self.probabilities.view(), &labels);
        let group: Vec<Option<usize>> =
            self.values.iter().map(|value| compared.iter().position(|of| of == value)).collect();
        let gap = |group: &[Option<usize>]| {
            let area = |wanted: usize| {
                ranks.macro_auc(&group.iter().map(|of| f64::from(*of == Some(wanted))).collect::<Vec<f64>>())
            };
            let areas = (0..compared.len()).map(area).collect::<Option<Vec<f64>>>()?;
            let most = areas.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Some(most - areas.iter().copied().fold(f64::INFINITY, f64::min))
        };
        let value = gap(&group)?;
        // Clusters exchange their groups only with clusters of the same class (that of their first image). So the class counts
        // of each group stay about the same.
        let clusters = Question::clusters(self.table, self.test);
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        clusters.iter().zip(&labels).for_each(|(cluster, label)| _ = first.entry(cluster).or_insert(*label));
        let strata: Vec<(Vec<usize>, Exchange)> = (0..self.table.classes().len())
            .map(|class| {
                let places: Vec<usize> =
                    (0..clusters.len()).filter(|&place| first[clusters[place]] == class).collect();
                let names: Vec<&str> = places.iter().map(|&place| clusters[place]).collect();
                (places, Exchange::of(&names))
            })
            .collect();
        let one = |number: u64| {
            let mut stream = Stream::new(self.settings.seed, "audit: subgroups").numbered(number);
            let mut exchanged = group.clone();
            for (places, exchange) in &strata {
                // None counts as one more group.
                let own: Vec<usize> =
                    places.iter().map(|&place| group[place].unwrap_or(usize::MAX)).collect();
                for (&place, of) in places.iter().zip(exchange.permuted(&own, &mut stream)) {
                    exchanged[place] = (of != usize::MAX).then_some(of);
                }
            }
            gap(&exchanged)
        };
        let drawn: Vec<f64> =
            (0..u64::from(self.settings.permutations)).into_par_iter().filter_map(one).collect();
        if 2 * drawn.len() < self.settings.permutations as usize {
            return None;
        }
        let reached = drawn.iter().filter(|of| **of >= value - 1e-12).count() as f64;
        let p_value = (reached + 1.0) / (drawn.len() as f64 + 1.0);
        Some(Gap { value, p_value, adjusted_p_value: p_value })
    }
}
