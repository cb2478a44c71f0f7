//! `radiograph completions`: prints a completion script for a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{Program, exit::Exit, failure::Failure, output};

/// Print a completion script for a shell
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph completions bash > radiograph.bash")]
pub(crate) struct Arguments {
    /// Shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Program::command(), "radiograph", &mut script);
    output::write(&script)?;
    Ok(Exit::Done)
}
