//! Puts ONNX Runtime's shared library where programs look for it: `onnxruntime/libonnxruntime.so` in the user's cache.
//!
//! Nothing is linked with it. `radiograph` loads it when a run names an ONNX file, so no build needs it.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process,
};

use crate::{
    cache::Cache,
    error::Error,
    fetch::Origin,
    install,
    lane::{Build, ONNX_RUNTIME},
    machine, say,
};

/// Fetches the library if it is missing, and points the link to it.
pub(crate) fn set_up(wheels: Option<PathBuf>) -> Result<(), Error> {
    machine::check_platform()?;
    let library = install(&ONNX_RUNTIME, &Cache::of_user()?, || Origin::new(wheels), &say)?;
    say(&format!("ONNX Runtime {} is ready: {}", ONNX_RUNTIME.version, library.display()));
    if let Some(named) = std::env::var_os("ORT_DYLIB_PATH").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        say(&format!(
            "note: ORT_DYLIB_PATH is set to {} and wins over what was set up here",
            named.display()
        ));
    }
    Ok(())
}

/// Installs a build, and returns the link to its library, which programs open. The library keeps its name behind the link:
/// its end is the version, which belongs to the key of features.
pub(crate) fn install(
    build: &Build,
    cache: &Cache,
    origin: impl FnOnce() -> Result<Origin, Error>,
    say: &dyn Fn(&str),
) -> Result<PathBuf, Error> {
    let (folder, outcome) = install::install(build, cache, origin, say)?;
    if outcome == install::Outcome::Present {
        say(&format!("{} {} is in the cache", build.software.name(), build.name));
    }
    let link = cache.folder(build.software.folder())?.join("libonnxruntime.so");
    point(&link, &folder.join(format!("libonnxruntime.so.{}", build.version)))?;
    Ok(link)
}

/// Points the link to this file, atomically.
fn point(link: &Path, target: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(link) {
        Ok(found) if !found.is_symlink() => return Err(Error::LinkOccupied { path: link.to_owned() }),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::Io { path: link.to_owned(), source: error });
        }
        _ => {}
    }
    let fresh = link.with_extension(format!("{}.partial", process::id()));
    symlink(target, &fresh).map_err(Error::io(&fresh))?;
    fs::rename(&fresh, link).map_err(Error::io(link))
}
