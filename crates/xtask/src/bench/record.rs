//! The record of what was measured on one machine.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::computer::Computer;
use crate::error::Error;

/// What was measured on one machine, by name of the script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) machine: Computer,
    pub(super) areas: BTreeMap<String, Area>,
}

/// The last result of one script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Area {
    pub(super) libtorch: String,
    /// What the script wrote: date, versions, rates of the machine, and rows (`benches/peers/measure.py`).
    pub(super) result: Value,
}

impl Record {
    /// The record in this file; a new one if there is none. The machine gets its present description, such as a new system.
    pub(super) fn read_or_new(path: &Path, machine: &Computer) -> Result<Self, Error> {
        if !path.is_file() {
            return Ok(Self { machine: machine.clone(), areas: BTreeMap::new() });
        }
        Ok(Self { machine: machine.clone(), ..read(path)? })
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::io(path)(error.into()))?;
        fs::write(path, text + "\n").map_err(Error::io(path))
    }
}

/// The records of all machines, in the order of their files' names; none if there is no folder.
pub(super) fn all(folder: &Path) -> Result<Vec<Record>, Error> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Record, Error> {
    let text = fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&text).map_err(|error| Error::io(path)(error.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_script_replaces_its_own_result_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(all(&folder.path().join("missing")).unwrap(), []);
        let path = folder.path().join("docs/speed/one.json");
        let machine = Computer::this();
        let area = |number: u32| Area { libtorch: "2.13.0".to_owned(), result: json!({ "rows": [number] }) };
        for (name, number) in [("head", 1), ("image", 2), ("head", 3)] {
            let mut record = Record::read_or_new(&path, &machine).unwrap();
            record.areas.insert(name.to_owned(), area(number));
            record.write(&path).unwrap();
        }
        let records = all(path.parent().unwrap()).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].areas["head"], area(3));
        assert_eq!(records[0].areas["image"], area(2));
    }

    #[test]
    fn a_damaged_record_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.json"), "{}").unwrap();
        assert!(all(folder.path()).unwrap_err().to_string().contains("x.json"));
    }
}
