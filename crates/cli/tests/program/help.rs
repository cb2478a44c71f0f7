//! Tests that every command's help ends with an example that works.

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::scene::{PREDICTIONS, Scene, TABLE, text};

/// The names that follow `Commands:` in a help text, without `help`.
fn commands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| name != "help")
        .collect()
}

/// The example at the end of a help text.
fn example(help: &str) -> Option<String> {
    let lines: Vec<&str> = help.trim_end().split("Example:\n").nth(1)?.lines().collect();
    match lines[..] {
        [example] => Some(example.trim().to_owned()),
        _ => None,
    }
}

/// Every command, including those of `weights`, with its example.
fn examples(scene: &Scene) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in commands(&text(&scene.run("--help").stdout)) {
        let help = text(&scene.run(&format!("{name} --help")).stdout);
        let line =
            example(&help).unwrap_or_else(|| panic!("the help of `{name}` ends with no example:\n{help}"));
        assert!(line.starts_with(&format!("radiograph {name} ")), "{name}: {line}");
        found.push((name.clone(), line));
        for action in commands(&help) {
            let name = format!("{name} {action}");
            let help = text(&scene.run(&format!("{name} --help")).stdout);
            let line = example(&help).unwrap_or_else(|| panic!("the help of `{name}` ends with no example"));
            assert!(line.starts_with(&format!("radiograph {name}")), "{name}: {line}");
            found.push((name, line));
        }
    }
    found
}

/// Runs a line in a shell, with the program on the PATH.
fn shell(scene: &Scene, line: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_radiograph"));
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    Command::new("sh")
        .args(["-c", line])
        .current_dir(scene.path())
        .env("PATH", path)
        .env("XDG_CACHE_HOME", scene.file("cache"))
        .output()
        .unwrap()
}

/// Examples that cannot run here, with the reason.
const ELSEWHERE: [(&str, &str); 4] = [
    ("weights fetch", "needs the network"),
    ("weights install", "needs a file of weights"),
    ("evaluate", "needs trained models; tests/run.rs has them"),
    ("report", "needs trained models; tests/run.rs has them"),
];

/// Commands that need libtorch; `tests/run.rs` runs them.
const LIBTORCH: [&str; 8] =
    ["run", "extract", "train", "explain", "external-test", "predict", "backbones", "devices"];

#[test]
fn every_help_ends_with_an_example_that_works() {
    let scene = Scene::new();
    scene.write("predictions.csv", PREDICTIONS).write("table.csv", TABLE);
    let mut examples = examples(&scene);
    assert!(examples.len() >= 15, "{examples:?}");
    // Later examples use what earlier ones make.
    let order = ["phantoms", "assemble", "verify"];
    examples.sort_by_key(|(name, _)| order.iter().position(|first| first == name).unwrap_or(order.len()));
    let mut ran = 0;
    for (name, line) in examples {
        if LIBTORCH.contains(&name.as_str()) || ELSEWHERE.iter().any(|(elsewhere, _)| *elsewhere == name) {
            continue;
        }
        let output = shell(&scene, &line);
        assert!(output.status.success(), "`{line}`: {}", text(&output.stderr));
        ran += 1;
    }
    assert!(ran >= 10, "only {ran} examples ran");
}

#[test]
fn completions_know_the_commands() {
    let scene = Scene::new();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&scene.run(&format!("completions {name}")).stdout);
        assert!(script.contains("check-table") && script.contains("phantoms"), "{name}");
    }
}

#[test]
fn printed_settings_are_a_config() {
    let scene = Scene::new();
    scene.draw();
    for preset in ["paper", "released-code", "trustworthy"] {
        let printed = scene.run(&format!("config --preset {preset}"));
        assert!(printed.status.success(), "{}", text(&printed.stderr));
        scene.write("printed.toml", &text(&printed.stdout));
        let run = format!("runs/{preset}");
        let first = scene.run(&format!("assemble {run} --data phantoms/collections --config printed.toml"));
        assert!(first.status.success(), "{preset}: {}", text(&first.stderr));
        // The printed file says what the preset says.
        assert_eq!(scene.code(&format!("assemble {run} --data phantoms/collections --preset {preset}")), 0);
    }
}
