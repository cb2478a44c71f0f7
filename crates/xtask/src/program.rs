//! `cargo xtask run` and `install`: runs the program `radiograph` in a lane, or puts it on the PATH.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    checkout::Checkout,
    error::Error,
    lane::Lane,
    run, say,
    setup::{self, Ready},
};

const PACKAGE: &str = "radiograph-cli";
const NAME: &str = "radiograph";

/// Arguments of the program `radiograph`.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Words {
    /// Arguments of `radiograph`, for example `devices`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    rest: Vec<String>,
}

/// Build the program `radiograph` and put it on the PATH
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Installation {
    /// Folder whose `bin` receives the program [default: cargo's own, `~/.cargo`]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Leave out everything that needs libtorch: no network, no training, no prediction
    #[arg(long)]
    without_libtorch: bool,
}

/// The command that runs the optimised program; the caller adds arguments.
pub(crate) fn command(ready: &Ready) -> Result<Command, Error> {
    let mut cargo = ready.cargo("run")?;
    cargo.args(["--release", "--package", PACKAGE, "--"]);
    Ok(cargo)
}

/// Runs the program in a lane.
pub(crate) fn run(lane: Option<Lane>, words: &Words, checkout: &Checkout) -> Result<(), Error> {
    let ready = setup::prepare(lane, checkout)?;
    run::check(command(&ready)?.args(&words.rest))
}

/// Installs the program with cargo, so that `cargo uninstall radiograph-cli` removes it.
pub(crate) fn install(
    lane: Option<Lane>,
    arguments: &Installation,
    checkout: &Checkout,
) -> Result<(), Error> {
    let mut cargo = if arguments.without_libtorch {
        let mut cargo = run::cargo();
        cargo.arg("install").current_dir(checkout.root()).env_remove("LIBTORCH");
        cargo.arg("--no-default-features");
        cargo
    } else {
        setup::prepare(lane, checkout)?.cargo("install")?
    };
    // In the kepler lane cargo runs in that lane's folder, which has its own lock file.
    cargo.args(["--path", "crates/cli", "--force", "--bin", NAME]);
    if !cargo.get_args().any(|word| word == "--locked") {
        cargo.arg("--locked");
    }
    if let Some(root) = &arguments.root {
        let root = std::path::absolute(root).map_err(Error::io(root))?;
        cargo.arg("--root").arg(root);
    }
    run::check(&mut cargo)?;
    let folder = bin_folder(arguments.root.as_deref())?;
    let program = folder.join(NAME);
    // The installed program itself is asked: only then is it known that it starts, and finds libtorch.
    let version = run::output(Command::new(&program).arg("--version").current_dir("/"))?;
    say(&format!("{} is installed as {}", String::from_utf8_lossy(&version).trim(), program.display()));
    let on_path =
        env::var_os("PATH").is_some_and(|folders| env::split_paths(&folders).any(|listed| listed == folder));
    if !on_path {
        say(&format!("note: {} is not on the PATH", folder.display()));
    }
    Ok(())
}

/// The `bin` folder of `cargo install`, from the first of `--root`, `CARGO_INSTALL_ROOT`, `CARGO_HOME` and `~/.cargo`.
fn bin_folder(root: Option<&Path>) -> Result<PathBuf, Error> {
    let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let root = match root {
        Some(root) => Some(std::path::absolute(root).map_err(Error::io(root))?),
        None => named("CARGO_INSTALL_ROOT").or_else(|| named("CARGO_HOME")),
    };
    let home = || named("HOME").map(|home| home.join(".cargo"));
    Ok(root.or_else(home).ok_or(Error::NoHome)?.join("bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_is_given_wins() {
        assert_eq!(bin_folder(Some(Path::new("/opt/x"))).unwrap(), Path::new("/opt/x/bin"));
        assert!(bin_folder(None).unwrap().ends_with("bin"));
    }
}
