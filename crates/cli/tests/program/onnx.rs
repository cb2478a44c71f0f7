//! Tests what a user is told whose run names an ONNX file. This folder's cache is empty, so there is no ONNX Runtime.

use std::{fs, path::Path};

use crate::scene::{Scene, text};

const SETTINGS: &str = "\
backbones = ['mine']
networks.mine = { file = 'tiny.onnx', normalisation = 'tf' }
input.size = 32
";

/// The exit code and the message of a run with these changes.
fn run(scene: &Scene, changes: &[&str]) -> (Option<i32>, String) {
    let mut command = scene.command();
    // A library that this machine names would be found.
    command.env_remove("ORT_DYLIB_PATH");
    command.args(["run", "runs/first", "--data", "phantoms/collections", "--config", "run.toml"]);
    for change in changes {
        command.args(["--set", change]);
    }
    let output = command.output().unwrap();
    (output.status.code(), text(&output.stderr))
}

#[test]
fn a_file_or_a_machine_that_does_not_fit_ends_a_new_run_before_it_begins() {
    let scene = Scene::new();
    scene.draw().write("run.toml", SETTINGS).write("text.onnx", "no network\n");
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/onnx_file/tiny.onnx");
    fs::copy(tiny, scene.file("tiny.onnx")).unwrap();
    for (changes, code, words) in [
        (&[][..], 4, "`cargo xtask setup --onnx` fetches it"),
        (&["networks.mine.file=text.onnx"], 3, "text.onnx is not an ONNX file"),
        (&["networks.mine.file=none.onnx"], 3, "none.onnx cannot be read"),
        (&["networks.mine.output=norm5"], 3, "computes no tensor norm5"),
        (&["input.size=64"], 3, "the images are [1, 3, 64, 64]"),
        (&["networks.mine.normalisation=imagenet"], 3, "networks.mine.normalisation"),
        (&["compute.device=cuda:0"], 3, "computed on the processor"),
    ] {
        let (found, message) = run(&scene, changes);
        assert_eq!(found, Some(code), "{changes:?}: {message}");
        assert!(message.contains(words), "{changes:?}: {message}");
        assert!(!scene.file("runs/first").exists(), "{changes:?} left a folder");
    }
}
