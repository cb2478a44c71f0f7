//! Tests the exit codes, the standard output and the messages of the program.

use crate::scene::{PREDICTIONS, Scene, TABLE, text};

/// The table in `radiograph --help`, as code and meaning.
fn documented(scene: &Scene) -> Vec<(i32, String)> {
    let help = text(&scene.run("--help").stdout);
    let table = help.split("Exit codes:").nth(1).expect("the help has a table of exit codes");
    let row = |line: &str| {
        let (code, meaning) = line.trim().split_once("  ")?;
        Some((code.parse().ok()?, meaning.to_owned()))
    };
    table.lines().filter_map(row).collect()
}

#[test]
fn the_help_documents_every_exit_code() {
    let codes: Vec<i32> = documented(&Scene::new()).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 130]);
}

#[test]
fn the_fault_decides_the_exit_code() {
    let scene = Scene::new();
    scene.write("predictions.csv", PREDICTIONS).write("table.csv", TABLE).write("empty.csv", "");
    scene.write("wrong.csv", &TABLE.replace("90.00", "91.00"));
    for (code, words) in [
        (0, "metrics predictions.csv --replicates 100"),
        (0, "check-table table.csv"),
        (1, "check-table wrong.csv"),
        (2, "metrics"),
        (2, "check-table table.csv --rounding sideways"),
        (2, "config --preset best"),
        (2, "no-such-command"),
        (3, "metrics empty.csv"),
        (3, "metrics missing.csv"),
        (3, "check-table missing.csv"),
        (3, "scan missing"),
        (3, "preview missing.png --out preview.png"),
        (3, "verify missing"),
        (3, "evaluate missing"),
        (3, "phantoms --out phantoms --patients 0"),
        (3, "weights fetch vgg19.mine"),
        // Below a file there can be no folder; the file system refuses.
        (3, "phantoms --out table.csv/phantoms --patients 1"),
    ] {
        assert_eq!(scene.code(words), code, "`radiograph {words}`");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_the_machines_fault() {
    let scene = Scene::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = scene.command().args(["config"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(4));
}

#[test]
fn an_error_is_one_line_that_names_the_place() {
    let scene = Scene::new();
    for (words, named) in [
        ("metrics missing.csv", "missing.csv"),
        ("scan missing", "missing"),
        ("verify runs/typo", "`runs/typo` holds no manifest.csv"),
        ("evaluate runs/typo", "`runs/typo` is not a run folder: it has no config.toml"),
        ("evaluate runs/typo --preset trustworthy", "data.folder"),
        ("assemble runs/new --data missing", "missing"),
        ("assemble runs/new --data . --set sed=3", "sed"),
        ("assemble runs/new --config missing.toml", "missing.toml"),
    ] {
        let output = scene.run(words);
        let error = text(&output.stderr);
        let error = error.lines().last().unwrap_or_default();
        assert!(error.starts_with("error: ") && error.contains(named), "`{words}`: {error}");
        assert_eq!(output.status.code(), Some(3), "`{words}`: {error}");
        assert!(output.stdout.is_empty(), "`{words}` printed a result");
        assert!(!scene.file("runs").exists(), "`{words}` left a folder behind");
    }
}

#[test]
fn json_is_all_there_is_on_standard_output() {
    let scene = Scene::new();
    scene.draw().write("predictions.csv", PREDICTIONS).write("table.csv", TABLE);
    let scanned = scene.json("scan phantoms/collections --json");
    assert!(scanned.is_object());
    assert_eq!(scene.json("preview phantoms/contact-sheet.png --out preview.png --json")[0]["format"], "PNG");
    let drawn = scene.json("phantoms --out more --patients 2 --side 64 --json");
    assert_eq!(drawn["patients"], 2);
    let scored = scene.json("metrics predictions.csv --replicates 100 --json");
    assert_eq!(scored["models"][0]["evaluation"]["samples"], 6);
    assert!(scene.json("check-table table.csv --json")[0].is_object());
    assert_eq!(scene.json("weights list --json")["installed"].as_array().map(Vec::len), Some(0));
    assert_eq!(scene.json("weights check --json").as_array().map(Vec::len), Some(0));
}

#[test]
fn some_images_that_cannot_be_shown_do_not_hide_the_others() {
    let scene = Scene::new();
    scene.draw().write("broken.png", "no image");
    let shown = scene.run("preview phantoms/contact-sheet.png broken.png --out preview.png");
    assert_eq!(shown.status.code(), Some(1));
    assert!(text(&shown.stderr).contains("broken.png"), "{}", text(&shown.stderr));
    assert!(scene.file("preview.png").is_file());
}

#[test]
fn a_run_keeps_its_settings() {
    let scene = Scene::new();
    scene.draw();
    let begin = "assemble runs/first --data phantoms/collections --set data.folds=2 --json";
    let begin = begin.replace("data.folds", "training.folds");
    let assembled = scene.json(&begin);
    assert!(assembled["test"].as_u64().is_some_and(|images| images > 0), "{assembled}");
    assert_eq!(assembled["folds"], 2);
    let manifest = std::fs::read(scene.file("runs/first/manifest.csv")).unwrap();
    // No flags, and flags that agree.
    assert_eq!(scene.json("assemble runs/first --json"), assembled);
    assert_eq!(scene.json(&begin), assembled);
    assert_eq!(scene.code("assemble runs/first --set training.folds=2"), 0);
    // A flag that does not agree.
    let other = scene.run("assemble runs/first --set training.folds=3");
    assert_eq!(other.status.code(), Some(3));
    assert!(text(&other.stderr).contains("training.folds"), "{}", text(&other.stderr));
    assert_eq!(std::fs::read(scene.file("runs/first/manifest.csv")).unwrap(), manifest);

    assert_eq!(scene.code("verify runs/first"), 0);
    assert_eq!(scene.json("verify runs/first/manifest.csv --json")["clean"], true);
    // An image that vanished is found.
    let row = text(&manifest);
    let found = std::fs::read_dir(scene.file("phantoms/collections")).unwrap().next().unwrap().unwrap();
    assert!(row.contains(found.file_name().to_str().unwrap()));
    std::fs::rename(scene.file("phantoms/collections"), scene.file("moved")).unwrap();
    let verified = scene.run("verify runs/first");
    assert_eq!(verified.status.code(), Some(1), "{}", text(&verified.stderr));
    assert_eq!(scene.code("verify runs/first --data moved"), 0);
}

#[cfg(not(feature = "libtorch"))]
#[test]
fn a_command_that_this_build_lacks_is_named() {
    let scene = Scene::new();
    for name in ["run", "extract", "train", "explain", "predict", "external-test", "devices", "backbones"] {
        let output = scene.run(name);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(error.contains("built without it") && error.lines().count() == 1, "{name}: {error}");
    }
}
