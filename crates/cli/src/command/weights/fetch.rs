//! Fetches, checks and installs published weights. If anything fails, the installed weights stay unchanged.

use radiograph_files::ContentHash;
use radiograph_weights::{Taking, Weights, WeightsError, WeightsFolder, WeightsName, WeightsRecord};

use super::{download::Download, error::FetchError, partial::Partial};
use crate::progress::Progress;

/// The record of published weights that need no conversion.
pub(super) fn published(name: &WeightsName) -> Result<WeightsRecord, FetchError> {
    let Some(record) = WeightsRecord::named(name) else {
        let of_network = |record: &WeightsRecord| record.architecture == name.architecture();
        let known: Vec<_> =
            WeightsRecord::published().into_iter().filter(of_network).map(|record| record.name).collect();
        return Err(FetchError::Unknown { name: name.clone(), known: known.join(", ") });
    };
    match &record.source_url {
        Some(_) if record.is_fetchable() => Ok(record),
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
        Ok(folder.install(name, partial.path(), &record, Taking::Move)?)
    });
    // A complete file with wrong content cannot be completed.
    if installed.is_err() {
        partial.discard()?;
    }
    let installed = installed?;
    partial.discard()?;
    Ok(installed)
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
