//! Tests that every command's help ends with an example that works.

use std::path::Path;

use crate::scene::{PREDICTIONS, Scene, TABLE, text};

/// The names that follow `Commands:` in a help text, without `help`.
pub(crate) fn commands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| name != "help")
        .collect()
}

/// The example at the end of a help text: one command, which may continue on further lines.
fn example(help: &str) -> Option<String> {
    let example = help.trim_end().split("Example:\n").nth(1)?.trim_start();
    let (but_the_last, _) = example.rsplit_once('\n').unwrap_or_default();
    but_the_last.lines().all(|line| line.ends_with('\\')).then(|| example.to_owned())
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

/// Files that examples name and that a user brings along.
fn bring_along(scene: &Scene) {
    scene
        .write("predictions.csv", PREDICTIONS)
        .write("table.csv", TABLE)
        .write_weights("weights.safetensors");
    let drawn = scene.run("phantoms --out elsewhere --patients 15 --side 96 --seed 5");
    assert!(drawn.status.success(), "{}", text(&drawn.stderr));
}

/// Examples that run first, in this order, because later ones use what they make.
const FIRST: [&str; 12] = [
    "phantoms", "run", "assemble", "extract", "train", "evaluate", "explain", "audit", "report", "plan",
    "run-task", "collect",
];

/// Examples that cannot run in this build, with the reason.
const NOT_HERE: &[(&str, &str)] = if cfg!(feature = "libtorch") {
    &[("weights fetch", "needs the network")]
} else {
    &[
        ("weights fetch", "needs the network"),
        ("evaluate", "needs trained models"),
        ("report", "needs trained models"),
    ]
};

#[test]
fn every_help_ends_with_an_example_that_works() {
    let scene = Scene::new();
    bring_along(&scene);
    let mut examples = examples(&scene);
    assert!(examples.len() >= 15, "{examples:?}");
    examples.sort_by_key(|(name, _)| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
    for (name, line) in examples {
        if NOT_HERE.iter().any(|(not_here, _)| *not_here == name) {
            continue;
        }
        let output = scene.shell(&line);
        // Drawn collections have broken files, which an external test reports by its exit code.
        let expected = i32::from(name == "external-test");
        assert_eq!(output.status.code(), Some(expected), "`{line}`: {}", text(&output.stderr));
    }
}

/// Commands whose output is a text for other programs, in a format of its own.
const WITHOUT_JSON: [&str; 4] = ["config", "completions", "slurm", "weights"];

#[test]
fn every_command_with_a_result_has_json() {
    let scene = Scene::new();
    for (name, _) in examples(&scene) {
        let help = text(&scene.run(&format!("{name} --help")).stdout);
        assert_eq!(help.contains("--json"), !WITHOUT_JSON.contains(&name.as_str()), "{name}");
    }
}

/// Rows of the table of commands in README.md: every command, and whether it needs libtorch.
fn commands_in_the_readme() -> Vec<(String, bool)> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = readme.lines().skip_while(|line| !line.starts_with("| command | ")).skip(2);
    let mut found = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (of_row, needs) = (names(cells[1]), cells[3]);
        for name in of_row {
            found.push((name.clone(), needs == "yes" || names(needs).contains(&name)));
        }
    }
    found.sort();
    found
}

#[test]
fn the_readme_lists_the_commands_of_this_build() {
    let listed = commands_in_the_readme();
    assert!(listed.len() >= 20, "{listed:?}");
    let help = text(&Scene::new().run("--help").stdout);
    let mut present = commands(&help);
    present.sort();
    let mut expected = listed.clone();
    expected.retain(|(_, needs_libtorch)| cfg!(feature = "libtorch") || !needs_libtorch);
    assert_eq!(present, expected.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
    let mut absent = crate::codes::absent(&help);
    absent.sort();
    let mut expected = listed;
    expected.retain(|(_, needs_libtorch)| cfg!(not(feature = "libtorch")) && *needs_libtorch);
    assert_eq!(absent, expected.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
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
