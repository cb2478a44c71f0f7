//! Cross-validation and refitting: several trainings in folders of their own, each finished by a model. A run that is
//! killed goes on in the fold, and in the epoch, where it was.

use std::{ops::ControlFlow, path::Path};

use radiograph_classes::Classes;
use radiograph_features::ExtractionKey;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Event, Feed, Fit, Head, HeadConfig, Model, ModelRecord, Samples, TrainingConfig,
    kept::{Checkpoints, require_same},
    random::Stream,
};

/// How the folds of a cross-validation begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldStart {
    /// Each from fresh weights of its own.
    #[default]
    Independent,
    /// Each from the weights that the fold before ended with, as the released code does: what validates a fold was trained on
    /// in the one before, so from the second fold on scores are contaminated, and recorded as such.
    Chained,
}

/// One turn of a cross-validation, by positions of samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Those that are not trained on.
    pub held_out: Vec<usize>,
    /// Those of them that validate. An image that was made from another one is held out with it, but validates nothing.
    pub validation: Vec<usize>,
}

impl From<Vec<usize>> for Fold {
    /// All that is held out validates.
    fn from(held_out: Vec<usize>) -> Self {
        Self { validation: held_out.clone(), held_out }
    }
}

/// Trainings of one kind of head on parts of one set of samples.
#[derive(Clone, Copy)]
pub struct Trainings<'a> {
    /// What every head is made of.
    pub head: &'a HeadConfig,
    /// How every head is trained. Each training derives a seed of its own from this one's.
    pub config: &'a TrainingConfig,
    /// Where features come from; heads live on its device.
    pub feed: &'a Feed<'a>,
    /// All training samples, of which folds hold some back.
    pub samples: &'a Samples,
    /// How the features were made.
    pub key: &'a ExtractionKey,
    /// Where models go: `fold-1`, `fold-2`, … and what refitting is told.
    pub folder: &'a Path,
}

/// What a sequence of trainings tells: the fold, from 1, and its event.
pub type Observer<'o> = dyn FnMut(usize, Event<'_>) -> ControlFlow<()> + 'o;

