//! Checks that a libtorch folder exists, is complete, has the right version, and that its libraries can be loaded.
//!
//! Without this check, a wrong folder from a user fails minutes later with a page of C++ errors.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::Error;

/// Checks a folder that `LIBTORCH` names or will name.
///
/// # Errors
/// One of the `Libtorch…` errors, with its remedy.
pub(crate) fn check(folder: &Path, expected: &'static str) -> Result<(), Error> {
    if !folder.is_dir() {
        return Err(Error::LibtorchMissing { folder: folder.to_owned() });
    }
    for missing in ["include/torch/csrc/api/include/torch/torch.h", "lib/libtorch_cpu.so", "lib/libc10.so"] {
        if !folder.join(missing).is_file() {
            return Err(Error::LibtorchIncomplete { folder: folder.to_owned(), missing });
        }
    }
    let got = radiograph_link::version(folder);
    if got.as_deref().map(minor) != Some(minor(expected)) {
        let got = got.unwrap_or_else(|| "of unknown version".to_owned());
        return Err(Error::LibtorchVersion { folder: folder.to_owned(), expected, got });
    }
    for library in ["libtorch_cpu.so", "libtorch_cuda.so"] {
        let library = folder.join("lib").join(library);
        let missing = if library.is_file() { unresolved(&library) } else { Vec::new() };
        if !missing.is_empty() {
            return Err(Error::LibtorchUnresolved { library, missing });
        }
    }
    Ok(())
}

/// `major.minor`: tch requires one minor version and accepts all of its patch versions (`docs/libtorch.md`).
fn minor(version: &str) -> &str {
    version.match_indices('.').nth(1).map_or(version, |(end, _)| &version[..end])
}

/// Libraries that the loader would not find; empty if `ldd` is missing.
fn unresolved(library: &PathBuf) -> Vec<String> {
    let Ok(output) = Command::new("ldd").arg(library).output() else { return Vec::new() };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" => not found"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with the files of a libtorch, whose libraries are not valid.
    fn pretend(version: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let header = folder.path().join("include/torch/csrc/api/include/torch");
        fs::create_dir_all(&header).unwrap();
        fs::create_dir_all(folder.path().join("lib")).unwrap();
        fs::write(header.join("torch.h"), "").unwrap();
        let mut parts = version.split('.');
        let text: String = ["MAJOR", "MINOR", "PATCH"]
            .iter()
            .map(|name| format!("#define TORCH_VERSION_{name} {}\n", parts.next().unwrap()))
            .collect();
        fs::write(header.join("version.h"), text).unwrap();
        for library in ["libtorch_cpu.so", "libc10.so"] {
            fs::write(folder.path().join("lib").join(library), "").unwrap();
        }
        folder
    }

    #[test]
    fn the_right_version_passes_whatever_its_patch() {
        check(pretend("2.13.1").path(), "2.13.0").unwrap();
    }

    #[test]
    fn another_version_is_named_with_the_remedy() {
        let error = check(pretend("2.12.0").path(), "2.13.0").unwrap_err().to_string();
        assert!(error.contains("2.12.0") && error.contains("unset LIBTORCH"), "{error}");
        assert!(check(pretend("2.1.3").path(), "2.13.0").is_err());
    }

    #[test]
    fn a_missing_or_half_folder_is_named() {
        let error = check(Path::new("/nowhere"), "2.13.0").unwrap_err();
        assert!(matches!(error, Error::LibtorchMissing { .. }), "{error}");
        let folder = pretend("2.13.0");
        fs::remove_file(folder.path().join("lib/libc10.so")).unwrap();
        let error = check(folder.path(), "2.13.0").unwrap_err().to_string();
        assert!(error.contains("lib/libc10.so"), "{error}");
    }

    /// A library of ours that needs a missing one, as a CUDA build does on a machine without CUDA.
    #[test]
    fn a_cuda_build_without_cuda_is_named() {
        let folder = pretend("2.13.0");
        let compile = |name: &str, needs: &[&str]| {
            let status = Command::new("cc")
                .current_dir(folder.path().join("lib"))
                .args(["-shared", "-x", "c", "/dev/null", "-o", name, "-x", "none", "-Wl,--no-as-needed"])
                .args(needs)
                .status()
                .unwrap();
            assert!(status.success());
        };
        compile("libcudart-of-nowhere.so", &[]);
        compile("libtorch_cuda.so", &["./libcudart-of-nowhere.so"]);
        fs::remove_file(folder.path().join("lib/libcudart-of-nowhere.so")).unwrap();
        let error = check(folder.path(), "2.13.0").unwrap_err().to_string();
        assert!(error.contains("libcudart-of-nowhere.so") && error.contains("--libtorch cpu"), "{error}");
    }
}
