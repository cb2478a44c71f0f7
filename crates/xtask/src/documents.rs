//! Tests that the documents name only files and commands that exist.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Parser;

use crate::checkout::Checkout;

/// Folders whose files are named in documents by their path from the root.
const ROOTS: [&str; 6] = ["crates/", "tests/", "docs/", "benches/", "examples/", ".ci/"];

fn documents(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["", "docs"]
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    found.sort();
    found
}

/// Words in single backticks that are paths from the root, with one path for each alternative in braces.
fn named_paths(text: &str) -> Vec<String> {
    let spans = text.split('`').skip(1).step_by(2);
    let words =
        spans.flat_map(str::split_whitespace).filter(|word| ROOTS.iter().any(|root| word.starts_with(root)));
    words
        // A placeholder is no path.
        .filter(|word| !word.contains(['*', '<', '…', ':']))
        .flat_map(|word| {
            match word.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?))) {
                Some((head, (inner, tail))) => {
                    inner.split(',').map(|part| format!("{head}{part}{tail}")).collect()
                }
                None => vec![word.to_owned()],
            }
        })
        .collect()
}

/// Words in single backticks that are paths from the folder of all crates, as in a table that says so.
fn below_crates(text: &str) -> Vec<String> {
    let words = text.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    let is_path = |word: &&str| {
        let parts: Vec<&str> = word.split('/').collect();
        parts.len() > 2 && (parts[1] == "src" || parts[1] == "tests") && !word.contains(['*', '<', '…'])
    };
    words.filter(is_path).map(|word| word.replace("NAME", "mimic-cxr-jpg")).collect()
}

/// The targets of Markdown links to files, without their anchors.
fn linked_files(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let files = targets.map(|target| target.split_once('#').map_or(target, |(file, _)| file));
    files.filter(|file| !file.is_empty() && !file.contains("://")).map(str::to_owned).collect()
}

#[test]
fn files_that_documents_name_exist() {
    let root = Checkout::this().root().to_owned();
    let (mut paths, mut links, mut missing) = (0, 0, Vec::new());
    for document in documents(&root) {
        let text = fs::read_to_string(&document).unwrap();
        let name = document.file_name().unwrap().to_string_lossy().into_owned();
        for path in named_paths(&text) {
            paths += 1;
            if !root.join(&path).exists() {
                missing.push(format!("{name}: {path}"));
            }
        }
        for path in below_crates(&text) {
            paths += 1;
            if !root.join("crates").join(&path).exists() {
                missing.push(format!("{name}: crates/{path}"));
            }
        }
        for link in linked_files(&text) {
            links += 1;
            if !document.parent().unwrap().join(&link).exists() {
                missing.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(missing.is_empty(), "documents name files that do not exist:\n{}", missing.join("\n"));
    assert!(paths >= 30 && links >= 30, "only {paths} paths and {links} links were found");
}

#[test]
fn paths_and_links_are_found_in_text() {
    let text = "See `crates/a/src/{b,c}.rs`, `crates/*/fuzz`, `cargo x crates/d`, [e](e.md#top) and [f](https://f.org).";
    assert_eq!(named_paths(text), ["crates/a/src/b.rs", "crates/a/src/c.rs", "crates/d"]);
    assert_eq!(linked_files(text), ["e.md"]);
    assert_eq!(below_crates("`head/src/`, `crates/head/src/head.rs`, `a/b/c`"), ["head/src/"]);
}

/// Text files below the root, without built and fetched files.
fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_symlink() || ["target", "node_modules", ".git"].contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            texts(&path, found);
        } else if path
            .extension()
            .is_some_and(|kind| ["rs", "md", "toml", "py"].iter().any(|text| kind == *text))
        {
            found.push(path);
        }
    }
}

#[test]
fn commands_of_the_project_in_documents_can_be_given() {
    let root = Checkout::this().root().to_owned();
    let (mut parsed, mut wrong) = (0, Vec::new());
    // The changelog tells of commands that were.
    for document in documents(&root).iter().filter(|path| !path.ends_with("CHANGELOG.md")) {
        let text = fs::read_to_string(document).unwrap();
        // In blocks of console lines, and in backticks.
        let lines = text.lines().filter_map(|line| line.strip_prefix("$ "));
        let outside: String = text.split("```").step_by(2).collect();
        let spans: Vec<String> =
            outside.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " ")).collect();
        for command in lines.chain(spans.iter().map(String::as_str)) {
            let Some(words) = command.strip_prefix("cargo xtask ") else { continue };
            let words: Vec<&str> = words.split(" # ").next().unwrap_or_default().split_whitespace().collect();
            // What stands for anything is not parsed.
            let is_placeholder = |word: &&str| {
                word.contains(['…', '['])
                    || word.ends_with(',')
                    || word.chars().all(|letter| letter.is_ascii_uppercase())
            };
            if words.iter().any(is_placeholder) {
                continue;
            }
            parsed += 1;
            if let Err(error) = crate::Arguments::try_parse_from(["cargo xtask"].iter().chain(&words))
                && error.use_stderr()
            {
                wrong.push(format!("{}: {command}\n{error}", document.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(parsed > 30, "{parsed} commands");
}

#[test]
fn nothing_names_a_command_that_is_gone() {
    // In two pieces, so that this file does not name them.
    let gone = [["cargo", " ex "].concat(), ["cargo xtask", " weights"].concat()];
    let mut found = Vec::new();
    texts(Checkout::this().root(), &mut found);
    assert!(found.len() > 300, "only {} files were found", found.len());
    let names = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        !path.ends_with("CHANGELOG.md") && gone.iter().any(|command| text.contains(command.as_str()))
    };
    let naming: Vec<&PathBuf> = found.iter().filter(|path| names(path)).collect();
    assert!(naming.is_empty(), "these files name a command that is gone: {naming:#?}");
}
