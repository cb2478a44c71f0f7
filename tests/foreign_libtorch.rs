//! Tests that the libraries of another PyTorch in `LD_LIBRARY_PATH`, where conda and pip put them, are not loaded.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Creates empty libraries with the names of libtorch's.
fn foreign(folder: &Path) -> PathBuf {
    let source = folder.join("empty.c");
    fs::write(&source, "void radiograph_test_nothing(void) {}\n").unwrap();
    let libraries = folder.join("lib");
    fs::create_dir(&libraries).unwrap();
    for name in ["libc10.so", "libtorch.so", "libtorch_cpu.so", "libgomp.so.1"] {
        let mut compiler = Command::new(env::var("CC").unwrap_or_else(|_| "cc".to_owned()));
        compiler.args(["-shared", "-fPIC", "-o"]).arg(libraries.join(name)).arg(&source);
        assert!(compiler.arg(format!("-Wl,-soname,{name}")).status().unwrap().success());
    }
    libraries
}

/// A command that starts this program, which uses libtorch, with these libraries first in the search path.
fn start(test: &str, libraries: &Path) -> Command {
    let mut program = Command::new(env::current_exe().unwrap());
    program.args([test, "--exact"]).env("LD_LIBRARY_PATH", libraries);
    program
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_program_uses_the_libtorch_it_was_built_with() {
    let place = tempfile::tempdir().unwrap();
    let libraries = foreign(place.path());
    let output = start("devices::the_processor_is_always_there", &libraries).output().unwrap();
    assert!(output.status.success() && said(&output).contains("1 passed"), "{}", said(&output));

    // The loader's own list of what it takes from where.
    let listed = start("", &libraries).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
    let listed = said(&listed);
    let ours = listed.lines().filter(|line| line.contains("libtorch_cpu.so =>")).count();
    assert_eq!(ours, 1, "{listed}");
    assert!(!listed.contains(libraries.to_str().unwrap()), "{listed}");
}

/// Otherwise the test above would also pass with libraries that the loader never uses.
#[test]
fn the_foreign_libraries_are_taken_by_a_program_without_a_run_path() {
    let place = tempfile::tempdir().unwrap();
    let libraries = foreign(place.path());
    let (source, program) = (place.path().join("main.c"), place.path().join("main"));
    fs::write(&source, "void radiograph_test_nothing(void); int main(void) { radiograph_test_nothing(); }\n")
        .unwrap();
    let mut compiler = Command::new(env::var("CC").unwrap_or_else(|_| "cc".to_owned()));
    compiler.arg("-o").arg(&program).arg(&source).arg("-L").arg(&libraries).arg("-ltorch_cpu");
    assert!(compiler.status().unwrap().success());
    let mut program = Command::new(&program);
    let listed =
        program.env("LD_LIBRARY_PATH", &libraries).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
    assert!(said(&listed).contains(libraries.join("libtorch_cpu.so").to_str().unwrap()), "{}", said(&listed));
}
