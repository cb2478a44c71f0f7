//! Runs all probes on a table and gives one verdict.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use radiograph_metrics::{Average, Bootstrap, Estimate, Metric, Predictions};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Elsewhere, Error, External, HeadElsewhere, LeftOut, Looks, Measurement, Model, ModelScore, Part, Probe,
    ProbeResult, Reason, Row, Settings, Subgroups, Table, ThroughModel, Verdict, fit::Inputs,
    metadata::MetadataColumns, pixels::Pixels, question::Question, sentence, verdict::judge,
};

/// Share of the picture that is blacked out where the verdict is given.
const DECIDING_SHARE: f64 = 0.5;

/// Result of an audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Audit {
    /// One sentence: what a reader must know before a score.
    pub sentence: String,
    /// Verdict of all probes together: the worst of them.
    pub verdict: Verdict,
    /// Verdict of each probe.
    pub probes: Vec<ProbeResult>,
    /// The model under audit, if its predictions were given.
    pub model: Option<ModelScore>,
    /// A linear probe at each source that its training left out; empty with one source.
    #[serde(default)]
    pub elsewhere: Vec<Elsewhere>,
    /// The model on images of other places: external tests of the run.
    #[serde(default)]
    pub external: Vec<External>,
    /// The model on changed test images; none if they were not given.
    #[serde(default)]
    pub through_model: Option<ThroughModel>,
    /// The model in subgroups of the test images; empty without a model.
    #[serde(default)]
    pub subgroups: Vec<Subgroups>,
    /// Sources and classes, one sentence each.
    pub notes: Vec<String>,
    /// Number of images and clusters of each part.
    pub counts: Counts,
    /// Settings.
    pub settings: Settings,
}

/// Size of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Number of training images.
    pub training: usize,
    /// Number of training clusters.
    pub training_clusters: usize,
    /// Number of test images.
    pub test: usize,
    /// Number of test clusters.
    pub test_clusters: usize,
    /// Number of sources.
    pub sources: usize,
}

/// Whether an image has the input of a probe.
type Usable<'a> = &'a dyn Fn(usize) -> bool;

/// A measurement that is to be made.
struct Task {
    probe: Probe,
    of: String,
    deciding: bool,
    /// Pixels that the probe sees, if it sees a part of the picture.
    pixels: Option<Pixels>,
    question: Result<Question, Reason>,
}

impl Audit {
    /// Audits a table, and compares every probe that tells the class with the model.
    ///
    /// Probes are fitted on training images and scored once on test images.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`], [`Error::Model`], [`Error::Probe`] or [`Error::Metrics`]. A question that the data cannot answer
    /// is no error: its verdict is [`Verdict::CannotTell`].
    pub fn of(table: &Table, model: Option<&Model>, settings: &Settings) -> Result<Self, Error> {
        Self::watched(table, model, settings, &|_, _| ControlFlow::Continue(()))
    }

