//! Lists the workspace's crates from `cargo metadata`: their sources and their dependencies.

use std::path::PathBuf;

use serde::Deserialize;

use super::graph::circles;
use crate::{checkout::Checkout, error::Error, run};

/// Accepted cycles of crates through dev-dependencies, which cargo allows, each with its reason.
const JUSTIFIED: [(&[&str], &str); 0] = [];

/// The workspace.
pub(super) struct Workspace {
    pub(super) roots: Vec<Root>,
    /// Package and the member that it depends on, by any kind of dependency.
    dependencies: Vec<(String, String)>,
}

/// The root file of a crate.
pub(super) struct Root {
    pub(super) name: String,
    pub(super) file: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    path: Option<PathBuf>,
}

/// Reads the workspace from cargo. Only libraries and programs below `src/` count, not examples, tests and build
/// scripts.
pub(super) fn read(checkout: &Checkout) -> Result<Workspace, Error> {
    let mut command = run::cargo();
    command.current_dir(checkout.root()).args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let output = run::output(&mut command)?;
    let unreadable = |error: serde_json::Error| Error::Io {
        path: checkout.root().join("Cargo.toml"),
        source: error.into(),
    };
    let metadata: Metadata = serde_json::from_slice(&output).map_err(unreadable)?;
    let mut workspace = Workspace { roots: Vec::new(), dependencies: Vec::new() };
    for package in metadata.packages {
        let sources = package.manifest_path.with_file_name("src");
        for Target { name, kind, src_path } in package.targets {
            let is_crate = kind.iter().any(|kind| ["lib", "bin", "proc-macro"].contains(&kind.as_str()));
            if is_crate && src_path.starts_with(&sources) {
                workspace.roots.push(Root { name: name.replace('-', "_"), file: src_path });
            }
        }
        for dependency in package.dependencies.into_iter().filter(|dependency| dependency.path.is_some()) {
            workspace.dependencies.push((package.name.clone(), dependency.name));
        }
    }
    Ok(workspace)
}

impl Workspace {
    /// Descriptions of the cycles of crates that are not accepted.
    pub(super) fn circles(&self) -> Vec<String> {
        let edges: Vec<(&str, &str)> =
            self.dependencies.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        circles(&edges)
            .into_iter()
            .map(|circle| circle.into_iter().collect::<Vec<&str>>())
            .filter(|circle| !JUSTIFIED.iter().any(|(crates, _)| crates == circle))
            .map(|circle| format!("crates in a circle of dev-dependencies: {}", circle.join(" ↔ ")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_that_test_each_other_are_named() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let dependencies = vec![pair("image", "files"), pair("files", "phantoms"), pair("phantoms", "image")];
        let workspace = Workspace { roots: Vec::new(), dependencies };
        assert_eq!(workspace.circles(), ["crates in a circle of dev-dependencies: files ↔ image ↔ phantoms"]);
    }
}
