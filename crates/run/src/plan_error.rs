//! Errors of plans and of tasks.

use std::path::PathBuf;

use radiograph_features::PartError;

use crate::Phase;

/// Why a task cannot be done, or a plan cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The run has no plan.
    #[error("{} has no plan of its tasks", run.display())]
    NoPlan {
        /// The run folder.
        run: PathBuf,
    },
    /// The plan was made before the settings or the manifest changed.
    #[error("{} lists the tasks of another run: the settings or the manifest changed since", path.display())]
    OtherRun {
        /// The plan.
        path: PathBuf,
    },
    /// A list of tasks is not that of this run.
    #[error("the list of tasks is that of plan {asked}, and this run has plan {found}; list its tasks again")]
    OtherList {
        /// Name of the list.
        asked: String,
        /// Name of the run's plan.
        found: String,
    },
    /// The plan has no task of this name.
    #[error("this run has no task `{name}`")]
    UnknownTask {
        /// Name asked for.
        name: String,
    },
    /// A phase has no task of this number.
    #[error("the phase {phase} of this run has {count} tasks, and none has the number {number}")]
    UnknownNumber {
        /// The phase.
        phase: Phase,
        /// Number asked for.
        number: usize,
        /// Number of tasks of the phase.
        count: usize,
    },
    /// The number of parts is out of its range.
    #[error(transparent)]
    Parts(#[from] PartError),
    /// Another process does the task.
    #[error("another process is doing the task {name}; leave it to that process")]
    Busy {
        /// Name of the task.
        name: String,
    },
    /// A task needs others that are not done.
    #[error("the task {name} needs {}, which must be done first", listed(needs))]
    Needs {
        /// Name of the task.
        name: String,
        /// Names of the tasks that are not done.
        needs: Vec<String>,
    },
    /// Tasks are not done.
    #[error("{} of {all} tasks are not done: {}", missing.len(), listed(missing))]
    Unfinished {
        /// Names of all of them.
        missing: Vec<String>,
        /// Number of tasks of the plan.
        all: usize,
    },
    /// A file is not the one that a task wrote.
    #[error("{} is not as the task {task} wrote it; remove tasks/{task}.done from the run folder, and do that task again", path.display())]
    Changed {
        /// Name of the task.
        task: String,
        /// The file.
        path: PathBuf,
    },
    /// A store lacks features although its tasks are done.
    #[error(
        "{missing} feature maps of {network} are not stored although its tasks are done; remove tasks/extract-{network}-*.done from the run folder, and do these tasks again"
    )]
    LostFeatures {
        /// Network.
        network: String,
        /// Number of feature maps.
        missing: usize,
    },
}

/// The first names, and the number of the others.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
