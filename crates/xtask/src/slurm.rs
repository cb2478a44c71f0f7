//! The step `slurm`: builds the program and runs `tests/slurm/run.sh` with it.

use std::{process::Command, time::Instant};

use crate::{checkout::Checkout, error::Error, examples::programs, run, say, setup};

/// Exit code of a script that this machine cannot run, as test harnesses have it.
const SKIPPED: i32 = 77;

/// Tries a run on a Slurm of one node. Returns why it could not be tried, if so.
pub(crate) fn try_it(checkout: &Checkout) -> Result<Vec<String>, Error> {
    let ready = setup::prepare(None, checkout)?;
    let mut cargo = ready.cargo("build")?;
    // The whole workspace, as for the tests: another selection has other features and would be built anew.
    cargo.args(["--workspace", "--bins", "--message-format=json-render-diagnostics"]);
    let messages = run::output(&mut cargo)?;
    let built = programs(&String::from_utf8_lossy(&messages), "bin");
    let program = built.iter().find(|path| path.file_name().is_some_and(|name| name == "radiograph"));
    let Some(program) = program else { return Err(Error::NoExamples) };

    let mut script = Command::new("bash");
    script.arg(checkout.root().join("tests/slurm/run.sh")).arg(program);
    let words = run::in_words(&script);
    say(&words);
    let started = Instant::now();
    let output = script
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|source| Error::CommandMissing { command: words.clone(), source })?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().for_each(say);
    match output.status.code() {
        Some(SKIPPED) => {
            let last = text.lines().last().unwrap_or_default();
            Ok(vec![format!("slurm: {}", last.trim_start_matches("SKIPPED: "))])
        }
        _ if output.status.success() => {
            say(&format!("{words}: done in {:.0} s", started.elapsed().as_secs_f64()));
            Ok(Vec::new())
        }
        _ => Err(Error::CommandFailed { command: words, status: output.status }),
    }
}