    /// As [`of`](Self::of). `watch` is told after each measurement how many are done, and of how many; if it breaks, no
    /// further measurement begins.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of), and [`Error::Stopped`].
    pub fn watched(
        table: &Table,
        model: Option<&Model>,
        settings: &Settings,
        watch: &(dyn Fn(usize, usize) -> ControlFlow<()> + Sync),
    ) -> Result<Self, Error> {
        settings.check()?;
        let test = table.rows(Part::Test);
        if let Some(model) = model
            && model.probabilities.values().nrows() != test.len()
        {
            let got = model.probabilities.values().nrows();
            return Err(Error::Model { expected: test.len(), got });
        }
        let tasks = tasks(table, settings)?;
        // The smallest p-value that permutations give must survive the correction.
        let deciding = tasks.iter().filter(|task| task.deciding).count() as u32;
        let permutations = settings.permutations.max(40 * deciding);
        let settings = &Settings { permutations, ..settings.clone() };
        let sources = table.sources().len();
        let all = tasks.len() + if sources > 1 { sources } else { 0 };
        let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let told = || {
            if watch(1 + done.fetch_add(1, Ordering::Relaxed), all).is_break() {
                stopped.store(true, Ordering::Relaxed);
            }
        };
        let measured = tasks
            .par_iter()
            .map(|task| {
                if stopped.load(Ordering::Relaxed) {
                    return Err(Error::Stopped);
                }
                let measured = measure(table, task, model.map(|model| (model, &*test)), settings)?;
                told();
                Ok(measured)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let elsewhere = Elsewhere::of(table, settings, &|| {
            let go_on = !stopped.load(Ordering::Relaxed);
            if go_on {
                told();
            }
            go_on
        })?;
        if stopped.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        let deciding: Vec<&Measurement> = tasks
            .iter()
            .zip(&measured)
            .filter(|(task, _)| task.deciding)
            .filter_map(|(_, measured)| measured.as_ref().ok())
            .collect();
        let mut judged = judge(&deciding)?.into_iter();
        let mut probes: Vec<ProbeResult> = Vec::new();
        for (task, measured) in tasks.into_iter().zip(measured) {
            let judgement = if task.deciding && measured.is_ok() { judged.next() } else { None };
            let verdict = match (&judgement, task.deciding) {
                (Some(judgement), _) => Some(judgement.verdict),
                (None, true) => Some(Verdict::CannotTell),
                (None, false) => None,
            };
            let removed = task.pixels.as_ref().map(Pixels::removed);
            let (measurement, unanswered) = match measured {
                Ok(measurement) => (Some(Box::new(measurement)), None),
                Err(reason) => (None, Some(reason)),
            };
            let row = Row { of: task.of, removed, measurement, unanswered, judgement };
            match probes.last_mut().filter(|last| last.probe == task.probe) {
                Some(last) => {
                    last.verdict = verdict.map_or(last.verdict, |verdict| last.verdict.min(verdict));
                    last.rows.push(row);
                }
                None => probes.push(ProbeResult {
                    probe: task.probe,
                    // The least bad verdict; a probe has a deciding row, which lowers it.
                    verdict: verdict.unwrap_or(Verdict::NotFound),
                    sentence: String::new(),
                    rows: vec![row],
                    mean_over_shares: None,
                }),
            }
        }
        for probe in &mut probes {
            probe.mean_over_shares = mean_over_shares(&probe.rows);
            probe.sentence = sentence::of_probe(probe);
        }
        let subgroups = model.map(|model| Subgroups::of(table, &test, model, settings)).transpose()?;
        let model = model.map(|model| score(table, &test, model, settings)).transpose()?;
        Ok(Self {
            sentence: sentence::of_all(&probes, model.as_ref()),
            verdict: probes.iter().map(|probe| probe.verdict).min().unwrap_or(Verdict::CannotTell),
            probes,
            model,
            elsewhere,
            external: Vec::new(),
            through_model: None,
            subgroups: subgroups.unwrap_or_default(),
            notes: table.notes(),
            counts: Counts {
                training: table.rows(Part::Training).len(),
                training_clusters: table.clusters(Part::Training),
                test: test.len(),
                test_clusters: table.clusters(Part::Test),
                sources: table.sources().len(),
            },
            settings: settings.clone(),
        })
    }
}

impl Audit {
    /// The audit with the scores of the model's head at each source that its training left out.
    ///
    /// # Errors
    ///
    /// [`Error::Model`] if the predictions are not as many as the images; [`Error::Metrics`].
    pub fn with_heads(mut self, table: &Table, heads: &[HeadElsewhere]) -> Result<Self, Error> {
        for left_out in LeftOut::all(table, self.settings.seed)? {
            let head = heads.iter().find(|head| head.source == left_out.source);
            let row = self.elsewhere.iter_mut().find(|of| of.source == left_out.source);
            if let (Some(head), Some(row)) = (head, row) {
                row.head = left_out.of_head(table, head, &self.settings)?;
            }
        }
        Ok(self)
    }

    /// The audit with the model's scores on changed test images, and with the place of its evidence. `table` and `model` are
    /// those that were audited.
    ///
    /// # Errors
    ///
    /// [`Error::Model`] if the answers are not as many as the images, or there is no test image at a position;
    /// [`Error::Metrics`].
    pub fn through(mut self, table: &Table, model: &Model, looks: &Looks) -> Result<Self, Error> {
        let through = ThroughModel::of(table, &table.rows(Part::Test), model, looks, &self.settings)?;
        if let Some(sentence) = sentence::of_ablations(&model.name, &through) {
            self.sentence = format!("{} {sentence}", self.sentence);
        }
        self.through_model = Some(through);
        Ok(self)
    }
}

/// All measurements, in the order of [`Probe::ALL`].
fn tasks(table: &Table, settings: &Settings) -> Result<Vec<Task>, Error> {
    let mut tasks = Vec::new();
    let images = table.images();
    let known = |row: usize| !images[row].published.is_unknown();
    let picture = |row: usize| images[row].picture.is_some();
    let features = |row: usize| images[row].features.is_some();
    let class = |usable: &dyn Fn(usize) -> bool, what: &str| {
        if !(0..images.len()).any(usable) {
            return Err(Reason::NoInput { what: what.to_owned() });
        }
        Question::of_class(table, usable)
    };
    let single = |probe, question| Task { probe, of: String::new(), deciding: true, pixels: None, question };
    tasks.push(single(Probe::Metadata, class(&known, "metadata")));
    tasks.push(Task { pixels: Some(Pixels::border()), ..single(Probe::Border, class(&picture, "pictures")) });
    let mut shares: Vec<f64> =
        settings.shares.iter().copied().filter(|share| *share != DECIDING_SHARE).collect();
    shares.push(DECIDING_SHARE);
    shares.sort_by(f64::total_cmp);
    for share in shares {
        let pixels = Pixels::centre_out(share);
        tasks.push(Task {
            of: format!("{:.0} % blacked out", 100.0 * pixels.removed()),
            deciding: share == DECIDING_SHARE,
            pixels: Some(pixels),
            ..single(Probe::CentreOut, class(&picture, "pictures"))
        });
    }
    let sources = table.sources().len();
    let prior = if sources < 2 { Err(Reason::OneSource { class: None }) } else { class(&|_| true, "source") };
    tasks.push(single(Probe::SourcePrior, prior));
    let inputs: [(Probe, Usable<'_>, &str); 2] =
        [(Probe::SourceInPictures, &picture, "pictures"), (Probe::SourceInFeatures, &features, "features")];
    for (probe, usable, what) in inputs {
        let refused = match ((0..images.len()).any(usable), sources) {
            (false, _) => Some(Reason::NoInput { what: what.to_owned() }),
            (true, ..2) => Some(Reason::OneSource { class: None }),
            _ => None,
        };
        if let Some(reason) = refused {
            tasks.push(single(probe, Err(reason)));
            continue;
        }
        for (number, name) in table.classes().names().enumerate() {
            let question = Question::of_source(table, number, usable)?;
            let pixels = (probe == Probe::SourceInPictures).then(Pixels::all);
            tasks.push(Task { of: format!("within {name}"), pixels, ..single(probe, question) });
        }
    }
    Ok(tasks)
}

fn measure(
    table: &Table,
    task: &Task,
    model: Option<(&Model, &[usize])>,
    settings: &Settings,
) -> Result<Result<Measurement, Reason>, Error> {
    let question = match &task.question {
        Ok(question) => question,
        Err(reason) => return Ok(Err(reason.clone())),
    };
    let (training, test) = (&*question.training, &*question.test);
    let inputs = match (task.probe, &task.pixels) {
        (_, Some(pixels)) => {
            Inputs::Numbers { training: pixels.matrix(table, training), test: pixels.matrix(table, test) }
        }
        (Probe::SourcePrior, _) => {
            let sources = table.sources();
            let place =
                |row: &usize| sources.binary_search(&table.images()[*row].source.as_str()).unwrap_or(0); // all are listed
            Inputs::Sources {
                training: training.iter().map(place).collect(),
                test: test.iter().map(place).collect(),
                sources: sources.len(),
            }
        }
        (Probe::SourceInFeatures, _) => {
            Inputs::Numbers { training: table.features(training), test: table.features(test) }
        }
        _ => {
            let columns = MetadataColumns::of(table, training);
            let matrix = |rows: &[usize]| columns.matrix(table, rows);
            Inputs::Numbers { training: matrix(training), test: matrix(test) }
        }
    };
    let model = model.filter(|_| task.probe.tells_class());
    let controls = if task.deciding { settings.controls } else { 0 };
    let name = format!("{} {}", task.probe, task.of);
    Measurement::of(table, question, &inputs, model, settings, (name.trim_end(), controls))
}

/// Mean of the AUC over the share that is blacked out, by the trapezoid rule, from the first share to the last.
fn mean_over_shares(rows: &[Row]) -> Option<f64> {
    let points = rows.iter().map(|row| Some((row.removed?, row.measurement.as_ref()?.auc.score.ok()?)));
    let points: Vec<(f64, f64)> = points.collect::<Option<_>>()?;
    let (first, last) = (points.first()?.0, points.last()?.0);
    let area: f64 = points.windows(2).map(|of| (of[1].0 - of[0].0) * f64::midpoint(of[0].1, of[1].1)).sum();
    (last > first).then(|| area / (last - first))
}

fn score(table: &Table, test: &[usize], model: &Model, settings: &Settings) -> Result<ModelScore, Error> {
    let truth: Vec<&str> = test.iter().map(|&row| table.images()[row].class.as_str()).collect();
    let predictions = Predictions::new(table.classes(), &truth, &model.probabilities)?
        .with_clusters(&Question::clusters(table, test))?;
    let metrics = [Metric::AveragedAuc(Average::Macro), Metric::Accuracy];
    let estimates = Bootstrap::new(settings.replicates, settings.seed)?.estimate(&predictions, &metrics)?;
    let [auc, accuracy] =
        <[Estimate; 2]>::try_from(estimates).unwrap_or_else(|_| unreachable!("an estimate for each metric"));
    Ok(ModelScore { name: model.name.clone(), auc, accuracy })
}
