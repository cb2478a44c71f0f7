//! Runs other programs, prints their command lines, and turns failures into errors.

use std::{
    env,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::error::Error;

/// The cargo that started this program, else the one on PATH.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo told this program about its own package must not reach the cargo it starts.
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The command as a person would type it.
pub(crate) fn in_words(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Runs the command in this terminal. Prints the command and its time on standard error.
///
/// # Errors
/// [`Error::CommandMissing`] if it cannot be started, [`Error::CommandFailed`] if it fails.
pub(crate) fn check(command: &mut Command) -> Result<(), Error> {
    let words = in_words(command);
    crate::say(&words);
    let started = Instant::now();
    let status =
        command.status().map_err(|source| Error::CommandMissing { command: words.clone(), source })?;
    if !status.success() {
        return Err(Error::CommandFailed { command: words, status });
    }
    crate::say(&format!("{words}: done in {:.0} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// Runs the command and returns its standard output; its standard error goes to this terminal.
///
/// # Errors
/// [`Error::CommandMissing`] if it cannot be started, [`Error::CommandFailed`] if it fails.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, Error> {
    let words = in_words(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Error::CommandMissing { command: words.clone(), source })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Error::CommandFailed { command: words, status: output.status })
    }
}

/// Runs the command and stops it after `longest`. Prints the command and its time on standard error.
///
/// # Errors
/// [`Error::TooLong`] if it was stopped, else those of [`check`].
pub(crate) fn within(command: &mut Command, longest: Duration) -> Result<(), Error> {
    let words = in_words(command);
    let started = Instant::now();
    let mut child: Child = command
        .stdin(Stdio::null())
        .spawn()
        .map_err(|source| Error::CommandMissing { command: words.clone(), source })?;
    loop {
        match child.try_wait().map_err(Error::io(&words))? {
            Some(status) if status.success() => break,
            Some(status) => return Err(Error::CommandFailed { command: words, status }),
            None if started.elapsed() > longest => {
                // It is gone either way; a second failure says nothing new.
                let _ = child.kill().and_then(|()| child.wait());
                return Err(Error::TooLong { command: words, seconds: longest.as_secs() });
            }
            None => thread::sleep(Duration::from_millis(50)),
        }
    }
    crate::say(&format!("{words}: done in {:.0} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// Runs the command without output and returns whether it succeeded.
///
/// # Errors
/// [`Error::CommandMissing`] if it cannot be started.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, Error> {
    let words = in_words(command);
    let output = command.output().map_err(|source| Error::CommandMissing { command: words, source })?;
    Ok(output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_or_hangs_is_an_error() {
        let second = Duration::from_secs(1);
        within(&mut Command::new("true"), second).unwrap();
        assert!(matches!(within(&mut Command::new("false"), second), Err(Error::CommandFailed { .. })));
        let begin = Instant::now();
        let hanging = within(Command::new("sleep").arg("60"), Duration::from_millis(100));
        assert!(matches!(hanging, Err(Error::TooLong { .. })));
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
}
