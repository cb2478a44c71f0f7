//! Trains one head: epochs of steps over shuffled samples, validation, checkpoints and early stopping.

use std::{ops::ControlFlow, path::Path};

use radiograph_features::ExtractionKey;
use radiograph_files::ContentHash;
use radiograph_protocol::{EpochRecord, History, Keep, Scores, TrainingConfig};
use radiograph_random::Stream;
use serde_json::Value;
use tch::Tensor;

use super::gradients::require_shape;
use crate::{
    ConfiguredHead, CrossEntropy, Error, Feed, Gradients, Head, Mode, Optimizer, Samples, Step,
    data::window,
    kept::{Beginning, Best, Checkpoints, LockedFolder, Progress, Settings, Snapshot, weights},
    sums::Sums,
};

/// One training of a head. A second run in the same folder resumes from the last checkpoint of the first, and ends with
/// the same weights, bit for bit, on the same device with the same number of threads. It may ask for more epochs: then it
/// ends as an undisturbed training with that number does.
#[derive(Clone, Copy)]
pub struct Fit<'a> {
    /// Source of features.
    pub feed: &'a Feed<'a>,
    /// Training samples.
    pub training: &'a Samples,
    /// Validation samples, scored after each epoch.
    pub validation: Option<&'a Samples>,
    /// Settings.
    pub config: &'a TrainingConfig,
    /// Origin of the features.
    pub key: &'a ExtractionKey,
    /// Folder of checkpoints and `history.csv`, for one training at a time; without it, a killed training is lost.
    pub folder: Option<&'a Path>,
}

/// Progress of a training. If the observer returns `Break`, the training ends after writing a checkpoint.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A checkpoint was loaded.
    Resumed {
        /// Number of epochs already done.
        epochs: usize,
        /// Number of steps of the next epoch already done.
        step: usize,
    },
    /// A step is done.
    Step {
        /// Epoch, from 1.
        epoch: usize,
        /// Step, from 1.
        step: usize,
        /// Number of steps of an epoch.
        steps: usize,
        /// Mean scores over this epoch so far.
        running: Scores,
    },
    /// An epoch is done.
    Epoch(&'a EpochRecord),
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// All epochs are done.
    AllEpochs,
    /// Early stopping: the validation loss no longer improved.
    NoGain,
    /// The observer ended it.
    Broken,
}

/// The result of a training.
#[derive(Debug)]
pub struct Fitted<H = ConfiguredHead> {
    /// Head with the weights that [`Keep`] selects; after [`End::Broken`], those of the last step.
    pub head: H,
    /// All epochs.
    pub history: History,
    /// Why it ended.
    pub end: End,
}

