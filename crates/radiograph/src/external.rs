//! A finished run's model on images of another place: the test that tells a model of a disease from a model of its hospitals.
//!
//! The run's own test images come from the collections that it was trained on; what a score on them is worth, only images
//! from elsewhere can say. Images that the model was trained on, or that show the same picture or patient as one of those,
//! are left out and counted. Not a stage of a run: in its folder only the lock is touched.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

use radiograph_dataset::{
    DatasetError,
    image::Limits,
    manifest::Manifest,
    prepare::{Gathered, Progress as Prepared, gather},
    recipe::Candidate,
    same_picture::{Fingerprint, find, fingerprints},
    source::recognise,
};
use radiograph_libtorch::Device;
use radiograph_metrics::{CrossTable, Evaluation, NamedEstimate, Predictions, Probabilities, Table};
use serde::Serialize;

use crate::{
    Error, ModelEvaluation, Predictor, Progress, Stage, Watcher,
    pipeline::{read_json, recipe, watched},
    scoring::bootstrap,
};

/// What came of it.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ExternalTest {
    /// The model, by its name in the run.
    pub model: String,
    /// Scores on the images from elsewhere.
    pub elsewhere: Evaluation,
    /// Scores on the run's own test part, for contrast; both with the same temperature, if there is one.
    pub own: Evaluation,
    /// How many images were left out, by code of the reason; `picture-trained-on` and `patient-trained-on` are what the model
    /// knows. A patient is known by source and name, so two hospitals that number their patients alike need sources with
    /// different names.
    pub left_out: BTreeMap<String, usize>,
    /// Training images whose files were not there any more: whether they show the same picture as one of these is unknown.
    pub not_compared: usize,
    /// Images with a warning that speaks against believing the model at all.
    pub warned: usize,
    /// Images by class and source.
    pub sources: CrossTable,
    /// Every image with its probabilities.
    #[serde(skip)]
    pub predictions: Predictions,
}

/// The code under which images are counted whose picture the model was trained on.
const PICTURE_TRAINED_ON: &str = "picture-trained-on";
/// The code under which images of patients are counted whom the model was trained on, by the name that their source gives them.
const PATIENT_TRAINED_ON: &str = "patient-trained-on";
/// The code under which further images of one picture are counted.
const SAME_PICTURE: &str = "same-picture";

impl ExternalTest {
    /// Tests the best model of the run at `run` on the collections below `data`, with the run's own filters.
    ///
    /// # Errors
    ///
    /// Those of [`Predictor::of_run`]; [`Error::NoImage`] if no collection is recognised or no image is left; those of
    /// [`gather`]; [`Error::Interrupted`].
    pub fn of_run(
        run: &Path,
        data: &Path,
        device: Option<Device>,
        watch: &mut Watcher<'_>,
    ) -> Result<Self, Error> {
        let predictor = Predictor::of_run(run, device)?;
        let config = predictor.config();
        let classes = predictor.classes();
        let trained = Manifest::read_of(&run.join("manifest.csv"), classes)?;
        let own: ModelEvaluation = read_json(&run.join(predictor.name()).join("metrics.json"))?;
        let recognised = recognise(data)?;
        let nothing = |reason: String| Error::NoImage { reason };
        if recognised.sources.is_empty() {
            return Err(nothing(format!("no collection is recognised below {}", data.display())));
        }
        for (place, reason) in &recognised.refused {
            let sentence = format!("not searched: {}: {reason}", place.display());
            tell(watch, Progress::Said { sentence: &sentence })?;
        }
        let recipe = recipe(config, classes);
        tell(watch, Progress::Started { stage: Stage::Assemble, of: "" })?;
        let asked = watched(config.compute.threads, Stage::Assemble, watch, |report| {
            Asked::new(gather(&recognised.sources, &recipe, report)?, &trained, &recipe.search, report)
        })?;
        let Asked { candidates, mut left_out, not_compared } = asked;

        tell(watch, Progress::Started { stage: Stage::Evaluate, of: predictor.name() })?;
        let mut table = Columns::default();
        let all = candidates.len() as u64;
        for (done, Candidate { record, .. }) in (1..).zip(&candidates) {
            match predictor.predict(&record.path) {
                Ok(prediction) => {
                    let class = record.label.class_of(classes).map(|class| class.name().to_owned());
                    table.add(record, class.unwrap_or_default(), &prediction);
                }
                Err(Error::Dataset(DatasetError::Image { .. })) => {
                    *left_out.entry("unreadable".to_owned()).or_insert(0) += 1;
                }
                Err(error) => return Err(error),
            }
            tell(watch, Progress::Advanced { done, all, unit: "images" })?;
        }
        if table.ids.is_empty() {
            return Err(nothing(format!("those below {} were left out: {left_out:?}", data.display())));
        }
        let predictions = table.predictions(&predictor)?;
        let bootstrap = bootstrap(&config.evaluation, config.seed)?;
        Ok(Self {
            model: predictor.name().to_owned(),
            elsewhere: Evaluation::of(&predictions, &bootstrap)?,
            own: own.calibrated.unwrap_or(own.test),
            left_out,
            not_compared,
            warned: table.warned,
            sources: CrossTable::of(&predictions, "source")?,
            predictions,
        })
    }
}

