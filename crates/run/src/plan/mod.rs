//! Lists the work of a run as tasks that a cluster's scheduler can start, each by its name.
//!
//! The list follows from the settings alone: feature extraction in parts, trainings, ensembles and explanations. What follows
//! is done by one process once all tasks are done. A task needs only tasks of earlier [phases](Phase), so a scheduler can
//! start the tasks of one phase as an array. Finished tasks leave a [mark](TaskMark) in `tasks/`.

mod mark;
mod task;

use std::{fs, io, path::PathBuf};

use radiograph_files::{ContentHash, ContentHashing, FileError, create_folder};
use radiograph_protocol::Baseline;
use serde::{Deserialize, Serialize};

pub use self::{
    mark::{TaskClaim, TaskMark},
    task::{Task, Work},
};
use crate::{Config, Error, Phase, PlanError, RunFolder, Stage, TrainingPart, json::write_json};

/// The tasks of a run, in an order in which each needs only earlier ones.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Folder of the run.
    run_folder: PathBuf,
    config: Config,
    /// Hash of the settings and of the manifest.
    run: ContentHash,
    extract_parts: u32,
    tasks: Vec<Task>,
}

/// `tasks/plan.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: String,
    run: ContentHash,
    extract_parts: u32,
}

const FORMAT: &str = "radiograph plan 1";

impl Plan {
    /// Plans the run in `folder`, with the extraction of each network in `extract_parts` parts. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the run has no manifest; [`Error::Plan`] unless `1 <= extract_parts <= 1000`; [`Error::File`].
    pub fn new(folder: &RunFolder, config: &Config, extract_parts: u32) -> Result<Self, Error> {
        let tasks = task::all(config, extract_parts)?;
        let run = identity(folder)?;
        let run_folder = folder.path().to_owned();
        Ok(Self { run_folder, config: config.clone(), run, extract_parts, tasks })
    }

