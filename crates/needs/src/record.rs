//! Records each skipped test as one line, on standard error for a person and in a file for `cargo xtask`.

use std::{
    env, fmt,
    fs::File,
    io::{self, Write},
    panic::Location,
    thread,
};

use crate::Need;

/// Environment variable with the path of the file to which skipped tests are appended.
pub const RECORD: &str = "RADIOGRAPH_SKIPPED";

/// One line of the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// What the machine lacks.
    pub need: Need,
    /// Package of the test.
    pub package: String,
    /// Path of the test within its program.
    pub test: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\t{}\t{}", self.need, self.package, self.test)
    }
}

impl Skipped {
    /// Parses one line of the record; `None` if the line is invalid.
    pub fn parse(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        let (need, package, test) = (cells.next()?, cells.next()?, cells.next()?);
        let complete = cells.next().is_none() && !package.is_empty() && !test.is_empty();
        complete.then_some(())?;
        Some(Self { need: need.parse().ok()?, package: package.to_owned(), test: test.to_owned() })
    }
}

/// Records that the running test is skipped because the machine lacks `need`. The test must return afterwards.
///
/// # Panics
///
/// If the machine meets the need, or if the record cannot be written: in both cases the skip would be wrong.
#[track_caller]
pub fn skip(need: &Need) {
    assert!(!need.is_met(), "this test must not be skipped: {need} is there");
    let place = Location::caller();
    let test = match thread::current().name() {
        // With one test thread libtest runs tests on the main thread, whose name says nothing.
        None | Some("main") => format!("{}:{}", place.file(), place.line()),
        Some(name) => name.to_owned(),
    };
    let package = env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "unknown".to_owned());
    let skipped = Skipped { need: need.clone(), package, test };
    // Written to the stream itself: libtest keeps what `eprintln!` prints to itself as long as a test passes.
    let _ = writeln!(io::stderr(), "SKIPPED {} {}: it needs {need}", skipped.package, skipped.test);
    if let Some(path) = env::var_os(RECORD) {
        let append = || {
            // One write of less than a page, so that lines of several processes do not mix.
            File::options()
                .create(true)
                .append(true)
                .open(&path)?
                .write_all(format!("{skipped}\n").as_bytes())
        };
        let written = append();
        assert!(written.is_ok(), "{} cannot be written: {written:?}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_and_others_are_not() {
        let skipped = Skipped {
            need: Need::Variable("RADIOGRAPH_DATA".to_owned()),
            package: "radiograph-image".to_owned(),
            test: "decode::real".to_owned(),
        };
        assert_eq!(Skipped::parse(&skipped.to_string()), Some(skipped));
        for line in ["", "gpu\tradiograph-tests", "gpu\t\ttest", "gpu\tp\tt\tmore", "nothing\tp\tt"] {
            assert_eq!(Skipped::parse(line), None, "{line}");
        }
    }

    #[test]
    #[should_panic(expected = "must not be skipped")]
    fn a_need_that_is_met_is_no_reason() {
        skip(&Need::Variable("PATH".to_owned()));
    }
}
