//! Builds and runs two projects outside this workspace that use its crates by path, as in `docs/single-crates.md`.
//!
//! They show that the crates do not depend on the workspace's profiles or set-up.

use std::{fs, path::Path, process::Command};

use crate::{checkout::Checkout, error::Error, lane::Lane, run, say, setup, test};

/// A project and the exact output of its program.
struct Project {
    /// Folder below the root of the checkout.
    folder: &'static str,
    /// Files to copy, including the manifest.
    files: &'static [&'static str],
    printed: &'static str,
}

/// The project without libtorch. The interval is Wilson's for 3 of 4, as statsmodels 0.15 computes it.
const PLAIN: Project = Project {
    folder: "tests/outside",
    files: &["Cargo.toml", "src/main.rs"],
    printed: "\
classes: covid, normal
phantoms and same-picture: 1 pair of 2 films
image and input: a drawn film as (3, 224, 224)
dataset: recipe trustworthy
features: read back as written: true
metrics: accuracy 0.75, interval 0.3006 to 0.9544
report: missing field `run` at line 1 column 2
weights: a record of inception_v3: true
",
};

const LIBTORCH: Project = Project {
    folder: "tests/outside-libtorch",
    files: &["Cargo.toml", "build.rs", "src/main.rs", "src/own_network.rs"],
    printed: "\
libtorch: cpu
backbone: [2, 1024, 2, 2]
head: [2, 2]
gradcam: 2 maps of (2, 2)
own head: accuracy 1 after 20 epochs
own head: covid, most of all for place 5
radiograph: 3 epochs
own network: two_convolutions extracted, heat maps: true, named in the report: true
",
};

/// Checks the project with the crates that need no libtorch, without a libtorch.
pub(crate) fn plain(checkout: &Checkout) -> Result<(), Error> {
    let mut cargo = run::cargo();
    cargo.arg("run").env_remove("LIBTORCH");
    share_dependencies(&mut cargo, checkout)?;
    PLAIN.check(cargo, checkout.root(), checkout.root())
}

/// Checks the project with the crates that use libtorch, in a lane.
pub(crate) fn with_libtorch(lane: Option<Lane>, checkout: &Checkout) -> Result<(), Error> {
    let ready = setup::prepare(lane, checkout)?;
    let mut cargo = run::cargo();
    cargo.arg("run");
    share_dependencies(&mut cargo, checkout)?;
    ready.describe_libtorch(&mut cargo);
    LIBTORCH.check(cargo, checkout.root(), &ready.workspace()?)
}

/// Lets a project outside of the workspace use what the workspace has built of other people's packages; libtorch's
/// bindings alone take minutes. Ours are built unoptimised, as cargo does by itself.
pub(crate) fn share_dependencies(cargo: &mut Command, checkout: &Checkout) -> Result<(), Error> {
    let mut profile =
        "[profile.dev]\ndebug = \"line-tables-only\"\n[profile.dev.build-override]\ndebug = false\n"
            .to_owned();
    let ours = test::packages(checkout)?;
    let levels = ours.iter().map(|name| (name.as_str(), 0)).chain([("\"*\"", 1)]);
    for (package, level) in levels {
        profile.push_str(&format!("[profile.dev.package.{package}]\nopt-level = {level}\n"));
    }
    let target = setup::target_folder(checkout);
    fs::create_dir_all(&target).map_err(Error::io(&target))?;
    let file = target.join("outside.toml");
    fs::write(&file, profile).map_err(Error::io(&file))?;
    cargo.env("CARGO_TARGET_DIR", target).arg("--config").arg(file);
    Ok(())
}

impl Project {
    /// Copies the project out of the checkout, inserts the path of the workspace's crates into its manifest, and runs
    /// it.
    ///
    /// `workspace` holds the lock file with the versions to use. They are already on this machine, so nothing is
    /// fetched.
    fn check(&self, mut cargo: Command, checkout: &Path, workspace: &Path) -> Result<(), Error> {
        let place = tempfile::tempdir().map_err(Error::io("a temporary folder"))?;
        let project = place.path().join("a project elsewhere");
        let source = checkout.join(self.folder);
        for name in self.files {
            let (from, to) = (source.join(name), project.join(name));
            let folder = to.parent().unwrap_or(&project);
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
            let text = fs::read_to_string(&from).map_err(Error::io(&from))?;
            let crates = workspace.join("crates").display().to_string();
            fs::write(&to, text.replace("../../crates", &crates)).map_err(Error::io(&to))?;
        }
        let lock = workspace.join("Cargo.lock");
        fs::copy(&lock, project.join("Cargo.lock")).map_err(Error::io(&lock))?;
        say(&format!("building and running {} outside of the workspace", self.folder));
        let printed = run::output(cargo.args(["--quiet", "--offline"]).current_dir(&project))?;
        self.compare(&String::from_utf8_lossy(&printed))
    }

    fn compare(&self, printed: &str) -> Result<(), Error> {
        if printed == self.printed {
            return Ok(());
        }
        Err(Error::Printed { program: self.folder, expected: self.printed, got: printed.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_output_than_the_expected_one_is_an_error() {
        PLAIN.compare(PLAIN.printed).unwrap();
        let error = PLAIN.compare(&PLAIN.printed.replace("0.75", "0.5")).unwrap_err().to_string();
        assert!(error.contains("tests/outside") && error.contains("accuracy 0.5,"), "{error}");
        assert!(PLAIN.compare("").is_err());
    }

    #[test]
    fn the_projects_have_the_files_that_are_copied() {
        for project in [PLAIN, LIBTORCH] {
            for name in project.files {
                let path = Checkout::this().root().join(project.folder).join(name);
                assert!(path.is_file(), "{}", path.display());
            }
        }
    }
}
