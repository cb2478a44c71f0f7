//! What can go wrong in the project's own commands, each with its remedy. Libraries have error types of their own.

use std::{io, path::PathBuf, process::ExitStatus};

use radiograph_files::ContentHash;
use radiograph_weights::{Architecture, WeightsError, WeightsName};

/// One sentence about what is wrong, one about what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    #[error(
        "the cache folder {folder} cannot be written ({source}); set XDG_CACHE_HOME to a folder that can"
    )]
    CacheUnwritable { folder: PathBuf, source: io::Error },

    #[error(
        "{file} has SHA-256 {got}, not {expected}: the download was cut short or is another file; it was removed, run \
         the command again"
    )]
    Checksum { file: PathBuf, expected: String, got: String },

    #[error("`{command}` could not be started ({source}); is it installed and on PATH?")]
    CommandMissing { command: String, source: io::Error },

    #[error("`{command}` failed ({status}); what it said stands above")]
    CommandFailed { command: String, status: ExitStatus },

    #[error(
        "{path} stands where the link to libtorch belongs and is no link; move it away and run the command again"
    )]
    LinkOccupied { path: PathBuf },

    #[error("{path} cannot be used: {source}")]
    Io { path: PathBuf, source: io::Error },

    #[error(
        "{folder} is no libtorch: {missing} is not in it; give the folder that holds include/ and lib/, or run \
         `cargo xtask setup`"
    )]
    LibtorchIncomplete { folder: PathBuf, missing: &'static str },

    #[error(
        "{library} needs {} which the loader cannot find; install what is missing (a CUDA build needs the CUDA \
         libraries and the driver), or use `cargo xtask setup --libtorch cpu`", missing.join(", ")
    )]
    LibtorchUnresolved { library: PathBuf, missing: Vec<String> },

    #[error(
        "{folder} is libtorch {got}, this lane needs {expected}: another version fails to compile; unset LIBTORCH and \
         run `cargo xtask setup`, or point it to libtorch {expected}"
    )]
    LibtorchVersion { folder: PathBuf, expected: &'static str, got: String },

    #[error(
        "LIBTORCH is set to {folder}, which is not there; correct it, or unset it and run `cargo xtask setup`"
    )]
    LibtorchMissing { folder: PathBuf },

    #[error("{file} does not fit the manifests; run `cargo xtask lock` and commit what it writes")]
    LockStale { file: &'static str },

    #[error("{wheel} holds nothing that matches {pattern}: it is not the file this project was built with")]
    MemberMissing { wheel: String, pattern: &'static str },

    #[error(
        "no C++ compiler was found (tried {tried}); install one, on Debian or Ubuntu: apt-get install g++"
    )]
    NoCompiler { tried: String },

    #[error(
        "Python 3 with pip was not found (tried `{tried} -m pip`); install both (on Debian or Ubuntu: apt-get install \
         python3-pip), name another interpreter in PYTHON, or fetch the files elsewhere and give their folder with \
         --wheels"
    )]
    NoPython { tried: String },

    #[error("neither XDG_CACHE_HOME nor HOME is set, so there is no place for downloads; set one of them")]
    NoCacheHome,

    #[error(
        "pip could not fetch {requirement} ({status}; its own words stand above); check the network and proxy, or fetch \
         {file} elsewhere and give its folder with --wheels"
    )]
    PipFailed { requirement: String, file: String, status: ExitStatus },

    #[error(
        "radiograph is built and tested on Linux x86_64; on {system} {architecture} install libtorch 2.13 yourself, set \
         LIBTORCH to it, and use cargo directly: nothing of that was tried"
    )]
    Platform { system: &'static str, architecture: &'static str },

    #[error(
        "{folder} has {free_mb} MB free, {build} needs {needed_mb} MB; make room or set XDG_CACHE_HOME to a larger disk"
    )]
    DiskFull { folder: PathBuf, build: &'static str, free_mb: u64, needed_mb: u64 },

    #[error(
        "{name} is published as {url}, which must be converted first: fetch it, then `python3 docs/convert_weights.py FILE \
         OUT.safetensors --architecture {architecture}` and `cargo xtask weights --from OUT.safetensors {name}`"
    )]
    Convert { name: WeightsName, url: String, architecture: Architecture },

    #[error(
        "curl was not found, and it does the fetching; install it (on Debian or Ubuntu: apt-get install curl), or fetch \
         {url} elsewhere and give the file with --from"
    )]
    NoCurl { url: String },

    #[error(
        "{url} could not be fetched in {attempts} attempts; the last one: {reason}. Run the command again (what has arrived is \
         kept where the server can go on), or fetch the file elsewhere and give it with --from"
    )]
    Fetch { url: String, attempts: u32, reason: String },

    #[error("{name} is not published as a file that can be fetched ({origin}); give the file with --from")]
    NoSource { name: WeightsName, origin: String },

    #[error("--from installs one file under one name, and {given} names were given; give one")]
    OneName { given: usize },

    #[error(
        "{url} gave a file with SHA-256 {got}, and the server says {stated}: the transfer is damaged; run the command again"
    )]
    Stated { url: String, stated: ContentHash, got: ContentHash },

    #[error("{name} is not among the known weights ({known}); give a file of yours with --from")]
    UnknownWeights { name: WeightsName, known: String },

    #[error("{0}")]
    Weights(#[from] WeightsError),

    #[error("`{given}` is neither a lane (cpu, cuda, kepler) nor a folder that holds libtorch")]
    UnknownLane { given: String },

    #[error("{wheel} is not in {folder}; it is one of the files that {build} is made of")]
    WheelMissing { wheel: String, folder: PathBuf, build: &'static str },

    #[error("{archive} is no readable wheel ({source}); remove it and run the command again")]
    Zip { archive: PathBuf, source: zip::result::ZipError },
}

impl Error {
    /// For `map_err`: keeps the path that an I/O error is about.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
