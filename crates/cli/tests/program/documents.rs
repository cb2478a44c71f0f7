//! Tests that the commands in the documents do what the documents show.
//!
//! Every block of console lines is run, in the order of its document and in a home of its own, or says above it why not:
//! `<!-- not run: REASON -->`. What a block shows must be printed; `…` stands for anything.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::scene::{Scene, text};

#[path = "../../../dataset/examples/hospital/archive.rs"]
mod archive;

use archive::Archive;

/// Commands that a block may hold and that nothing here runs, with the reason.
const ELSEWHERE: [(&str, &str); 3] = [
    ("git clone ", "needs the network"),
    ("cargo xtask ", "parsed by a test of xtask, and most of them are steps of CI"),
    ("radiograph weights fetch ", "needs the network; the tests of the command do it with a local server"),
];

/// The command that writes the archive of own-data.md.
const HOSPITAL: &str = "cargo run --release -p radiograph-dataset --example hospital -- hospital";

/// What makes a run small enough for a test. The networks have random weights, so what a run prints is not compared.
const SMALL: &str = "--set weights.densenet121=random:1 --set weights.inception_v3=random:1 --set input.size=96 \
    --set head.layers.densenet121.units=8 --set 'head.layers.densenet121.dense=[8]' \
    --set head.layers.inception_v3.units=8 --set 'head.layers.inception_v3.dense=[8]' \
    --set training.epochs=1 --set training.batch_size=8 --set evaluation.bootstrap_replicates=100 --set evaluation.permutations=100 \
    --set explanation.images_per_class=1";

/// Commands whose results are those of the networks.
const OF_NETWORKS: [&str; 3] = ["radiograph run ", "radiograph predict ", "radiograph external-test "];

/// A block of console lines.
struct Block {
    /// Number of its first line.
    line: usize,
    not_run: bool,
    /// Commands, each with what is shown below it.
    commands: Vec<(String, String)>,
}

fn blocks(document: &str) -> Vec<Block> {
    let (mut found, mut inside, mut above) = (Vec::<Block>::new(), false, "");
    for (number, line) in document.lines().enumerate() {
        match (inside, line) {
            (false, "```console") => {
                let not_run = above.starts_with("<!-- not run: ");
                found.push(Block { line: number + 1, not_run, commands: Vec::new() });
                inside = true;
            }
            (true, "```") => inside = false,
            (true, _) => {
                let commands = &mut found.last_mut().unwrap().commands;
                match (line.strip_prefix("$ "), commands.last_mut()) {
                    (Some(command), _) => commands.push((command.to_owned(), String::new())),
                    (None, Some((command, _))) if command.ends_with('\\') => {
                        command.pop();
                        command.push_str(line);
                    }
                    (None, Some((_, shown))) => shown.extend([line, "\n"]),
                    (None, None) => panic!("line {}: a block begins with a command", number + 1),
                }
            }
            _ => {}
        }
        above = line;
    }
    found
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first piece of `shown` that is not in `printed`, after those before it. Lines may be broken elsewhere.
fn missing(shown: &str, printed: &str) -> Option<String> {
    let printed = words(printed);
    let mut rest = printed.as_str();
    for piece in shown.split('…').map(words).filter(|piece| !piece.is_empty()) {
        match rest.split_once(&piece) {
            Some((_, after)) => rest = after,
            None => return Some(piece),
        }
    }
    None
}

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)).unwrap()
}

/// Runs the commands of a document, and returns their number.
fn walk(scene: &Scene, name: &str) -> usize {
    let text_of = document(name);
    let mut run = 0;
    for block in blocks(&text_of).iter().filter(|block| !block.not_run) {
        for (command, shown) in &block.commands {
            if ELSEWHERE.iter().any(|(begin, _)| command.starts_with(begin)) {
                continue;
            }
            run += 1;
            let place = format!("{name}, the block of line {}: `{command}`", block.line);
            if command == HOSPITAL {
                let written = Archive { patients: 60, side: 512, seed: 7 }.write(&scene.file("hospital"));
                assert!(shown.starts_with(&format!("{} DICOM files", written.unwrap().films)), "{place}");
                continue;
            }
            if command == "radiograph scan hospital" {
                edit_labels(scene, &text_of);
            }
            let is_run = command.starts_with("radiograph run ");
            // What is written behind the command is a remark.
            let bare = command.split(" # ").next().unwrap();
            let output = scene.shell(&if is_run { format!("{bare} {SMALL}") } else { bare.to_owned() });
            // What is told on the way, and then the result, as on a terminal.
            let printed = text(&output.stderr) + &text(&output.stdout);
            // 1 is the code of a result without some of the films: every drawn collection has broken ones.
            assert!(matches!(output.status.code(), Some(0 | 1)), "{place}: {printed}");
            if !OF_NETWORKS.iter().any(|begin| command.starts_with(begin)) {
                let missing = missing(shown, &printed);
                assert!(missing.is_none(), "{place} does not print\n{missing:?}\nbut\n{printed}");
            }
        }
    }
    run
}

