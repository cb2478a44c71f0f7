//! Tests a finished run's model on images of another place, and compares the scores with those of the run.
//!
//! Images that the model was trained on, or that show the same picture or patient as a training image, are left out and
//! counted. The test is not a stage of a run: the run's only changes are that its feature store grows and that [`ExternalTest::keep`]
//! writes a record for the audit.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

use radiograph_classes::Classes;
use radiograph_dataset::{
    DatasetError, PatientId,
    manifest::{Manifest, PrivateFiles},
    prepare::{Gathered, Progress as Prepared, gather},
    recipe::Candidate,
    source::recognise,
};
use radiograph_features::{FeatureId, FeatureStore, Part};
use radiograph_files::ContentHash;
use radiograph_image::{Limits, Stated};
use radiograph_libtorch::Device;
use radiograph_metrics::{
    Average, ClassScore, CrossTable, Evaluation, Metric, Predictions, Probabilities, Table, Unpaired,
};
use radiograph_run::{
    External, Progress, RunFolder, Stage, Unsearched, Watcher, bootstrap, no_collection, watched, write_json,
};
use radiograph_same_picture::{Fingerprint, find, fingerprints_of_films};
use serde::Serialize;
use tch::Tensor;

use crate::{Error, Predictor, pipeline::extract, predict::Answer};

/// The result of an external test.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ExternalTest {
    /// Name of the model in the run.
    pub model: String,
    /// Scores on the external images.
    pub elsewhere: Evaluation,
    /// Scores on the run's own test part. Both are of the probabilities as the model gives them.
    pub own: Evaluation,
    /// Number of images whose files are those of the run's own test part too; other copies of a picture are not found. If there are any, the two sets of scores are not independent, and
    /// the tests of their differences are not valid.
    pub also_at_home: usize,
    /// Scores at home less those elsewhere, each with interval and test.
    pub differences: Vec<Unpaired>,
    /// The same for calibration after temperature scaling, if the run fitted a temperature.
    pub calibrated: Option<Vec<Unpaired>>,
    /// Number of images left out, by code of the reason. `picture-trained-on` and `patient-trained-on` count the images
    /// that the model was trained on. Patients are compared by source and name, so two hospitals with the same patient
    /// numbers need sources with different names.
    pub left_out: BTreeMap<String, usize>,
    /// Folders that were not searched for images.
    pub unsearched: Unsearched,
    /// Number of training images whose files no longer exist, so that their copies could not be searched.
    pub not_compared: usize,
    /// Number of images that are unlike the training images.
    pub unfamiliar: usize,
    /// Number of images by class and source.
    pub sources: CrossTable,
    /// Probabilities of every image, as the model gives them.
    #[serde(skip)]
    pub predictions: Predictions,
}

/// Reason code: the model was trained on the same picture.
const PICTURE_TRAINED_ON: &str = "picture-trained-on";
/// Reason code: the model was trained on the same patient of the same source.
const PATIENT_TRAINED_ON: &str = "patient-trained-on";
/// Reason code: the file cannot be read as an image.
const UNREADABLE: &str = "unreadable";
/// Reason code: another image of a picture that is already tested.
const SAME_PICTURE: &str = "same-picture";
/// Number of feature maps classified at a time.
const BATCH: usize = 64;

