//! Leaves each source out of the training of a linear probe in turn, and scores the probe there and at home.

use std::collections::{BTreeMap, BTreeSet};

use radiograph_classes::Classes;
use radiograph_metrics::{Average, Estimate, Metric, Probabilities, Unpaired};
use radiograph_random::Stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Part, Reason, ScoreDrop, Settings, Table,
    fit::{Inputs, is_of_the_data},
    question::Question,
    scored::Scored,
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
    /// The scores of the model's head in place of the linear probe, if it was trained.
    #[serde(default)]
    pub head: Option<AwayAndHome>,
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
        let (classes, scores, head) = (Vec::new(), None, None);
        Ok(Elsewhere { source: source.to_owned(), classes, scores, head, unanswered: Some(reason) })
    };
    let left_out = match LeftOut::of(table, source, settings.seed)? {
        Ok(left_out) => left_out,
        Err(reason) => return none(reason),
    };
    let LeftOut { classes, there, others, as_many, test, .. } = &left_out;
    let probe = |training: &[usize], test: &[usize]| -> Result<Result<Scored, Reason>, Error> {
        let inputs = Inputs::Numbers { training: table.features(training), test: table.features(test) };
        let labels = left_out.labels(table, training);
        let clusters = Question::clusters(table, training);
        match inputs.fit(classes, &labels, &clusters, settings) {
            Ok(fitted) => Ok(Ok(left_out.scored(table, test, fitted.probabilities))),
            Err(error) if is_of_the_data(&error) => Ok(Err(Reason::NotFitted { because: error.to_string() })),
            Err(error) => Err(error.into()),
        }
    };
    let away = match probe(others, there)? {
        Ok(scored) => scored,
        Err(reason) => return none(reason),
    };
    let home = match probe(as_many, test)? {
        Ok(scored) => scored,
        Err(reason) => return none(reason),
    };
    let Some(scores) = left_out.compared(table, &away, &home, settings)? else {
        return none(Reason::NoInterval);
    };
    let classes = classes.names().map(str::to_owned).collect();
    Ok(Elsewhere { source: source.to_owned(), classes, scores: Some(scores), head: None, unanswered: None })
}

/// Images for a training without one source, and for one of as many images of all sources: positions in the table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LeftOut {
    /// The source.
    pub source: String,
    /// Classes that are told apart.
    pub classes: Classes,
    /// Images of the source, of both parts.
    pub there: Vec<usize>,
    /// Training images of the other sources.
    pub others: Vec<usize>,
    /// As many training images of each class, of all sources.
    pub as_many: Vec<usize>,
    /// Test images of all sources.
    pub test: Vec<usize>,
}

impl LeftOut {
    /// Every source that classes allow to leave out, in the order of names. Images without features are not used.
    ///
    /// # Errors
    ///
    /// [`Error::Classes`].
    pub fn all(table: &Table, seed: u64) -> Result<Vec<Self>, Error> {
        let sources = table.sources();
        let sources = sources.iter().filter(|_| sources.len() > 1);
        let all = sources.map(|source| Self::of(table, source, seed)).collect::<Result<Vec<_>, _>>()?;
        Ok(all.into_iter().filter_map(Result::ok).collect())
    }

    fn of(table: &Table, source: &str, seed: u64) -> Result<Result<Self, Reason>, Error> {
        let images = table.images();
        let usable: Vec<usize> = (0..images.len()).filter(|&row| images[row].features.is_some()).collect();
        if usable.is_empty() {
            return Ok(Err(Reason::NoInput { what: "features".to_owned() }));
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
            return Ok(Err(Reason::OneClassThere { class: only.map(str::to_owned) }));
        }
        let both: Vec<usize> = of_source.intersection(&of_others).copied().collect();
        if both.len() < 2 {
            return Ok(Err(Reason::NotElsewhere));
        }
        let names: Vec<&str> = table.classes().names().collect();
        let of_both = |rows: Vec<usize>| -> Vec<usize> {
            rows.into_iter().filter(|&row| both.contains(&table.label(row))).collect()
        };
        let of_part =
            |part| of_both(usable.iter().copied().filter(|&row| images[row].part == part).collect());
        let (there, others) = (of_both(there), of_both(others));
        Ok(Ok(Self {
            source: source.to_owned(),
            classes: Classes::new(both.iter().map(|&class| names[class]))?,
            as_many: as_many(table, of_part(Part::Training), &others, seed),
            test: of_part(Part::Test),
            there,
            others,
        }))
    }

