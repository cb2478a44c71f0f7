//! Runs the fuzz targets, or compiles them alone, so that a change of a crate cannot break them unnoticed.
//!
//! Each `crates/*/fuzz` is a separate workspace, because fuzzing needs a nightly compiler. The stable compiler can
//! check the types; none of them asks for the `cfg` that cargo-fuzz sets.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{checkout::Checkout, error::Error, outside, run};

/// Fuzz every target for some time each; needs a nightly compiler and cargo-fuzz
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// Targets [default: all]
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Runs the targets one after another, from their seeds where they have some, until one finds a fault.
pub(crate) fn run(arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    let known = targets(checkout.root())?;
    if let Some(unknown) =
        arguments.targets.iter().find(|name| !known.iter().any(|(_, known)| known == *name))
    {
        let known = known.into_iter().map(|(_, name)| name).collect();
        return Err(Error::NoFuzzTarget { name: unknown.clone(), known });
    }
    for (folder, name) in known {
        if !arguments.targets.is_empty() && !arguments.targets.contains(&name) {
            continue;
        }
        let corpus = folder.join("corpus").join(&name);
        fs::create_dir_all(&corpus).map_err(Error::io(&corpus))?;
        // Not the cargo that runs this program: a toolchain is named to rustup's own.
        let mut cargo = Command::new("cargo");
        cargo.args(["+nightly", "fuzz", "run", "--fuzz-dir"]).arg(&folder).arg(&name).arg(&corpus);
        cargo
            .env_remove("LIBTORCH")
            .args(Some(folder.join("seeds").join(&name)).filter(|seeds| seeds.is_dir()));
        // Inputs are untrusted, so memory has limits; the largest of them take half a minute without optimisation.
        cargo.args(["--", "-rss_limit_mb=2048", "-timeout=60"]);
        run::check(cargo.arg(format!("-max_total_time={}", arguments.seconds)))?;
    }
    Ok(())
}

/// Every target with the folder of its workspace, sorted.
fn targets(root: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut found = Vec::new();
    for manifest in manifests(root)? {
        let text = fs::read_to_string(&manifest).map_err(Error::io(&manifest))?;
        let folder = manifest.parent().unwrap_or(root).to_owned();
        // cargo-fuzz wants one `[[bin]]` for each, with its name in the next line.
        let names = text.split("[[bin]]\n").skip(1).filter_map(|of_target| of_target.split('"').nth(1));
        found.extend(names.map(|name| (folder.clone(), name.to_owned())));
    }
    Ok(found)
}

/// Checks every fuzz target of the checkout.
pub(crate) fn check(checkout: &Checkout) -> Result<(), Error> {
    for manifest in manifests(checkout.root())? {
        let mut cargo = run::cargo();
        cargo.args(["check", "--locked", "--bins", "--manifest-path"]).arg(&manifest);
        outside::share_dependencies(cargo.env_remove("LIBTORCH"), checkout)?;
        run::check(&mut cargo)?;
    }
    Ok(())
}

/// Updates the lock files of the fuzz workspaces to their manifests. A new lock file starts with the versions of the
/// main workspace.
pub(crate) fn lock(checkout: &Checkout) -> Result<(), Error> {
    for manifest in manifests(checkout.root())? {
        let lock = manifest.with_extension("lock");
        if !lock.exists() {
            fs::copy(checkout.root().join("Cargo.lock"), &lock).map_err(Error::io(&lock))?;
        }
        let mut cargo = run::cargo();
        run::check(cargo.args(["update", "--workspace", "--manifest-path"]).arg(&manifest))?;
    }
    Ok(())
}

/// The manifests of all fuzz workspaces, sorted.
///
/// # Errors
/// [`Error::NoFuzzTargets`] if there is none, because this module then looks in the wrong place.
fn manifests(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let crates = root.join("crates");
    let mut found = Vec::new();
    for entry in fs::read_dir(&crates).map_err(Error::io(&crates))? {
        let manifest = entry.map_err(Error::io(&crates))?.path().join("fuzz/Cargo.toml");
        if manifest.is_file() {
            found.push(manifest);
        }
    }
    found.sort();
    if found.is_empty() { Err(Error::NoFuzzTargets { folder: crates }) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_file_and_a_name_of_its_own() {
        let targets = targets(Checkout::this().root()).unwrap();
        let names: std::collections::BTreeSet<&String> = targets.iter().map(|(_, name)| name).collect();
        assert_eq!((targets.len(), names.len()), (27, 27));
        for (folder, name) in &targets {
            let file = ["targets", "fuzz_targets"].map(|below| folder.join(below).join(format!("{name}.rs")));
            assert!(file.iter().any(|file| file.is_file()), "{name}");
        }
    }

    #[test]
    fn fuzz_workspaces_are_found_and_their_absence_is_an_error() {
        assert!(manifests(Checkout::this().root()).unwrap().len() >= 3);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("crates/classes")).unwrap();
        assert!(matches!(manifests(folder.path()), Err(Error::NoFuzzTargets { .. })));
    }
}