impl ExternalTest {
    /// Tests the recommended model of the run in the folder `run` on the collections below `data`, with the run's own
    /// filters. Features are extracted in batches into the run's feature store, so that a second test of the same images
    /// takes seconds. No heat maps are drawn.
    ///
    /// # Errors
    ///
    /// Those of [`Predictor::of_run`]; [`radiograph_run::Error::NoImage`] if no collection is recognised or no image is left;
    /// those of [`gather`]; an interruption.
    pub fn of_run(
        run: &Path,
        data: &Path,
        device: Option<Device>,
        watch: &mut Watcher<'_>,
    ) -> Result<Self, Error> {
        let predictor = Predictor::of_run(run, device)?;
        let config = predictor.config();
        let classes = predictor.classes();
        let trained = Known::read(run, classes)?;
        let (identifiers, _) = config.identifiers()?;
        let own = predictor.evaluation();
        let recognised = recognise(data)?;
        for sentence in recognised.left_out() {
            tell(watch, Progress::Said { sentence: &format!("left out: {sentence}") })?;
        }
        if recognised.sources.is_empty() {
            return Err(no_collection(data, &recognised).into());
        }
        let unsearched = Unsearched::from(&recognised);
        let recipe = config.recipe(classes);
        tell(watch, Progress::Started { stage: Stage::Assemble, of: "" })?;
        let asked = watched(config.compute.threads, Stage::Assemble, watch, |report| {
            Asked::new(
                gather(&recognised.sources, &recipe, &identifiers, report)?,
                &trained,
                &recipe.search,
                report,
            )
        })?;
        let Asked { candidates, mut left_out, not_compared } = asked;
        let also_at_home = candidates.iter().filter(|of| trained.tested.contains(&of.content_hash)).count();

        tell(watch, Progress::Started { stage: Stage::Extract, of: predictor.name() })?;
        let device = match device {
            Some(device) => device,
            None => config.compute.device.parse()?,
        };
        let table = classified(&predictor, candidates, device, watch)?;
        if table.unreadable > 0 {
            *left_out.entry(UNREADABLE.to_owned()).or_insert(0) += table.unreadable;
        }
        if table.ids.is_empty() {
            return Err(no_image(format!("all images below {} are left out: {left_out:?}", data.display())));
        }
        tell(watch, Progress::Started { stage: Stage::Evaluate, of: predictor.name() })?;
        let predictions = table.predictions(&predictor)?;
        let bootstrap = bootstrap(&config.evaluation, config.seed)?;
        let elsewhere = Evaluation::of(&predictions, &bootstrap)?;
        let calibrated = match (&own.temperature, &own.calibrated) {
            (Some(temperature), Some(at_home)) => {
                let there = Evaluation::of_calibration(&temperature.apply(&predictions), &bootstrap)?;
                Some(Unpaired::of(at_home, &there, &compared(at_home)))
            }
            _ => None,
        };
        Ok(Self {
            model: predictor.name().to_owned(),
            differences: Unpaired::of(&own.test, &elsewhere, &compared(&own.test)),
            calibrated,
            elsewhere,
            own: own.test.clone(),
            left_out,
            unsearched,
            not_compared,
            also_at_home,
            unfamiliar: table.unfamiliar,
            sources: CrossTable::of(&predictions, "source")?,
            predictions,
        })
    }
}

/// Extracts and classifies the images in batches. Images that can no longer be read are counted.
fn classified(
    predictor: &Predictor,
    candidates: Vec<Candidate>,
    device: Device,
    watch: &mut Watcher<'_>,
) -> Result<Columns, Error> {
    let frozen = predictor.frozen();
    let folder = predictor.feature_store();
    let inputs = candidates.iter().map(|Candidate { record, content_hash, .. }| {
        frozen.input_of_file(&record.id.to_string(), *content_hash, record.stated, record.path.clone())
    });
    let report = extract(frozen, &folder, inputs.collect(), Part::WHOLE, &[device], watch)?;
    if report.stopped {
        return Err(radiograph_run::Error::Interrupted { stage: Stage::Extract }.into());
    }
    let store = FeatureStore::open_for(&folder, &frozen.key())?;
    let [channels, height, width] = store.shape();
    let (mut there, mut table) = (Vec::new(), Columns::default());
    for of in candidates {
        match store.contains(FeatureId::plain(of.picture()))? {
            true => there.push(of),
            false => table.unreadable += 1,
        }
    }
    for batch in there.chunks(BATCH) {
        let ids: Vec<FeatureId> = batch.iter().map(|of| FeatureId::plain(of.picture())).collect();
        let mut values = vec![0.0_f32; ids.len() * channels * height * width];
        store.read(&ids, &mut values)?;
        let shape = [ids.len(), channels, height, width].map(|side| side as i64);
        let features = || Tensor::f_from_slice(&values)?.f_view(shape)?.f_to_device(device.to_tch());
        let answers = predictor.answers(&features().map_err(|error| Error::libtorch(&error))?)?;
        for (Candidate { record, .. }, answer) in batch.iter().zip(answers) {
            let class = record.label.class_of(predictor.classes()).map(|class| class.name().to_owned());
            table.add(record, class.unwrap_or_default(), answer);
        }
    }
    Ok(table)
}