    /// Labels of these rows, as columns of the classes that are told apart.
    fn labels(&self, table: &Table, rows: &[usize]) -> Vec<usize> {
        let label = |&row: &usize| {
            self.classes.names().position(|name| name == table.images()[row].class).unwrap_or(0) // kept for its class
        };
        rows.iter().map(label).collect()
    }

    fn scored(&self, table: &Table, rows: &[usize], probabilities: ndarray::Array2<f64>) -> Scored {
        Scored { labels: self.labels(table, rows), rows: rows.to_vec(), probabilities }
    }

    /// `None` if the drop is undefined.
    fn compared(
        &self,
        table: &Table,
        away: &Scored,
        home: &Scored,
        settings: &Settings,
    ) -> Result<Option<AwayAndHome>, Error> {
        let Some(drop) = home.drop_to(away, table, settings) else { return Ok(None) };
        let clusters = away.rows.iter().map(|&row| &table.images()[row].cluster).collect::<BTreeSet<_>>();
        Ok(Some(AwayAndHome {
            training: self.others.len(),
            images: away.rows.len(),
            clusters: clusters.len(),
            away: away.estimate(table, &self.classes, settings)?,
            home: home.estimate(table, &self.classes, settings)?,
            drop,
        }))
    }

    /// Scores of a head that was trained as the linear probe is, from its probabilities for the images there and for the test
    /// images.
    ///
    /// # Errors
    ///
    /// [`Error::Model`] if they are not as many; [`Error::Metrics`].
    pub(crate) fn of_head(
        &self,
        table: &Table,
        head: &HeadElsewhere,
        settings: &Settings,
    ) -> Result<Option<AwayAndHome>, Error> {
        let scored = |rows: &[usize], probabilities: &Probabilities| {
            let values = probabilities.in_order_of(&self.classes)?.values().to_owned();
            if values.nrows() != rows.len() {
                return Err(Error::Model { expected: rows.len(), got: values.nrows() });
            }
            Ok(self.scored(table, rows, values))
        };
        let (away, home) = (scored(&self.there, &head.away)?, scored(&self.test, &head.home)?);
        self.compared(table, &away, &home, settings)
    }
}

/// Predictions of a head whose training left a source out, in the order of [`LeftOut`].
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct HeadElsewhere {
    /// The source.
    pub source: String,
    /// Probabilities for the images of the source.
    pub away: Probabilities,
    /// Probabilities for the test images, of a head that was trained on as many images of all sources.
    pub home: Probabilities,
}

/// An external test of the model under audit: images of another place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct External {
    /// Name of the model.
    pub model: String,
    /// Sources of the images.
    pub sources: Vec<String>,
    /// Number of images.
    pub images: usize,
    /// Number of their clusters.
    pub clusters: usize,
    /// Macro AUC there.
    pub away: Estimate,
    /// Macro AUC on the test part of the run.
    pub home: Estimate,
    /// Scores at home, there, and their differences with tests.
    #[serde(default)]
    pub differences: Vec<Unpaired>,
    /// The same for calibration after temperature scaling.
    #[serde(default)]
    pub calibrated: Vec<Unpaired>,
    /// Number of images that are in the test part at home too. The tests hold only if there are none.
    #[serde(default)]
    pub also_at_home: usize,
}

impl External {
    /// A test of the model with this name.
    #[must_use]
    pub fn new(
        model: String,
        sources: Vec<String>,
        size: (usize, usize),
        away: Estimate,
        home: Estimate,
    ) -> Self {
        let (images, clusters) = size;
        let (differences, calibrated, also_at_home) = (Vec::new(), Vec::new(), 0);
        Self { model, sources, images, clusters, away, home, differences, calibrated, also_at_home }
    }

    /// Adds scores at home, there, and their differences, those of calibration after temperature scaling, and the number of images
    /// that are in both sets.
    #[must_use]
    pub fn with_differences(
        mut self,
        differences: Vec<Unpaired>,
        calibrated: Vec<Unpaired>,
        also_at_home: usize,
    ) -> Self {
        (self.differences, self.calibrated, self.also_at_home) = (differences, calibrated, also_at_home);
        self
    }

    /// The difference of the macro AUC, home less away.
    pub fn drop(&self) -> Option<&Unpaired> {
        let macro_auc = Metric::AveragedAuc(Average::Macro);
        self.differences.iter().find(|of| of.metric == macro_auc)
    }
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
