//! Trains the tasks of a run side by side, each with one thread.
//!
//! One training step is too small a piece of work for several threads: they wait for each other. Tasks wait for nobody. Each
//! writes to its own folder and resumes there, so an interrupted stage ends with the same files.

use std::{
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use radiograph_dataset::manifest::Manifest;
use radiograph_features::FeatureStore;
use radiograph_head::{
    Cohort, Event, Feed, Protocol, StoredFeatures, finished_protocol, run_protocol, train_fold,
};
use radiograph_libtorch::Device;
use radiograph_protocol::{LayerRow, StepCost};
use radiograph_run::{Baseline, ModelKind, Progress, Stage, TrainingPart, TrainingTask, Watcher, write_json};
use radiograph_weights::Architecture;

use super::{
    Pipeline,
    queue::{Queue, Work},
    train::keep_familiar,
};
use crate::{Error, Familiarity, Frozen};

/// A network's features, on which several models are trained.
struct Ground {
    network: Architecture,
    frozen: Frozen,
    store: FeatureStore,
    cohort: Cohort,
}

/// A model to be trained.
struct Trainee {
    model: ModelKind,
    ground: usize,
    protocol: Protocol,
}

/// Begins with the models whose steps cost most, so that no long training is left alone at the end. The tasks of a model stay in
/// order, because a task needs earlier ones.
fn costliest_first(tasks: &mut [TrainingTask], seconds: impl Fn(&TrainingTask) -> f64) {
    tasks.sort_by(|first, second| seconds(second).total_cmp(&seconds(first)));
}

/// The seconds of a training step, computed for an ordinary core: only the order counts. 0 for a head without a list of layers.
fn seconds_of_a_step(task: &TrainingTask, trainees: &[Trainee]) -> f64 {
    const OPERATIONS: f64 = 1e11;
    const BYTES: f64 = 1e10;
    let Some(trainee) = trainees.iter().find(|trainee| trainee.model == task.model) else { return 0.0 };
    let Protocol { head, training, .. } = &trainee.protocol;
    let seconds =
        |rows: Vec<LayerRow>| StepCost::of_head(&rows).seconds(training.batch as f64, 1.0, OPERATIONS, BYTES);
    LayerRow::of_head(head).map_or(0.0, seconds)
}

impl Pipeline<'_> {
    /// Trains every head among `models` that is not finished, [`parallel_trainings`](radiograph_run::config::ComputeSection) tasks at a time.
    pub(super) fn train_side_by_side(
        &mut self,
        models: &[ModelKind],
        manifest: &Manifest,
    ) -> Result<(), Error> {
        let grounds = self.grounds(models, manifest)?;
        let trainees = self.trainees(models, &grounds)?;
        if trainees.is_empty() {
            return Ok(());
        }
        let unfinished = |task: &TrainingTask| trainees.iter().any(|trainee| trainee.model == task.model);
        let mut tasks: Vec<TrainingTask> = self.config().tasks().into_iter().filter(unfinished).collect();
        costliest_first(&mut tasks, |task| seconds_of_a_step(task, &trainees));
        let clock = self.run.start(Stage::Train, &format!("{} trainings side by side", tasks.len()))?;

        let features = grounds
            .iter()
            .map(|ground| StoredFeatures::of_cohort(&ground.store, &ground.cohort))
            .collect::<Result<Vec<_>, _>>()?;
        let feeds = self.feeds(&features)?;
        let workers: Vec<Vec<Feed<'_>>> = (0..self.config().compute.parallel_trainings)
            .map(|worker| feeds[worker % feeds.len()].iter().map(Feed::share).collect())
            .collect();
        let start = self.config().training.fold_start;
        let queue = Queue::new(&tasks, |task, other| task.needs(other, start));
        let folders: Vec<_> =
            trainees.iter().map(|trainee| self.folder().model(&trainee.model.name())).collect();
        let progress = Steps::new(&tasks, &trainees, &grounds, self.run.watcher());
        let work = |feeds: &mut Vec<Feed<'_>>, place: usize, task: &TrainingTask| -> Result<Work, Error> {
            // Tasks of other models were left out.
            let Some(of) = trainees.iter().position(|trainee| trainee.model == task.model) else {
                return Ok(Work::Done);
            };
            let Trainee { ground, protocol, .. } = &trainees[of];
            let (Ground { store, cohort, .. }, feed) = (&grounds[*ground], &feeds[*ground]);
            let mut observe = |event: Event<'_>| match queue.is_stopped() {
                true => ControlFlow::Break(()),
                false => progress.tell(place, event),
            };
            let done = match task.part {
                TrainingPart::Fold(number) => {
                    train_fold(protocol, cohort, feed, store.key(), &folders[of], number, &mut observe)?
                        .is_some()
                }
                _ => run_protocol(protocol, cohort, feed, store.key(), &folders[of], &mut |news| {
                    observe(news.event)
                })?
                .is_some(),
            };
            if done {
                progress.finish(place);
            }
            Ok(if done { Work::Done } else { Work::Stopped })
        };
        let end = queue.work(workers, work)?;
        drop(progress);
        if end == Work::Stopped {
            return Err(radiograph_run::Error::Interrupted { stage: Stage::Train }.into());
        }
        for (trainee, folder) in trainees.iter().zip(&folders) {
            let Ground { frozen, cohort, store, .. } = &grounds[trainee.ground];
            write_json(&folder.join("frozen.json"), &frozen.record(manifest))?;
            keep_familiar(&folder.join(Familiarity::FILE), cohort, store)?;
        }
        Ok(self.run.finish(clock)?)
    }

    fn grounds(&self, models: &[ModelKind], manifest: &Manifest) -> Result<Vec<Ground>, Error> {
        let ground = |&network: &Architecture| {
            let frozen = Frozen::of(network, self.config())?;
            let store = self.store(&frozen)?;
            let (cohort, _) = self.cohort(manifest, &store)?;
            Ok(Ground { network, frozen, store, cohort })
        };
        let used = |network: &&Architecture| models.iter().any(|model| model.network == **network);
        self.config().backbones.iter().filter(used).map(ground).collect()
    }

    /// The heads that are not finished.
    fn trainees(&self, models: &[ModelKind], grounds: &[Ground]) -> Result<Vec<Trainee>, Error> {
        let mut trainees = Vec::new();
        for &model in models {
            let place = grounds.iter().position(|ground| ground.network == model.network);
            let (Some(ground), false) = (place, model.baseline == Some(Baseline::LinearProbe)) else {
                continue;
            };
            let Ground { store, cohort, .. } = &grounds[ground];
            let features = StoredFeatures::of_cohort(store, cohort)?;
            let protocol = self.protocol(model, radiograph_head::Features::shape(&features), cohort)?;
            let folder = self.folder().model(&model.name());
            let finished = finished_protocol(&protocol, cohort, store.key(), &folder)?.is_some()
                && ["frozen.json", Familiarity::FILE].iter().all(|name| folder.join(name).is_file());
            if !finished {
                trainees.push(Trainee { model, ground, protocol });
            }
        }
        Ok(trainees)
    }

    /// For each device, a feed of each network's features. Several devices are used only if none is the processor.
    fn feeds<'f>(&self, features: &'f [StoredFeatures<'_>]) -> Result<Vec<Vec<Feed<'f>>>, Error> {
        let mut devices = self.devices()?;
        if devices.contains(&Device::CPU) {
            devices = vec![self.device];
        }
        let budget = self.config().compute.resident_bytes / features.len().max(1) as u64;
        let of = |device: Device| {
            let feeds = features.iter().map(|features| Feed::new(features, device, budget));
            Ok(feeds.collect::<Result<Vec<_>, radiograph_head::Error>>()?)
        };
        devices.into_iter().map(of).collect()
    }
}