impl Fit<'_> {
    /// Trains `head`, or resumes its training. Any implementation of [`Head`] will do.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`], [`Error::ClassWithoutSample`] or [`Error::BatchTooLarge`] before any work; [`Error::Busy`] if
    /// another training runs in the folder; [`Error::Foreign`] if the folder holds another training or more epochs than
    /// asked for, [`Error::Damaged`] if its checkpoint is; [`Error::NotFinite`] if loss or weights become infinite or NaN;
    /// [`Error::Features`], [`Error::NotFiniteFeature`] and [`Error::MissingSample`] from the features; [`Error::File`] if
    /// a checkpoint cannot be written. The last checkpoint survives all of them.
    pub fn run<H: Head>(
        &self,
        head: H,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Fitted<H>, Error> {
        self.check(&head)?;
        let folder = self.folder.map(LockedFolder::of_training).transpose()?;
        self.run_from(Beginning::default(), head, folder.as_ref(), observe)
    }

    /// [`Self::run`] for a head that may come from another training, in a folder that is locked already.
    pub(crate) fn run_from<H: Head>(
        &self,
        beginning: Beginning,
        head: H,
        folder: Option<&LockedFolder>,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Fitted<H>, Error> {
        self.check(&head)?;
        let trained = head.parameters().trained().map(|parameter| (parameter.name(), parameter.tensor()));
        let optimizer = Optimizer::new(self.config.optimizer, trained)?;
        let loss = CrossEntropy::new(
            self.training.classes(),
            self.config.class_weights.as_ref(),
            head.device().to_tch(),
        )?;
        let kept = match folder {
            Some(folder) => {
                let settings = self.settings(head.settings(), beginning)?;
                let steps = self.training.len().div_ceil(self.config.batch);
                Some(Checkpoints::new(folder, &settings, head.device(), steps)?)
            }
            None => None,
        };
        let minimised = loss.smoothed(self.config.label_smoothing);
        let mut run =
            Run { fit: self, head, optimizer, loss, minimised, progress: Progress::default(), kept };
        let mut end = run.resume(observe)?;
        let end = loop {
            if let Some(end) = end.or_else(|| run.end()) {
                break end;
            }
            if run.epoch(observe)?.is_break() {
                end = Some(End::Broken);
            }
        };
        run.finished(end)
    }

    /// Everything that determines the final weights.
    pub(crate) fn settings(&self, head: Value, beginning: Beginning) -> Result<Settings<'_>, Error> {
        let features = match self.config.shuffle_buffer {
            None => self.feed.digest(),
            // The order of samples depends on the places of features, so another store is another training.
            Some(_) => {
                let of_both = [self.feed.digest(), self.feed.places()?.digest()];
                ContentHash::of_bytes(of_both.map(|hash| *hash.as_bytes()).as_flattened())
            }
        };
        Ok(Settings {
            head,
            training: self.config,
            key: self.key,
            samples: [Some(self.training.digest()), self.validation.map(Samples::digest)],
            features: Some(features),
            beginning,
        })
    }

    /// Refuses samples that a training with these settings cannot use.
    fn check_samples(&self) -> Result<(), Error> {
        if self.config.patience.is_some() && self.validation.is_none() {
            return Err(Error::setting(
                "early stopping",
                "on without validation samples",
                "give validation samples, or no patience",
            ));
        }
        if self.config.schedule.follows_losses() && self.validation.is_none() {
            return Err(Error::setting(
                "the schedule of a training without validation samples",
                "plateau, which follows validation losses",
                "give validation samples, or a schedule that follows the number of the epoch",
            ));
        }
        self.training.require_all_classes()?;
        if self.config.batch > self.training.len() {
            return Err(Error::BatchTooLarge { batch: self.config.batch, samples: self.training.len() });
        }
        if self.validation.is_some_and(Samples::is_empty) {
            return Err(Error::setting("the number of validation samples", 0, "give some, or no validation"));
        }
        Ok(())
    }

    fn check(&self, head: &dyn Head) -> Result<(), Error> {
        self.config.check()?;
        self.check_samples()?;
        let classes = head.classes();
        for samples in [Some(self.training), self.validation].into_iter().flatten() {
            if samples.classes() != classes {
                // Compare by name first, so that the message says which classes are missing.
                classes.columns_of(samples.classes())?;
                return Err(Error::setting(
                    "the order of the samples' classes",
                    samples.classes(),
                    "use the head's",
                ));
            }
        }
        let (expected, found) = (head.features(), self.feed.features().shape());
        if expected != found {
            return Err(Error::Shape {
                what: "every feature map".into(),
                expected: format!("[{expected}]"),
                found: vec![found.channels, found.height, found.width],
            });
        }
        if self.feed.device() != head.device() {
            return Err(Error::setting("the feed's device", self.feed.device(), "use the head's"));
        }
        if head.parameters().trained().next().is_none() {
            return Err(Error::setting("the number of trained parameters", 0, "train at least one"));
        }
        Ok(())
    }
}

/// A training under way.
struct Run<'a, H> {
    fit: &'a Fit<'a>,
    head: H,
    optimizer: Optimizer,
    loss: CrossEntropy,
    /// Loss that is minimised: with smoothed labels, if they are.
    minimised: CrossEntropy,
    progress: Progress,
    kept: Option<Checkpoints<'a>>,
}

