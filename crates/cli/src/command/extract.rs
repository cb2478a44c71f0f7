//! `radiograph extract`: computes the features of a run's images with its frozen networks, and stores them.

use radiograph::Extracted;
use radiograph_run::Share;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::BegunRun};

/// Extract the features of a run's images with its frozen networks
///
/// The same command continues an interrupted extraction. Stored features are not computed again. Several processes share the
/// work if each takes a part: --part 1/2 and --part 2/2, at the same time or one after the other. In a job array, --part auto
/// takes the part that the scheduler's environment names (Slurm, Grid Engine, PBS, LSF, AWS Batch, Kubernetes).
///
/// Exit code 1: an image cannot be read, and is left out.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph extract runs/first --part 1/2")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: BegunRun,

    /// Share of the images that this process extracts, such as 1/2; auto or auto/2 in a job array
    #[arg(long, default_value = "1/1", value_name = "I/N")]
    part: Share,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let part = arguments.part.part_here()?;
    let extracted = arguments.run.open_part(part, &mut watch)?.extract(part)?;
    let exit = Exit::complete(extracted.iter().all(|network| network.left_out.is_empty()));
    if arguments.json {
        output::json(&extracted)?;
        return Ok(exit);
    }
    for Extracted { network, computed, present, left_out, .. } in &extracted {
        output::line(format!(
            "{network}: {computed} feature maps extracted, {present} stored before, {} images left out",
            left_out.len()
        ))?;
        for (id, reason) in left_out {
            output::line(format!("    {id}: {reason}"))?;
        }
    }
    Ok(exit)
}