impl Trainings<'_> {
    /// Trains on all samples but those of one fold, and validates on these; for every fold in turn. `None` if the observer
    /// broke it off.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for fewer than two folds, a fold that validates nothing, a sample that validates without being
    /// held out, or one in two folds; else those of [`Fit::run`].
    pub fn cross_validate(
        &self,
        folds: &[Fold],
        start: FoldStart,
        observe: &mut Observer<'_>,
    ) -> Result<Option<Vec<ModelRecord>>, Error> {
        let parts = self.parts(folds)?;
        let mut records = Vec::new();
        for (index, (training, validation)) in parts.iter().enumerate() {
            let number = index + 1;
            let chained = start == FoldStart::Chained && index > 0;
            let before = chained.then(|| format!("fold-{index}"));
            let task = Task {
                name: &format!("fold-{number}"),
                before: before.as_deref(),
                training,
                validation: Some(validation),
                contaminated: chained,
            };
            match self.train(&task, self.config, &mut |event| observe(number, event))? {
                Some(record) => records.push(record),
                None => return Ok(None),
            }
        }
        Ok(Some(records))
    }

    /// Trains on all samples for so many epochs, without validation, into the folder `name`.
    ///
    /// # Errors
    ///
    /// Those of [`Fit::run`].
    pub fn refit(
        &self,
        name: &str,
        epochs: usize,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        let config = TrainingConfig { epochs, patience: None, ..self.config.clone() };
        let task = Task { name, before: None, training: self.samples, validation: None, contaminated: false };
        self.train(&task, &config, observe)
    }

    /// [`Self::refit`] into the folder itself, beside those of the folds.
    ///
    /// # Errors
    ///
    /// Those of [`Fit::run`].
    pub fn refit_here(
        &self,
        epochs: usize,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        self.refit("", epochs, observe)
    }

    /// The model that a training of this name ended with; without a name, that of [`Self::refit_here`].
    ///
    /// # Errors
    ///
    /// Those of [`Model::load`].
    pub fn model(&self, name: &str) -> Result<Model, Error> {
        Model::load(&self.folder.join(name), self.key, self.classes(), self.feed.device())
    }

    fn classes(&self) -> &Classes {
        &self.head.classes
    }

    fn parts(&self, folds: &[Fold]) -> Result<Vec<(Samples, Samples)>, Error> {
        if folds.len() < 2 {
            return Err(Error::setting("the number of folds", folds.len(), "write at least 2"));
        }
        let mut fold_of = vec![None; self.samples.len()];
        for (fold, Fold { held_out, validation }) in folds.iter().enumerate() {
            if validation.is_empty() {
                return Err(Error::setting(
                    "the number of samples that a fold validates",
                    0,
                    "use fewer folds",
                ));
            }
            for &index in held_out {
                let count = self.samples.len();
                let place = fold_of.get_mut(index).ok_or(Error::MissingSample { index, count })?;
                if place.replace(fold).is_some() {
                    return Err(Error::setting(
                        "a sample in two folds",
                        index,
                        "hold every sample back at most once",
                    ));
                }
            }
            if let Some(index) = validation.iter().find(|index| fold_of.get(**index) != Some(&Some(fold))) {
                return Err(Error::setting(
                    "a sample that validates a fold but is trained on",
                    index,
                    "hold it out",
                ));
            }
        }
        let part = |fold: usize| {
            let rest: Vec<usize> =
                (0..fold_of.len()).filter(|&position| fold_of[position] != Some(fold)).collect();
            Ok((self.samples.subset(&rest)?, self.samples.subset(&folds[fold].validation)?))
        };
        (0..folds.len()).map(part).collect()
    }

    fn train(
        &self,
        task: &Task<'_>,
        config: &TrainingConfig,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        let folder = self.folder.join(task.name);
        let seed = Stream::new(config.seed, &format!("training.{}", task.name)).seed();
        let config = TrainingConfig { seed, ..config.clone() };
        let digests = [Some(task.training.digest()), task.validation.map(Samples::digest)];
        if let Some(record) = Model::record_in(&folder)? {
            require_same(
                &folder.join("model.json"),
                (self.head, &config, self.key, digests),
                (&record.head, &record.training, &record.key, record.samples),
            )?;
            return Ok(Some(record));
        }
        let head = match task.before {
            Some(before) => self.model(before)?.into_head(),
            None => Head::new(self.head.clone(), seed, self.feed.device())?,
        };
        let fit = Fit {
            feed: self.feed,
            training: task.training,
            validation: task.validation,
            config: &config,
            key: self.key,
            folder: Some(&folder),
        };
        let fitted = fit.run(head, observe)?;
        if fitted.end == crate::End::Broken {
            return Ok(None);
        }
        let model = Model::new(fitted, self.key, &config, digests, task.contaminated);
        model.save(&folder)?;
        // The model says all that the checkpoint did, but for the optimiser's state.
        Checkpoints::remove(&folder)?;
        Ok(Some(model.record().clone()))
    }
}

/// One training of several.
struct Task<'a> {
    name: &'a str,
    before: Option<&'a str>,
    training: &'a Samples,
    validation: Option<&'a Samples>,
    contaminated: bool,
}

