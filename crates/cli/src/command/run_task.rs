//! `radiograph run-task`: does one task of a run's plan.

use std::path::PathBuf;

use radiograph::{Pipeline, TaskEnd};
use radiograph_run::{Phase, Plan, PlanError, Task};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress};

/// Do one task of a run, as `plan` lists them
///
/// Other processes may do other tasks of the run at the same time, on any machine that shares the run folder. An interrupted task
/// continues where it was. SIGTERM and SIGUSR1 stop it at the next safe point with exit code 75, which asks for another start;
/// exit code 0 means that the task is done. With exit code 4 another process may be doing it, and after Ctrl-C the exit code is
/// 130; every other code means that it failed.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph run-task runs/first --all")]
pub(crate) struct Arguments {
    /// Folder of a run with a plan
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Name of the task
    #[arg(value_name = "TASK", required_unless_present_any = ["phase", "all"], conflicts_with_all = ["phase", "all"])]
    task: Option<String>,

    /// Phase of the task, such as extract, instead of its name
    #[arg(long, requires = "number", conflicts_with = "all")]
    phase: Option<Phase>,

    /// Number of the task in its phase, from 1
    #[arg(long, value_name = "N", requires = "phase")]
    number: Option<usize>,

    /// All tasks that are left, one after another
    #[arg(long)]
    all: bool,

    /// Name of the plan that the number was read from; a plan of another name is refused
    #[arg(long, value_name = "ID")]
    plan: Option<String>,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

/// Output of `--json`.
#[derive(Serialize)]
struct Ended<'t> {
    task: &'t str,
    done_before: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let mut pipeline = Pipeline::shared(None, &arguments.run, &mut watch)?;
    let plan = Plan::read(pipeline.folder(), pipeline.config())?;
    if let Some(id) = &arguments.plan {
        plan.require(id).map_err(radiograph_run::Error::from)?;
    }
    let one = |task: Result<&Task, PlanError>| -> Result<Vec<Task>, Failure> {
        Ok(vec![task.map_err(radiograph_run::Error::from)?.clone()])
    };
    let tasks = match (&arguments.task, arguments.phase, arguments.number) {
        (Some(name), ..) => one(plan.task(name))?,
        (_, Some(phase), Some(number)) => one(plan.numbered(phase, number))?,
        _ => plan.tasks().iter().filter(|task| !plan.is_done(task)).cloned().collect(),
    };
    let mut ended = Vec::with_capacity(tasks.len());
    for task in &tasks {
        let done_before = pipeline.do_task(&plan, task)? == TaskEnd::WasDone;
        ended.push(Ended { task: &task.name, done_before });
        if !arguments.json {
            output::line(format!("{}: {}", task.name, if done_before { "was done before" } else { "done" }))?;
        }
    }
    if arguments.json {
        output::json(&ended)?;
    }
    Ok(Exit::Done)
}
