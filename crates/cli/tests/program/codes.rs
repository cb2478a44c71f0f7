//! Tests the exit codes, the standard output and the messages of the program.

use crate::{
    help::commands,
    scene::{PREDICTIONS, Scene, TABLE, text},
};

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
    assert_eq!(codes, [0, 1, 2, 3, 4, 75, 130]);
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

#[cfg(unix)]
#[test]
fn a_folder_that_scan_does_not_search_is_in_its_exit_code() {
    let scene = Scene::new();
    scene.draw();
    assert_eq!(scene.code("scan phantoms/collections"), 0);
    std::os::unix::fs::symlink(scene.file("phantoms/masks"), scene.file("phantoms/collections/linked"))
        .unwrap();
    let output = scene.run("scan phantoms/collections");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("linked: "), "{}", text(&output.stderr));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_the_machines_fault() {
    let scene = Scene::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = scene.command().args(["config"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(4));
}

/// Whoever reads standard error may leave, and a log may lie on a full disk. Neither changes how a command ends.
#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    let scene = Scene::new();
    scene.draw();
    // The libtorch of the kepler lane writes a warning before `main`, when writing to nobody still ends a process: no code of
    // the program can be in time. On a full disk it goes on.
    let loads_in_silence = scene.command().arg("--version").output().unwrap().stderr.is_empty();
    let ends_as = |words: &str, code: i32| {
        let mut closed: Vec<std::process::Stdio> = Vec::new();
        if loads_in_silence {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            closed.push(writer.into());
        }
        if cfg!(target_os = "linux") {
            closed.push(std::fs::File::options().write(true).open("/dev/full").unwrap().into());
        }
        for stderr in closed {
            let output = scene.command().args(words.split_whitespace()).stderr(stderr).output().unwrap();
            assert_eq!(output.status.code(), Some(code), "`radiograph {words}`");
        }
    };
    ends_as("metrics missing.csv", 3);
    ends_as("metrics", 2);
    ends_as("scan phantoms/collections", 0);
    ends_as("verify missing", 3);
    ends_as("assemble runs/first --data phantoms/collections", 0);
    ends_as("preview phantoms/contact-sheet.png missing.png --out preview.png", 1);
    if cfg!(not(feature = "libtorch")) {
        ends_as("train runs/first", 2);
    }
}

