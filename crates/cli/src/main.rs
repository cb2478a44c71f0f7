//! The program `radiograph`: the stages of a run, and tools for images, tables and weights.

mod command;
#[cfg(all(test, feature = "libtorch"))]
mod documented;
mod exit;
mod failure;
mod interrupt;
mod notice;
mod output;
mod progress;
mod settings;

use std::process::ExitCode;

use clap::{
    Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{command::Command, exit::Exit};

/// Classify chest X-rays by transfer learning, and measure how far the scores can be trusted
///
/// A run is a folder: `run` does all of its stages, and `assemble`, `extract`, `train`, `evaluate`, `explain`, `audit`, `repeat` and `report`
/// do one each. Not a medical device.
#[derive(Parser)]
#[command(name = "radiograph", version, after_help = after_help(), max_term_width = 110)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

/// Text at the end of `radiograph --help`.
fn after_help() -> String {
    let mut text = exit::table();
    if cfg!(not(feature = "libtorch")) {
        text += &format!("\n\nNot in this build, which has no libtorch: {}", command::LIBTORCH.join(", "));
    }
    text
}

fn main() -> ExitCode {
    let program = match Program::try_parse() {
        Ok(program) => program,
        Err(error) => return refuse(&error),
    };
    match program.command.run() {
        Ok(exit) => exit.into(),
        Err(failure) => {
            notice::line(format!("error: {}", failure.message));
            failure.exit.into()
        }
    }
}

/// Prints clap's help or error. A command that is missing from this build is reported as such, not as unknown.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand)
        && command::LIBTORCH.contains(&name.as_str())
    {
        notice::line(format!(
            "error: `{name}` computes with libtorch, and this program was built without it (feature `libtorch`)"
        ));
        return Exit::Usage.into();
    }
    // Nobody can be told that the terminal is gone.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Program, command};

    #[test]
    fn the_command_line_is_well_defined() {
        Program::command().debug_assert();
    }

    #[test]
    fn commands_that_need_libtorch_are_in_builds_that_have_it() {
        for name in command::LIBTORCH {
            let found = Program::command().find_subcommand(name).is_some();
            assert_eq!(found, cfg!(feature = "libtorch"), "{name}");
        }
    }
}
