//! Counts the skipped tests, lists them with their reasons, and refuses unnecessary skips.
//!
//! Tests write the record with `radiograph-needs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use radiograph_needs::{RECORD, Skipped};

use crate::{cache, checkout::Checkout, error::Error};

/// The file to which the tests of one command append.
pub(crate) struct Record {
    path: PathBuf,
}

impl Record {
    /// An empty record for the tests of one lane.
    ///
    /// # Errors
    /// [`Error::Io`] if an old record cannot be removed.
    pub(crate) fn start(checkout: &Checkout, name: &str) -> Result<Self, Error> {
        let folder = checkout.root().join("target");
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let path = folder.join(format!("skipped-tests-{name}"));
        cache::remove(&path)?;
        Ok(Self { path })
    }

    /// Sets the path of the record for the tests of this command.
    pub(crate) fn name_to(&self, command: &mut Command) {
        command.env(RECORD, &self.path);
    }

    /// Reads the record that the tests wrote.
    ///
    /// # Errors
    /// [`Error::Io`] if the record cannot be read or is invalid.
    pub(crate) fn read(&self) -> Result<Tests, Error> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Tests::parse(&text, &self.path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Tests::default()),
            Err(source) => Err(Error::Io { path: self.path.clone(), source }),
        }
    }
}

/// Skipped tests, each once per need.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tests {
    skipped: BTreeSet<Skipped>,
}

impl Tests {
    fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let skipped: Option<BTreeSet<Skipped>> = text.lines().map(Skipped::parse).collect();
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "it is not a record of skipped tests");
        let skipped = skipped.ok_or_else(|| Error::Io { path: path.to_owned(), source: wrong() })?;
        Ok(Self { skipped })
    }

    /// The number of different tests.
    fn count(&self) -> usize {
        self.skipped.iter().map(|one| (&one.package, &one.test)).collect::<BTreeSet<_>>().len()
    }

    /// The summary: one line with the count, then one for each need.
    pub(crate) fn in_words(&self) -> Vec<String> {
        let mut by_need: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for one in &self.skipped {
            by_need.entry(&one.need).or_default().push(format!("{} {}", one.package, one.test));
        }
        let mut lines = vec![match self.count() {
            0 => "no test was skipped".to_owned(),
            1 => "1 test was SKIPPED:".to_owned(),
            count => format!("{count} tests were SKIPPED:"),
        }];
        lines.extend(
            by_need
                .iter()
                .map(|(need, tests)| format!("  {} for want of {need}: {}", tests.len(), tests.join(", "))),
        );
        lines
    }

    /// Refuses skips whose need this machine meets.
    ///
    /// # Errors
    /// [`Error::SkippedInVain`] with those tests.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let in_vain: Vec<String> = self
            .skipped
            .iter()
            .filter(|one| one.need.is_met())
            .map(|one| format!("{} {} ({} is there)", one.package, one.test, one.need))
            .collect();
        if in_vain.is_empty() { Ok(()) } else { Err(Error::SkippedInVain { tests: in_vain }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = "\
variable RADIOGRAPH_NO_SUCH\tradiograph-image\tdecode::real
variable RADIOGRAPH_NO_SUCH\tradiograph-dataset\tsources::cohen
file /nowhere/axe\tradiograph-image\tdecode::real
variable RADIOGRAPH_NO_SUCH\tradiograph-image\tdecode::real
";

    #[test]
    fn the_summary_counts_each_test_once_and_names_what_is_missing() {
        let tests = Tests::parse(RECORDED, Path::new("record")).unwrap();
        assert_eq!(
            tests.in_words(),
            [
                "2 tests were SKIPPED:",
                "  2 for want of variable RADIOGRAPH_NO_SUCH: radiograph-dataset sources::cohen, radiograph-image \
                 decode::real",
                "  1 for want of file /nowhere/axe: radiograph-image decode::real",
            ]
        );
        tests.check().unwrap();
        assert_eq!(Tests::default().in_words(), ["no test was skipped"]);
    }

    #[test]
    fn a_skip_whose_need_is_met_is_refused() {
        let text = format!("{RECORDED}variable PATH\tradiograph-weights\tgolden::real\n");
        let error = Tests::parse(&text, Path::new("record")).unwrap().check().unwrap_err().to_string();
        assert!(error.contains("radiograph-weights golden::real") && !error.contains("cohen"), "{error}");
    }

    #[test]
    fn a_damaged_record_is_an_error_and_no_record_is_none_skipped() {
        assert!(Tests::parse("something else\n", Path::new("record")).is_err());
        let folder = tempfile::tempdir().unwrap();
        let record = Record::start(&Checkout::at(folder.path()), "cpu").unwrap();
        assert_eq!(record.read().unwrap(), Tests::default());
    }

    #[test]
    fn a_new_record_forgets_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = Checkout::at(folder.path());
        fs::write(Record::start(&checkout, "cpu").unwrap().path, RECORDED).unwrap();
        assert_eq!(Record::start(&checkout, "cpu").unwrap().read().unwrap().count(), 0);
    }
}