impl ExternalTest {
    /// Scores over all classes and each class's AUC: in the run's own test part, and elsewhere.
    pub fn contrast(&self) -> Table {
        let mut table = Table::new(["score", "in the run's own test part", "elsewhere"]);
        let mut row = |name: String, own: &NamedEstimate, elsewhere: &NamedEstimate| {
            table.push([name, own.estimate.to_string(), elsewhere.estimate.to_string()]);
        };
        for (own, elsewhere) in self.own.overall.iter().zip(&self.elsewhere.overall) {
            row(own.name.clone(), own, elsewhere);
        }
        for (own, elsewhere) in self.own.classes.iter().zip(&self.elsewhere.classes) {
            for (score, other) in own.scores.iter().zip(&elsewhere.scores) {
                if ["AUC", "recall", "specificity"].contains(&score.name.as_str()) {
                    row(format!("{} of {}", score.name, own.class), score, other);
                }
            }
        }
        table
    }
}

/// The images to be tested on.
struct Asked {
    candidates: Vec<Candidate>,
    left_out: BTreeMap<String, usize>,
    not_compared: usize,
}

impl Asked {
    /// Leaves out what the filters do, what the model was trained on, and further images of one picture.
    fn new(
        gathered: Gathered,
        trained: &Manifest,
        search: &radiograph_dataset::same_picture::Search,
        report: &(dyn Fn(Prepared) + Sync),
    ) -> Result<Self, DatasetError> {
        let mut left_out = BTreeMap::new();
        let mut count = |code: &str| *left_out.entry(code.to_owned()).or_insert(0) += 1;
        gathered.left_out.iter().for_each(|exclusion| count(exclusion.reason.code()));
        let (mut candidates, mut prints): (Vec<Candidate>, Vec<Fingerprint>) = (Vec::new(), Vec::new());
        for (candidate, print) in gathered.candidates.into_iter().zip(gathered.fingerprints) {
            match (&candidate.excluded, print) {
                (None, Some(print)) => {
                    candidates.push(candidate);
                    prints.push(print);
                }
                (excluded, _) => count(excluded.as_ref().map_or("unreadable", |reason| reason.code())),
            }
        }
        // The known come first, so that of a pair the second is the one to leave out.
        let files: Vec<PathBuf> = trained.train().map(radiograph_dataset::manifest::Row::file).collect();
        let known: Vec<Fingerprint> =
            fingerprints(&files, &Limits::default()).into_iter().filter_map(Result::ok).collect();
        let (not_compared, known_images) = (files.len() - known.len(), known.len());
        report(Prepared::Comparing(known_images + prints.len()));
        let together: Vec<Fingerprint> = known.into_iter().chain(prints).collect();
        let mut same: HashMap<usize, &str> = HashMap::new();
        for pair in find(&together, search)? {
            let (first, second) = (pair.first.min(pair.second), pair.first.max(pair.second));
            let Some(asked) = second.checked_sub(known_images) else { continue };
            if first < known_images {
                same.insert(asked, PICTURE_TRAINED_ON);
            } else {
                same.entry(asked).or_insert(SAME_PICTURE);
            }
        }
        let hashes: HashSet<_> = trained.train().map(|row| row.content_hash).collect();
        let patients: HashSet<_> = trained.train().filter_map(|row| row.patient.as_ref()).collect();
        let mut kept = Vec::new();
        for (position, candidate) in candidates.into_iter().enumerate() {
            let known_patient =
                candidate.record.patient.as_ref().is_some_and(|patient| patients.contains(patient));
            if hashes.contains(&candidate.content_hash) {
                count(PICTURE_TRAINED_ON);
            } else if let Some(code) = same.get(&position) {
                count(code);
            } else if known_patient {
                count(PATIENT_TRAINED_ON);
            } else {
                kept.push(candidate);
            }
        }
        Ok(Self { candidates: kept, left_out, not_compared })
    }
}

/// The columns of predictions.
#[derive(Default)]
struct Columns {
    ids: Vec<String>,
    patients: Vec<String>,
    sources: Vec<Option<String>>,
    truth: Vec<String>,
    rows: Vec<Vec<f64>>,
    warned: usize,
}

impl Columns {
    fn add(&mut self, record: &radiograph_dataset::Record, class: String, prediction: &crate::Prediction) {
        let id = record.id.to_string();
        // An image without a patient is taken for a patient of its own.
        self.patients.push(record.patient.as_ref().map_or_else(|| id.clone(), ToString::to_string));
        self.sources.push(Some(record.source().to_string()));
        self.truth.push(class);
        self.rows.push(prediction.probabilities.iter().map(|(_, probability)| *probability).collect());
        self.warned += usize::from(!prediction.warnings.is_empty());
        self.ids.push(id);
    }

    fn predictions(&self, predictor: &Predictor) -> Result<Predictions, Error> {
        let column = |at: usize| self.rows.iter().map(|row| row[at]).collect();
        let columns: Vec<(&str, Vec<f64>)> =
            predictor.classes().names().enumerate().map(|(at, name)| (name, column(at))).collect();
        let probabilities = Probabilities::from_columns(columns)?;
        Ok(Predictions::new(predictor.classes(), &self.truth, &probabilities)?
            .with_ids(&self.ids)?
            .with_patients(&self.patients)?
            .with_field("source", &self.sources)?)
    }
}

fn tell(watch: &mut Watcher<'_>, progress: Progress<'_>) -> Result<(), Error> {
    match watch(progress) {
        std::ops::ControlFlow::Continue(()) => Ok(()),
        std::ops::ControlFlow::Break(()) => Err(Error::Interrupted { stage: Stage::Evaluate }),
    }
}
