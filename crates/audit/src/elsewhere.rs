//! Leaves each source out of the training of a linear probe in turn, and scores the probe there and at home.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;
use radiograph_classes::Classes;
use radiograph_metrics::{Average, Bootstrap, Estimate, Metric, Predictions, Probabilities};
use radiograph_random::Stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Part, Reason, Settings, Table,
    fit::{Inputs, is_of_the_data},
    question::Question,
    ranks::WeightedRanks,
};

/// Least number of clusters of a class at the source that is left out, and in the training of the others.
const CLUSTERS: usize = 2;

/// A linear probe on frozen features at a source that its training did not see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Elsewhere {
    /// The source that is left out.
    pub source: String,
    /// Classes that are told apart; fewer than two if there is no score.
    pub classes: Vec<String>,
    /// The scores.
    pub scores: Option<AwayAndHome>,
    /// Reason why there are none.
    pub unanswered: Option<Reason>,
}

/// Macro AUC of a linear probe away and at home, for the same classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AwayAndHome {
    /// Number of training images of the other sources.
    pub training: usize,
    /// Number of images of the source that is left out, of both parts.
    pub images: usize,
    /// Number of their clusters.
    pub clusters: usize,
    /// AUC at the source that is left out.
    pub away: Estimate,
    /// AUC on the test part, of a probe that was trained on as many images of all sources.
    pub home: Estimate,
    /// AUC at home less AUC away.
    pub drop: ScoreDrop,
}

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

/// A fitted probe on its test images.
struct Scored {
    rows: Vec<usize>,
    labels: Vec<usize>,
    probabilities: Array2<f64>,
}