/// Writes the classes that own-data.md shows into the description of the hospital.
fn edit_labels(scene: &Scene, document: &str) {
    let edited = document.split("```toml\n[labels]\n").nth(1).unwrap().split("```").next().unwrap();
    let path = scene.file("hospital/radiograph-source.toml");
    let draft = fs::read_to_string(&path).unwrap();
    let (before, _) = draft.split_once("[labels]\n").unwrap();
    fs::write(path, format!("{before}[labels]\n{edited}")).unwrap();
}

/// A home with what the documents take for granted: folders of films, and a film.
fn home() -> Scene {
    let scene = Scene::new();
    for (seed, folder) in [("5", "x-rays"), ("6", "x-rays-of-another-hospital")] {
        let drawn = scene.run(&format!("phantoms --out drawn-{seed} --patients 30 --side 96 --seed {seed}"));
        assert!(drawn.status.success(), "{}", text(&drawn.stderr));
        fs::rename(scene.file(&format!("drawn-{seed}/collections")), scene.file(folder)).unwrap();
    }
    let film: PathBuf = scene.file("x-rays/dicom-films/IM00001.dcm");
    for copy in ["film.dcm", "x-rays/a.dcm"] {
        fs::copy(&film, scene.file(copy)).unwrap();
    }
    scene
}

#[test]
fn the_readme() {
    let scene = home();
    // The README is read in a checkout.
    fs::create_dir(scene.file("examples")).unwrap();
    scene.write("examples/demo.toml", &document("examples/demo.toml"));
    assert_eq!(walk(&scene, "README.md"), 5);
}

#[test]
fn own_data() {
    let scene = home();
    Archive { patients: 6, side: 64, seed: 7 }.write(&scene.file("xrays")).unwrap();
    assert!(walk(&scene, "docs/own-data.md") >= 15);
}

#[test]
fn phantoms() {
    assert_eq!(walk(&Scene::new(), "docs/phantoms.md"), 3);
}

#[test]
fn leakage() {
    let scene = Scene::new();
    let drawn = scene.run("phantoms --out phantoms --patients 90 --seed 7 --side 128");
    assert!(drawn.status.success(), "{}", text(&drawn.stderr));
    assert_eq!(walk(&scene, "docs/leakage.md"), 2);
}

#[test]
fn audit() {
    assert_eq!(walk(&Scene::new(), "docs/audit.md"), 3);
}

/// Documents whose commands the tests above run.
const WALKED: [&str; 5] =
    ["README.md", "docs/own-data.md", "docs/phantoms.md", "docs/leakage.md", "docs/audit.md"];

#[test]
fn every_block_is_run_or_says_why_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names: Vec<String> = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    names.extend(fs::read_dir(root.join("docs")).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.ends_with(".md").then(|| format!("docs/{name}"))
    }));
    let (mut seen, mut silent) = (0, Vec::new());
    for name in names.iter().filter(|name| !WALKED.contains(&name.as_str())) {
        for block in blocks(&document(name)) {
            seen += 1;
            let elsewhere = |(command, _): &(String, String)| {
                ELSEWHERE.iter().any(|(begin, _)| command.starts_with(begin))
            };
            if !block.not_run && !block.commands.iter().all(elsewhere) {
                silent.push(format!("{name}:{}", block.line));
            }
        }
    }
    assert!(seen > 10, "{seen} blocks");
    assert!(silent.is_empty(), "neither run nor marked `<!-- not run: REASON -->`: {silent:#?}");
}

#[test]
fn blocks_are_read_with_their_marks_and_what_they_show() {
    let found = blocks(
        "a\n<!-- not run: no network -->\n```console\n$ x\n```\n```console\n$ y \\\n  z\nb …\nc\n$ w\n```\n",
    );
    assert_eq!(
        found.iter().map(|block| (block.line, block.not_run)).collect::<Vec<_>>(),
        [(3, true), (6, false)]
    );
    assert_eq!(
        found[1].commands,
        [("y   z".to_owned(), "b …\nc\n".to_owned()), ("w".to_owned(), String::new())]
    );
    assert_eq!(missing("b …\nc\n", "a\nb  d\n c"), None);
    assert_eq!(missing("c\n…\nb", "b\nc").as_deref(), Some("b"));
}
