//! Tests that a skipped test is reported and recorded, although libtest counts it as passed.

use std::{env, fs, path::Path, process::Command};

use radiograph_needs::{Need, RECORD, Skipped, skip};

/// Set for the process in which [`NAME`] skips itself.
const INNER: &str = "RADIOGRAPH_TEST_SKIPPING";
const NAME: &str = "a_skipped_test_is_seen_past_the_capture_and_recorded";

/// This program with the one test that skips itself if [`INNER`] is set.
fn skipping(record: &Path) -> Command {
    let mut program = Command::new(env::current_exe().expect("a running test has a file"));
    program.args([NAME, "--exact"]).env(INNER, "1").env(RECORD, record);
    program
}

#[test]
fn a_skipped_test_is_seen_past_the_capture_and_recorded() {
    if env::var_os(INNER).is_some() {
        return skip(&Need::Variable("RADIOGRAPH_NO_SUCH".to_owned()));
    }
    let place = tempfile::tempdir().unwrap();
    let record = place.path().join("skipped");
    let mut program = skipping(&record);
    for round in 1..=2 {
        let output = program.output().unwrap();
        assert!(output.status.success());
        let seen = String::from_utf8(output.stderr).unwrap();
        assert!(
            seen.contains(&format!("SKIPPED radiograph-needs {NAME}: it needs variable RADIOGRAPH_NO_SUCH")),
            "{seen}"
        );
        let lines = fs::read_to_string(&record).unwrap();
        assert_eq!(lines.lines().count(), round, "each run appends one line");
        let line = Skipped::parse(lines.lines().next().unwrap()).unwrap();
        assert_eq!((line.package.as_str(), line.test.as_str()), ("radiograph-needs", NAME));
    }
}

#[test]
fn a_record_that_cannot_be_written_fails_the_test() {
    assert!(!skipping(Path::new("/nowhere/skipped")).output().unwrap().status.success());
}
