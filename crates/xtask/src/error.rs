//! Errors of the project's own commands, each with a remedy.

use std::{io, path::PathBuf, process::ExitStatus};

/// An error: one sentence about the fault, and one about the remedy.
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

    #[error("`{command}` failed ({status}); its messages are above")]
    CommandFailed { command: String, status: ExitStatus },

    #[error("`{command}` was stopped after {seconds} s, the most that it may take")]
    TooLong { command: String, seconds: u64 },

    #[error(
        "the advisories were not checked although {url} can be reached; run `{command}` to see why, and correct it"
    )]
    Advisories { url: String, command: String },

    #[error("{} failed; their errors are above and in docs/speed, and the others were measured", peers.join(", "))]
    PeersFailed { peers: Vec<&'static str> },

    #[error(
        "Python 3 with venv was not found (tried `{tried} -m venv`), and the peers are Python packages; install both (on \
         Debian or Ubuntu: apt-get install python3-venv), or name another interpreter in PYTHON"
    )]
    NoVenv { tried: String },

    #[error("nothing to do; give --peers or --against REV")]
    NothingToMeasure,

    #[error("cargo built no {what} in {folder}; correct how `cargo xtask bench` finds it")]
    NotBuilt { what: String, folder: PathBuf },

    #[error("no bench is in both commits; name benches that criterion measures in both")]
    NothingToCompare,

    #[error("{program} printed\n{got}instead of\n{expected}")]
    Printed { program: &'static str, expected: &'static str, got: String },

    #[error(
        "{} tests were skipped although what they need is there: {}; correct how they look for it",
        tests.len(), tests.join(", ")
    )]
    SkippedInVain { tests: Vec<String> },

    #[error("{name} names no folder; set it to the folder that docs/results.md is about")]
    NoFolder { name: &'static str },

    #[error(
        "{document} has no lines `<!-- {kind}: {name} -->` and, below it, `<!-- end of {kind} -->`; write them"
    )]
    NoBlock { document: &'static str, kind: &'static str, name: String },

    #[error("no fuzz target is named {name}; there are {}", known.join(", "))]
    NoFuzzTarget { name: String, known: Vec<String> },

    #[error("no crate in {folder} has fuzz targets; correct where `cargo xtask ci` looks for them")]
    NoFuzzTargets { folder: PathBuf },

    #[error("the workspace has no example program; correct how `cargo xtask ci` finds them")]
    NoExamples,

    #[error("{package} is not a package of this workspace, or has no function to edit; name another package")]
    NothingToEdit { package: String },

    #[error("neither CARGO_HOME nor HOME is set, so there is no place for the program; give one with --root")]
    NoHome,

    #[error("{path} is in the place of a link and is not a link; move it away and run the command again")]
    LinkOccupied { path: PathBuf },

    #[error("{path} cannot be used: {source}")]
    Io { path: PathBuf, source: io::Error },

    #[error(
        "{folder} is not a libtorch folder: it has no {missing}; give the folder that holds include/ and lib/, or run \
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
        "these modules or crates depend on each other in a circle; move what both need to where it belongs:\n{}",
        cycles.join("\n")
    )]
    Cycles { cycles: Vec<String> },

    #[error(
        "{folder} has {free_mb} MB free, {build} needs {needed_mb} MB; make room or set XDG_CACHE_HOME to a larger disk"
    )]
    DiskFull { folder: PathBuf, build: &'static str, free_mb: u64, needed_mb: u64 },

    #[error("`{given}` is neither a lane (cpu, cuda, kepler) nor a folder that holds libtorch")]
    UnknownLane { given: String },

    #[error("{wheel} is not in {folder}; it is one of the files that {build} is made of")]
    WheelMissing { wheel: String, folder: PathBuf, build: &'static str },

    #[error("{archive} cannot be read as a wheel ({source}); remove it and run the command again")]
    Zip { archive: PathBuf, source: zip::result::ZipError },
}

impl Error {
    /// For `map_err`: adds the path to an I/O error.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
