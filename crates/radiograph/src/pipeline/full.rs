//! The part of a full audit that trains: the model's head without each source, and on permuted labels.

use std::{collections::BTreeMap, ops::ControlFlow, path::PathBuf};

use radiograph_classes::Classes;
use radiograph_files::ContentHash;
use radiograph_head::{
    Cohort, Event, Feed, Head, HeadConfig, Model, Samples, StoredFeatures, TrainingConfig, Trainings,
};
use radiograph_run::{
    Audit, HeadAway, InFull, Inputs, LeftOut, Looked, PlacedEvidence, Pointer, Progress, Run, ScoredModel,
    Stage, Stamp, write_json,
};

use super::{Pipeline, look::placed};
use crate::{Error, Frozen, square::Square};

/// Number of images predicted at a time.
const BATCH: usize = 64;

impl Pipeline<'_> {
    /// The stage `audit` with trainings: the head of the recommended model is trained again without each source and, for
    /// comparison, on as many images of all sources; and once on permuted labels, whose heat maps are measured beside those of the
    /// model. Each training is as long as that of the model, or of the first one of a mean. Without a model it is the audit of the data.
    ///
    /// # Errors
    ///
    /// Those of [`audit`](Self::audit); [`Error::Head`] from the trainings.
    pub fn audit_in_full(&mut self) -> Result<Option<Audit>, Error> {
        self.look()?;
        self.train_in_full()?;
        Ok(self.run.audit()?)
    }

    fn train_in_full(&mut self) -> Result<(), Error> {
        let Some(model) = self.run.recommended()?.filter(|model| model.baseline().is_none()) else {
            return Ok(());
        };
        let name = model.name();
        let folder = self.folder().model(&name);
        let (path, looked) = (folder.join(InFull::FILE), folder.join(Looked::FILE));
        let frozen = Frozen::of(model.members()[0].network, self.config())?; // a model has members
        let stamp = format!("in-full-{name}");
        let inputs = Inputs::of(Stage::Audit)
            .add_value("seed", &self.config().seed)
            .add_value("explanation", &self.config().explanation)
            .add_value("training", &self.run.training(&model)?)
            .add_value("features", &frozen.key())
            .add_file(&self.folder().manifest())?
            .add_file(&looked)?;
        let hash = match Stamp::is_valid(self.folder().path(), &stamp, inputs)? {
            Ok(()) => {
                self.run.skip(Stage::Audit, &format!("{name} in full"))?;
                return Ok(());
            }
            Err(hash) => hash,
        };
        let clock = self.run.start(Stage::Audit, &format!("{name} in full"))?;
        let record = self.trained_in_full(&model, &frozen)?;
        write_json(&path, &record)?;
        Stamp::write(self.folder().path(), &stamp, hash, std::slice::from_ref(&path))?;
        Ok(self.run.finish(clock)?)
    }

    fn trained_in_full(&mut self, model: &ScoredModel, frozen: &Frozen) -> Result<InFull, Error> {
        let folder = self.folder().model(&model.name());
        let trained = self.folder().model(&model.members()[0].name()); // a model has members
        let manifest = self.run.manifest()?;
        let store = self.store(frozen)?;
        let (cohort, _) = self.cohort(&manifest, &store)?;
        let tested =
            Model::load(&self.explained_folder(&trained), store.key(), self.run.classes(), self.device)?;
        let features = StoredFeatures::of_cohort(&store, &cohort)?;
        let feed = Feed::new(&features, self.device, self.config().compute.resident_bytes)?;
        let work = Work {
            folder: folder.join("in-full"),
            head: tested.record().head.clone(),
            training: tested.record().training.clone(),
            key: store.key(),
            cohort: &cohort,
            feed: &feed,
        };
        let table = Run::bare_table(&cohort)?;
        let mut heads = Vec::new();
        let all = LeftOut::all(&table, self.config().seed).map_err(radiograph_run::Error::from)?;
        for left_out in all {
            let LeftOut { source, classes, there, others, as_many, test, .. } = &left_out;
            let away = work.predictions(self, classes, others, there, &format!("{source} left out"))?;
            let home = work.predictions(self, classes, as_many, test, &format!("{source} at home"))?;
            heads.push(HeadAway {
                source: source.clone(),
                classes: classes.names().map(str::to_owned).collect(),
                away,
                home,
            });
        }
        let permuted = match Looked::read(&folder)? {
            Some(looked) => self.permuted(&work, frozen, &looked)?,
            None => BTreeMap::new(),
        };
        let predictions = ContentHash::of_file(&folder.join("predictions.csv"))?;
        let _ = std::fs::remove_dir_all(&work.folder); // models of no further use; nothing reads them
        Ok(InFull { predictions, heads, permuted })
    }

    /// Evidence of a head that was trained on permuted labels, in the images that the model looked at.
    fn permuted(
        &mut self,
        work: &Work<'_>,
        frozen: &Frozen,
        looked: &Looked,
    ) -> Result<BTreeMap<String, Vec<PlacedEvidence>>, Error> {
        let manifest = self.run.manifest()?;
        let (files, masks) = (self.run.files()?, self.lung_masks(&manifest)?);
        let store = self.store(frozen)?;
        let permuted = work.cohort.clone().with_permuted_labels(self.config().seed);
        let samples = Samples::of_cohort(&permuted, &permuted.training())?;
        let model = work.trained(self, self.run.classes().clone(), &samples, "permuted labels")?;
        let classes = self.run.classes().clone();
        let explained = |features: &tch::Tensor| model.head().explained(features);
        let explainer = radiograph_gradcam::Explainer::new(&classes, explained);
        let explanation = self.config().explanation.clone();
        let target = radiograph_gradcam::Target {
            quantity: explanation.quantity,
            class: radiograph_gradcam::ClassChoice::Predicted,
        };
        let mut evidence = BTreeMap::new();
        let wanted: std::collections::HashSet<&str> =
            looked.images.iter().map(|image| image.id.as_str()).collect();
        for row in manifest.test() {
            let id = row.id.to_string();
            if !wanted.contains(id.as_str()) {
                continue;
            }
            let features = super::explain::stored(&store, manifest.picture(row), self.device)?;
            let map = explainer.explain(&features, explanation.method, &target)?.remove(0).map; // one in, one out
            let (film, stated) = (files.get(&row.id)?.file(), manifest.stated(&row.id));
            let mask = masks.get(&id).map(PathBuf::as_path);
            let square = Square::read(frozen, &film, row.content_hash, stated, mask)?;
            evidence.insert(id, placed(Pointer::PermutedLabels, &map, &square)?);
        }
        Ok(evidence)
    }
}

