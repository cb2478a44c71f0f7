//! Tests that crates without libtorch ask for an operating system in one place only.

use std::{fs, path::Path};

use crate::checkout::Checkout;

/// The one file that may.
const PLACE: &str = "crates/files/src/platform.rs";
/// Crates for this project's own tests and tools, which run where it is developed.
const TOOLS: [&str; 2] = ["crates/needs", "crates/xtask"];
const MARKS: [&str; 6] = ["os::unix", "os::linux", "os::windows", "cfg(unix)", "cfg(windows)", "target_os"];

#[test]
fn operating_systems_are_named_in_one_file() {
    let root = Checkout::this();
    let (mut files, mut found) = (0, Vec::new());
    for member in fs::read_dir(root.root().join("crates")).unwrap() {
        let member = member.unwrap().path();
        let name = member.strip_prefix(root.root()).unwrap().to_owned();
        if !TOOLS.iter().any(|tool| name == Path::new(tool)) {
            search(&member.join("src"), root.root(), &mut files, &mut found);
        }
    }
    assert!(files > 400, "{files} files");
    assert!(found.is_empty(), "put this into {PLACE}:\n{}", found.join("\n"));
}

fn search(folder: &Path, root: &Path, files: &mut usize, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_owned();
        if path.is_dir() && !path.ends_with("tests") {
            search(&path, root, files, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            *files += 1;
            if name != Path::new(PLACE) {
                found.extend(marked(&fs::read_to_string(&path).unwrap(), &name));
            }
        }
    }
}

/// The lines that name an operating system, up to the tests, which stand at the end of a file.
fn marked(text: &str, name: &Path) -> Vec<String> {
    let before = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    let lines = before.enumerate().filter(|(_, line)| MARKS.iter().any(|mark| line.contains(mark)));
    lines.map(|(number, line)| format!("{}:{}: {}", name.display(), number + 1, line.trim())).collect()
}

#[test]
fn a_line_before_the_tests_is_found_and_one_in_them_is_not() {
    let text = "use std::os::unix::fs::FileExt;\n#[cfg(test)]\nmod tests {\n    use std::os::unix::fs::symlink;\n}\n";
    assert_eq!(marked(text, Path::new("a.rs")), ["a.rs:1: use std::os::unix::fs::FileExt;"]);
}
