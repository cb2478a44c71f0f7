//! Tests a whole run by the examples in the help texts, on phantoms with random weights.

use std::fs;

use radiograph_dataset::manifest::{Manifest, PrivateFiles};

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

#[cfg(unix)]
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
    for stage in ["assemble", "extract", "train", "evaluate", "explain", "audit", "report"] {
        succeeds(&scene, &format!("{stage} runs/first"));
    }
    let evaluated = scene.json("evaluate runs/first --json");
    for part in ["models", "comparisons", "best"] {
        assert_eq!(evaluated[part], scores[part], "{part}");
    }
    let explained = scene.json("explain runs/first --json");
    assert_eq!(explained["densenet121"].as_array().map(Vec::len), Some(3), "one image of each class");
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
    let output = scene.run("predict runs/first broken.png --json");
    assert_eq!(output.status.code(), Some(3), "nothing is left to classify");
    assert!(output.stdout.is_empty());
    let output = scene.run("explain runs/first --out explained --model vgg19");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("it has densenet121"), "{}", text(&output.stderr));
    a_schedulers_signal_stops_the_measuring_of_maps(&scene);
}

/// It ends with the code that asks for another start, as every other command.
fn a_schedulers_signal_stops_the_measuring_of_maps(scene: &Scene) {
    use std::{process::Command, process::Stdio, thread, time::Duration};

    let words = "explain runs/first --out noticed --method ablation-cam --per-class 50";
    let child = scene.command().args(words.split(' ')).stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
    let child = child.unwrap();
    for _ in 0..1200 {
        if scene.file("noticed").exists() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{}", text(&output.stderr));
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
    for stage in ["train", "evaluate", "explain", "audit", "report"] {
        succeeds(&scene, &format!("{stage} runs/staged"));
    }
    // Two parts make other shards of the same features.
    assert_equal_runs(&scene, "runs/whole", "runs/staged", |name| !name.starts_with("features/"));
}

/// Compares those files of two runs that `compared` chooses by name. The report shows the times of the stages.
fn assert_equal_runs(scene: &Scene, one: &str, other: &str, compared: fn(&str) -> bool) {
    let of = |run: &str| {
        let mut all = files(&scene.file(run));
        let timed = ["report.html", ".stages/report.json"];
        all.retain(|(name, _)| compared(name) && !timed.contains(&name.as_str()));
        all
    };
    let (one, other) = (of(one), of(other));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    assert!(one.len() > 20, "only {} files are compared", one.len());
    let different = one.iter().zip(&other).filter(|(one, other)| one != other);
    let different: Vec<&String> = different.map(|((name, _), _)| name).collect();
    assert!(different.is_empty(), "these differ: {different:?}");
}

#[test]
fn images_that_are_left_out_are_in_the_exit_code() {
    let scene = Scene::new();
    scene.draw().write("demo.toml", SETTINGS);
    succeeds(&scene, "assemble runs/first --data phantoms/collections --config demo.toml");
    // An image of the manifest is damaged before it is extracted.
    let manifest = Manifest::read(&scene.file("runs/first/manifest.csv")).unwrap();
    let image = manifest.train().next().unwrap();
    let files = PrivateFiles::read(&scene.file("runs/first")).unwrap();
    fs::write(files.get(&image.id).unwrap().file(), "no image").unwrap();
    let extracted = scene.run("extract runs/first");
    assert_eq!(extracted.status.code(), Some(1), "{}", text(&extracted.stderr));
    assert!(text(&extracted.stdout).contains(&image.id.to_string()), "{}", text(&extracted.stdout));
    for words in ["train runs/first", "train runs/first --json"] {
        let trained = scene.run(words);
        assert_eq!(trained.status.code(), Some(1), "{words}: {}", text(&trained.stderr));
    }
    let trained = scene.json("train runs/first --json");
    let left_out = serde_json::json!([image.id.to_string()]);
    assert_eq!(trained["densenet121"]["without-features"], left_out);

    // A folder that is not searched; `run` assembles anew, without the damaged image.
    std::os::unix::fs::symlink(scene.file("phantoms/masks"), scene.file("phantoms/collections/linked"))
        .unwrap();
    let run = "run runs/second --data phantoms/collections --config demo.toml";
    for words in [run, "run runs/second"] {
        let output = scene.run(words);
        assert_eq!(output.status.code(), Some(1), "{words}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains("linked: "), "{words}");
    }
}

/// The machine lacks the device; a name that means none is a wrong input.
#[test]
fn a_device_that_is_absent_is_the_machines_fault() {
    let scene = Scene::new();
    scene.draw().write("demo.toml", SETTINGS);
    let image = "phantoms/contact-sheet.png";
    let begin = "run runs/first --data phantoms/collections --config demo.toml --set compute.device";
    for (code, words) in [
        (4, "devices --device cuda:99".to_owned()),
        (4, format!("backbones {image} --backbone densenet121 --weights random:1 --device cuda:99")),
        (4, format!("predict runs/first {image} --device cuda:99")),
        (4, format!("{begin}=cuda:99")),
        (2, "devices --device gpu".to_owned()),
        (3, format!("{begin}=gpu")),
    ] {
        let output = scene.run(&words);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words}: {error}");
        if code == 4 {
            assert!(
                error.contains("device cuda:99 is not available: ") && error.contains("; "),
                "{words}: {error}"
            );
        }
        assert!(!scene.file("runs").exists(), "{words} left a folder behind");
    }
}

#[test]
fn a_stage_whose_input_is_missing_names_the_command_that_makes_it() {
    let scene = Scene::new();
    scene.draw().write("demo.toml", SETTINGS);
    succeeds(&scene, "assemble runs/first --data phantoms/collections --config demo.toml");
    fs::remove_file(scene.file("runs/first/manifest.csv")).unwrap();
    for (words, command) in [
        ("extract runs/first", "assemble"),
        ("assemble runs/first", ""),
        ("train runs/first", "extract"),
        ("evaluate runs/first", "train"),
        ("explain runs/first", "train"),
        ("report runs/first", "evaluate"),
        ("predict runs/first film.png", "evaluate"),
    ] {
        let output = scene.run(words);
        if command.is_empty() {
            assert!(output.status.success());
            continue;
        }
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{words}: {error}");
        assert!(error.contains(&format!("run `radiograph {command} runs/first` first")), "{words}: {error}");
    }
}

/// The flags below a heading of a help text, with an example of a value for each.
fn flags(help: &str, heading: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    let value = |flag: &str, name: &str| match name {
        "<NAME>" if flag == "backbone" => "vgg19",
        "<N>" | "<SEED>" | "<PIXELS>" => "1",
        "<METHODS>" => "grad-cam",
        "<CLASS>" => "true",
        "<DIR>" => ".",
        "<DEVICE>" => "cpu",
        "<LINEAGE>" => "keras",
        "<NAME|FILE|random:SEED>" => "random:1",
        "" => "",
        _ => "jet",
    };
    lines
        .filter_map(|line| line.trim().strip_prefix("--"))
        .map(|flag| flag.split_once(' ').unwrap_or((flag, "")))
        .map(|(flag, name)| format!("--{flag} {}", value(flag, name.trim())))
        .collect()
}

/// A flag that would have no effect is refused.
#[test]
fn flags_of_measured_maps_and_of_features_need_what_they_change() {
    let scene = Scene::new();
    for (command, words, heading, needed, expected) in [
        ("explain", "explain runs/first", "Measured maps:", "--out", 10),
        ("backbones", "backbones", "Options:", "IMAGE", 7),
    ] {
        let help = text(&scene.run(&format!("{command} --help")).stdout);
        let mut flags = flags(&help, heading);
        flags.retain(|flag| !["--out", "--json", "--help"].contains(&flag.split(' ').next().unwrap()));
        assert!(flags.len() >= expected, "{flags:?}");
        for flag in flags {
            let output = scene.run(&format!("{words} {flag}"));
            let error = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{words} {flag}: {error}");
            assert!(error.contains("not provided") && error.contains(needed), "{words} {flag}: {error}");
        }
    }
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
    assert_eq!(scene.json("backbones --json").as_array().map(Vec::len), Some(8));
    let made =
        "backbones phantoms/contact-sheet.png --backbone densenet121 --weights random:1 --size 64 --json";
    let made = scene.json(made);
    assert_eq!(made["random"], true);
    assert_eq!(made["images"][0]["shape"], serde_json::json!([1024, 2, 2]));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_with_the_files_of_an_undisturbed_one() {
    use std::{process::Command, process::Stdio, thread, time::Duration};

    let scene = Scene::new();
    scene.draw().write("demo.toml", &SETTINGS.replace("epochs = 2", "epochs = 40\npatience = false"));
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
    let trained = scene.file("runs/first/densenet121/training.json");
    assert!(!trained.exists(), "the interruption came too late");
    succeeds(&scene, &words.join(" "));
    succeeds(&scene, &words.join(" ").replace("runs/first", "runs/undisturbed"));
    assert_equal_runs(&scene, "runs/undisturbed", "runs/first", |_| true);
}