/// The median of the best epochs of folds, the lower of two middle ones; `None` if nothing was validated.
pub fn median_best_epoch(folds: &[ModelRecord]) -> Option<usize> {
    let mut epochs: Vec<usize> = folds.iter().filter_map(|record| record.history.best_epoch()).collect();
    epochs.sort_unstable();
    epochs.get(epochs.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use radiograph_libtorch::Device;

    use super::*;
    use crate::{
        InMemory,
        training::tests::{SAMPLES, classes, config, fingerprint, head_config, key, noise, samples},
    };

    /// Three folds of ten.
    fn folds() -> Vec<Fold> {
        (0..3).map(|fold| (fold * 10..(fold + 1) * 10).collect::<Vec<_>>().into()).collect()
    }

    /// The same, but the first one holds out three samples only.
    fn strange_folds() -> Vec<Fold> {
        let mut folds = folds();
        folds[0] = vec![0, 1, 2].into();
        folds
    }

    struct Setting {
        features: InMemory,
        samples: Samples,
        head: HeadConfig,
        config: TrainingConfig,
        key: ExtractionKey,
        folder: tempfile::TempDir,
    }

    impl Setting {
        fn new() -> Self {
            Self {
                features: noise(),
                samples: samples(0..SAMPLES),
                head: head_config(),
                config: TrainingConfig { epochs: 2, ..config() },
                key: key(),
                folder: tempfile::tempdir().unwrap(),
            }
        }

        fn with<T>(&self, work: impl FnOnce(Trainings<'_>) -> T) -> T {
            let feed = Feed::new(&self.features, Device::CPU, u64::MAX).unwrap();
            work(Trainings {
                head: &self.head,
                config: &self.config,
                feed: &feed,
                samples: &self.samples,
                key: &self.key,
                folder: self.folder.path(),
            })
        }

        fn cross_validate(&self, folds: &[Fold], start: FoldStart) -> Vec<ModelRecord> {
            let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
            self.with(|trainings| trainings.cross_validate(folds, start, go_on)).unwrap().unwrap()
        }

        fn weights(&self, name: &str) -> radiograph_files::ContentHash {
            self.with(|trainings| fingerprint(trainings.model(name).unwrap().head()))
        }
    }

    /// If any weight leaked from one fold into the next, the second fold would see what happened in the first.
    #[test]
    fn a_fold_does_not_know_what_happened_in_another() {
        let (usual, other) = (Setting::new(), Setting::new());
        usual.cross_validate(&folds(), FoldStart::Independent);
        other.cross_validate(&strange_folds(), FoldStart::Independent);
        assert_ne!(usual.weights("fold-1"), other.weights("fold-1"));
        for name in ["fold-2", "fold-3"] {
            assert_eq!(usual.weights(name), other.weights(name), "{name}");
        }
        assert_ne!(usual.weights("fold-2"), usual.weights("fold-3"), "each fold draws its own weights");
    }

    /// What is held out without validating changes what is trained on, and not what validates.
    #[test]
    fn what_is_made_from_a_held_out_image_is_held_out_with_it() {
        let setting = Setting::new();
        let mut with_children = folds();
        with_children.iter_mut().for_each(|fold| fold.validation.truncate(4));
        let records = setting.cross_validate(&with_children, FoldStart::Independent);
        let [training, validation] = records[0].samples;
        assert_eq!(training, Some(samples(10..SAMPLES).digest()));
        assert_eq!(validation, Some(samples(0..4).digest()));
    }

    #[test]
    fn chained_folds_hand_their_weights_on_and_are_labelled() {
        let (usual, other) = (Setting::new(), Setting::new());
        let records = usual.cross_validate(&folds(), FoldStart::Chained);
        other.cross_validate(&strange_folds(), FoldStart::Chained);
        assert_ne!(usual.weights("fold-2"), other.weights("fold-2"));
        let labels: Vec<bool> = records.iter().map(|record| record.contaminated).collect();
        assert_eq!(labels, [false, true, true]);
        let reread = usual.with(|trainings| trainings.model("fold-3").unwrap().record().contaminated);
        assert!(reread, "the label is in the file");
    }

    #[test]
    fn folds_that_were_broken_off_go_on_where_they_were() {
        let (whole, broken) = (Setting::new(), Setting::new());
        whole.cross_validate(&folds(), FoldStart::Independent);
        let mut runs = 0;
        let mut first_of_fold = Vec::new();
        loop {
            let mut epochs = 0;
            let mut observe = |fold, event: Event<'_>| {
                first_of_fold.push(fold);
                if let Event::Epoch(_) = event {
                    epochs += 1;
                }
                if epochs == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let done = broken.with(|trainings| {
                trainings.cross_validate(&folds(), FoldStart::Independent, &mut observe).unwrap()
            });
            runs += 1;
            if done.is_some() || runs == 20 {
                break;
            }
        }
        assert!((3..=7).contains(&runs), "{runs}");
        assert!(first_of_fold.is_sorted(), "a finished fold is not run again");
        for name in ["fold-1", "fold-2", "fold-3"] {
            assert_eq!(whole.weights(name), broken.weights(name), "{name}");
            let files = fs::read_dir(broken.folder.path().join(name)).unwrap().count();
            assert_eq!(files, 3, "weights, record and history alone");
        }
        // Another setting in the same folder is refused, finished or not.
        let trainings = Setting { config: TrainingConfig { epochs: 3, ..config() }, ..broken };
        let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
        let error = trainings.with(|all| all.cross_validate(&folds(), FoldStart::Independent, go_on));
        assert!(matches!(error, Err(Error::Foreign { .. })));
    }

    #[test]
    fn a_refit_uses_every_sample_and_answers_by_name() {
        let setting = Setting::new();
        let records = setting.cross_validate(&folds(), FoldStart::Independent);
        let epochs = median_best_epoch(&records).unwrap();
        assert!((1..=2).contains(&epochs));
        let record = setting
            .with(|trainings| trainings.refit("model", epochs, &mut |_| ControlFlow::Continue(())))
            .unwrap()
            .unwrap();
        assert_eq!(record.history.epochs().len(), epochs);
        assert!(record.history.epochs()[0].validation.is_none());
        setting.with(|trainings| {
            let model = trainings.model("model").unwrap();
            let indices: Vec<usize> = (0..SAMPLES).collect();
            let all = model.predict(trainings.feed, &indices, 7).unwrap();
            assert_eq!(all.len(), SAMPLES);
            for row in all.rows() {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
            // The same whatever the batch, to what f32 gives.
            let one = model.predict(trainings.feed, &indices[4..5], 1).unwrap();
            assert!((one.of(0, "normal").unwrap() - all.of(4, "normal").unwrap()).abs() < 1e-6);
            let hot = model.with_temperature(1e6).unwrap();
            let even = hot.predict(trainings.feed, &indices[..1], 1).unwrap();
            assert!((even.of(0, "covid").unwrap() - 1.0 / 3.0).abs() < 1e-4);
            assert!(hot.with_temperature(0.0).is_err());
        });
    }

    #[test]
    fn a_model_is_not_loaded_for_other_features_or_classes() {
        let setting = Setting::new();
        setting.cross_validate(&folds(), FoldStart::Independent);
        let folder = setting.folder.path().join("fold-1");
        let load = |key: &ExtractionKey, names: &[&str]| {
            let classes = Classes::new(names.iter().copied()).unwrap();
            Model::load(&folder, key, &classes, Device::CPU)
        };
        let names: Vec<String> = classes().names().map(str::to_owned).collect();
        let reversed: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        assert!(load(&key(), &reversed).is_ok(), "classes go by name");
        let error = load(&ExtractionKey { backbone: "densenet121".into(), ..key() }, &reversed).unwrap_err();
        assert!(error.to_string().contains("backbone vgg19, but densenet121 is asked for"), "{error}");
        let weights = radiograph_files::ContentHash::of_bytes(b"others");
        assert!(load(&ExtractionKey { weights, ..key() }, &reversed).is_err());
        assert!(matches!(load(&key(), &["covid", "normal"]), Err(Error::Classes(_))));
        let path = folder.join("model.safetensors");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(matches!(load(&key(), &reversed), Err(Error::Damaged { .. })));
        fs::remove_file(folder.join("model.json")).unwrap();
        assert!(matches!(load(&key(), &reversed), Err(Error::Damaged { .. })));
    }

    #[test]
    fn folds_that_are_none_are_refused() {
        let setting = Setting::new();
        let trained_on = Fold { held_out: vec![1], validation: vec![2] };
        for wrong in [
            vec![],
            vec![vec![0].into()],
            vec![vec![0].into(), Fold::default()],
            vec![vec![0].into(), vec![0].into()],
            vec![vec![0].into(), vec![30].into()],
            vec![vec![0].into(), trained_on],
        ] {
            let go_on = &mut |_, _: Event<'_>| ControlFlow::Continue(());
            let refused =
                setting.with(|trainings| trainings.cross_validate(&wrong, FoldStart::Independent, go_on));
            assert!(refused.is_err(), "{wrong:?}");
        }
    }
}
