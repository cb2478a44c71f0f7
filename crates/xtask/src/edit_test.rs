//! `cargo xtask loop`: measures the time from a one-line edit in a crate to the end of its tests.
//!
//! It works on a copy of the checkout below `target/`, so that it does not edit the user's files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use serde::Deserialize;

use crate::{cache, checkout::Checkout, error::Error, run, say, setup};

/// Measure the seconds from a one-line edit in a crate to the end of its tests
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// Packages to edit [default: every one that needs no libtorch]
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Every package, those with libtorch too
    #[arg(long, conflicts_with = "packages")]
    workspace: bool,
    /// Edits of each package; the quickest counts
    #[arg(long, default_value_t = 1)]
    rounds: u32,
}

/// Prints one table row per package: seconds to compile after the edit, and seconds until its tests end.
pub(crate) fn measure(arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    let copy = copy(checkout)?;
    let packages = packages(arguments, &copy)?;
    // Only those that link it need it, and they find it by the link in the checkout.
    let libtorch = setup::prepare(None, checkout)?;
    let cargo = |words: &[&str]| {
        let mut cargo = run::cargo();
        cargo
            .current_dir(&copy)
            .args(words)
            .env("CARGO_TARGET_DIR", checkout.root().join("target/loop/target"));
        libtorch.describe_libtorch(&mut cargo);
        cargo
    };
    eprintln!("| package | compiled after | tests ended after |\n|---|---|---|");
    for package in &packages {
        let words = ["test", "--quiet", "--package", package.name.as_str()];
        // What the edit does not touch is compiled, and the tests have run once.
        succeed(&mut cargo(&words))?;
        let mut best: Option<(f64, f64)> = None;
        for _ in 0..arguments.rounds.max(1) {
            edit(&package.source()?)?;
            let started = Instant::now();
            succeed(cargo(&words).arg("--no-run"))?;
            let compiled = started.elapsed().as_secs_f64();
            succeed(&mut cargo(&words))?;
            let ended = started.elapsed().as_secs_f64();
            best = Some(best.filter(|(_, least)| *least <= ended).unwrap_or((compiled, ended)));
        }
        // There is at least one round.
        let (compiled, ended) = best.unwrap_or_default();
        eprintln!("| `{}` | {compiled:.1} s | {ended:.1} s |", package.name);
    }
    say("timings mean something on an idle machine only");
    Ok(())
}

fn succeed(command: &mut Command) -> Result<(), Error> {
    let words = run::in_words(command);
    let output =
        command.output().map_err(|source| Error::CommandMissing { command: words.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    eprintln!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Error::CommandFailed { command: words, status: output.status })
}

/// Copies every file that git tracks or would add. Unchanged files keep their modification time, so that cargo does not
/// compile them again in the next measurement.
fn copy(checkout: &Checkout) -> Result<PathBuf, Error> {
    let copy = checkout.root().join("target/loop/checkout");
    let mut git = Command::new("git");
    git.current_dir(checkout.root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = run::output(&mut git)?;
    let listed = String::from_utf8_lossy(&listed);
    let names: Vec<&str> = listed.split('\0').filter(|name| !name.is_empty()).collect();
    remove_others(&copy, &copy, &names)?;
    for name in names {
        let (from, to) = (checkout.root().join(name), copy.join(name));
        // A deleted file is listed until its deletion is staged.
        let Ok(bytes) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            continue;
        }
        let folder = to.parent().unwrap_or(&copy);
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        fs::write(&to, bytes).map_err(Error::io(&to))?;
    }
    Ok(copy)
}

/// Removes files that are no longer in the checkout, because cargo would treat them as tests or members.
fn remove_others(root: &Path, folder: &Path, names: &[&str]) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(Error::io(folder))?.path();
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let below = format!("{name}/");
        if names.iter().any(|kept| kept.starts_with(&below)) {
            remove_others(root, &path, names)?;
        } else if !names.contains(&name.as_str()) {
            cache::remove(&path)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_default_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: PathBuf,
}

impl Package {
    /// The largest source file, because most edits would be in it.
    fn source(&self) -> Result<PathBuf, Error> {
        let folder = self.manifest_path.parent().unwrap_or(&self.manifest_path);
        let mut found = Vec::new();
        let sources = folder.join("src");
        let sources = if sources.is_dir() { sources } else { folder.to_owned() };
        rust_files(&sources, &mut found)?;
        let editable = found
            .into_iter()
            .filter(|(_, path)| fs::read_to_string(path).is_ok_and(|text| place(&text).is_some()));
        editable.max().map(|(_, path)| path).ok_or(Error::NothingToEdit { package: self.name.clone() })
    }
}

fn rust_files(folder: &Path, found: &mut Vec<(u64, PathBuf)>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.is_dir() {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let bytes = fs::metadata(&path).map_err(Error::io(&path))?.len();
            found.push((bytes, path));
        }
    }
    Ok(())
}

fn packages(arguments: &Arguments, copy: &Path) -> Result<Vec<Package>, Error> {
    let mut cargo = run::cargo();
    cargo.current_dir(copy).args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = run::output(&mut cargo)?;
    let metadata: Metadata = serde_json::from_slice(&output)
        .map_err(|error| Error::Io { path: copy.join("Cargo.toml"), source: error.into() })?;
    for name in &arguments.packages {
        if !metadata.packages.iter().any(|package| package.name == *name) {
            return Err(Error::NothingToEdit { package: name.clone() });
        }
    }
    let wanted = |package: &Package| match &arguments.packages[..] {
        [] if arguments.workspace => true,
        [] => metadata.workspace_default_members.contains(&package.id),
        named => named.contains(&package.name),
    };
    Ok(metadata.packages.into_iter().filter(wanted).collect())
}

/// Inserts one line into the body of the first function, which moves every line below it.
fn edit(path: &Path) -> Result<(), Error> {
    let text = fs::read_to_string(path).map_err(Error::io(path))?;
    let at = place(&text).ok_or(Error::NothingToEdit { package: path.display().to_string() })?;
    fs::write(path, format!("{}        let _ = 0;\n{}", &text[..at], &text[at..])).map_err(Error::io(path))
}

/// The position after the opening line of the first function.
fn place(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let code = line.trim();
        let begins =
            code.starts_with("fn ") || code.starts_with("pub fn ") || code.starts_with("pub(crate) fn ");
        if begins && code.ends_with('{') {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edit_is_one_line_in_a_function() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.rs");
        let text = "//! A crate.\n\nconst X: u8 = 1;\n\npub fn f() -> u8 {\n    X\n}\n";
        fs::write(&path, text).unwrap();
        edit(&path).unwrap();
        let edited = fs::read_to_string(&path).unwrap();
        assert_eq!(edited, text.replace("{\n    X", "{\n        let _ = 0;\n    X"));
        assert_eq!(place("const X: u8 = 1;\ntrait T {\n    fn f();\n}\n"), None);
    }

    #[test]
    fn files_that_are_gone_do_not_stay_in_the_copy() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["crates/a/src/lib.rs", "crates/b/src/lib.rs", "Cargo.toml"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        remove_others(folder.path(), folder.path(), &["Cargo.toml", "crates/a/src/lib.rs"]).unwrap();
        assert!(folder.path().join("crates/a/src/lib.rs").is_file());
        assert!(folder.path().join("Cargo.toml").is_file());
        assert!(!folder.path().join("crates/b").exists());
    }
}