impl<H: Head> Run<'_, H> {
    /// Continues from the checkpoint, if there is one.
    fn resume(
        &mut self,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<End>, Error> {
        let Some(kept) = &mut self.kept else { return Ok(None) };
        let Some(found) = kept.resume(&self.head, &mut self.optimizer)? else { return Ok(None) };
        self.progress = found;
        let epochs = self.progress.history.epochs().len();
        let event = Event::Resumed { epochs, step: self.progress.step };
        Ok(observe(event).is_break().then_some(End::Broken))
    }

    fn end(&self) -> Option<End> {
        let (config, history) = (self.fit.config, &self.progress.history);
        if config.stops_early(history) {
            return Some(End::NoGain);
        }
        (history.epochs().len() >= config.epochs).then_some(End::AllEpochs)
    }

    /// Keeps the state on the disk, and gives the head its final weights.
    fn finished(mut self, end: End) -> Result<Fitted<H>, Error> {
        self.save()?;
        if let Some(kept) = &mut self.kept {
            kept.wait()?;
        }
        if let Some(best) = self.progress.best.filter(|_| end != End::Broken) {
            for (name, values) in best.weights.tensors() {
                self.head.parameters().set(&name, values)?;
            }
        }
        Ok(Fitted { head: self.head, history: self.progress.history, end })
    }

    /// The rest of one pass over the training samples, and validation. It depends only on the weights, the seed and the
    /// numbers of the epoch and of the step.
    fn epoch(
        &mut self,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let &Fit { feed, training, config, .. } = self.fit;
        let number = self.progress.history.epochs().len();
        let rate = config.schedule.rate(&self.progress.history.watched());
        let stream = |name| Stream::new(config.seed, name).numbered(number as u64);
        let mut positions: Vec<usize> = (0..training.len()).collect();
        let window = window(config.shuffle_buffer, config.batch);
        let order = match config.shuffle_buffer {
            None => {
                stream("order").shuffle(&mut positions);
                training.drawn(&positions, &mut stream("variants"))
            }
            Some(_) => {
                let maps = training.drawn(&positions, &mut stream("variants"));
                positions = feed.places()?.order(&maps, window, &mut stream("order"));
                positions.iter().map(|&position| maps[position]).collect()
            }
        };
        let steps = order.len().div_ceil(config.batch);
        let done = order.len().min(self.progress.step * config.batch);
        let mut broken = false;
        feed.batches_of_windows(&order, config.batch, done, window, |features, part| {
            let labels = labels(training, &positions[part], &self.head)?;
            let step = self.progress.step;
            let mode = Mode::Train(Step { seed: config.seed, number: (number * steps + step) as u64 });
            let batch = Gradients::of(&self.head, &self.minimised, &features, &labels, mode)?;
            let scores = self.loss.read(&batch.loss, &batch.logits, &labels)?;
            require_finite("loss", scores.loss, number, step + 1)?;
            let tensors: Vec<&Tensor> =
                self.head.parameters().trained().map(crate::Parameter::tensor).collect();
            self.optimizer.step(&tensors, &batch.gradients, rate, config.clipping)?;
            self.progress.sums.add(scores);
            self.progress.step += 1;
            let running = self.progress.sums.scores();
            let event = Event::Step { epoch: number + 1, step: step + 1, steps, running };
            broken = observe(event).is_break();
            if !broken && self.progress.step < steps {
                self.save_if_due()?;
            }
            Ok(if broken { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        if broken {
            return Ok(ControlFlow::Break(()));
        }
        self.require_finite_weights()?;
        let validation = match self.fit.validation {
            Some(samples) => Some(evaluate(&self.head, &self.loss, feed, samples, config.batch)?),
            None => None,
        };
        if let Some(scores) = validation {
            require_finite("validation loss", scores.loss, number, steps)?;
        }
        let training = self.progress.sums.scores();
        let record = EpochRecord { epoch: number + 1, rate, training, validation };
        self.progress.history.push(record)?;
        (self.progress.step, self.progress.sums) = (0, Sums::default());
        if config.keep == Keep::Best && self.progress.history.best_epoch() == Some(number + 1) {
            let weights = Snapshot::of(&weights(&self.head))?;
            self.progress.best = Some(Best { epoch: number + 1, weights });
        }
        self.save_if_due()?;
        Ok(observe(Event::Epoch(&record)))
    }

    fn save_if_due(&mut self) -> Result<(), Error> {
        let due = self.kept.as_mut().map(Checkpoints::due).transpose()?;
        if due == Some(true) { self.save() } else { Ok(()) }
    }

    /// Begins to write a checkpoint. Weights that are not finite would make it useless.
    fn save(&mut self) -> Result<(), Error> {
        self.require_finite_weights()?;
        match &mut self.kept {
            Some(kept) => kept.save(&self.head, &self.optimizer, &self.progress),
            None => Ok(()),
        }
    }

    fn require_finite_weights(&self) -> Result<(), Error> {
        let _guard = tch::no_grad_guard();
        for parameter in self.head.parameters().iter() {
            let sum = parameter.tensor().f_sum(tch::Kind::Float)?.f_double_value(&[])?;
            let number = self.progress.history.epochs().len();
            require_finite("sum of a weight tensor", sum, number, self.progress.step)?;
        }
        Ok(())
    }
}

/// Loss and accuracy of a head on samples, without dropout.
pub(crate) fn evaluate(
    head: &dyn Head,
    loss: &CrossEntropy,
    feed: &Feed<'_>,
    samples: &Samples,
    batch: usize,
) -> Result<Scores, Error> {
    let positions: Vec<usize> = (0..samples.len()).collect();
    let mut sums = Sums::default();
    feed.batches(&samples.originals(), batch, |features, part| {
        let _guard = tch::no_grad_guard();
        let labels = labels(samples, &positions[part], head)?;
        let logits = head.forward(&features, Mode::Evaluate)?;
        require_shape(head, &logits, &labels)?;
        sums.add(loss.read(&loss.loss(&logits, &labels)?, &logits, &labels)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(sums.scores())
}

fn labels(samples: &Samples, positions: &[usize], head: &dyn Head) -> Result<Tensor, Error> {
    let labels: Vec<i64> = positions.iter().map(|&position| samples.label(position)).collect();
    Ok(Tensor::f_from_slice(&labels)?.f_to_device(head.device().to_tch())?)
}

fn require_finite(what: &'static str, value: f64, epoch: usize, step: usize) -> Result<(), Error> {
    if value.is_finite() { Ok(()) } else { Err(Error::NotFinite { what, value, epoch: epoch + 1, step }) }
}
