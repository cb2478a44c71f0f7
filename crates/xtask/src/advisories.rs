//! Checks the lock file against the RustSec advisory database, and reports if this check could not run.
//!
//! A check that could not run is an error if the database's host can be reached, because the cause is then not the
//! network. Other hosts are no evidence: a machine may reach its crate registry and nothing else.

use std::{path::Path, process::Command};

use crate::{error::Error, run};

/// Address of the database, as in `deny.toml`.
const DATABASE: &str = "https://github.com/RustSec/advisory-db";

/// Whether the check ran.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Checked,
    /// Not checked; the text gives the reason.
    Skipped(String),
}

/// Runs the check with this cargo-deny.
///
/// # Errors
/// [`Error::CommandFailed`] for an advisory without an exception, [`Error::Advisories`] if the database was not fetched
/// although it can be reached.
pub(crate) fn check(cargo_deny: &Path, workspace: &Path) -> Result<Outcome, Error> {
    check_with(cargo_deny, workspace, || answers("curl", DATABASE))
}

fn check_with(
    cargo_deny: &Path,
    workspace: &Path,
    host_answers: impl FnOnce() -> bool,
) -> Result<Outcome, Error> {
    let mut fetch = Command::new(cargo_deny);
    fetch.current_dir(workspace).args(["fetch", "db"]);
    if run::succeeds(&mut fetch)? {
        let mut check = Command::new(cargo_deny);
        run::check(check.current_dir(workspace).args(["--workspace", "check", "advisories"]))?;
        return Ok(Outcome::Checked);
    }
    if host_answers() {
        return Err(Error::Advisories { url: DATABASE.to_owned(), command: run::in_words(&fetch) });
    }
    Ok(Outcome::Skipped(format!("advisories: {DATABASE} cannot be reached from this machine")))
}

/// Whether the address delivers the expected content within half a minute. An error page of a proxy does not count.
fn answers(curl: &str, url: &str) -> bool {
    let mut command = Command::new(curl);
    command.args([
        "--head",
        "--location",
        "--silent",
        "--fail",
        "--connect-timeout",
        "10",
        "--max-time",
        "30",
    ]);
    // Without curl nobody knows; that is as much as a host that does not answer.
    command.arg(url).output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

    use super::*;
    use crate::checkout::Checkout;

    /// A substitute for cargo-deny: its `fetch` and `check` end with these statuses.
    fn cargo_deny(folder: &Path, fetch: u8, check: u8) -> PathBuf {
        let program = folder.join(format!("cargo-deny-{fetch}-{check}"));
        let script = format!("#!/bin/sh\ncase \"$*\" in *fetch*) exit {fetch};; *) exit {check};; esac\n");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    #[test]
    fn a_check_that_did_not_take_place_is_an_error_if_the_host_answers() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        let unasked = || panic!("the host is asked only if the database was not fetched");
        assert_eq!(check_with(&cargo_deny(place, 0, 0), place, unasked).unwrap(), Outcome::Checked);
        let found = check_with(&cargo_deny(place, 0, 1), place, unasked);
        assert!(matches!(found, Err(Error::CommandFailed { .. })), "{found:?}");
        let broken = cargo_deny(place, 1, 0);
        assert!(matches!(check_with(&broken, place, || true), Err(Error::Advisories { .. })));
        let Outcome::Skipped(why) = check_with(&broken, place, || false).unwrap() else {
            panic!("not skipped")
        };
        assert!(why.contains("advisories") && why.contains(DATABASE), "{why}");
    }

    #[test]
    fn a_host_that_does_not_answer_is_not_reached() {
        assert!(!answers("curl", "http://127.0.0.1:1/"));
        assert!(!answers("/nowhere/curl", DATABASE));
    }

    /// An exception without a reason cannot be reviewed.
    #[test]
    fn exceptions_have_reasons_and_the_database_is_the_one_that_is_asked() {
        let text = fs::read_to_string(Checkout::this().root().join("deny.toml")).unwrap();
        let settings: toml::Table = text.parse().unwrap();
        let advisories = settings["advisories"].as_table().unwrap();
        assert_eq!(advisories["db-urls"].as_array().unwrap(), &[toml::Value::from(DATABASE)]);
        let has_reason = |exception: &toml::Value| {
            exception.get("reason").and_then(toml::Value::as_str).is_some_and(|reason| reason.len() > 20)
        };
        for exception in advisories["ignore"].as_array().unwrap() {
            assert!(has_reason(exception), "{exception} has no reason");
        }
        for exception in settings["licenses"]["exceptions"].as_array().unwrap() {
            // cargo-deny knows no reason here, so it stands in the comment above the entry.
            let package = exception["crate"].as_str().unwrap();
            let line =
                text.lines().position(|line| line.contains(&format!("crate = \"{package}\""))).unwrap();
            assert!(text.lines().nth(line - 1).unwrap().trim().starts_with("# "), "{package} has no reason");
        }
    }
}
