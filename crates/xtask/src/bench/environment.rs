//! Makes the Python environment of the peers in the user's cache, from `benches/peers/requirements.txt`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cache::{self, Cache},
    checkout::Checkout,
    error::Error,
    fetch, run, say,
};

/// Requirements with exact versions, in the checkout.
const REQUIREMENTS: &str = "benches/peers/requirements.txt";
/// The list of all installed packages; it exists only if the installation finished.
const INSTALLED: &str = "installed.txt";

/// The interpreter of the environment, which is made if it does not exist. Other requirements, or another Python, need
/// another environment.
///
/// # Errors
/// [`Error::NoVenv`] if there is no Python with venv, [`Error::CommandFailed`] if pip fails.
pub(super) fn python(checkout: &Checkout, cache: &Cache) -> Result<PathBuf, Error> {
    let requirements = checkout.root().join(REQUIREMENTS);
    let system = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let name = format!("{}-{}", version(&system)?, &fetch::sha256(&requirements)?[..12]);
    let _held =
        cache.lock("peers", &name, || say("another command makes the peers' environment; waiting for it"))?;
    let folder = cache.folder("peers")?.join(&name);
    let python = folder.join("bin/python");
    if folder.join(INSTALLED).is_file() {
        return Ok(python);
    }
    say(&format!("the peers' packages go to {}; this takes minutes", folder.display()));
    // What an interrupted command left.
    cache::remove(&folder)?;
    run::check(Command::new(&system).args(["-m", "venv"]).arg(&folder))?;
    let mut pip = pip(&python);
    run::check(pip.args(["install", "--quiet", "--no-deps", "--requirement"]).arg(&requirements))?;
    let listed = run::output(self::pip(&python).arg("freeze"))?;
    let path = folder.join(INSTALLED);
    fs::write(&path, listed).map_err(Error::io(&path))?;
    Ok(python)
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--disable-pip-version-check"]);
    pip
}

/// Version of a Python that has venv, such as `3.11`.
fn version(python: &str) -> Result<String, Error> {
    let code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])";
    let answer = Command::new(python).args(["-c", code]).output();
    let printed = answer.ok().filter(|output| output.status.success());
    let text = printed.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok_or_else(|| Error::NoVenv { tried: python.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_python_is_told_in_one_sentence_with_its_remedy() {
        let error = version("no-such-python").unwrap_err().to_string();
        assert!(error.contains("no-such-python") && error.contains("python3-venv"), "{error}");
    }

    #[test]
    fn every_requirement_has_an_exact_version() {
        let text = fs::read_to_string(Checkout::this().root().join(REQUIREMENTS)).unwrap();
        let lines: Vec<&str> =
            text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        assert!(lines.len() > 20);
        for line in lines {
            let (name, version) = line.split_once("==").unwrap_or_else(|| panic!("{line} has no version"));
            assert!(!name.is_empty() && version.starts_with(|first: char| first.is_ascii_digit()), "{line}");
        }
    }
}
