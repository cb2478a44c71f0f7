//! Makes the packages that a registry would get, and compiles those that need no libtorch from them.
//!
//! A package holds fewer files than its folder, and asks for its siblings by version: what is forgotten shows only here.
//! `cargo package` compiles each package by itself, with dependencies of other features each time, which takes many minutes;
//! here all are members of one new workspace.

use std::{fs, path::Path, process::Command};

use crate::{checkout::Checkout, error::Error, outside, run, setup, test};

/// Packages every member of the workspace, then checks the default members in their packages.
pub(crate) fn check(checkout: &Checkout) -> Result<(), Error> {
    let mut cargo = run::cargo();
    cargo.current_dir(checkout.root()).env_remove("LIBTORCH");
    run::check(cargo.args([
        "package",
        "--quiet",
        "--locked",
        "--allow-dirty",
        "--workspace",
        "--no-verify",
    ]))?;
    let place = tempfile::tempdir().map_err(Error::io("a temporary folder"))?;
    let packages = setup::target_folder(checkout).join("package");
    let names = test::default_packages(checkout)?;
    for name in &names {
        let mut unpack = Command::new("tar");
        let archive = packages.join(format!("{name}.crate"));
        // Packages have no times of their own; files as old as that look unchanged to cargo, which would check earlier ones.
        unpack.args(["--extract", "--touch", "--file"]).arg(archive).arg("--directory").arg(place.path());
        run::check(&mut unpack)?;
    }
    write(&place.path().join("Cargo.toml"), &manifest(&names))?;
    let lock = checkout.root().join("Cargo.lock");
    fs::copy(&lock, place.path().join("Cargo.lock")).map_err(Error::io(&lock))?;
    let mut cargo = run::cargo();
    cargo.args(["check", "--offline", "--workspace"]).current_dir(place.path()).env_remove("LIBTORCH");
    outside::share_dependencies(&mut cargo, checkout)?;
    run::check(&mut cargo)
}

/// A workspace of unpacked packages, named with their versions, which finds them in place of those of the registry.
fn manifest(names: &[String]) -> String {
    let mut text = "[workspace]\nresolver = \"3\"\nmembers = [\"*-*\"]\n[patch.crates-io]\n".to_owned();
    for name in names {
        let package = name.rsplit_once('-').map_or(name.as_str(), |(package, _version)| package);
        text.push_str(&format!("{package} = {{ path = \"{name}\" }}\n"));
    }
    text
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_patched_in_by_their_names() {
        let text = manifest(&["radiograph-same-picture-0.2.0".to_owned()]);
        assert!(
            text.ends_with("\nradiograph-same-picture = { path = \"radiograph-same-picture-0.2.0\" }\n"),
            "{text}"
        );
    }
}
