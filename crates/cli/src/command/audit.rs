//! `radiograph audit`: asks what the classes of a run can be told from without looking at lungs.

use radiograph_run::Verdict;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::BegunRun};

/// Audit a run for shortcuts: is the score about lungs, or about where the picture came from?
///
/// Probes that cannot see lungs try to tell the class on the split of the run: from what was published beside the picture,
/// from its border, from the picture with its centre blacked out, and from its source alone. Two more try to tell the source
/// within one class. Writes audit.json. Before training, the audit is one of the data alone. After it, test images without
/// their centre, lungs or corners go through the model, and the place of its evidence is measured; a build without libtorch
/// leaves this out.
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
