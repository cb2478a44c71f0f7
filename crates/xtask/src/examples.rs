//! Builds and runs the example programs. They take no arguments, and each is stopped after three minutes.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use serde::Deserialize;

use crate::{checkout::Checkout, error::Error, run, say, setup};

/// Time after which an example is stopped. They take seconds on an idle machine.
const LONGEST: Duration = Duration::from_secs(180);

/// Builds every example of the workspace and runs each one in an empty folder.
///
/// # Errors
/// [`Error::NoExamples`] if there is no example; the errors of running a command if one fails.
pub(crate) fn run_all(checkout: &Checkout) -> Result<(), Error> {
    let ready = setup::prepare(None, checkout)?;
    let mut cargo = ready.cargo("build")?;
    // The whole workspace, as for the tests: another selection has other features and would be built anew.
    cargo.args(["--workspace", "--examples", "--message-format=json-render-diagnostics"]);
    let messages = run::output(&mut cargo)?;
    let programs = programs(&String::from_utf8_lossy(&messages), "example");
    if programs.is_empty() {
        return Err(Error::NoExamples);
    }
    for program in &programs {
        let place = tempfile::tempdir().map_err(Error::io("a temporary folder"))?;
        let mut command = Command::new(program);
        run::within(command.current_dir(place.path()).stdout(Stdio::null()), LONGEST)?;
    }
    say(&format!("{} examples ran", programs.len()));
    Ok(())
}

/// One line of cargo's build messages.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    executable: Option<PathBuf>,
    #[serde(default)]
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// The programs that cargo built as `kind`, from its messages.
pub(crate) fn programs(messages: &str, kind: &str) -> Vec<PathBuf> {
    let is_of_kind = |message: &Message| message.target.as_ref().is_some_and(|target| target.kind == [kind]);
    let mut programs: Vec<PathBuf> = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(is_of_kind)
        .filter_map(|message| message.executable)
        .collect();
    programs.sort();
    programs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_examples_are_run() {
        let messages = r#"{"reason":"compiler-artifact","target":{"kind":["lib"]},"executable":null}
{"reason":"compiler-artifact","target":{"kind":["example"]},"executable":"/t/examples/metrics"}
{"reason":"compiler-artifact","target":{"kind":["bin"]},"executable":"/t/radiograph"}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(programs(messages, "example"), [PathBuf::from("/t/examples/metrics")]);
        assert_eq!(programs(messages, "bin"), [PathBuf::from("/t/radiograph")]);
    }
}
