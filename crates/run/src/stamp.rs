//! Stamps of finished stages, so that a stage with the same inputs and unchanged outputs does not run again.
//!
//! The inputs include the revision of the stage's code. Models and feature stores keep separate records.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use radiograph_files::{ContentHash, ContentHashing, create_folder, write_bytes};
use serde::{Deserialize, Serialize};

use crate::{Error, Stage};

/// Hash over the inputs of a stage, each added under a name.
#[derive(Debug)]
pub struct Inputs(ContentHashing);

impl Inputs {
    /// Inputs that consist only of the revision of the stage's code.
    pub fn of(stage: Stage) -> Self {
        Self(ContentHashing::new()).add(stage.name(), &stage.revision().to_le_bytes())
    }

    /// Adds bytes under a name.
    #[must_use]
    pub fn add(mut self, name: &str, bytes: &[u8]) -> Self {
        for part in [name.as_bytes(), bytes] {
            self.0.update(&(part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// Adds a value as JSON.
    #[must_use]
    pub fn add_value<T: Serialize>(self, name: &str, value: &T) -> Self {
        // Settings and records hold nothing that JSON lacks but infinities, which `null` stands for.
        let text = serde_json::to_vec(value).unwrap_or_default();
        self.add(name, &text)
    }

    /// Adds the content of a file; a missing file counts as different from an empty one.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be read.
    pub fn add_file(self, path: &Path) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.exists() {
            return Ok(self.add(&name, b"missing"));
        }
        let hash = ContentHash::of_file(path)?;
        Ok(self.add(&name, hash.to_string().as_bytes()))
    }

    fn finish(self) -> ContentHash {
        self.0.finish()
    }
}

/// The stamp of one finished stage: hashes of its inputs and outputs.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
pub struct Stamp {
    inputs: ContentHash,
    outputs: BTreeMap<PathBuf, ContentHash>,
}

impl Stamp {
    /// Whether the stage `name` of the run in `folder` is up to date; if not, the hash of its inputs for [`Stamp::write`].
    ///
    /// # Errors
    ///
    /// [`Error::File`] if an output cannot be read.
    pub fn is_valid(folder: &Path, name: &str, inputs: Inputs) -> Result<Result<(), ContentHash>, Error> {
        let inputs = inputs.finish();
        let Ok(text) = fs::read(place(folder, name)) else { return Ok(Err(inputs)) };
        let Ok(stamp) = serde_json::from_slice::<Self>(&text) else { return Ok(Err(inputs)) };
        if stamp.inputs != inputs {
            return Ok(Err(inputs));
        }
        for (output, hash) in &stamp.outputs {
            let path = folder.join(output);
            if !path.is_file() || ContentHash::of_file(&path)? != *hash {
                return Ok(Err(inputs));
            }
        }
        Ok(Ok(()))
    }

    /// Marks the stage as finished. Its outputs are files below `folder`.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if an output cannot be read or the stamp cannot be written.
    pub fn write(folder: &Path, name: &str, inputs: ContentHash, outputs: &[PathBuf]) -> Result<(), Error> {
        let hashed = |path: &PathBuf| {
            let relative = path.strip_prefix(folder).unwrap_or(path).to_owned();
            Ok((relative, ContentHash::of_file(path)?))
        };
        let stamp = Self { inputs, outputs: outputs.iter().map(hashed).collect::<Result<_, Error>>()? };
        let path = place(folder, name);
        create_folder(&folder.join(".stages"))?;
        let text = serde_json::to_vec_pretty(&stamp).map_err(|error| Error::damaged(&path, error))?;
        Ok(write_bytes(&path, &text)?)
    }
}

fn place(folder: &Path, name: &str) -> PathBuf {
    folder.join(".stages").join(format!("{name}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_done_while_inputs_and_outputs_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let output = folder.join("scores.json");
        fs::write(&output, "1").unwrap();
        let inputs = |text: &str| Inputs::of(Stage::Evaluate).add("config", text.as_bytes());
        let valid = |text| Stamp::is_valid(folder, "evaluate", inputs(text)).unwrap();
        let hash = valid("a").unwrap_err();
        Stamp::write(folder, "evaluate", hash, std::slice::from_ref(&output)).unwrap();
        assert_eq!(valid("a"), Ok(()));
        assert!(valid("b").is_err());
        fs::write(&output, "2").unwrap();
        assert!(valid("a").is_err());
        fs::remove_file(&output).unwrap();
        assert!(valid("a").is_err());
    }

    #[test]
    fn pieces_do_not_run_into_each_other() {
        let one = Inputs::of(Stage::Evaluate).add("a", b"bc").finish();
        assert_ne!(one, Inputs::of(Stage::Evaluate).add("ab", b"c").finish());
    }
}
