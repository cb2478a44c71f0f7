//! Tests that a skipped test is reported and recorded, although libtest counts it as passed.

use std::{env, fs, process::Command};

use radiograph_needs::{Need, RECORD, Skipped, skip};

/// Set for the process in which [`skipping`] runs.
const INNER: &str = "RADIOGRAPH_TEST_SKIPPING";

#[test]
#[ignore = "runs in the process that the other test starts"]
fn skipping() {
    assert!(env::var_os(INNER).is_some(), "this test runs in the process that the other test starts");
    skip(&Need::Variable("RADIOGRAPH_NO_SUCH".to_owned()));
}

#[test]
fn a_skipped_test_is_seen_past_the_capture_and_recorded() {
    let place = tempfile::tempdir().unwrap();
    let record = place.path().join("skipped");
    let mut program = Command::new(env::current_exe().unwrap());
    program.args(["skipping", "--exact", "--ignored"]).env(INNER, "1").env(RECORD, &record);
    for round in 1..=2 {
        let output = program.output().unwrap();
        assert!(output.status.success());
        let seen = String::from_utf8(output.stderr).unwrap();
        assert!(
            seen.contains("SKIPPED radiograph-needs skipping: it needs variable RADIOGRAPH_NO_SUCH"),
            "{seen}"
        );
        let lines = fs::read_to_string(&record).unwrap();
        assert_eq!(lines.lines().count(), round, "each run appends one line");
        let line = Skipped::parse(lines.lines().next().unwrap()).unwrap();
        assert_eq!((line.package.as_str(), line.test.as_str()), ("radiograph-needs", "skipping"));
    }
}

#[test]
fn a_record_that_cannot_be_written_fails_the_test() {
    let mut program = Command::new(env::current_exe().unwrap());
    program.args(["skipping", "--exact", "--ignored"]).env(INNER, "1").env(RECORD, "/nowhere/skipped");
    assert!(!program.output().unwrap().status.success());
}
