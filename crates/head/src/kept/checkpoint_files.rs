//! The files of a checkpoint: `checkpoint.json` names a file of weights, one of the optimiser's state, and the best
//! weights, which are often the same file as the weights.

use std::{
    fs,
    path::{Path, PathBuf},
};

use radiograph_features::ExtractionKey;
use radiograph_files::{ContentHash, FileError};
use radiograph_protocol::{History, TrainingConfig, Versions, write_record};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error,
    kept::{
        origin::{Beginning, Settings},
        snapshot::Snapshot,
        tensor_file,
    },
    sums::Sums,
};

/// The record of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CheckpointRecord {
    format: String,
    /// Settings of the head, in its own form.
    head: Value,
    pub(super) training: TrainingConfig,
    key: ExtractionKey,
    /// Hashes of the training samples and the validation samples.
    samples: [Option<ContentHash>; 2],
    /// Hash of the feature maps.
    features: Option<ContentHash>,
    /// Hash of another training's weights, if this training began from them.
    began_from: Option<ContentHash>,
    contaminated: bool,
    versions: Versions,
    pub(super) history: History,
    /// Number of steps of the next epoch that are done.
    pub(super) step: usize,
    /// Sums over these steps.
    pub(super) sums: Sums,
    pub(super) weights: Named,
    pub(super) optimizer: Named,
    pub(super) best: Option<Named>,
}

/// A file of tensors in the same folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named {
    file: String,
    pub(super) hash: ContentHash,
}

impl CheckpointRecord {
    /// Name of the file in a training's folder.
    pub(super) const FILE: &str = "checkpoint.json";
    pub(super) const FORMAT: &str = "radiograph head checkpoint 3";

    /// The record of a training that has done nothing yet.
    pub(super) fn blank(settings: &Settings<'_>, versions: Versions) -> Self {
        let none = Named { file: String::new(), hash: ContentHash::of_bytes(b"") };
        Self {
            format: Self::FORMAT.to_owned(),
            head: settings.head.clone(),
            training: settings.training.clone(),
            key: settings.key.clone(),
            samples: settings.samples,
            features: settings.features,
            began_from: settings.beginning.weights,
            contaminated: settings.beginning.contaminated,
            versions,
            history: History::default(),
            step: 0,
            sums: Sums::default(),
            weights: none.clone(),
            optimizer: none,
            best: None,
        }
    }

    /// The record of the same training at another position, with the file of its best weights, if that is written.
    pub(super) fn at(&self, history: &History, step: usize, sums: Sums, best: Option<Named>) -> Self {
        Self { history: history.clone(), step, sums, best, ..self.clone() }
    }

    /// Removes tensors of other checkpoints from the folder. The caller must hold the folder's lock.
    pub(super) fn remove_other_tensors(&self, folder: &Path) -> Result<(), Error> {
        let named = [Some(&self.weights), Some(&self.optimizer), self.best.as_ref()];
        let wanted: Vec<&str> = named.into_iter().flatten().map(|named| named.file.as_str()).collect();
        remove_tensors(folder, &wanted)
    }

    pub(super) fn settings(&self) -> Settings<'_> {
        Settings {
            head: self.head.clone(),
            training: &self.training,
            key: &self.key,
            samples: self.samples,
            features: self.features,
            beginning: Beginning { weights: self.began_from, contaminated: self.contaminated },
        }
    }
}

/// A checkpoint to write.
pub(super) struct Write {
    pub(super) folder: PathBuf,
    /// Its record, without names of files except for the best weights that are on the disk.
    pub(super) record: CheckpointRecord,
    /// Number of all steps that are done, which names the files.
    pub(super) number: usize,
    pub(super) weights: Snapshot,
    pub(super) optimizer: Snapshot,
    /// The best weights with the number of steps after which they were reached.
    pub(super) best: Option<(usize, Snapshot)>,
}

impl Write {
    /// Writes the files and returns the one of the best weights.
    pub(super) fn run(self) -> Result<Option<Named>, Error> {
        let Self { folder, mut record, number, weights, optimizer, best } = self;
        let write = |file: String, tensors: &Snapshot| {
            let hash = tensor_file::write(&folder.join(&file), &tensors.tensors())?;
            Ok::<_, Error>(Named { file, hash })
        };
        record.weights = write(weights_file(number), &weights)?;
        record.optimizer = write(format!("optimizer-{number}.safetensors"), &optimizer)?;
        record.best = match best {
            None => None,
            Some((reached, _)) if reached == number => Some(record.weights.clone()),
            Some((reached, tensors)) => {
                let file = weights_file(reached);
                match record.best.take().filter(|written| written.file == file) {
                    Some(written) => Some(written),
                    None => Some(write(file, &tensors)?),
                }
            }
        };
        record.history.write_csv(&folder.join("history.csv"))?;
        write_record(&folder.join(CheckpointRecord::FILE), &record)?;
        record.remove_other_tensors(&folder)?;
        Ok(record.best)
    }
}

fn weights_file(number: usize) -> String {
    format!("weights-{number}.safetensors")
}

/// Removes the checkpoint of a finished training. The caller must hold the folder's lock.
pub(crate) fn remove_checkpoint(folder: &Path) -> Result<(), Error> {
    // The record first: tensors without one are ignored.
    let _ = fs::remove_file(folder.join(CheckpointRecord::FILE));
    remove_tensors(folder, &[])?;
    remove_leftovers(folder)
}

/// Removes leftovers of a killed write. The caller must hold the folder's lock.
pub(crate) fn remove_leftovers(folder: &Path) -> Result<(), Error> {
    remove_files(folder, |name| name.starts_with(".radiograph-") && name.ends_with(".partial"))
}

/// Removes tensors that no record names.
fn remove_tensors(folder: &Path, wanted: &[&str]) -> Result<(), Error> {
    remove_files(folder, |name| {
        let ours = ["weights-", "optimizer-"].iter().any(|prefix| name.starts_with(prefix))
            && name.ends_with(".safetensors");
        ours && !wanted.contains(&name)
    })
}

/// Removes unwanted files. Files that cannot be removed do no harm.
fn remove_files(folder: &Path, unwanted: impl Fn(&str) -> bool) -> Result<(), Error> {
    let failed = |source| FileError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if let Some(name) = name.to_str()
            && unwanted(name)
        {
            let _ = fs::remove_file(folder.join(name));
        }
    }
    Ok(())
}

/// The named file, if its name does not leave the folder.
pub(super) fn plain<'a>(named: &'a Named, record: &Path) -> Result<&'a str, Error> {
    let simple = Path::new(&named.file).file_name().is_some_and(|name| name == named.file.as_str());
    if simple {
        return Ok(&named.file);
    }
    Err(Error::Damaged {
        path: record.to_owned(),
        reason: format!("it names the file {:?}", named.file.chars().take(80).collect::<String>()),
    })
}
