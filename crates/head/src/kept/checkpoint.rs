//! Writes and resumes checkpoints, so that a training can be killed at any moment.
//!
//! After an epoch, tensors go to new files first. Then the record that names them and their hashes is renamed into
//! place. Last, files that the record no longer names are removed. So one complete checkpoint always exists, the old
//! one or the new one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use radiograph_features::ExtractionKey;
use radiograph_files::{ContentHash, FileError, create_folder};
use radiograph_libtorch::Device;
use radiograph_protocol::{HeadConfig, History, TrainingConfig, Versions, read_record, write_record};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{
    Error, Head, Optimizer,
    kept::{
        origin::{Beginning, Settings, versions},
        tensor_file,
    },
};

/// The record of a checkpoint, `checkpoint.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    format: String,
    head: HeadConfig,
    training: TrainingConfig,
    key: ExtractionKey,
    /// Hashes of the training samples and the validation samples.
    samples: [Option<ContentHash>; 2],
    /// Hash of the feature maps.
    #[serde(default)]
    features: Option<ContentHash>,
    /// Hash of another training's weights, if this training began from them.
    #[serde(default)]
    began_from: Option<ContentHash>,
    #[serde(default)]
    contaminated: bool,
    versions: Versions,
    pub(crate) history: History,
    state: Named,
    best: Option<Named>,
}

impl Checkpoint {
    fn settings(&self) -> Settings<'_> {
        Settings {
            head: &self.head,
            training: &self.training,
            key: &self.key,
            samples: self.samples,
            features: self.features,
            beginning: Beginning { weights: self.began_from, contaminated: self.contaminated },
        }
    }
}

/// A file of tensors in the same folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Named {
    file: String,
    hash: ContentHash,
}

/// The folder of one training.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    folder: PathBuf,
    blank: Checkpoint,
    best: Option<Named>,
}

impl Checkpoints {
    const FORMAT: &str = "radiograph head checkpoint 2";

    pub(crate) fn new(folder: &Path, settings: &Settings<'_>, device: Device) -> Result<Self, Error> {
        create_folder(folder)?;
        remove_leftovers(folder)?;
        let blank = Checkpoint {
            format: Self::FORMAT.to_owned(),
            head: settings.head.clone(),
            training: settings.training.clone(),
            key: settings.key.clone(),
            samples: settings.samples,
            features: settings.features,
            began_from: settings.beginning.weights,
            contaminated: settings.beginning.contaminated,
            versions: versions(device),
            history: History::default(),
            state: Named { file: String::new(), hash: ContentHash::of_bytes(b"") },
            best: None,
        };
        Ok(Self { folder: folder.to_owned(), blank, best: None })
    }

    /// The checkpoint of this training, if there is one. Restores head and optimiser.
    pub(crate) fn resume(&mut self, head: &Head, optimizer: &Optimizer) -> Result<Option<Checkpoint>, Error> {
        let path = self.record();
        let Some(found) = read_record::<Checkpoint>(&path, Self::FORMAT)? else { return Ok(None) };
        self.blank.settings().require(&found.settings(), &path)?;
        tensor_file::read(
            &self.folder.join(plain(&found.state, &path)?),
            found.state.hash,
            &named(head, optimizer),
        )?;
        self.best.clone_from(&found.best);
        Ok(Some(found))
    }

    /// Writes the weights of the best epoch so far. They take effect with the next [`Self::save`].
    pub(crate) fn save_best(&mut self, head: &Head, epoch: usize) -> Result<(), Error> {
        let file = format!("best-{epoch}.safetensors");
        let hash = tensor_file::write(&self.folder.join(&file), &weights(head))?;
        self.best = Some(Named { file, hash });
        Ok(())
    }

    /// Writes everything that the next epoch depends on.
    pub(crate) fn save(&self, head: &Head, optimizer: &Optimizer, history: &History) -> Result<(), Error> {
        let file = format!("checkpoint-{}.safetensors", history.epochs().len());
        let hash = tensor_file::write(&self.folder.join(&file), &named(head, optimizer))?;
        let record = Checkpoint {
            history: history.clone(),
            state: Named { file, hash },
            best: self.best.clone(),
            ..self.blank.clone()
        };
        history.write_csv(&self.folder.join("history.csv"))?;
        write_record(&self.record(), &record)?;
        let best = record.best.as_ref().map(|best| best.file.as_str());
        let wanted: Vec<&str> = best.into_iter().chain([record.state.file.as_str()]).collect();
        remove_tensors(&self.folder, &wanted)
    }

    /// Restores the best weights, if any were written.
    pub(crate) fn load_best(&self, head: &Head) -> Result<(), Error> {
        match &self.best {
            Some(best) => {
                tensor_file::read(&self.folder.join(plain(best, &self.record())?), best.hash, &weights(head))
            }
            None => Ok(()),
        }
    }

    fn record(&self) -> PathBuf {
        self.folder.join("checkpoint.json")
    }

    /// Removes the checkpoint of a finished training.
    pub(crate) fn remove(folder: &Path) -> Result<(), Error> {
        // The record first: tensors without one are ignored.
        let _ = fs::remove_file(folder.join("checkpoint.json"));
        remove_tensors(folder, &[])?;
        remove_leftovers(folder)
    }
}

/// Removes leftovers of a killed write. No other process may write to the folder at the same time.
pub(crate) fn remove_leftovers(folder: &Path) -> Result<(), Error> {
    remove_files(folder, |name| name.starts_with(".radiograph-") && name.ends_with(".partial"))
}

/// Removes tensors that no record names.
fn remove_tensors(folder: &Path, wanted: &[&str]) -> Result<(), Error> {
    remove_files(folder, |name| {
        let ours = ["checkpoint-", "best-"].iter().any(|prefix| name.starts_with(prefix))
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
fn plain<'a>(named: &'a Named, record: &Path) -> Result<&'a str, Error> {
    let simple = Path::new(&named.file).file_name().is_some_and(|name| name == named.file.as_str());
    if simple {
        return Ok(&named.file);
    }
    Err(Error::Damaged {
        path: record.to_owned(),
        reason: format!("it names the file {:?}", named.file.chars().take(80).collect::<String>()),
    })
}

/// All tensors of a head, by name.
pub(crate) fn weights(head: &Head) -> Vec<(String, &Tensor)> {
    head.parameters().iter().map(|parameter| (parameter.name().to_owned(), parameter.tensor())).collect()
}

fn named<'a>(head: &'a Head, optimizer: &'a Optimizer) -> Vec<(String, &'a Tensor)> {
    let state = optimizer.state().iter().map(|(name, tensor)| (format!("mean_square.{name}"), tensor));
    weights(head).into_iter().chain(state).collect()
}