impl ExternalTest {
    /// Keeps the result in the run's folder, where the audit finds it. Another test of the same images replaces it.
    ///
    /// # Errors
    ///
    /// [`radiograph_run::Error::File`] if the folder cannot be written.
    pub fn keep(&self, run: &Path) -> Result<PathBuf, Error> {
        let (folder, _) = RunFolder::for_reading(run)?;
        let macro_auc = |of: &Evaluation| {
            let metric = Metric::AveragedAuc(Average::Macro);
            of.overall.iter().find(|score| score.metric == metric).map(|score| score.estimate.clone())
        };
        let sources: Vec<String> = self.sources.groups.iter().map(ToString::to_string).collect();
        let (Some(away), Some(home)) = (macro_auc(&self.elsewhere), macro_auc(&self.own)) else {
            return Err(Error::damaged(
                folder.model(&self.model).join("metrics.json"),
                "it has no macro AUC",
            ));
        };
        let ids = self.predictions.ids().unwrap_or_default().join(" ");
        let path = folder.external().join(format!("{}.json", ContentHash::of_bytes(ids.as_bytes()).short()));
        radiograph_files::create_folder(&folder.external())?;
        let size = (self.elsewhere.samples, self.elsewhere.clusters);
        let external = External::new(self.model.clone(), sources, size, away, home);
        let calibrated = self.calibrated.clone().unwrap_or_default();
        let external = external.with_differences(self.differences.clone(), calibrated, self.also_at_home);
        write_json(&path, &external)?;
        Ok(path)
    }

    /// Whether every folder was searched and every image could be read.
    pub fn is_complete(&self) -> bool {
        self.unsearched.is_empty() && !self.left_out.contains_key(UNREADABLE)
    }

    /// Table of the differences, and of the calibration after temperature scaling if there is one.
    pub fn contrast(&self) -> Table {
        let mut differences = self.differences.clone();
        differences.extend(self.calibrated.iter().flatten().cloned());
        let calibrated = self.differences.len();
        let mut table = Table::new(["score", "at home", "elsewhere", "difference", "p", "p (Holm)"]);
        for (at, row) in Table::from(&differences[..]).rows().iter().enumerate() {
            let mut row = row.clone();
            if at >= calibrated {
                row[0].push_str(", temperature scaled");
            }
            table.push(row);
        }
        table
    }
}

/// The scores that are compared: those over all classes, and AUC, recall and specificity of each class.
fn compared(own: &Evaluation) -> Vec<Metric> {
    let is_compared = |metric: &&Metric| match metric {
        Metric::AveragePrecision(_) => false,
        Metric::Class(score, _) => matches!(score, ClassScore::Recall | ClassScore::Specificity),
        _ => true,
    };
    own.scores().map(|score| &score.metric).filter(is_compared).cloned().collect()
}

/// The images that the run trained on. Their patients are those that the collections publish: pseudonyms of two keys could
/// not be compared.
struct Known {
    films: Vec<(PathBuf, Stated)>,
    contents: HashSet<ContentHash>,
    patients: HashSet<PatientId>,
    /// Images of the test part.
    tested: HashSet<ContentHash>,
}

