//! Marks of finished tasks, and the claim of the one process that does a task.
//!
//! A mark is written last and as a whole. So a task that a killed process left has no mark, whatever else it left.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use radiograph_files::{ContentHash, FileError, FileLock, create_folder};
use serde::{Deserialize, Serialize};

use super::{Plan, Task};
use crate::{Error, PlanError, StageCost, json::write_json};

/// The mark of a finished task: `tasks/NAME.done`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskMark {
    format: String,
    /// Hash of the settings and the manifest.
    run: ContentHash,
    task: String,
    /// Time and memory of the process that finished it.
    pub costs: Vec<StageCost>,
    /// Ids of images that could not be read, with the reason.
    pub left_out: Vec<(String, String)>,
    outputs: BTreeMap<PathBuf, ContentHash>,
}

impl TaskMark {
    const FORMAT: &str = "radiograph task 1";

    /// The files that the task wrote, from the run folder, with their hashes.
    pub fn outputs(&self) -> impl Iterator<Item = (&Path, &ContentHash)> {
        self.outputs.iter().map(|(path, hash)| (path.as_path(), hash))
    }
}

/// The right to do a task, until the value is dropped.
#[derive(Debug)]
pub struct TaskClaim {
    _lock: FileLock,
}

impl Plan {
    /// The mark of a task if it is done in this run. A mark that cannot be read, or that another run left, is none.
    pub fn mark(&self, task: &Task) -> Option<TaskMark> {
        let text = fs::read(self.mark_path(task)).ok()?;
        let mark: TaskMark = serde_json::from_slice(&text).ok()?;
        (mark.format == TaskMark::FORMAT && mark.run == self.run && mark.task == task.name).then_some(mark)
    }

    /// Whether a task is done.
    pub fn is_done(&self, task: &Task) -> bool {
        self.mark(task).is_some()
    }

    /// Claims a task for this process.
    ///
    /// # Errors
    ///
    /// [`PlanError::Busy`] if another process does it, [`PlanError::Needs`] if it needs tasks that are not done;
    /// [`Error::File`] if the system refuses.
    pub fn claim(&self, task: &Task) -> Result<TaskClaim, Error> {
        create_folder(&self.folder())?;
        let path = self.folder().join(format!("{}.lock", task.name));
        let lock = FileLock::try_exclusive(&path).map_err(|source| FileError::Write { path, source })?;
        let Some(_lock) = lock else { return Err(PlanError::Busy { name: task.name.clone() }.into()) };
        let waiting = self.needs(task).into_iter().filter(|other| !self.is_done(other));
        let needs: Vec<String> = waiting.map(|other| other.name.clone()).collect();
        if !needs.is_empty() {
            return Err(PlanError::Needs { name: task.name.clone(), needs }.into());
        }
        Ok(TaskClaim { _lock })
    }

    /// Marks a claimed task as done.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if one of its files cannot be read or the mark cannot be written.
    pub fn finish(
        &self,
        task: &Task,
        claim: TaskClaim,
        costs: Vec<StageCost>,
        left_out: Vec<(String, String)>,
    ) -> Result<(), Error> {
        let hashed = |path: PathBuf| {
            let hash = ContentHash::of_file(&self.run_folder.join(&path))?;
            Ok((path, hash))
        };
        let outputs = self.outputs(task).into_iter().map(hashed).collect::<Result<_, Error>>()?;
        let mark = TaskMark {
            format: TaskMark::FORMAT.to_owned(),
            run: self.run,
            task: task.name.clone(),
            costs,
            left_out,
            outputs,
        };
        write_json(&self.mark_path(task), &mark)?;
        // Only now may another process look whether the task is done.
        drop(claim);
        Ok(())
    }

    fn mark_path(&self, task: &Task) -> PathBuf {
        self.folder().join(format!("{}.done", task.name))
    }
}
