//! `radiograph audit`: asks what the classes of a run can be told from without looking at lungs.

use radiograph_run::Verdict;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::BegunRun};

/// Audit a run for shortcuts: is the score about lungs, or about where the picture came from?
///
/// Four probes predict the class on the run's split: from the file's format, size and header, from the border of the picture, from
/// the picture with its centre blacked out, and from the source alone. Two more probes predict the source within one class.
/// Before training, the audit covers only the data. After training, the model also scores changed test images, such as those
/// without centre, lungs or corners, and the audit measures where its evidence lies. A build without libtorch skips that part.
/// Writes audit.json.
///
/// Exit code 1: with --strict, a shortcut was found.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph audit runs/first")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: BegunRun,

    /// Train the model's head again without each source, and on permuted labels: minutes to hours
    #[cfg(feature = "libtorch")]
    #[arg(long)]
    full: bool,

    /// Exit code 1 if a shortcut was found
    #[arg(long)]
    strict: bool,

    /// JSON on standard output instead of a table
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    #[cfg(feature = "libtorch")]
    let audited = {
        let mut pipeline = arguments.run.open_pipeline(&mut watch)?;
        if arguments.full { pipeline.audit_in_full()? } else { pipeline.audit()? }
    };
    #[cfg(not(feature = "libtorch"))]
    let audited = arguments.run.open(&mut watch)?.audit()?;
    let audit = audited.ok_or_else(|| {
        Failure::input(
            "the setting audit of this run is false; begin another run with --set audit.permutations=1999",
        )
    })?;
    if arguments.json {
        output::json(&audit)?;
    } else {
        output::line(&audit)?;
    }
    Ok(Exit::complete(!(arguments.strict && audit.verdict == Verdict::Found)))
}
