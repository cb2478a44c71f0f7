//! `radiograph report`: writes the report page and the figures of a run.

use serde::Serialize;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::BegunRun};

/// Write the report of a run: report.html, claim.md and figures/
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph report runs/first")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: BegunRun,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

/// Output of `--json`.
#[derive(Serialize)]
struct Written {
    report: std::path::PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let report = arguments.run.open(&mut watch)?.report()?;
    if arguments.json {
        output::json(&Written { report })?;
    } else {
        output::line(report.display())?;
    }
    Ok(Exit::Done)
}
