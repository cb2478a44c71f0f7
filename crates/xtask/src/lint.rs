//! `cargo xtask lint`: checks formatting, spelling, licences and sources of dependencies, clippy, documentation.
//!
//! The cheapest checks come first. Checks that could not run are listed at the end.

use std::{path::Path, path::PathBuf, process::Command};

use crate::{
    advisories::{self, Outcome},
    cache::Cache,
    checkout::Checkout,
    cycles,
    error::Error,
    kepler, run, say, setup,
};

/// Versions of the tools that are fetched if the machine has none. Both tools are dual-licensed MIT or Apache-2.0.
const CARGO_DENY: &str = "0.20.2";
const TYPOS: &str = "1.52.0";

/// Runs every check and returns those that could not run.
pub(crate) fn lint(checkout: &Checkout) -> Result<Vec<String>, Error> {
    let mut skipped = Vec::new();
    let in_checkout = |mut command: Command| {
        command.current_dir(checkout.root());
        command
    };
    let mut format = in_checkout(run::cargo());
    run::check(format.args(["fmt", "--all", "--check"]))?;
    let seen = cycles::check(checkout)?;
    say(&format!(
        "{} modules of {} crates, {} paths between them, no cycle",
        seen.modules, seen.crates, seen.edges
    ));
    match typos() {
        Ok(program) => run::check(&mut in_checkout(Command::new(program)))?,
        Err(error) => skipped.push(format!("spelling: {error}")),
    }
    match cargo_deny() {
        Ok(program) => deny(&program, checkout, &mut skipped)?,
        Err(error) => skipped.push(format!("licences, bans and sources: {error}")),
    }
    if !kepler::lock_fits(checkout)? {
        return Err(Error::LockStale { file: kepler::LOCK_FILE });
    }
    let ready = setup::prepare(None, checkout)?;
    run::check(ready.cargo("clippy")?.args(["--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    let mut documentation = ready.cargo("doc")?;
    run::check(documentation.args(["--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
    for what in &skipped {
        say(&format!("SKIPPED {what}"));
    }
    say(&format!("lint passed, {} checks skipped", skipped.len()));
    Ok(skipped)
}

fn deny(program: &Path, checkout: &Checkout, skipped: &mut Vec<String>) -> Result<(), Error> {
    // Both lock files: a dependency of the kepler lane is shipped as well.
    for folder in [checkout.root().to_owned(), kepler::workspace(checkout)?] {
        let mut command = Command::new(program);
        run::check(command.current_dir(&folder).args([
            "--workspace",
            "check",
            "bans",
            "licenses",
            "sources",
        ]))?;
    }
    for folder in [checkout.root().to_owned(), kepler::workspace(checkout)?] {
        if let Outcome::Skipped(why) = advisories::check(program, &folder)? {
            skipped.push(why);
            break;
        }
    }
    Ok(())
}

/// Path of the spelling checker: from PATH, else from a Python package that is put into the cache.
fn typos() -> Result<PathBuf, Error> {
    if answers("typos") {
        return Ok(PathBuf::from("typos"));
    }
    let folder = Cache::of_user()?.folder("tools")?.join(format!("typos-{TYPOS}"));
    let program = folder.join("bin/typos");
    if !program.is_file() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"]);
        run::check(pip.arg(&folder).arg(format!("typos=={TYPOS}")))?;
    }
    Ok(program)
}

/// Path of the dependency checker: from PATH, else built into the cache once, which takes minutes.
fn cargo_deny() -> Result<PathBuf, Error> {
    if answers("cargo-deny") {
        return Ok(PathBuf::from("cargo-deny"));
    }
    let folder = Cache::of_user()?.folder("tools")?.join(format!("cargo-deny-{CARGO_DENY}"));
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        say("cargo-deny is not on this machine: building it once, which takes some minutes");
        let mut install = run::cargo();
        // Unoptimised: it works for seconds, and optimising it takes minutes.
        install.args([
            "install",
            "--debug",
            "--quiet",
            "--locked",
            "cargo-deny",
            "--version",
            CARGO_DENY,
            "--root",
        ]);
        run::check(install.arg(&folder).env_remove("LIBTORCH").env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    Ok(program)
}

fn answers(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