    /// Reads the plan that [`write`](Self::write) kept in the run folder.
    ///
    /// # Errors
    ///
    /// [`Error::Plan`] if there is none, or if the settings or the manifest changed since; [`Error::Damaged`] if it cannot be
    /// read.
    pub fn read(folder: &RunFolder, config: &Config) -> Result<Self, Error> {
        let path = folder.tasks().join("plan.json");
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(PlanError::NoPlan { run: folder.path().to_owned() }.into());
            }
            Err(source) => return Err(FileError::Read { path, source }.into()),
        };
        let kept: Kept = serde_json::from_slice(&text).map_err(|error| Error::damaged(&path, error))?;
        if kept.format != FORMAT {
            return Err(Error::damaged(path, format!("its format is not `{FORMAT}`")));
        }
        let plan = Self::new(folder, config, kept.extract_parts)?;
        if plan.run != kept.run {
            return Err(PlanError::OtherRun { path }.into());
        }
        Ok(plan)
    }

    /// Number of parts of the plan in the run folder, also if it is that of other settings; `None` if there is none.
    pub fn kept_parts(folder: &RunFolder) -> Option<u32> {
        let kept: Kept = serde_json::from_slice(&fs::read(folder.tasks().join("plan.json")).ok()?).ok()?;
        (kept.format == FORMAT).then_some(kept.extract_parts)
    }

    /// Keeps the plan in the run folder, `tasks/plan.json`.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be written.
    pub fn write(&self) -> Result<(), Error> {
        let folder = self.folder();
        create_folder(&folder)?;
        let kept = Kept { format: FORMAT.to_owned(), run: self.run, extract_parts: self.extract_parts };
        write_json(&folder.join("plan.json"), &kept)
    }

    /// Name of this list of tasks: another run, other settings or another number of parts have another name.
    pub fn id(&self) -> String {
        let mut hashing = ContentHashing::new();
        hashing.update(self.run.as_bytes());
        hashing.update(&self.extract_parts.to_le_bytes());
        hashing.finish().short()
    }

    /// Requires that a list of tasks that somebody holds is this one.
    ///
    /// # Errors
    ///
    /// [`PlanError::OtherList`] if its name is another.
    pub fn require(&self, id: &str) -> Result<(), PlanError> {
        if id == self.id() {
            return Ok(());
        }
        Err(PlanError::OtherList { asked: id.chars().take(40).collect(), found: self.id() })
    }

    /// Whether the settings compute on a GPU.
    pub fn uses_gpu(&self) -> bool {
        self.config.compute.device.starts_with("cuda")
    }

    /// Every task.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The phases that have tasks, in order.
    pub fn phases(&self) -> Vec<Phase> {
        let mut phases: Vec<Phase> = self.tasks.iter().map(|task| task.phase).collect();
        phases.sort_unstable();
        phases.dedup();
        phases
    }

    /// The task of this name.
    ///
    /// # Errors
    ///
    /// [`PlanError::UnknownTask`] if there is none.
    pub fn task(&self, name: &str) -> Result<&Task, PlanError> {
        let unknown = || PlanError::UnknownTask { name: name.chars().take(80).collect() };
        self.tasks.iter().find(|task| task.name == name).ok_or_else(unknown)
    }

    /// The task with this number, from 1, in its phase.
    ///
    /// # Errors
    ///
    /// [`PlanError::UnknownNumber`] if there is none.
    pub fn numbered(&self, phase: Phase, number: usize) -> Result<&Task, PlanError> {
        let mut tasks = self.tasks.iter().filter(|task| task.phase == phase);
        let count = tasks.clone().count();
        tasks.find(|task| task.number == number).ok_or(PlanError::UnknownNumber { phase, number, count })
    }

    /// The tasks that a task needs.
    pub fn needs(&self, task: &Task) -> Vec<&Task> {
        let start = self.config.training.fold_start;
        let needs = |other: &&Task| match (&task.work, &other.work) {
            (Work::Train(own), Work::Extract { network, .. }) => own.model.network == *network,
            (Work::Train(own), Work::Train(other)) => own.needs(other, start),
            (Work::Average(ensemble), Work::Train(other)) => {
                other.part == TrainingPart::Tested && ensemble.members.contains(&other.model)
            }
            (Work::Explain(model), Work::Train(other)) => {
                other.part == TrainingPart::Tested && model.members().contains(&other.model)
            }
            (Work::Explain(model), Work::Average(other)) => model.name() == other.name,
            _ => false,
        };
        self.tasks.iter().filter(needs).collect()
    }

    /// `tasks/`.
    pub fn folder(&self) -> PathBuf {
        self.run_folder.join("tasks")
    }

    /// Requires that all tasks are done and that their files are as they wrote them. Returns the marks, in the order of the
    /// tasks.
    ///
    /// # Errors
    ///
    /// [`PlanError::Unfinished`] with all tasks that are missing, [`PlanError::Changed`] with the first file that differs.
    pub fn finished(&self) -> Result<Vec<TaskMark>, Error> {
        let marks: Vec<Option<TaskMark>> = self.tasks.iter().map(|task| self.mark(task)).collect();
        let missing: Vec<String> = (self.tasks.iter().zip(&marks))
            .filter(|(_, mark)| mark.is_none())
            .map(|(task, _)| task.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(PlanError::Unfinished { missing, all: self.tasks.len() }.into());
        }
        let marks: Vec<TaskMark> = marks.into_iter().flatten().collect();
        for (task, mark) in self.tasks.iter().zip(&marks) {
            for (file, hash) in mark.outputs() {
                let path = self.run_folder.join(file);
                if !path.is_file() || ContentHash::of_file(&path)? != *hash {
                    return Err(PlanError::Changed { task: task.name.clone(), path }.into());
                }
            }
        }
        Ok(marks)
    }

    /// Files that exist after a task, from the run folder. Features are in stores, which check themselves.
    fn outputs(&self, task: &Task) -> Vec<PathBuf> {
        let folds = 1..=self.config.training.folds;
        let files: Vec<String> = match &task.work {
            Work::Extract { .. } => Vec::new(),
            Work::Train(training) => match training.part {
                TrainingPart::Fold(number) => ["model.safetensors", "model.json", "history.csv"]
                    .map(|file| format!("fold-{number}/{file}"))
                    .to_vec(),
                TrainingPart::Tested => {
                    let record = match training.model.baseline {
                        Some(Baseline::LinearProbe) => "probe.json",
                        _ => "training.json",
                    };
                    [record, "predictions.csv", "frozen.json", "model.json", "model.safetensors"]
                        .map(str::to_owned)
                        .into_iter()
                        .chain(folds.map(|fold| format!("fold-{fold}/predictions.csv")))
                        .collect()
                }
            },
            Work::Average(_) => {
                ["ensemble.json", "predictions.csv", "frozen.json"].map(str::to_owned).to_vec()
            }
            Work::Explain(_) => vec!["explanations.json".to_owned()],
        };
        let folder = PathBuf::from(task.work.folder());
        let there =
            |file: String| Some(folder.join(file)).filter(|path| self.run_folder.join(path).is_file());
        files.into_iter().filter_map(there).collect()
    }
}

/// Hash of the settings and of the manifest.
fn identity(folder: &RunFolder) -> Result<ContentHash, Error> {
    let manifest = folder.manifest();
    if !manifest.is_file() {
        return Err(Error::Missing { path: manifest, stage: Stage::Assemble });
    }
    let mut hashing = ContentHashing::new();
    hashing.update(b"radiograph plan 1");
    for path in [folder.config(), manifest] {
        hashing.update(ContentHash::of_file(&path)?.as_bytes());
    }
    Ok(hashing.finish())
}

#[cfg(test)]
mod tests;