/// Trainings of one head on parts of one cohort.
struct Work<'a> {
    folder: PathBuf,
    head: HeadConfig,
    training: TrainingConfig,
    key: &'a radiograph_features::ExtractionKey,
    cohort: &'a Cohort,
    feed: &'a Feed<'a>,
}

impl Work<'_> {
    /// Probabilities for the images at `scored`, of a head that was trained on those at `trained`.
    fn predictions(
        &self,
        pipeline: &mut Pipeline<'_>,
        classes: &Classes,
        trained: &[usize],
        scored: &[usize],
        name: &str,
    ) -> Result<Vec<Vec<f64>>, Error> {
        let numbers = self.cohort.map_numbers();
        let mut samples = Samples::new(classes);
        for &position in trained {
            let missing = || Error::config("data", format!("image {position} has no class"));
            let label = self.cohort.label(position).ok_or_else(missing)?.name().to_owned();
            samples.push_variants(numbers[position].clone().collect(), &label)?;
        }
        let model = self.trained(pipeline, classes.clone(), &samples, name)?;
        let probabilities = model.predict(self.feed, &self.cohort.own_maps(scored), BATCH)?;
        Ok(probabilities.rows().map(<[f64]>::to_vec).collect())
    }

    /// A head that was trained as the model was, for as many epochs.
    fn trained(
        &self,
        pipeline: &mut Pipeline<'_>,
        classes: Classes,
        samples: &Samples,
        name: &str,
    ) -> Result<Model, Error> {
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        (0..samples.len()).filter_map(|at| samples.class(at)).for_each(|class| {
            *counts.entry(class.name().to_owned()).or_default() += 1.0;
        });
        let (all, kinds) = (samples.len() as f64, counts.len() as f64);
        let weights = counts.into_iter().map(|(class, count)| (class, all / (kinds * count))).collect();
        let training = TrainingConfig {
            class_weights: self.training.class_weights.as_ref().map(|_| weights),
            patience: None,
            // A training without a large source may have fewer images than a batch.
            batch: self.training.batch.min(samples.len()),
            ..self.training.clone()
        };
        let head = HeadConfig { classes, ..self.head.clone() };
        let folder = self.folder.join(crate::file_name(name));
        let trainings = Trainings {
            head: &head,
            config: &training,
            feed: self.feed,
            samples,
            key: self.key,
            folder: &folder,
        };
        let watch = pipeline.run.watcher();
        let epochs = training.epochs;
        let trained = trainings.refit_here(&training, &mut |event| match event {
            Event::Step { epoch, step, steps, running } => {
                watch(Progress::Trained { part: name, epoch, epochs, step, steps, running })
            }
            _ => ControlFlow::Continue(()),
        })?;
        trained.ok_or(radiograph_run::Error::Interrupted { stage: Stage::Audit })?;
        Ok(trainings.model("")?)
    }
}