impl Elsewhere {
    /// All sources in turn, sorted by name; none if there is one source only.
    /// `begin` says before each source whether to go on.
    pub(crate) fn of(
        table: &Table,
        settings: &Settings,
        begin: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Self>, Error> {
        let sources = table.sources();
        if sources.len() < 2 {
            return Ok(Vec::new());
        }
        let one = |source: &&str| {
            if begin() { leave_out(table, source, settings) } else { Err(Error::Stopped) }
        };
        sources.par_iter().map(one).collect()
    }
}

fn leave_out(table: &Table, source: &str, settings: &Settings) -> Result<Elsewhere, Error> {
    let none = |reason| {
        let (classes, scores) = (Vec::new(), None);
        Ok(Elsewhere { source: source.to_owned(), classes, scores, unanswered: Some(reason) })
    };
    let images = table.images();
    let usable: Vec<usize> = (0..images.len()).filter(|&row| images[row].features.is_some()).collect();
    if usable.is_empty() {
        return none(Reason::NoInput { what: "features".to_owned() });
    }
    let there: Vec<usize> = usable.iter().copied().filter(|&row| images[row].source == source).collect();
    let clusters_there: BTreeSet<&str> = there.iter().map(|&row| images[row].cluster.as_str()).collect();
    // A picture or a patient that is there as well would give the source away.
    let others: Vec<usize> = usable
        .iter()
        .copied()
        .filter(|&row| {
            let image = &images[row];
            image.part == Part::Training
                && image.source != source
                && !clusters_there.contains(image.cluster.as_str())
        })
        .collect();
    let told = |rows: &[usize]| -> BTreeSet<usize> {
        let mut clusters: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for &row in rows {
            clusters.entry(table.label(row)).or_default().insert(&images[row].cluster);
        }
        clusters.into_iter().filter(|(_, of)| of.len() >= CLUSTERS).map(|(class, _)| class).collect()
    };
    let (of_source, of_others) = (told(&there), told(&others));
    if of_source.len() < 2 {
        let only = of_source.first().and_then(|&class| table.classes().names().nth(class));
        return none(Reason::OneClassThere { class: only.map(str::to_owned) });
    }
    let both: Vec<usize> = of_source.intersection(&of_others).copied().collect();
    if both.len() < 2 {
        return none(Reason::NotElsewhere);
    }
    let names: Vec<&str> = table.classes().names().collect();
    let classes = Classes::new(both.iter().map(|&class| names[class]))?;
    let of_both = |rows: Vec<usize>| -> Vec<usize> {
        rows.into_iter().filter(|&row| both.contains(&table.label(row))).collect()
    };
    let of_part = |part| of_both(usable.iter().copied().filter(|&row| images[row].part == part).collect());
    let (there, others) = (of_both(there), of_both(others));
    let label = |row: &usize| both.iter().position(|class| *class == table.label(*row)).unwrap_or(0); // kept above
    let probe = |training: &[usize], test: Vec<usize>| -> Result<Result<Scored, Reason>, Error> {
        let inputs = Inputs::Numbers { training: table.features(training), test: table.features(&test) };
        let labels: Vec<usize> = training.iter().map(label).collect();
        let clusters = Question::clusters(table, training);
        match inputs.fit(&classes, &labels, &clusters, settings) {
            Ok(fitted) => Ok(Ok(Scored {
                labels: test.iter().map(label).collect(),
                probabilities: fitted.probabilities,
                rows: test,
            })),
            Err(error) if is_of_the_data(&error) => Ok(Err(Reason::NotFitted { because: error.to_string() })),
            Err(error) => Err(error.into()),
        }
    };
    let training = others.len();
    let away = match probe(&others, there)? {
        Ok(scored) => scored,
        Err(reason) => return none(reason),
    };
    let as_many = as_many(table, of_part(Part::Training), &others, settings.seed);
    let home = match probe(&as_many, of_part(Part::Test))? {
        Ok(scored) => scored,
        Err(reason) => return none(reason),
    };
    let Some(drop) = score_drop(table, &home, &away, settings) else { return none(Reason::NoInterval) };
    let clusters = away.rows.iter().map(|&row| &images[row].cluster).collect::<BTreeSet<_>>().len();
    let scores = AwayAndHome {
        training,
        images: away.rows.len(),
        clusters,
        away: estimate(table, &classes, &away, settings)?,
        home: estimate(table, &classes, &home, settings)?,
        drop,
    };
    let classes = classes.names().map(str::to_owned).collect();
    Ok(Elsewhere { source: source.to_owned(), classes, scores: Some(scores), unanswered: None })
}

/// As many of the rows of each class as `like` has, whole clusters in a drawn order: a smaller training would lose score
/// at home as well.
fn as_many(table: &Table, rows: Vec<usize>, like: &[usize], seed: u64) -> Vec<usize> {
    let mut wanted: BTreeMap<usize, usize> = BTreeMap::new();
    like.iter().for_each(|&row| *wanted.entry(table.label(row)).or_default() += 1);
    let mut clusters: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for row in rows {
        clusters.entry(&table.images()[row].cluster).or_default().push(row);
    }
    let mut drawn: Vec<Vec<usize>> = clusters.into_values().collect();
    Stream::new(seed, "audit: training at home").shuffle(&mut drawn);
    let mut chosen: Vec<usize> = drawn
        .into_iter()
        .flatten()
        .filter(|&row| match wanted.get_mut(&table.label(row)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        })
        .collect();
    chosen.sort_unstable();
    chosen
}

fn estimate(
    table: &Table,
    classes: &Classes,
    scored: &Scored,
    settings: &Settings,
) -> Result<Estimate, Error> {
    let names: Vec<&str> = classes.names().collect();
    let truth: Vec<&str> = scored.labels.iter().map(|&label| names[label]).collect();
    let probabilities = Probabilities::new(classes, scored.probabilities.clone())?;
    let predictions = Predictions::new(classes, &truth, &probabilities)?
        .with_clusters(&Question::clusters(table, &scored.rows))?;
    let bootstrap = Bootstrap::new(settings.replicates, settings.seed)?;
    Ok(bootstrap.estimate(&predictions, &[Metric::AveragedAuc(Average::Macro)])?.remove(0)) // one in, one out
}

/// AUC at home less AUC away. Clusters are resampled together, because test images of the source are scored twice.
/// `None` if an AUC or most resamples are undefined.
fn score_drop(table: &Table, home: &Scored, away: &Scored, settings: &Settings) -> Option<ScoreDrop> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut numbered = |scored: &Scored| -> Vec<usize> {
        let number = |&row: &usize| {
            let next = numbers.len();
            *numbers.entry(&table.images()[row].cluster).or_insert(next)
        };
        scored.rows.iter().map(number).collect()
    };
    let (of_home, of_away) = (numbered(home), numbered(away));
    let count = numbers.len();
    let ranks = |scored: &Scored| WeightedRanks::of(scored.probabilities.view(), &scored.labels);
    let (home, away) = (ranks(home), ranks(away));
    let difference = |weights: &[f64]| {
        let of = |numbers: &[usize]| numbers.iter().map(|&number| weights[number]).collect::<Vec<f64>>();
        Some(home.macro_auc(&of(&of_home))? - away.macro_auc(&of(&of_away))?)
    };
    let value = difference(&vec![1.0; count])?;
    let mut drawn: Vec<f64> = (0..u64::from(settings.replicates))
        .into_par_iter()
        .filter_map(|number| {
            let mut stream = Stream::new(settings.seed, "audit: drop").numbered(number);
            let mut weights = vec![0.0; count];
            (0..count).for_each(|_| weights[stream.below(count)] += 1.0);
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