/// The steps of all tasks, and the watcher that is told of them.
struct Steps<'s, 'w> {
    /// Done and maximum number of steps of each task.
    steps: Vec<(AtomicU64, u64)>,
    watcher: Mutex<(&'s mut Watcher<'w>, bool)>,
}

impl<'s, 'w> Steps<'s, 'w> {
    fn new(
        tasks: &[TrainingTask],
        trainees: &[Trainee],
        grounds: &[Ground],
        watcher: &'s mut Watcher<'w>,
    ) -> Self {
        let most = |task: &TrainingTask| {
            let trainee = trainees.iter().find(|trainee| trainee.model == task.model)?;
            let cohort = &grounds[trainee.ground].cohort;
            let held_out = match task.part {
                TrainingPart::Fold(number) => cohort.folds().get(number.checked_sub(1)?)?.held_out.len(),
                _ => 0,
            };
            let samples = cohort.training().len() - held_out;
            let training = &trainee.protocol.training;
            Some((samples.div_ceil(training.batch.max(1)) * training.epochs) as u64)
        };
        let steps = tasks.iter().map(|task| (AtomicU64::new(0), most(task).unwrap_or(0))).collect();
        Self { steps, watcher: Mutex::new((watcher, false)) }
    }

    fn tell(&self, place: usize, event: Event<'_>) -> ControlFlow<()> {
        let Event::Step { epoch, step, steps, .. } = event else { return ControlFlow::Continue(()) };
        let (done, most) = &self.steps[place];
        done.store((((epoch - 1) * steps + step) as u64).min(*most), Ordering::Relaxed);
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        // A watcher that asked to stop is not asked again by the other threads.
        if !watcher.1 {
            let done = self.steps.iter().map(|(done, _)| done.load(Ordering::Relaxed)).sum();
            let all = self.steps.iter().map(|(_, most)| most).sum();
            watcher.1 = (watcher.0)(Progress::Advanced { done, all, unit: "training steps" }).is_break();
        }
        if watcher.1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Counts the steps of a task that early stopping left out.
    fn finish(&self, place: usize) {
        let (done, most) = &self.steps[place];
        done.store(*most, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use radiograph_run::Config;

    use super::*;

    #[test]
    fn the_costliest_model_begins_and_its_tasks_stay_in_order() {
        let changes = ["backbones=['vgg19', 'densenet121']", "training.folds=2", "baselines=false"];
        let config = Config::resolve(None, &changes.map(str::to_owned)).unwrap();
        let mut tasks = config.tasks();
        assert_eq!(tasks[0].to_string(), "vgg19, fold 1");
        let cost = |task: &TrainingTask| f64::from(u8::from(task.model.network == Architecture::DENSENET121));
        costliest_first(&mut tasks, cost);
        let order: Vec<String> = tasks.iter().map(ToString::to_string).collect();
        assert_eq!(
            order,
            [
                "densenet121, fold 1",
                "densenet121, fold 2",
                "densenet121, tested model",
                "vgg19, fold 1",
                "vgg19, fold 2",
                "vgg19, tested model",
            ]
        );
    }
}
