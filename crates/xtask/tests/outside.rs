//! A project outside of this workspace uses the crates by path, without set-up and without libtorch.

use std::{fs, path::Path, process::Command};

/// What `tests/outside` prints. The interval is Wilson's as statsmodels 0.15 computes it for 3 of 4.
const PRINTED: &str = "\
classes: covid, normal
dataset: a drawn film as (3, 224, 224)
features: read back as written: true
metrics: accuracy 0.75, interval 0.3006 to 0.9544
report: missing field `run` at line 1 column 2
weights: a record of inception_v3: true
";

#[test]
fn a_project_elsewhere_builds_with_the_crates_by_path() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let place = tempfile::tempdir().unwrap();
    let project = place.path().join("a project elsewhere");
    fs::create_dir_all(project.join("src")).unwrap();
    let manifest = fs::read_to_string(checkout.join("tests/outside/Cargo.toml")).unwrap();
    let manifest = manifest.replace("../../crates", checkout.join("crates").to_str().unwrap());
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    fs::copy(checkout.join("tests/outside/src/main.rs"), project.join("src/main.rs")).unwrap();
    // The versions that the workspace was tested with; they are at hand, so nothing is fetched.
    fs::copy(checkout.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let cargo = env!("CARGO");
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--offline"])
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", project.join("target"))
        .env_remove("LIBTORCH")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), PRINTED);
}
