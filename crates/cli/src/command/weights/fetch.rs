//! Fetches, checks and installs published weights; files of Keras are converted on the way. If anything fails, the installed
//! weights stay unchanged.

use std::{
    fs,
    path::{Path, PathBuf},
};

use radiograph_files::{ContentHash, create_folder};
use radiograph_weights::{
    OriginalChecksum, Published, Taking, Weights, WeightsError, WeightsFolder, WeightsName, WeightsRecord,
};

use super::{download::Download, error::FetchError, keras, partial::Partial};
use crate::progress::Progress;

/// The record of published weights that this program can use or convert.
pub(super) fn published(name: &WeightsName) -> Result<WeightsRecord, FetchError> {
    let Some(record) = WeightsRecord::named(name) else {
        let of_network = |record: &WeightsRecord| record.architecture == name.architecture();
        let known: Vec<_> =
            WeightsRecord::published().into_iter().filter(of_network).map(|record| record.name).collect();
        return Err(FetchError::Unknown { name: name.clone(), known: known.join(", ") });
    };
    match &record.source_url {
        Some(url) if record.is_fetchable() || is_of_keras(url) => Ok(record),
        Some(url) => {
            let (url, architecture) = (url.clone(), record.architecture);
            Err(FetchError::Convert { name: name.clone(), url, architecture })
        }
        None => Err(FetchError::NoSource { name: name.clone(), origin: record.origin.unwrap_or_default() }),
    }
}

/// Fetches a file, checks it and installs it. Without `replace`, weights that another process has installed in the
/// meantime are used.
pub(super) fn fetch(
    folder: &WeightsFolder,
    name: &WeightsName,
    record: &WeightsRecord,
    download: &Download,
    replace: bool,
    progress: &Progress,
) -> Result<Weights, FetchError> {
    // `published` lets no record through that has no address.
    let url = record.address().unwrap_or_default();
    let original = original(record);
    let partial = Partial::of(folder.path(), name)?;
    let _alone =
        partial.lock(|| progress.say(&format!("another process is fetching {name}; waiting for it")))?;
    if let (false, Ok(installed)) = (replace, folder.named(name)) {
        return Ok(installed);
    }
    progress.begin(&format!("fetching {url}"));
    let arrived = download.fetch(&url, &partial, progress)?;
    let installed = check(&url, &partial, arrived.sha256).and_then(|()| {
        let record = WeightsRecord {
            revision: arrived.revision.clone().or(record.revision.clone()),
            ..record.clone()
        };
        if !is_of_keras(&url) {
            return Ok(folder.install(name, partial.path(), &record, Taking::Move)?);
        }
        check_original(&url, &partial, original)?;
        progress.begin(&format!("converting {url}"));
        let published = url.rsplit('/').next().unwrap_or_default();
        let converted = Converted::of(folder, name, partial.path(), published)?;
        let record = WeightsRecord { origin: Some(converted.origin.clone()), ..record };
        Ok(folder.install(name, &converted.path, &record, Taking::Move)?)
    });
    // A complete file with wrong content cannot be completed.
    if installed.is_err() {
        partial.discard()?;
    }
    let installed = installed?;
    partial.discard()?;
    Ok(installed)
}

/// Whether an address is that of a file of Keras, which is converted before it is installed.
pub(super) fn is_of_keras(url: &str) -> bool {
    url.ends_with(".h5")
}

/// Checksum of the published file of a record, as its publisher states it.
fn original(record: &WeightsRecord) -> Option<OriginalChecksum> {
    let architecture = record.architecture;
    let is_record = |one: &&Published| record.name == format!("{architecture}.{}", one.tag);
    architecture.definition()?.published.iter().find(is_record)?.original
}

/// Compares the file of Keras with the checksum in the sources of `keras.applications`.
fn check_original(
    url: &str,
    partial: &Partial,
    original: Option<OriginalChecksum>,
) -> Result<(), FetchError> {
    let Some(OriginalChecksum::Md5(stated)) = original else { return Ok(()) };
    let got = keras::md5_of_file(partial.path())?;
    if got != stated {
        return Err(FetchError::Original { url: url.to_owned(), stated, got });
    }
    Ok(())
}

/// A file of Keras as safetensors, beside the installed files. It is removed with this value.
pub(super) struct Converted {
    pub(super) path: PathBuf,
    /// Origin in words.
    pub(super) origin: String,
}

impl Converted {
    /// Converts a file that its publisher calls `published`.
    pub(super) fn of(
        folder: &WeightsFolder,
        name: &WeightsName,
        file: &Path,
        published: &str,
    ) -> Result<Self, FetchError> {
        create_folder(folder.path()).map_err(WeightsError::from)?;
        let path = folder.path().join(format!(".{name}.{}.converted", std::process::id()));
        let mut converted = Self { path, origin: String::new() };
        converted.origin = keras::convert(file, published, name.architecture(), &converted.path)?;
        Ok(converted)
    }
}

impl Drop for Converted {
    fn drop(&mut self) {
        // An installation has moved it.
        let _ = fs::remove_file(&self.path);
    }
}

/// Checks the SHA-256, which Hugging Face states for the files that it stores.
fn check(url: &str, partial: &Partial, stated: Option<ContentHash>) -> Result<(), FetchError> {
    let Some(stated) = stated else { return Ok(()) };
    let got = ContentHash::of_file(partial.path()).map_err(WeightsError::from)?;
    if got != stated {
        return Err(FetchError::Stated { url: url.to_owned(), stated, got });
    }
    Ok(())
}
