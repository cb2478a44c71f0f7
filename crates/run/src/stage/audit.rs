//! The stage `audit`: asks what the classes can be told from without looking at lungs.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use ndarray::Axis;
use radiograph_audit::{Audit, External, Model, Settings, Table};
use radiograph_dataset::{
    manifest::{Manifest, PrivateFiles, Row},
    prepare::with_threads,
};
use radiograph_features::{ExtractionKey, FeatureStore};
use radiograph_protocol::Cohort;
use rayon::prelude::*;

use crate::{
    Best, Error, InFull, Inputs, Looked, Progress, Run, ScoredModel, Stage, Stamp, Watcher,
    audited::{Film, PublishedLists, Seen, bare_table, small_pictures, table},
    config::AuditSection,
    json::{read_json, write_json},
    labelled_images, read_predictions,
};

const NAME: &str = "audit";

impl Run<'_> {
    /// Audits the data, and the recommended model if there is one: `audit.json`, which names no file and no patient.
    /// `None` if the setting `audit` is off.
    ///
    /// Before training nothing is compared with a model, and without features the probes of the source in features cannot tell.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no manifest, or the recommended model is not trained; [`Error::Edited`],
    /// [`Error::Features`], [`Error::Audit`], and [`Error::Interrupted`].
    pub fn audit(&mut self) -> Result<Option<Audit>, Error> {
        self.audit_with(None)
    }

    /// [`Self::audit`] that before training takes the features of this key, if they were extracted.
    ///
    /// # Errors
    ///
    /// As [`Self::audit`].
    pub fn audit_with(&mut self, features: Option<&ExtractionKey>) -> Result<Option<Audit>, Error> {
        let Some(section) = self.config().audit.clone() else { return Ok(None) };
        let manifest = self.manifest()?;
        let files = self.files()?;
        let lists = PublishedLists::around(&files)?;
        let chosen = self.recommended()?;
        let store = match (&chosen, features) {
            (Some(model), _) => self.store_of(model)?,
            (None, Some(key)) => self.store_with(key)?,
            (None, None) => None,
        };
        let path = self.folder().audit();
        let mut inputs = Inputs::of(Stage::Audit)
            .add_value("audit", &section)
            .add_value("seed", &self.config().seed)
            .add_value("permute labels", &self.config().permute_labels)
            .add_value("features", &store.as_ref().map(FeatureStore::key))
            .add_value("seen", &(self.config().input.part, self.config().input.gray_values))
            .add_file(&self.folder().manifest())?
            .add_file(&self.folder().path().join(PrivateFiles::NAME))?
            .add_file(&self.folder().best())?;
        for list in lists.files() {
            inputs = inputs.add_file(&list)?;
        }
        let (mut looked, mut in_full) = (None, None);
        if let Some(model) = &chosen {
            self.require_predictions(model)?;
            let folder = self.folder().model(&model.name());
            let predictions = folder.join("predictions.csv");
            looked = Looked::read(&folder)?
                .filter(|looked| section.changed_images > 0 && !looked.images.is_empty());
            if looked.as_ref().is_some_and(|of| !of.is_of(&predictions)) {
                self.say(Stage::Audit, "looks.json is of another training; changed images are not audited")?;
                looked = None;
            }
            in_full = InFull::read(&folder)?;
            if let (Some(looked), Some(in_full)) = (&mut looked, &in_full) {
                in_full.add_to(looked);
            }
            inputs =
                inputs.add_file(&predictions)?.add_value("looks", &looked).add_value("in full", &in_full);
        }
        let external = self.external()?;
        // A store that grew since has other images.
        let cohort = self.audited_cohort(&manifest, store.as_ref())?;
        inputs = inputs.add_value("external", &external).add_value("cohort", &cohort.digest());
        let hash = match Stamp::is_valid(self.folder().path(), NAME, inputs)? {
            Ok(()) => {
                self.skip(Stage::Audit, "")?;
                return read_json(&path).map(Some);
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Audit, "")?;
        let rows = self.rows(&cohort, &manifest)?;
        let seen = self.seen(&rows, &manifest, &files, &lists)?;
        // What could not be read may be there the next time, so that this audit is not the last one.
        let all_seen = seen.iter().all(|seen| seen.published.size.is_some());
        let table = table(&cohort, &rows, seen, store.as_ref())?;
        let model = chosen.as_ref().map(|model| self.audited_model(model, &cohort)).transpose()?;
        let mut audit = self.probed(&table, model.as_ref(), &section)?;
        audit.external = external;
        if let Some(in_full) = in_full {
            audit = audit.with_heads(&table, &in_full.heads()?)?;
        }
        if let (Some(model), Some(looked)) = (&model, looked) {
            audit = audit.through(&table, model, &looked.looks(&cohort, self.classes())?)?;
        }
        write_json(&path, &audit)?;
        if all_seen {
            Stamp::write(self.folder().path(), NAME, hash, std::slice::from_ref(&path))?;
        }
        self.finish(clock)?;
        Ok(Some(audit))
    }

    /// The images that an audit takes, with no more of each than class, cluster, source and part.
    ///
    /// # Errors
    ///
    /// [`Error::Audit`].
    pub fn bare_table(cohort: &Cohort) -> Result<Table, Error> {
        bare_table(cohort)
    }

    /// Records of external tests of this run, by name of the file.
    fn external(&self) -> Result<Vec<External>, Error> {
        let Ok(entries) = std::fs::read_dir(self.folder().external()) else { return Ok(Vec::new()) };
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        paths.iter().map(|path| read_json(path)).collect()
    }

    /// The model that the stage `evaluate` recommends; `None` before that stage.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if `best.json` cannot be read, or names no model of this run.
    pub fn recommended(&self) -> Result<Option<ScoredModel>, Error> {
        let path = self.folder().best();
        if !path.is_file() {
            return Ok(None);
        }
        let best: Best = read_json(&path)?;
        let found = self.config().scored_model(&best.model);
        found.map(Some).ok_or_else(|| Error::damaged(path, format!("{} is no model of this run", best.model)))
    }

    /// The store of the features that a model reads; `None` if it was removed.
    fn store_of(&self, model: &ScoredModel) -> Result<Option<FeatureStore>, Error> {
        let key = self.record(model.members()[0].recurrent())?.key; // a model has members
        self.store_with(&key)
    }

    /// The store of this key; `None` if there is none.
    fn store_with(&self, key: &ExtractionKey) -> Result<Option<FeatureStore>, Error> {
        let folder = self.feature_store(&key.folder_name());
        if !folder.join("store.json").is_file() {
            return Ok(None);
        }
        Ok(Some(FeatureStore::open_for(&folder, key)?))
    }

    /// The images that the model was trained and tested on, with the labels that it saw.
    fn audited_cohort(&mut self, manifest: &Manifest, store: Option<&FeatureStore>) -> Result<Cohort, Error> {
        let cohort = Cohort::new(self.classes(), labelled_images(manifest))?;
        let cohort = match store {
            Some(store) => cohort.without_missing(store)?.0,
            None => cohort,
        };
        let (seed, permuted) = (self.config().seed, self.config().permute_labels);
        Ok(if permuted { cohort.with_permuted_labels(seed) } else { cohort })
    }

    /// The rows of the images, in the order of the cohort.
    fn rows<'m>(&self, cohort: &Cohort, manifest: &'m Manifest) -> Result<Vec<&'m Row>, Error> {
        let rows: HashMap<String, &Row> =
            manifest.rows().iter().map(|row| (row.id.to_string(), row)).collect();
        let of = |id: &String| {
            rows.get(id)
                .copied()
                .ok_or_else(|| Error::damaged(self.folder().manifest(), format!("no row of {id}")))
        };
        cohort.images().iter().map(|image| of(&image.id)).collect()
    }

    /// Looks at the files of all images. An image that cannot be read is said, and has neither metadata nor a picture.
    fn seen(
        &mut self,
        rows: &[&Row],
        manifest: &Manifest,
        files: &PrivateFiles,
        lists: &PublishedLists,
    ) -> Result<Vec<Seen>, Error> {
        let mut films = Vec::with_capacity(rows.len());
        for row in rows {
            let file = files.get(&row.id)?;
            films.push(Film {
                file,
                content: row.content_hash,
                stated: manifest.stated(&row.id),
                published: lists.of(file),
            });
        }
        let all = films.len() as u64;
        let input = &self.config().input;
        let small = small_pictures(input.part, input.gray_values);
        let looked = self.in_parallel(|watch| {
            let (done, stopped) = (AtomicU64::new(0), AtomicBool::new(false));
            let look = |film: &Film<'_>| {
                if stopped.load(Ordering::Relaxed) {
                    return Ok(Seen::default());
                }
                let seen = film.look(&small);
                let done = 1 + done.fetch_add(1, Ordering::Relaxed);
                if watch(Progress::Advanced { done, all, unit: "images" }).is_break() {
                    stopped.store(true, Ordering::Relaxed);
                }
                seen
            };
            let looked: Vec<_> = films.par_iter().map(look).collect();
            (!stopped.into_inner()).then_some(looked)
        })?;
        let looked = looked.ok_or(Error::Interrupted { stage: Stage::Audit })?;
        let mut seen = Vec::with_capacity(looked.len());
        for (row, looked) in rows.iter().zip(looked) {
            if let Err(reason) = &looked {
                let sentence = format!("{}: no probe sees this image: {reason}", row.id);
                self.say(Stage::Audit, &sentence)?;
            }
            seen.push(looked.unwrap_or_default());
        }
        Ok(seen)
    }

    /// The predictions of a model for the test images, in the order of the cohort.
    fn audited_model(&self, model: &ScoredModel, cohort: &Cohort) -> Result<Model, Error> {
        let name = model.name();
        let path = self.folder().model(&name).join("predictions.csv");
        let predictions = read_predictions(&path, self.classes())?;
        let ids = predictions.ids().unwrap_or_default();
        let places: HashMap<&str, usize> = (0..).zip(ids).map(|(place, id)| (id.as_str(), place)).collect();
        let place = |&position: &usize| {
            let id = cohort.images()[position].id.as_str();
            let place =
                *places.get(id).ok_or_else(|| Error::damaged(&path, format!("it has no row of {id}")))?;
            if cohort.label(position) != Some(predictions.truth(place)) {
                return Err(Error::damaged(&path, format!("it has another class of {id} than the manifest")));
            }
            Ok(place)
        };
        let places = cohort.test().iter().map(place).collect::<Result<Vec<_>, Error>>()?;
        let values = predictions.probabilities().values().select(Axis(0), &places);
        let probabilities = radiograph_metrics::Probabilities::new(predictions.classes(), values)?;
        Ok(Model { name, probabilities })
    }

    fn probed(
        &mut self,
        table: &Table,
        model: Option<&Model>,
        section: &AuditSection,
    ) -> Result<Audit, Error> {
        let settings = settings(section, self.config().seed);
        let audited = self.in_parallel(|watch| {
            Audit::watched(table, model, &settings, &|done, all| {
                watch(Progress::Advanced { done: done as u64, all: all as u64, unit: "probes" })
            })
        })?;
        audited.map_err(|error| match error {
            radiograph_audit::Error::Stopped => Error::Interrupted { stage: Stage::Audit },
            error => error.into(),
        })
    }

    /// Does work on the threads that the settings name; its events reach the watcher one at a time.
    fn in_parallel<T: Send>(
        &mut self,
        work: impl FnOnce(&(dyn Fn(Progress<'_>) -> ControlFlow<()> + Sync)) -> T + Send,
    ) -> Result<T, Error> {
        let threads = Some(self.config().compute.threads).filter(|threads| *threads > 0);
        let watcher: Mutex<(&mut Watcher<'_>, bool)> = Mutex::new((self.watcher(), false));
        let watch = |progress: Progress<'_>| {
            let mut watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
            // A watcher that asked to stop is not asked again by the other threads.
            if !watcher.1 {
                watcher.1 = (watcher.0)(progress).is_break();
            }
            if watcher.1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        Ok(with_threads(threads, || work(&watch))?)
    }
}

/// The settings of the audit; what a config does not hold is the audit's default.
fn settings(section: &AuditSection, seed: u64) -> Settings {
    Settings {
        seed,
        permutations: section.permutations,
        replicates: section.replicates,
        controls: section.controls,
        shares: section.blacked_out.clone(),
        ..Settings::default()
    }
}
