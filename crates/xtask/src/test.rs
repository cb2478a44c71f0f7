//! `cargo xtask test`, `build` and `run`: cargo in a lane, with libtorch set up first.

use serde::Deserialize;

use crate::{checkout::Checkout, error::Error, lane::Lane, run, setup};

/// Words that go to cargo as they are.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// Passed on to cargo, for example `--package radiograph-libtorch`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    rest: Vec<String>,
}

/// Every test of the workspace, or what the arguments name.
pub(crate) fn test(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    in_workspace("test", lane, arguments, checkout)
}

/// The same with `cargo build`.
pub(crate) fn build(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    in_workspace("build", lane, arguments, checkout)
}

/// `cargo run --release` of an example: the first argument is its name.
pub(crate) fn run(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    let ready = setup::prepare(lane, checkout)?;
    let mut cargo = ready.cargo("run")?;
    cargo.args(["--release", "--package", "radiograph-examples", "--example"]).args(&arguments.rest);
    run::check(&mut cargo)
}

/// The tests of the packages that bind libtorch, which are those that a lane can change.
pub(crate) fn test_libtorch_packages(lane: Lane, checkout: &Checkout) -> Result<(), Error> {
    let packages = libtorch_packages(checkout)?;
    let mut rest = Vec::new();
    for package in &packages {
        rest.extend(["--package".to_owned(), package.clone()]);
    }
    test(Some(lane), &Arguments { rest }, checkout)
}

fn in_workspace(
    subcommand: &str,
    lane: Option<Lane>,
    arguments: &Arguments,
    checkout: &Checkout,
) -> Result<(), Error> {
    let ready = setup::prepare(lane, checkout)?;
    let mut cargo = ready.cargo(subcommand)?;
    let names_packages = arguments.rest.iter().any(|word| word == "-p" || word.starts_with("--package"));
    if !names_packages {
        cargo.arg("--workspace");
    }
    run::check(cargo.args(&arguments.rest))
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

/// Read from cargo, so that no list has to be kept by hand.
fn libtorch_packages(checkout: &Checkout) -> Result<Vec<String>, Error> {
    let mut cargo = run::cargo();
    cargo.current_dir(checkout.root()).args(["metadata", "--no-deps", "--format-version", "1"]);
    let output =
        cargo.output().map_err(|source| Error::CommandMissing { command: run::in_words(&cargo), source })?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::Io { path: checkout.root().join("Cargo.toml"), source: error.into() })?;
    let binds_libtorch =
        |package: &Package| package.dependencies.iter().any(|dependency| dependency.name == "tch");
    Ok(metadata.packages.into_iter().filter(binds_libtorch).map(|package| package.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_that_bind_libtorch_are_found() {
        let packages = libtorch_packages(&Checkout::this()).unwrap();
        for name in ["radiograph-libtorch", "radiograph-tests", "radiograph-examples"] {
            assert!(packages.iter().any(|package| package == name), "{name} is not among {packages:?}");
        }
        assert!(!packages.iter().any(|package| package == "xtask"));
    }
}
