//! `radiograph run`: runs all stages of a run.

use radiograph::{Audit, Cost, Extracted, Outcome, Spread, Unsearched};
use serde::Serialize;

use super::scores::{Scores, spread};
use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::NewRun};

/// Train and test classifiers of chest X-rays: all stages of a run
///
/// Assembles the collections below a folder, groups images of the same picture or patient, splits, extracts features with
/// frozen networks, trains heads with cross-validation, tests once, compares, explains, audits and writes the report. The same
/// command continues an interrupted run.
///
/// Exit code 1: the run is done, but a folder of images was left out (as in `assemble`), or an image of the manifest cannot
/// be read (as in `extract`).
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: NewRun,

    /// JSON on standard output instead of tables
    #[arg(long)]
    json: bool,
}

/// A run that ends in seconds: one network with random weights, few pixels, a small head.
const EXAMPLE: &str = "Example:
  radiograph run runs/first --data phantoms/collections --set \"backbones=['densenet121']\" \\
    --set weights.densenet121=random:1 --set head.layers.densenet121.units=8 \\
    --set \"head.layers.densenet121.dense=[8]\" --set baselines=false --set input.size=64 \\
    --set training.batch_size=8 --set training.epochs=5";

/// Output of `--json`.
#[derive(Serialize)]
struct Finished<'o> {
    #[serde(flatten)]
    scores: Scores<'o>,
    unsearched: &'o Unsearched,
    extracted: &'o [Extracted],
    audit: Option<&'o Audit>,
    #[serde(skip_serializing_if = "<[Spread]>::is_empty")]
    splits: &'o [Spread],
    report: &'o std::path::Path,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let outcome = arguments.run.open_pipeline(&mut watch)?.run()?;
    finished(&outcome, arguments.json)
}

/// Prints what a finished run found.
pub(super) fn finished(outcome: &Outcome, json: bool) -> Result<Exit, Failure> {
    let Outcome { unsearched, extracted, evaluated, audit, splits, costs, report, .. } = outcome;
    let scores = Scores::of(evaluated);
    if json {
        output::json(&Finished { scores, unsearched, extracted, audit: audit.as_ref(), splits, report })?;
    } else {
        scores.print()?;
        spread(splits)?;
        output::line(format!("\n{}", in_words(costs)))?;
        unsearched.sentences().try_for_each(output::line)?;
        extracted.iter().try_for_each(unread)?;
        if let Some(audit) = audit {
            output::line(format!("audit, {}: {}", audit.verdict, audit.sentence))?;
        }
        output::line(format!("report: {}", report.display()))?;
    }
    Ok(Exit::complete(outcome.is_complete()))
}

/// Prints the images that a network could not read.
fn unread(extracted: &Extracted) -> Result<(), Failure> {
    let Extracted { network, left_out, .. } = extracted;
    left_out
        .iter()
        .try_for_each(|(id, reason)| output::line(format!("{network}: {id} is left out: {reason}")))
}

fn in_words(costs: &Cost) -> String {
    let names: Vec<String> = costs.stages.iter().map(|cost| format!("{} {}", cost.stage, cost.of)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default().max("stage".len());
    let mut text = format!("{:<width$} {:>10} {:>12}\n", "stage", "seconds", "peak memory");
    for (cost, name) in costs.stages.iter().zip(names) {
        let peak =
            cost.peak_bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} MB", bytes >> 20));
        text += &format!("{name:<width$} {:>10.1} {peak:>12}\n", cost.seconds);
    }
    text
}
