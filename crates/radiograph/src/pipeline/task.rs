//! Does one task of a run's plan, and finishes a run whose tasks are all done.

use std::{collections::HashSet, ops::ControlFlow};

use radiograph_dataset::manifest::Manifest;
use radiograph_head::{Event, Feed, StoredFeatures, train_fold};
use radiograph_run::{Plan, PlanError, Progress, Stage, Task, TaskMark, TrainingPart, TrainingTask, Work};
use radiograph_weights::Architecture;

use super::{Outcome, Pipeline};
use crate::{Error, Frozen};

/// How a call for one task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskEnd {
    /// This call did it.
    Done,
    /// It was done before.
    WasDone,
}

impl Pipeline<'_> {
    /// Does one task of a plan of this run and marks it as done. An interrupted task continues where it was.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] with [`PlanError::Busy`] if another process does the task and [`PlanError::Needs`] if it needs tasks that
    /// are not done; those of the task's stage, and an interruption.
    pub fn do_task(&mut self, plan: &Plan, task: &Task) -> Result<TaskEnd, Error> {
        if plan.is_done(task) {
            return Ok(TaskEnd::WasDone);
        }
        let claim = plan.claim(task)?;
        // Another process may have finished it in the meantime.
        if plan.is_done(task) {
            return Ok(TaskEnd::WasDone);
        }
        self.run.keep_costs();
        let left_out = self.work(&task.work)?;
        let costs = self.run.kept_costs();
        plan.finish(task, claim, costs, left_out)?;
        Ok(TaskEnd::Done)
    }

    /// Does the work of a task. Returns the images that could not be read.
    fn work(&mut self, work: &Work) -> Result<Vec<(String, String)>, Error> {
        let manifest = self.run.manifest()?;
        match work {
            Work::Extract { network, part } => {
                let frozen = Frozen::of(*network, self.config())?;
                return Ok(self.extract_with(&frozen, &manifest, *part)?.left_out);
            }
            Work::Train(task) => match task.part {
                TrainingPart::Fold(number) => self.fold(task, number, &manifest)?,
                _ => {
                    let frozen = Frozen::of(task.model.network, self.config())?;
                    self.train_model(task.model, &frozen, &manifest)?;
                }
            },
            Work::Average(ensemble) => drop(self.average(ensemble, &manifest)?),
            Work::Explain(model) => {
                let frozen = Frozen::of(model.members()[0].network, self.config())?; // a model has members
                self.explain_model(model, &frozen, &manifest)?;
            }
            _ => {}
        }
        Ok(Vec::new())
    }

    /// Trains one fold of a head, as the whole training of the model finds it later.
    fn fold(&mut self, task: &TrainingTask, number: usize, manifest: &Manifest) -> Result<(), Error> {
        let frozen = Frozen::of(task.model.network, self.config())?;
        let store = self.store(&frozen)?;
        let (cohort, missing) = self.cohort(manifest, &store)?;
        if !missing.is_empty() {
            let sentence = format!("{task}: {} images have no features and are left out", missing.len());
            self.run.say(Stage::Train, &sentence)?;
        }
        let features = StoredFeatures::of_cohort(&store, &cohort)?;
        let protocol = self.protocol(task.model, radiograph_head::Features::shape(&features), &cohort)?;
        let folder = self.folder().model(&task.model.name());
        let clock = self.run.start(Stage::Train, &task.model.name())?;
        let feed = Feed::new(&features, self.device, self.config().compute.resident_bytes)?;
        let (part, epochs) = (format!("fold {number} of {}", protocol.folds), protocol.training.epochs);
        let watch = self.run.watcher();
        let mut observe = |event: Event<'_>| match event {
            Event::Step { epoch, step, steps, running } => {
                watch(Progress::Trained { part: &part, epoch, epochs, step, steps, running })
            }
            _ => ControlFlow::Continue(()),
        };
        train_fold(&protocol, &cohort, &feed, store.key(), &folder, number, &mut observe)?
            .ok_or(radiograph_run::Error::Interrupted { stage: Stage::Train })?;
        Ok(self.run.finish(clock)?)
    }

    /// Finishes a run whose tasks are all done: scores, compares, audits and writes the report. The files are those of
    /// [`run`](Self::run), except for costs and times.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] with [`PlanError::Unfinished`], [`PlanError::Changed`] or [`PlanError::LostFeatures`] if a task or its
    /// result is missing; nothing is written then. Those of [`run`](Self::run).
    pub fn collect(&mut self, plan: &Plan) -> Result<Outcome, Error> {
        let marks = plan.finished()?;
        let manifest = self.run.manifest()?;
        for network in self.config().backbones.clone() {
            self.require_features(network, &manifest, plan, &marks)?;
        }
        self.run.write_costs_of(marks.into_iter().flat_map(|mark| mark.costs))?;
        self.run()
    }

    /// Requires that the store of a network holds every image that its tasks did not leave out.
    fn require_features(
        &self,
        network: Architecture,
        manifest: &Manifest,
        plan: &Plan,
        marks: &[TaskMark],
    ) -> Result<(), Error> {
        let frozen = Frozen::of(network, self.config())?;
        let store = self.store(&frozen)?;
        let of_network =
            |task: &Task| matches!(&task.work, Work::Extract { network: of, .. } if *of == network);
        let left_out: HashSet<&str> = (plan.tasks().iter().zip(marks))
            .filter(|(task, _)| of_network(task))
            .flat_map(|(_, mark)| mark.left_out.iter().map(|(id, _)| id.as_str()))
            .collect();
        let wanted: Vec<_> = manifest
            .train()
            .chain(manifest.test())
            .filter(|row| !left_out.contains(row.id.to_string().as_str()))
            .flat_map(|row| frozen.wanted(manifest, row))
            .collect();
        let missing = store.missing(&wanted)?.len();
        if missing > 0 {
            let network = network.to_string();
            return Err(radiograph_run::Error::from(PlanError::LostFeatures { network, missing }).into());
        }
        Ok(())
    }
}
