//! `radiograph slurm`: writes the script that submits the tasks of a run to Slurm.

mod script;

use std::{path::PathBuf, process::Command};

use self::script::Script;
use super::plan::planned;
use crate::{exit::Exit, failure::Failure, output};

/// Write the script that submits the tasks of a run to Slurm: RUN/tasks/submit.sh
///
/// The run must be assembled, in a folder that the nodes share. The script submits one array for each phase of the plan, each
/// after the one before, and `collect` last. Tasks that are done are left out, so the same command goes on after a failure.
/// Nothing is submitted without --submit; read the script first.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph slurm runs/first --time 2:00:00 --mem 8G --dry-run")]
pub(crate) struct Arguments {
    /// Folder of a run that `run` or `assemble` began
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Number of parts of each network's extraction [default: that of the plan in the run folder, or 1]
    #[arg(long, value_name = "N")]
    extract_parts: Option<u32>,

    /// The script on standard output; nothing is written
    #[arg(long, conflicts_with = "submit")]
    dry_run: bool,

    /// Submit the tasks as well
    #[arg(long)]
    submit: bool,

    #[command(flatten)]
    resources: Resources,
}

/// Resources of each job.
#[derive(clap::Args)]
struct Resources {
    /// Wall-clock limit of one job; a task that needs longer continues in another job
    #[arg(long, default_value = "4:00:00", value_name = "TIME", help_heading = RESOURCES)]
    time: String,

    /// Cores of one job
    #[arg(long, default_value_t = 4, value_name = "N", help_heading = RESOURCES)]
    cpus: u32,

    /// Memory of one job
    #[arg(long, default_value = "16G", value_name = "SIZE", help_heading = RESOURCES)]
    mem: String,

    /// GPUs of one job [default: 1 if the setting compute.device is a GPU]
    #[arg(long, value_name = "N", help_heading = RESOURCES)]
    gpus: Option<u32>,

    /// Partition
    #[arg(long, value_name = "NAME", help_heading = RESOURCES)]
    partition: Option<String>,

    /// Account
    #[arg(long, value_name = "NAME", help_heading = RESOURCES)]
    account: Option<String>,

    /// Maximum number of jobs of an array that run at once
    #[arg(long, value_name = "N", help_heading = RESOURCES)]
    at_most: Option<u32>,

    /// Seconds before the time limit at which a job stops and asks for another start
    #[arg(long, default_value_t = 120, value_name = "SECONDS", help_heading = RESOURCES)]
    notice: u32,

    /// A further option of sbatch, such as --sbatch=--constraint=a100
    #[arg(long = "sbatch", value_name = "OPTION", help_heading = RESOURCES)]
    others: Vec<String>,
}

const RESOURCES: &str = "Resources of each job";

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let plan = planned(&arguments.run, arguments.extract_parts)?;
    let program = std::env::current_exe().map_err(|error| Failure::from(error).at("this program"))?;
    let run =
        arguments.run.canonicalize().map_err(|error| Failure::from(error).at(arguments.run.display()))?;
    let options = arguments.resources.options(plan.uses_gpu());
    let at_most = arguments.resources.at_most;
    let text = Script { run: &run, program: &program, plan: &plan, options: &options, at_most }.to_string();
    if arguments.dry_run {
        output::write(text.as_bytes())?;
        return Ok(Exit::Done);
    }
    plan.write()?;
    let path = plan.folder().join("submit.sh");
    radiograph_files::write_bytes(&path, text.as_bytes())?;
    if !arguments.submit {
        output::line(format!("{}: read it, then run `bash {0}`", path.display()))?;
        return Ok(Exit::Done);
    }
    let submitted = Command::new("bash").arg(&path).status();
    match submitted.map_err(|error| Failure::from(error).at("bash"))? {
        status if status.success() => Ok(Exit::Done),
        status => {
            Err(Failure::machine(format!("{} ended with {status}; its messages are above", path.display())))
        }
    }
}

impl Resources {
    fn options(&self, uses_gpu: bool) -> Vec<String> {
        let mut options = vec![
            format!("--time={}", self.time),
            format!("--cpus-per-task={}", self.cpus),
            format!("--mem={}", self.mem),
        ];
        match self.gpus.unwrap_or(u32::from(uses_gpu)) {
            0 => {}
            gpus => options.push(format!("--gres=gpu:{gpus}")),
        }
        options.extend(self.partition.iter().map(|name| format!("--partition={name}")));
        options.extend(self.account.iter().map(|name| format!("--account={name}")));
        options.push(format!("--signal=B:USR1@{}", self.notice));
        options.extend(self.others.iter().cloned());
        options
    }
}
