//! A project outside of this workspace uses the libtorch crates by path, as the guide says. The crates without libtorch have
//! a test of their own in xtask, since it needs no set-up.

use std::{env, fs, path::Path, process::Command};

const PRINTED: &str = "\
libtorch: cpu
backbone: [2, 1024, 2, 2]
head: [2, 2]
gradcam: 2 maps of (2, 2)
radiograph: 3 epochs
";

#[test]
fn a_project_elsewhere_builds_with_the_libtorch_crates_by_path() {
    // Not resolved: in the kepler lane this is a folder of links, with that lane's lock file.
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let place = tempfile::tempdir().unwrap();
    let project = place.path().join("a project elsewhere");
    fs::create_dir_all(project.join("src")).unwrap();
    let source = checkout.join("tests/outside-libtorch");
    let manifest = fs::read_to_string(source.join("Cargo.toml")).unwrap();
    let manifest = manifest.replace("../../crates", checkout.join("crates").to_str().unwrap());
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    for file in ["build.rs", "src/main.rs"] {
        fs::copy(source.join(file), project.join(file)).unwrap();
    }
    // The versions that the workspace was tested with; they are at hand, so nothing is fetched.
    fs::copy(checkout.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    // Of the guide's steps this is the one that cargo does here: `LIBTORCH` names the libtorch.
    let libtorch = env::var_os("LIBTORCH").unwrap_or_else(|| checkout.join(".libtorch").into());
    // What the workspace compiled of others' crates is compiled already.
    let target = env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline"])
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", target)
        .env("LIBTORCH", libtorch)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), PRINTED);
}