#[test]
fn an_error_is_one_line_that_names_the_place() {
    let scene = Scene::new();
    for (words, named) in [
        ("metrics missing.csv", "missing.csv"),
        ("scan missing", "missing"),
        ("verify runs/typo", "`runs/typo` holds no manifest.csv"),
        ("evaluate runs/typo", "`runs/typo` is not a run folder: it has no config.toml"),
        (
            "evaluate runs/typo --preset trustworthy",
            "`radiograph assemble runs/typo --data DIR` begins a run there",
        ),
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

/// A folder that was left out as a whole has no row anywhere, so the exit code tells of it, each time.
#[cfg(unix)]
#[test]
fn a_folder_that_is_left_out_is_in_the_exit_code() {
    let scene = Scene::new();
    scene.draw();
    assert_eq!(scene.code("assemble runs/whole --data phantoms/collections"), 0);
    std::os::unix::fs::symlink(scene.file("phantoms/masks"), scene.file("phantoms/collections/linked"))
        .unwrap();
    for words in ["assemble runs/first --data phantoms/collections", "assemble runs/first"] {
        let output = scene.run(words);
        assert_eq!(output.status.code(), Some(1), "{words}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains("linked: "), "{words}");
    }
    let assembled = scene.json("assemble runs/first --json");
    assert_eq!(assembled["unsearched"]["refused"].as_array().map(Vec::len), Some(1), "{assembled}");
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

/// Only `run` and `assemble` begin a run; their help says so of the folder.
#[test]
fn a_stage_begins_no_run() {
    let scene = Scene::new();
    scene.draw();
    std::fs::create_dir(scene.file("empty")).unwrap();
    let mut stages = 0;
    for command in commands(&text(&scene.run("--help").stdout)) {
        let help = text(&scene.run(&format!("{command} --help")).stdout);
        if !help.contains("--set <KEY=VALUE>") || ["run", "assemble"].contains(&command.as_str()) {
            continue;
        }
        stages += 1;
        for folder in ["runs/new", "empty"] {
            for flags in ["", "--data phantoms/collections", "--set seed=3"] {
                let words = format!("{command} {folder} {flags}");
                let output = scene.run(&words);
                let error = text(&output.stderr);
                assert_eq!(output.status.code(), Some(3), "{words}: {error}");
                let no_run = format!("`{folder}` is not a run folder: it has no config.toml");
                assert!(error.contains(&no_run), "{words}: {error}");
            }
        }
    }
    assert_eq!(stages, if cfg!(feature = "libtorch") { 7 } else { 3 });
    assert!(!scene.file("runs").exists());
    assert_eq!(std::fs::read_dir(scene.file("empty")).unwrap().count(), 0);
}

/// Paths are stored whole, so that a run continues from any folder.
#[test]
fn a_run_continues_from_another_folder() {
    let scene = Scene::new();
    scene.draw();
    let begin = "assemble runs/first --data phantoms/collections --set compute.feature_stores=stores \
                 --set weights.vgg19=mine.safetensors";
    assert_eq!(scene.code(begin), 0);
    let config = std::fs::read_to_string(scene.file("runs/first/config.toml")).unwrap();
    let here = scene.path().canonicalize().unwrap();
    for path in ["phantoms/collections", "stores", "mine.safetensors"] {
        let whole = format!("= \"{}\"", here.join(path).display());
        assert!(config.contains(&whole), "{whole}: {config}");
    }
    let elsewhere = scene.file("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let same = "assemble ../runs/first --data ../phantoms/collections";
    for words in [same, "assemble ../runs/first"] {
        let output = scene.command().args(words.split_whitespace()).current_dir(&elsewhere).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}: {}", text(&output.stderr));
    }
}

#[test]
fn a_run_keeps_its_settings() {
    let scene = Scene::new();
    scene.draw();
    let begin = "assemble runs/first --data phantoms/collections --set training.folds=2 --json";
    let assembled = scene.json(begin);
    assert!(assembled["test"].as_u64().is_some_and(|images| images > 0), "{assembled}");
    assert_eq!(assembled["folds"], 2);
    let manifest = std::fs::read(scene.file("runs/first/manifest.csv")).unwrap();
    // No flags, and flags that agree.
    assert_eq!(scene.json("assemble runs/first --json"), assembled);
    assert_eq!(scene.json(begin), assembled);
    scene.write("same.toml", "[training]\nfolds = 2").write("other.toml", "[training]\nfolds = 3");
    scene.write("printed.toml", &text(&scene.run("config").stdout));
    for flags in [
        "--set training.folds=2",
        "--preset trustworthy",
        "--config same.toml",
        "--config same.toml --data ./phantoms/collections --preset trustworthy",
        "--config other.toml --set training.folds=2",
        "--config printed.toml --set training.folds=2",
    ] {
        assert_eq!(scene.code(&format!("assemble runs/first {flags}")), 0, "{flags}");
    }
    // Flags that do not agree: the first setting that differs is named, with both values.
    for (flags, named) in [
        ("--set training.folds=3", "training.folds = 2, not 3"),
        ("--config other.toml", "training.folds = 2, not 3"),
        ("--config printed.toml", "training.folds = 2, not 5"),
        ("--preset paper", "preset = \"trustworthy\", not \"paper\""),
        ("--permute-labels", "permute_labels = false, not true"),
        ("--data elsewhere", "data.folder"),
        ("--set training.clipping=false --set training.folds=2", "training.clipping"),
        ("--set compute.device=cuda:99", "compute.device = \"cpu\", not \"cuda:99\""),
    ] {
        for command in ["assemble", "evaluate", "report"] {
            let other = scene.run(&format!("{command} runs/first {flags}"));
            let error = text(&other.stderr);
            assert_eq!(other.status.code(), Some(3), "{command} {flags}: {error}");
            assert!(
                error.contains("holds a run with") && error.contains(named),
                "{command} {flags}: {error}"
            );
        }
    }
    assert_eq!(std::fs::read(scene.file("runs/first/manifest.csv")).unwrap(), manifest);

    assert_eq!(scene.code("verify runs/first"), 0);
    assert_eq!(scene.json("verify runs/first/manifest.csv --json")["verdict"], "clean");
    // An image that vanished is found.
    let row = text(&manifest);
    let found = std::fs::read_dir(scene.file("phantoms/collections")).unwrap().next().unwrap().unwrap();
    assert!(row.contains(found.file_name().to_str().unwrap()));
    std::fs::rename(scene.file("phantoms/collections"), scene.file("moved")).unwrap();
    let verified = scene.run("verify runs/first");
    assert_eq!(verified.status.code(), Some(1), "{}", text(&verified.stderr));
    assert_eq!(scene.code("verify runs/first --data moved"), 0);
}

/// The commands that a help text names as absent from this build.
pub(crate) fn absent(help: &str) -> Vec<String> {
    let line = help.lines().find_map(|line| line.strip_prefix("Not in this build, which has no libtorch: "));
    line.map(|names| names.split(", ").map(str::to_owned).collect()).unwrap_or_default()
}

#[cfg(not(feature = "libtorch"))]
#[test]
fn a_command_that_this_build_lacks_is_named() {
    let scene = Scene::new();
    let names = absent(&text(&scene.run("--help").stdout));
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        let output = scene.run(&name);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(error.contains("built without it") && error.lines().count() == 1, "{name}: {error}");
    }
}
