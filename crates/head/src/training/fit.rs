//! Trains one head: epochs of steps over shuffled samples, validation, checkpoints and early stopping.

use std::{ops::ControlFlow, path::Path};

use radiograph_features::ExtractionKey;
use radiograph_protocol::{EpochRecord, HeadConfig, History, Keep, Scores, TrainingConfig};
use radiograph_random::Stream;
use tch::Tensor;

use crate::{
    CrossEntropy, Error, Feed, Gradients, Head, Mode, Optimizer, Samples, Step,
    kept::{Beginning, Checkpoints, Settings},
};

/// One training of a head. A second run in the same folder resumes where the first was killed, and ends with the same
/// weights, bit for bit, on the same device with the same number of threads.
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
    /// Folder of checkpoints and `history.csv`; without it, a killed training is lost.
    pub folder: Option<&'a Path>,
}

/// Progress of a training. If the observer returns `Break`, the training ends at the last checkpoint.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A checkpoint was loaded.
    Resumed {
        /// Number of epochs already done.
        epochs: usize,
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
    /// An epoch is done; its checkpoint is on disk if one was due.
    Epoch(&'a EpochRecord),
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub struct Fitted {
    /// Head with the weights that [`Keep`] selects; after [`End::Broken`], those of the last step.
    pub head: Head,
    /// All epochs.
    pub history: History,
    /// Why it ended.
    pub end: End,
}

impl Fit<'_> {
    /// Trains `head`, or resumes its training.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`], [`Error::ClassWithoutSample`] or [`Error::BatchTooLarge`] before any work;
    /// [`Error::Foreign`] if the folder holds another training, [`Error::Damaged`] if its checkpoint is;
    /// [`Error::NotFinite`] if loss or weights become infinite or NaN; [`Error::Features`],
    /// [`Error::NotFiniteFeature`] and [`Error::MissingSample`] from the features; [`Error::File`] if a checkpoint cannot be
    /// written. The last checkpoint survives all of them.
    pub fn run(
        &self,
        head: Head,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Fitted, Error> {
        self.run_from(Beginning::default(), head, observe)
    }

    /// [`Self::run`] for a head that may come from another training.
    pub(crate) fn run_from(
        &self,
        beginning: Beginning,
        head: Head,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Fitted, Error> {
        self.check(&head)?;
        let trained = head.parameters().trained().map(|parameter| (parameter.name(), parameter.tensor()));
        let optimizer = Optimizer::new(self.config.optimizer, trained)?;
        let loss = CrossEntropy::new(
            self.training.classes(),
            self.config.class_weights.as_ref(),
            head.device().to_tch(),
        )?;
        let mut run = Run { fit: self, head, optimizer, loss, history: History::default(), best: None };
        let mut kept = match self.folder {
            Some(folder) => {
                let settings = self.settings(run.head.config(), beginning);
                Some(Checkpoints::new(folder, &settings, run.head.device())?)
            }
            None => None,
        };
        if let Some(found) =
            kept.as_mut().map(|kept| kept.resume(&run.head, &run.optimizer)).transpose()?.flatten()
        {
            run.history = found.history;
            if observe(Event::Resumed { epochs: run.history.epochs().len() }).is_break() {
                return Ok(run.ended(End::Broken));
            }
        }
        let end = loop {
            if let Some(end) = run.end() {
                break end;
            }
            if run.epoch(observe)?.is_break() {
                return Ok(run.ended(End::Broken));
            }
            let epochs = run.history.epochs();
            let is_best = run.history.best_epoch() == Some(epochs.len()) && self.config.keep == Keep::Best;
            match &mut kept {
                Some(kept) => {
                    if is_best {
                        kept.save_best(&run.head, epochs.len())?;
                    }
                    let due = epochs.len().is_multiple_of(self.config.checkpoint_every);
                    if due || run.end().is_some() {
                        kept.save(&run.head, &run.optimizer, &run.history)?;
                    }
                }
                None if is_best => run.best = Some(run.copies()?),
                None => {}
            }
            if let Some(last) = run.history.epochs().last()
                && observe(Event::Epoch(last)).is_break()
            {
                return Ok(run.ended(End::Broken));
            }
        };
        if self.config.keep == Keep::Best {
            match &kept {
                Some(kept) => kept.load_best(&run.head)?,
                None => run.restore()?,
            }
        }
        Ok(run.ended(end))
    }

    /// Everything that determines the final weights.
    pub(crate) fn settings<'s>(&'s self, head: &'s HeadConfig, beginning: Beginning) -> Settings<'s> {
        Settings {
            head,
            training: self.config,
            key: self.key,
            samples: [Some(self.training.digest()), self.validation.map(Samples::digest)],
            features: Some(self.feed.digest()),
            beginning,
        }
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

    fn check(&self, head: &Head) -> Result<(), Error> {
        self.config.check()?;
        self.check_samples()?;
        let classes = &head.config().classes;
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
        let (expected, found) = (head.config().features, self.feed.features().shape());
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
        Ok(())
    }
}

/// A training under way.
struct Run<'a> {
    fit: &'a Fit<'a>,
    head: Head,
    optimizer: Optimizer,
    loss: CrossEntropy,
    history: History,
    /// Best weights, if there is no folder to store them in.
    best: Option<Vec<Tensor>>,
}

impl Run<'_> {
    fn end(&self) -> Option<End> {
        let config = self.fit.config;
        if config.patience.is_some_and(|patience| self.history.without_gain() >= patience) {
            return Some(End::NoGain);
        }
        (self.history.epochs().len() >= config.epochs).then_some(End::AllEpochs)
    }

    fn ended(self, end: End) -> Fitted {
        Fitted { head: self.head, history: self.history, end }
    }

    /// One pass over the training samples, and validation. It depends only on the weights, the seed and the epoch's
    /// number.
    fn epoch(
        &mut self,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let &Fit { feed, training, config, .. } = self.fit;
        let number = self.history.epochs().len();
        let rate = config.schedule.rate(&self.history.watched());
        let stream = |name| Stream::new(config.seed, name).numbered(number as u64);
        let mut positions: Vec<usize> = (0..training.len()).collect();
        stream("order").shuffle(&mut positions);
        let order = training.drawn(&positions, &mut stream("variants"));
        let steps = order.len().div_ceil(config.batch);
        let (mut sums, mut step, mut broken) = (Sums::default(), 0, false);
        feed.batches(&order, config.batch, |features, part| {
            let labels = labels(training, &positions[part], &self.head)?;
            let mode = Mode::Train(Step { seed: config.seed, number: (number * steps + step) as u64 });
            let batch = Gradients::of(&self.head, &self.loss, &features, &labels, mode)?;
            step += 1;
            let loss = batch.loss.f_double_value(&[])?;
            require_finite("loss", loss, number, step)?;
            sums.add(loss, self.loss.denominator(&labels)?, &batch.logits, &labels)?;
            let tensors: Vec<&Tensor> =
                self.head.parameters().trained().map(crate::Parameter::tensor).collect();
            self.optimizer.step(&tensors, &batch.gradients, rate, config.clipping)?;
            let event = Event::Step { epoch: number + 1, step, steps, running: sums.scores() };
            broken = observe(event).is_break();
            Ok(if broken { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        if broken {
            return Ok(ControlFlow::Break(()));
        }
        for parameter in self.head.parameters().iter() {
            let _guard = tch::no_grad_guard();
            let sum = parameter.tensor().f_sum(tch::Kind::Float)?.f_double_value(&[])?;
            require_finite("sum of a weight tensor", sum, number, step)?;
        }
        let validation = match self.fit.validation {
            Some(samples) => Some(evaluate(&self.head, &self.loss, feed, samples, config.batch)?),
            None => None,
        };
        if let Some(scores) = validation {
            require_finite("validation loss", scores.loss, number, step)?;
        }
        self.history.push(EpochRecord { epoch: number + 1, rate, training: sums.scores(), validation })?;
        Ok(ControlFlow::Continue(()))
    }

    fn copies(&self) -> Result<Vec<Tensor>, Error> {
        let _guard = tch::no_grad_guard();
        let copy = |parameter: &crate::Parameter| {
            let mut copy = parameter.tensor().f_zeros_like()?;
            copy.f_copy_(parameter.tensor())?;
            Ok(copy)
        };
        self.head.parameters().iter().map(copy).collect()
    }

    fn restore(&self) -> Result<(), Error> {
        for (parameter, best) in self.head.parameters().iter().zip(self.best.iter().flatten()) {
            self.head.parameters().set(parameter.name(), best)?;
        }
        Ok(())
    }
}

/// Loss and accuracy of a head on samples, without dropout.
pub(crate) fn evaluate(
    head: &Head,
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
        let value = loss.loss(&logits, &labels)?.f_double_value(&[])?;
        sums.add(value, loss.denominator(&labels)?, &logits, &labels)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(sums.scores())
}

fn labels(samples: &Samples, positions: &[usize], head: &Head) -> Result<Tensor, Error> {
    let labels: Vec<i64> = positions.iter().map(|&position| samples.label(position)).collect();
    Ok(Tensor::f_from_slice(&labels)?.f_to_device(head.device().to_tch())?)
}

fn require_finite(what: &'static str, value: f64, epoch: usize, step: usize) -> Result<(), Error> {
    if value.is_finite() { Ok(()) } else { Err(Error::NotFinite { what, value, epoch: epoch + 1, step }) }
}

/// Sums over batches.
#[derive(Default)]
struct Sums {
    /// Sum of the losses' numerators.
    loss: f64,
    /// Sum of the losses' denominators.
    weight: f64,
    right: f64,
    samples: f64,
}

impl Sums {
    /// Adds a batch with this loss and this denominator of the loss.
    fn add(&mut self, loss: f64, weight: f64, logits: &Tensor, labels: &Tensor) -> Result<(), Error> {
        self.loss += loss * weight;
        self.weight += weight;
        self.right += CrossEntropy::right(logits, labels)? as f64;
        self.samples += labels.numel() as f64;
        Ok(())
    }

    fn scores(&self) -> Scores {
        Scores { loss: self.loss / self.weight, accuracy: self.right / self.samples }
    }
}
