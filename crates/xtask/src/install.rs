//! Installs a build of libtorch or ONNX Runtime into the cache: fetches, verifies and unpacks it into a sibling folder, then
//! renames it.
//!
//! A folder under its final name is therefore always complete. `checkout.rs` links libtorch into a checkout.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::{Deserialize, Serialize};

use crate::{
    cache::{self, Cache},
    error::Error,
    fetch::Origin,
    lane::{Build, Software},
    machine, unpack,
};

/// The record of an unpacked build; it exists only if unpacking finished.
const RECORD: &str = "installed.json";
/// The file with the version of a libtorch.
const BUILD_VERSION: &str = "torch/build-version";

#[derive(Serialize, Deserialize)]
struct Installed {
    version: String,
    /// SHA-256 of each wheel in the build: another list of wheels is another build.
    wheels: BTreeMap<String, String>,
    /// Size of each file in bytes, by path below the folder.
    files: BTreeMap<String, u64>,
}

/// Result of an installation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was already there and complete.
    Present,
    /// It was fetched and unpacked.
    Installed,
}

/// Makes sure that the build is complete in the cache, and returns its folder: of libtorch, the one for `LIBTORCH`.
///
/// `say` gets one line for each step. Because of the lock, a second set-up waits for the first and then has nothing to
/// do.
pub(crate) fn install(
    build: &Build,
    cache: &Cache,
    origin: impl FnOnce() -> Result<Origin, Error>,
    say: &dyn Fn(&str),
) -> Result<(PathBuf, Outcome), Error> {
    let software = build.software;
    let _held = cache.lock(software.folder(), build.name, || {
        say(&format!("another set-up of {} {} is running; waiting for it", software.name(), build.name));
    })?;
    let folder = cache.folder(software.folder())?.join(build.name);
    if is_whole(build, &folder) {
        return Ok((folder.join(software.root()), Outcome::Present));
    }
    // Also clears away what an interrupted or damaged installation left.
    let partial = folder.with_extension("partial");
    cache::remove(&partial)?;
    cache::remove(&folder)?;
    let downloads = cache.folder(&format!("downloads/{}", build.name))?;
    machine::check_room(build, &downloads)?;
    let result = put_together(build, &origin()?, &downloads, &partial, say)
        .and_then(|()| fs::rename(&partial, &folder).map_err(Error::io(&folder)));
    if result.is_err() {
        cache::remove(&partial)?;
    }
    result?;
    cache::remove(&downloads)?;
    Ok((folder.join(software.root()), Outcome::Installed))
}

fn put_together(
    build: &Build,
    origin: &Origin,
    downloads: &Path,
    partial: &Path,
    say: &dyn Fn(&str),
) -> Result<(), Error> {
    say(&format!(
        "fetching {} {}: {} in {} file(s)",
        build.software.name(),
        build.name,
        megabytes(build.download_bytes()),
        build.wheels.len()
    ));
    let started = Instant::now();
    let mut archives = Vec::new();
    for wheel in build.wheels {
        archives.push((wheel, origin.fetch(wheel, build.name, downloads)?));
    }
    let fetched = started.elapsed();
    fs::create_dir_all(partial).map_err(Error::io(partial))?;
    let mut record =
        Installed { version: build.version.to_owned(), wheels: BTreeMap::new(), files: BTreeMap::new() };
    for (wheel, archive) in archives {
        say(&format!("unpacking {}", wheel.file));
        record.files.extend(unpack::unpack(wheel, &archive, partial)?);
        record.wheels.insert(wheel.file.to_owned(), wheel.sha256.to_owned());
    }
    if build.software == Software::Libtorch {
        // torch-sys compares this file with the version it binds, and says so if they differ.
        write(&partial.join(BUILD_VERSION), build.version)?;
    }
    let text = serde_json::to_string_pretty(&record)
        .map_err(|error| Error::Io { path: partial.join(RECORD), source: error.into() })?;
    write(&partial.join(RECORD), &text)?;
    say(&format!(
        "{} {}: fetched in {:.0} s, unpacked in {:.0} s, {} on disk",
        build.software.name(),
        build.name,
        fetched.as_secs_f64(),
        (started.elapsed() - fetched).as_secs_f64(),
        megabytes(record.files.values().sum()),
    ));
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::io(path))
}

/// Whether every file in the record has its size. An unreadable record counts as no installation.
fn is_whole(build: &Build, folder: &Path) -> bool {
    let Ok(text) = fs::read_to_string(folder.join(RECORD)) else { return false };
    let Ok(record) = serde_json::from_str::<Installed>(&text) else { return false };
    let same_wheels = record.wheels.len() == build.wheels.len()
        && build
            .wheels
            .iter()
            .all(|wheel| record.wheels.get(wheel.file).is_some_and(|sha| sha == wheel.sha256));
    same_wheels
        && (build.software != Software::Libtorch || folder.join(BUILD_VERSION).is_file())
        && record.files.iter().all(|(name, bytes)| {
            fs::metadata(folder.join(name)).is_ok_and(|found| found.is_file() && found.len() == *bytes)
        })
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