impl Known {
    fn read(run: &Path, classes: &Classes) -> Result<Self, Error> {
        let manifest = Manifest::read_of(&run.join("manifest.csv"), classes)?;
        let table = PrivateFiles::read(run)?;
        let mut known = Self {
            films: Vec::new(),
            contents: HashSet::new(),
            patients: HashSet::new(),
            tested: manifest.test().map(|row| row.content_hash).collect(),
        };
        for row in manifest.train() {
            let file = table.get(&row.id)?;
            known.films.push((file.file(), manifest.stated(&row.id)));
            known.contents.insert(row.content_hash);
            known.patients.extend(file.patient.clone());
        }
        Ok(known)
    }
}

/// The images to test.
struct Asked {
    candidates: Vec<Candidate>,
    left_out: BTreeMap<String, usize>,
    not_compared: usize,
}

impl Asked {
    /// Leaves out images that the filters exclude, images that the model was trained on, and repeated images of one
    /// picture.
    fn new(
        gathered: Gathered,
        known: &Known,
        search: &radiograph_same_picture::Search,
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
                (excluded, _) => count(excluded.as_ref().map_or(UNREADABLE, |reason| reason.code())),
            }
        }
        // Training images come first, so that the second image of a pair is the one to leave out.
        let known_prints: Vec<Fingerprint> = fingerprints_of_films(&known.films, &Limits::default())
            .into_iter()
            .filter_map(Result::ok)
            .collect();
        let (not_compared, known_images) = (known.films.len() - known_prints.len(), known_prints.len());
        report(Prepared::Comparing(known_images + prints.len()));
        let together: Vec<Fingerprint> = known_prints.into_iter().chain(prints).collect();
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
        let mut kept = Vec::new();
        for (position, candidate) in candidates.into_iter().enumerate() {
            let known_patient =
                candidate.published.patient.as_ref().is_some_and(|patient| known.patients.contains(patient));
            if known.contents.contains(&candidate.content_hash) {
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

/// Columns of the table of predictions.
#[derive(Default)]
struct Columns {
    ids: Vec<String>,
    patients: Vec<Option<String>>,
    sources: Vec<Option<String>>,
    truth: Vec<String>,
    rows: Vec<Vec<f64>>,
    unfamiliar: usize,
    unreadable: usize,
}

impl Columns {
    fn add(&mut self, record: &radiograph_dataset::Record, class: String, answer: Answer) {
        let id = record.id.to_string();
        self.patients.push(record.patient.as_ref().map(ToString::to_string));
        self.sources.push(Some(record.source().to_string()));
        self.truth.push(class);
        self.rows.push(answer.uncalibrated);
        self.unfamiliar += usize::from(answer.strangeness.is_strange());
        self.ids.push(id);
    }

    fn predictions(&self, predictor: &Predictor) -> Result<Predictions, Error> {
        let column = |at: usize| self.rows.iter().map(|row| row[at]).collect();
        let columns: Vec<(&str, Vec<f64>)> =
            predictor.classes().names().enumerate().map(|(at, name)| (name, column(at))).collect();
        let probabilities = Probabilities::from_columns(columns)?;
        Ok(Predictions::new(predictor.classes(), &self.truth, &probabilities)?
            .with_ids(&self.ids)?
            .with_patients_where_known(&self.patients)?
            .with_field("source", &self.sources)?)
    }
}

fn tell(watch: &mut Watcher<'_>, progress: Progress<'_>) -> Result<(), Error> {
    match watch(progress) {
        std::ops::ControlFlow::Continue(()) => Ok(()),
        std::ops::ControlFlow::Break(()) => {
            Err(radiograph_run::Error::Interrupted { stage: Stage::Evaluate }.into())
        }
    }
}

fn no_image(reason: String) -> Error {
    radiograph_run::Error::NoImage { reason }.into()
}
