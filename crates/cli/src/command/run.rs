//! `radiograph run`: runs all stages of a run.

use radiograph::{Cost, Outcome};

use super::scores::Scores;
use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::Settings};

/// Train and test classifiers of chest X-rays, and measure what their scores are worth
///
/// Assembles the collections below a folder, unites same pictures and patients into groups, splits, extracts features
/// with frozen networks, trains heads with cross-validation, tests once, compares, explains and writes the report. A run
/// that was interrupted continues with the same command.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  radiograph run runs/first --data phantoms/collections --config demo.toml"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    settings: Settings,

    /// JSON on standard output instead of tables
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let Outcome { evaluated, costs, report, .. } = arguments.settings.open_pipeline(&mut watch)?.run()?;
    let scores = Scores::of(&evaluated);
    if arguments.json {
        output::json(&scores)?;
        return Ok(Exit::Done);
    }
    scores.print()?;
    output::line(format!("\n{}", in_words(&costs)))?;
    output::line(format!("report: {}", report.display()))?;
    Ok(Exit::Done)
}

fn in_words(costs: &Cost) -> String {
    let mut text = format!("{:<34} {:>10} {:>12}\n", "stage", "seconds", "peak memory");
    for cost in &costs.stages {
        let peak =
            cost.peak_bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} MB", bytes >> 20));
        text += &format!("{:<34} {:>10.1} {peak:>12}\n", format!("{} {}", cost.stage, cost.of), cost.seconds);
    }
    text
}
