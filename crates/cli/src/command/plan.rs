//! `radiograph plan`: lists the work of a run as tasks for a cluster.

use std::path::PathBuf;

use radiograph_run::{Phase, Plan, RunFolder};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, output};

/// List the work of a run as tasks that can run on many machines
///
/// The run must be assembled. Its tasks are parts of the extraction, folds, tested models, ensembles and explanations; all tasks
/// of one phase can run at once, on any machines that share the run folder. `run-task` does a task, and `collect` finishes the
/// run. Keeps the plan in RUN/tasks/plan.json.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph plan runs/first --tasks")]
pub(crate) struct Arguments {
    /// Folder of a run that `run` or `assemble` began
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Tasks that are left, as JSON lines, instead of a table of phases
    #[arg(long, conflicts_with = "json")]
    tasks: bool,

    /// Number of parts of each network's extraction [default: that of the plan in the run folder, or 1]
    #[arg(long, value_name = "N")]
    extract_parts: Option<u32>,

    /// JSON on standard output instead of a table
    #[arg(long)]
    json: bool,
}

/// A line of `--tasks`.
#[derive(Serialize)]
struct Line<'p> {
    task: &'p str,
    phase: Phase,
    number: usize,
    needs: Vec<&'p str>,
    plan: &'p str,
}

/// A line of the table.
#[derive(Serialize)]
struct OfPhase {
    phase: Phase,
    tasks: usize,
    left: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let plan = planned(&arguments.run, arguments.extract_parts)?;
    plan.write()?;
    if arguments.tasks {
        let id = plan.id();
        for task in plan.tasks().iter().filter(|task| !plan.is_done(task)) {
            let needs = plan.needs(task).into_iter().map(|other| other.name.as_str()).collect();
            let line = Line { task: &task.name, phase: task.phase, number: task.number, needs, plan: &id };
            output::line(serde_json::to_string(&line)?)?;
        }
        return Ok(Exit::Done);
    }
    let of_phase = |phase: Phase| {
        let mut tasks = plan.tasks().iter().filter(|task| task.phase == phase);
        let (all, left) = (tasks.clone().count(), tasks.by_ref().filter(|task| !plan.is_done(task)).count());
        OfPhase { phase, tasks: all, left }
    };
    let phases: Vec<OfPhase> = plan.phases().into_iter().map(of_phase).collect();
    if arguments.json {
        output::json(&phases)?;
        return Ok(Exit::Done);
    }
    output::line(format!("{:<10} {:>6} {:>6}", "phase", "tasks", "left"))?;
    for OfPhase { phase, tasks, left } in &phases {
        output::line(format!("{:<10} {tasks:>6} {left:>6}", phase.to_string()))?;
    }
    Ok(Exit::Done)
}

/// The plan of a run with this number of parts, or else with that of the plan in its folder.
pub(super) fn planned(run: &std::path::Path, extract_parts: Option<u32>) -> Result<Plan, Failure> {
    let (folder, config) = RunFolder::for_reading(run)?;
    let parts = match extract_parts {
        Some(parts) => parts,
        None => Plan::kept_parts(&folder).unwrap_or(1),
    };
    Ok(Plan::new(&folder, &config, parts)?)
}
