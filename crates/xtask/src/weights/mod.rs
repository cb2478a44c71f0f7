//! `cargo xtask weights`: published weights into the folder where a name finds them, or a file of one's own.

mod download;
mod partial;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use radiograph_files::ContentHash;
use radiograph_weights::{Taking, Weights, WeightsError, WeightsFolder, WeightsName, WeightsRecord};

use self::{download::Download, partial::Partial};
use crate::{error::Error, say};

/// Install pretrained weights; without a name, list what is known and what is installed
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A network (inception_v3) or published weights (inception_v3.tv_in1k); with --from also a name of your own
    /// (inception_v3.mine)
    names: Vec<WeightsName>,
    /// Install this safetensors file under the name
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Let the name stand for another content from now on
    #[arg(long)]
    replace: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let folder = WeightsFolder::of_user()?;
    let folder = if arguments.replace { folder.replacing() } else { folder };
    match (&arguments.from, &arguments.names[..]) {
        (None, []) => list(&folder),
        (Some(file), [name]) => {
            let record = WeightsFolder::identify(name, file)?;
            tell(name, &folder.install(name, file, &record, Taking::Copy)?);
            Ok(())
        }
        (Some(_), names) => Err(Error::OneName { given: names.len() }),
        (None, names) => names.iter().try_for_each(|name| {
            let record = published(name)?;
            if let (false, Ok(installed)) = (arguments.replace, folder.named(name)) {
                // A file under its final name was checked before it got that name, and is again when it is opened.
                tell(name, &installed);
                return Ok(());
            }
            tell(name, &fetch(&folder, name, &record, &Download::default(), arguments.replace)?);
            Ok(())
        }),
    }
}

/// The record of what is to be fetched, if it can be used as it is fetched.
fn published(name: &WeightsName) -> Result<WeightsRecord, Error> {
    let Some(record) = WeightsRecord::named(name) else {
        let of_network = |record: &WeightsRecord| record.architecture == name.architecture();
        let known: Vec<_> =
            WeightsRecord::published().into_iter().filter(of_network).map(|record| record.name).collect();
        return Err(Error::UnknownWeights { name: name.clone(), known: known.join(", ") });
    };
    match &record.source_url {
        Some(_) if record.is_fetchable() => Ok(record),
        Some(url) => {
            let (url, architecture) = (url.clone(), record.architecture);
            Err(Error::Convert { name: name.clone(), url, architecture })
        }
        None => Err(Error::NoSource { name: name.clone(), origin: record.origin.unwrap_or_default() }),
    }
}

/// Fetches a file, checks it and installs it; what was installed before stays if anything fails. Unless it is to be
/// replaced, what another process has installed while this one waited is taken as it is.
fn fetch(
    folder: &WeightsFolder,
    name: &WeightsName,
    record: &WeightsRecord,
    download: &Download,
    replace: bool,
) -> Result<Weights, Error> {
    // `published` lets no record through that has no address.
    let url = record.source_url.clone().unwrap_or_default();
    let partial = Partial::of(folder.path(), name)?;
    let _alone = partial.lock(|| say(&format!("another process is fetching {name}; waiting for it")))?;
    if let (false, Ok(installed)) = (replace, folder.named(name)) {
        return Ok(installed);
    }
    say(&format!("fetching {url}"));
    let arrived = download.fetch(&url, &partial)?;
    let installed = check(name, record, &url, &partial, arrived.sha256).and_then(|()| {
        let record = WeightsRecord {
            revision: arrived.revision.clone().or(record.revision.clone()),
            ..record.clone()
        };
        Ok(folder.install(name, partial.path(), &record, Taking::Move)?)
    });
    // A file that is whole and wrong does not get better by going on with it.
    if installed.is_err() {
        partial.discard()?;
    }
    let installed = installed?;
    partial.discard()?;
    Ok(installed)
}

/// Hugging Face tells the SHA-256 of the files it keeps.
fn check(
    name: &WeightsName,
    record: &WeightsRecord,
    url: &str,
    partial: &Partial,
    stated: Option<ContentHash>,
) -> Result<(), Error> {
    let Some(stated) = stated else { return Ok(()) };
    let got = ContentHash::of_file(partial.path()).map_err(WeightsError::from)?;
    if got != stated {
        return Err(Error::Stated { url: url.to_owned(), stated, got });
    }
    if record.sha256.is_none() {
        say(&format!("{name}: the server states the SHA-256 that the file has"));
    }
    Ok(())
}

fn tell(name: &WeightsName, weights: &Weights) {
    say(&format!("{name}: {}", weights.path().display()));
    say(&format!("    {}", weights.in_words()));
    let record = weights.record();
    let unknown = || "unknown".to_owned();
    say(&format!(
        "    licence {}, source {}",
        record.licence.clone().unwrap_or_else(unknown),
        record.source_url.clone().or_else(|| record.origin.clone()).unwrap_or_else(unknown),
    ));
}

fn list(folder: &WeightsFolder) -> Result<(), Error> {
    say("published weights (a network's name alone means the first of its lines):");
    for record in WeightsRecord::published() {
        let how = match &record.source_url {
            Some(_) if record.is_fetchable() => "fetched by this command",
            Some(_) => "to be converted, docs/weights.md",
            None => "given with --from",
        };
        say(&format!("    {:32} {how}", record.name));
    }
    let installed = folder.installed()?;
    say(&format!("installed in {}: {}", folder.path().display(), installed.len()));
    for name in &installed {
        match folder.named(name) {
            Ok(weights) => tell(name, &weights),
            Err(error) => say(&format!("{name}: {error}")),
        }
    }
    Ok(())
}
