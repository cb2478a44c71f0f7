//! Checks the machine before work starts: operating system, C++ compiler, free disk space.
//!
//! `gpu.rs` checks its GPUs.

use std::{env, path::Path, process::Command};

use crate::{error::Error, lane::Build};

/// Refuses untested systems with one sentence instead of a link error.
pub(crate) fn check_platform() -> Result<(), Error> {
    platform(env::consts::OS, env::consts::ARCH)
}

fn platform(system: &'static str, architecture: &'static str) -> Result<(), Error> {
    match (system, architecture) {
        ("linux", "x86_64") => Ok(()),
        _ => Err(Error::Platform { system, architecture }),
    }
}

/// Checks for a C++ compiler: torch-sys needs one and would fail minutes into the build.
pub(crate) fn check_compiler() -> Result<(), Error> {
    let named = env::var("CXX").ok();
    let candidates: Vec<&str> = match &named {
        Some(named) => vec![named],
        None => vec!["c++", "g++", "clang++"],
    };
    let answers = |compiler: &&str| {
        Command::new(compiler).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    if candidates.iter().any(answers) {
        Ok(())
    } else {
        Err(Error::NoCompiler { tried: candidates.join(", ") })
    }
}

/// Checks the free space for the download and the unpacked files, which exist at the same time.
pub(crate) fn check_room(build: &Build, folder: &Path) -> Result<(), Error> {
    let found = rustix::fs::statvfs(folder)
        .map_err(|error| Error::Io { path: folder.to_owned(), source: error.into() })?;
    room(build, folder, found.f_bavail.saturating_mul(found.f_frsize))
}

fn room(build: &Build, folder: &Path, free: u64) -> Result<(), Error> {
    let needed = build.download_bytes() + build.unpacked_bytes;
    if free >= needed {
        return Ok(());
    }
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    Err(Error::DiskFull {
        folder: folder.to_owned(),
        build: build.name,
        free_mb: megabytes(free),
        needed_mb: megabytes(needed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Lane;

    #[test]
    fn other_systems_get_one_sentence() {
        assert!(platform("linux", "x86_64").is_ok());
        let error = platform("macos", "aarch64").unwrap_err().to_string();
        assert!(error.contains("macos aarch64") && error.contains("LIBTORCH"), "{error}");
    }

    #[test]
    fn a_full_disk_is_told_before_anything_is_fetched() {
        let build = Lane::Cuda.build(true);
        let error = room(&build, Path::new("/cache"), 1_000_000_000).unwrap_err().to_string();
        assert!(error.contains("1000 MB free") && error.contains("cuda-2.13.0"), "{error}");
        assert!(room(&build, Path::new("/cache"), 1 << 40).is_ok());
    }
}
