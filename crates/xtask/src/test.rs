//! `cargo xtask test` and `build`: runs cargo in a lane, with libtorch set up first, and summarises skipped tests.

use serde::Deserialize;

use crate::{checkout::Checkout, error::Error, lane::Lane, run, say, setup, skipped::Record};

/// Arguments that are passed to cargo unchanged.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// Arguments for cargo, for example `--package radiograph-libtorch`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    rest: Vec<String>,
}

/// Treatment of tests that were skipped although the machine meets their need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Skips are counted.
    Told,
    /// A skip whose need is met is an error.
    Checked,
}

/// Runs every test of the workspace, or those that the arguments name, and prints how many were skipped.
pub(crate) fn test(
    lane: Option<Lane>,
    arguments: &Arguments,
    strictness: Strictness,
    checkout: &Checkout,
) -> Result<(), Error> {
    let name = lane.map_or_else(|| "default".to_owned(), |lane| lane.to_string());
    let record = Record::start(checkout, &name)?;
    let mut cargo = in_workspace("test", lane, arguments, checkout)?;
    record.name_to(&mut cargo);
    // Tests compute at the same time on all cores: a thread that waits should not take one.
    cargo.env("OMP_WAIT_POLICY", "passive");
    let outcome = run::check(&mut cargo);
    let skipped = record.read()?;
    for line in skipped.in_words() {
        say(&line);
    }
    outcome?;
    if strictness == Strictness::Checked { skipped.check() } else { Ok(()) }
}

/// Runs every benchmark once, on less: criterion does not measure without cargo's `--bench`, and the others ask
/// `radiograph-benches`.
pub(crate) fn benches(checkout: &Checkout) -> Result<(), Error> {
    // The whole workspace, as for the tests: another selection has other features and would be built anew.
    let rest = ["--bench", "*"].map(str::to_owned).to_vec();
    run::check(&mut in_workspace("test", None, &Arguments { rest }, checkout)?)
}

/// Builds the workspace, or what the arguments name.
pub(crate) fn build(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    run::check(&mut in_workspace("build", lane, arguments, checkout)?)
}

/// Tests of minutes about words, exit statuses, presets, tables and whole runs, which no version of libtorch changes. The
/// plain lane runs them. They are modules of the program's tests and of the tests across crates.
const OF_THE_PLAIN_LANE: &[&str] =
    &["cluster::", "codes::", "full_audit::", "help::", "own_films::", "paper::", "pointing::", "run::"];

/// Runs the tests of the packages that use libtorch, but for [`OF_THE_PLAIN_LANE`]; a lane affects no others.
pub(crate) fn test_libtorch_packages(
    lane: Lane,
    strictness: Strictness,
    checkout: &Checkout,
) -> Result<(), Error> {
    let mut rest = Vec::new();
    for package in libtorch_packages(checkout)? {
        rest.extend(["--package".to_owned(), package]);
    }
    rest.push("--".to_owned());
    for tests in OF_THE_PLAIN_LANE {
        rest.extend(["--skip", tests].map(str::to_owned));
    }
    test(Some(lane), &Arguments { rest }, strictness, checkout)
}

fn in_workspace(
    subcommand: &str,
    lane: Option<Lane>,
    arguments: &Arguments,
    checkout: &Checkout,
) -> Result<std::process::Command, Error> {
    let ready = setup::prepare(lane, checkout)?;
    let mut cargo = ready.cargo(subcommand)?;
    let names_packages = arguments.rest.iter().any(|word| word == "-p" || word.starts_with("--package"));
    if !names_packages {
        cargo.arg("--workspace");
    }
    cargo.args(&arguments.rest);
    Ok(cargo)
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
    version: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

/// Names of the packages with `tch` among their dependencies, read from cargo.
fn libtorch_packages(checkout: &Checkout) -> Result<Vec<String>, Error> {
    let uses_libtorch =
        |package: &Package| package.dependencies.iter().any(|dependency| dependency.name == "tch");
    let packages = metadata(checkout)?.packages;
    Ok(packages.into_iter().filter(uses_libtorch).map(|package| package.name).collect())
}

/// Names of the packages of the workspace.
pub(crate) fn packages(checkout: &Checkout) -> Result<Vec<String>, Error> {
    Ok(metadata(checkout)?.packages.into_iter().map(|package| package.name).collect())
}

/// Names of the default members with their versions, as in `radiograph-files-0.2.0`.
pub(crate) fn default_packages(checkout: &Checkout) -> Result<Vec<String>, Error> {
    let Metadata { packages, workspace_default_members } = metadata(checkout)?;
    let default = packages.iter().filter(|package| workspace_default_members.contains(&package.id));
    Ok(default.map(|package| format!("{}-{}", package.name, package.version)).collect())
}

fn metadata(checkout: &Checkout) -> Result<Metadata, Error> {
    let mut cargo = run::cargo();
    cargo.current_dir(checkout.root()).args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = run::output(&mut cargo)?;
    serde_json::from_slice(&output)
        .map_err(|error| Error::Io { path: checkout.root().join("Cargo.toml"), source: error.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_that_use_libtorch_are_found() {
        let packages = libtorch_packages(&Checkout::this()).unwrap();
        for name in ["radiograph-libtorch", "radiograph-tests", "radiograph-examples"] {
            assert!(packages.iter().any(|package| package == name), "{name} is not among {packages:?}");
        }
        assert!(!packages.iter().any(|package| package == "xtask"));
    }

    #[test]
    fn the_tests_that_a_lane_leaves_out_exist() {
        let root = Checkout::this().root().to_owned();
        for tests in OF_THE_PLAIN_LANE {
            let file = format!("{}.rs", tests.strip_suffix("::").unwrap());
            let places = ["tests", "crates/cli/tests/program"].map(|folder| root.join(folder).join(&file));
            assert!(places.iter().any(|place| place.is_file()), "{tests}");
        }
    }

    #[test]
    fn the_default_members_are_the_packages_without_libtorch() {
        let checkout = Checkout::this();
        let libtorch = libtorch_packages(&checkout).unwrap();
        let metadata = metadata(&checkout).unwrap();
        assert!(metadata.packages.len() > 15);
        for package in &metadata.packages {
            let default = metadata.workspace_default_members.contains(&package.id);
            assert_ne!(default, libtorch.contains(&package.name), "{}", package.name);
        }
    }
}
