//! Tests a whole run by the examples in the help texts, on phantoms with random weights.

use std::fs;

use crate::scene::{Scene, text};

/// Settings of a run that is small enough for a test.
const SETTINGS: &str = "\
preset = 'trustworthy'
backbones = ['densenet121']
baselines = false

[weights]
densenet121 = 'random:1'

[input]
size = 64

[head.layers.densenet121]
units = 8
dense = [8]

[training]
epochs = 2
batch_size = 8
folds = 2

[evaluation]
bootstrap_replicates = 100
permutations = 100

[explanation]
images_per_class = 1
";

fn succeeds(scene: &Scene, words: &str) -> String {
    let output = scene.run(words);
    assert!(output.status.success(), "`radiograph {words}`: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Files below a folder by path, without those that differ between runs (costs and locks).
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                if !name.contains("costs") && !name.contains("lock") {
                    found.push((name, fs::read(&path).unwrap()));
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_run_and_its_uses() {
    let scene = Scene::new();
    scene.draw().write("demo.toml", SETTINGS);
    let run = "run runs/first --data phantoms/collections --config demo.toml";
    let scores = scene.json(&format!("{run} --json"));
    assert_eq!(scores["models"].as_array().map(Vec::len), Some(1));
    assert_eq!(scores["best"]["model"], "densenet121");
    assert!(scene.file("runs/first/report.html").is_file());

    // The same command, and each stage, find everything done.
    let before = files(&scene.file("runs/first"));
    succeeds(&scene, run);
    for stage in ["assemble", "extract", "train", "evaluate", "explain", "report"] {
        succeeds(&scene, &format!("{stage} runs/first"));
    }
    assert_eq!(scene.json("evaluate runs/first --json"), scores);
    let after = files(&scene.file("runs/first"));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        assert!(before == after, "{name} changed");
    }
    succeeds(&scene, "verify runs/first");

    // Uses of the finished run. Nothing is drawn that nobody asked for.
    let sheet = "phantoms/contact-sheet.png";
    let predictions = scene.json(&format!("predict runs/first {sheet} --json"));
    assert_eq!(predictions.as_array().map(Vec::len), Some(1));
    succeeds(&scene, &format!("predict runs/first {sheet} --out predictions"));
    assert!(fs::read_dir(scene.file("predictions")).unwrap().count() >= 3);
    let explain = "explain runs/first --out explained --method grad-cam,hires-cam --per-class 1 --json";
    assert_eq!(scene.json(explain).as_array().map(Vec::len), Some(2));
    assert!(scene.file("explained/measures.csv").is_file());
    succeeds(&scene, "phantoms --out elsewhere --patients 15 --side 96 --seed 5");
    let external = scene.json("external-test runs/first --data elsewhere/collections --out external --json");
    assert_eq!(external["model"], "densenet121");
    assert!(scene.file("external/predictions.csv").is_file());
    succeeds(&scene, "metrics external/predictions.csv --replicates 100");

    // What cannot be classified is left out, and said.
    scene.write("broken.png", "no image");
    let output = scene.run(&format!("predict runs/first {sheet} broken.png"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("broken.png"));
    let output = scene.run("explain runs/first --out explained --model vgg19");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("it has densenet121"), "{}", text(&output.stderr));
}

#[test]
fn stages_one_by_one_write_the_files_of_a_run() {
    let scene = Scene::new();
    scene.draw().write("demo.toml", SETTINGS);
    let settings = "--data phantoms/collections --config demo.toml";
    succeeds(&scene, &format!("run runs/whole {settings}"));
    for part in ["1/2", "2/2"] {
        if part == "1/2" {
            succeeds(&scene, &format!("assemble runs/staged {settings}"));
        }
        succeeds(&scene, &format!("extract runs/staged --part {part}"));
    }
    for stage in ["train", "evaluate", "explain", "report"] {
        succeeds(&scene, &format!("{stage} runs/staged"));
    }
    // Two parts make other shards of the same features; the report shows the times of the stages.
    let compared = |run: &str| {
        let mut all = files(&scene.file(run));
        let timed = ["report.html", ".stages/report.json"];
        all.retain(|(name, _)| !name.starts_with("features/") && !timed.contains(&name.as_str()));
        all
    };
    let (whole, staged) = (compared("runs/whole"), compared("runs/staged"));
    assert_eq!(whole.len(), staged.len());
    let different = whole.iter().zip(&staged).filter(|(whole, staged)| whole != staged);
    let different: Vec<&String> = different.map(|((name, _), _)| name).collect();
    assert!(different.is_empty(), "these differ: {different:?}");
}

#[test]
fn a_folder_that_is_no_run_is_said_to_be_none() {
    let scene = Scene::new();
    for words in
        ["predict runs/typo film.png", "external-test runs/typo --data . --out external", "train runs/typo"]
    {
        let output = scene.run(words);
        assert_eq!(output.status.code(), Some(3), "{words}");
        let error = text(&output.stderr);
        assert!(error.contains("`runs/typo` is not a run folder: it has no config.toml"), "{words}: {error}");
        assert!(!error.contains("remove"), "{error}");
        assert!(
            !scene.file("runs").exists() && !scene.file("external").exists(),
            "{words} left something behind"
        );
    }
}

#[test]
fn devices_and_networks_are_described() {
    let scene = Scene::new();
    scene.draw();
    let devices = scene.json("devices --device cpu --json");
    assert_eq!(devices["devices"][0]["failure"], serde_json::Value::Null);
    assert_eq!(scene.json("backbones --json").as_array().map(Vec::len), Some(4));
    let made =
        "backbones phantoms/contact-sheet.png --backbone densenet121 --weights random:1 --size 64 --json";
    let made = scene.json(made);
    assert_eq!(made["random"], true);
    assert_eq!(made["images"][0]["shape"], serde_json::json!([1024, 2, 2]));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_run_that_then_continues() {
    use std::{process::Command, process::Stdio, thread, time::Duration};

    let scene = Scene::new();
    scene.draw().write("demo.toml", &SETTINGS.replace("epochs = 2", "epochs = 200"));
    let words = ["run", "runs/first", "--data", "phantoms/collections", "--config", "demo.toml"];
    let child = scene.command().args(words).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // Training has begun when a fold has a folder.
    for _ in 0..1200 {
        if scene.file("runs/first/densenet121/fold-1").exists() {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let output = child.wait_with_output().unwrap();
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{error}");
    assert!(error.contains("Finishing this step; press Ctrl-C again to quit now"), "{error}");
    assert!(scene.file("runs/first/config.toml").is_file());
}
