#![doc = include_str!("../README.md")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Prints the link directives for a package with programs that use libtorch.
///
/// - A run path to the libtorch that `torch-sys` was built against, so that programs need no `LD_LIBRARY_PATH`.
///   Symbolic links are resolved, so that the program works in any folder and without the checkout.
/// - The old kind of run path (`DT_RPATH`), which the loader searches before `LD_LIBRARY_PATH`. With the new kind, the
///   loader would use the libraries of another PyTorch that conda or pip put into `LD_LIBRARY_PATH`.
/// - `libtorch_cuda` if it exists, although no symbol of it is used. Otherwise the linker drops it, and CUDA is missing
///   without an error (tch issues 907 and 980).
/// - `--cfg libtorch_cuda` in that case, so that tests can tell the two builds apart.
///
/// If libtorch is not in the dependency graph (the package's libtorch feature is off), it only declares the `cfg`.
#[allow(clippy::print_stdout, reason = "standard output is how a build script speaks to cargo")]
pub fn libtorch() {
    for directive in directives(env::var("DEP_TCH_LIBTORCH_LIB").ok().as_deref()) {
        println!("cargo::{directive}");
    }
}

/// Gives the package that is built the version of libtorch as the environment variable `RADIOGRAPH_LIBTORCH_VERSION`,
/// such as `2.13.0`.
///
/// # Panics
///
/// If the version cannot be found: features are not stored without it. On docs.rs, which has no libtorch, nothing is computed.
#[allow(clippy::print_stdout, reason = "standard output is how a build script speaks to cargo")]
pub fn libtorch_version() {
    let library_folder = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from);
    let folder = library_folder.as_deref().and_then(Path::parent);
    match folder.and_then(|folder| Some((folder, version(folder)?))) {
        Some((folder, version)) => {
            println!("cargo::rerun-if-changed={}", folder.join(BUILD_VERSION).display());
            println!("cargo::rustc-env=RADIOGRAPH_LIBTORCH_VERSION={version}");
        }
        None if env::var_os("DOCS_RS").is_some() => {
            println!("cargo::rustc-env=RADIOGRAPH_LIBTORCH_VERSION=none, only documentation");
        }
        None => panic!(
            "the version of libtorch is unknown: {} has neither {BUILD_VERSION} nor version.h; set LIBTORCH to a whole libtorch",
            folder.unwrap_or(Path::new("its folder")).display()
        ),
    }
}

/// The file of libtorch's archives that holds the version.
const BUILD_VERSION: &str = "build-version";

/// The version of the libtorch in a folder, such as `2.13.0`, from its `build-version` (archives) or its headers (wheels
/// have no such file). The kind of build, such as `+cpu`, is left out.
pub fn version(folder: &Path) -> Option<String> {
    if let Ok(text) = fs::read_to_string(folder.join(BUILD_VERSION)) {
        return text.trim().split('+').next().map(str::to_owned);
    }
    let headers = ["include/torch/headeronly/version.h", "include/torch/csrc/api/include/torch/version.h"];
    headers.iter().find_map(|header| {
        let text = fs::read_to_string(folder.join(header)).ok()?;
        let part = |name: &str| {
            let prefix = format!("#define TORCH_VERSION_{name} ");
            Some(text.lines().find_map(|line| line.strip_prefix(&prefix))?.trim().to_owned())
        };
        Some(format!("{}.{}.{}", part("MAJOR")?, part("MINOR")?, part("PATCH")?))
    })
}

fn directives(library_folder: Option<&str>) -> Vec<String> {
    let mut directives =
        vec!["rerun-if-changed=build.rs".to_owned(), "rustc-check-cfg=cfg(libtorch_cuda)".to_owned()];
    let Some(folder) = library_folder else { return directives };
    // A folder that cannot be resolved is one that the linker will complain about.
    let resolved = fs::canonicalize(folder).ok();
    let run_path = resolved.as_deref().and_then(Path::to_str).unwrap_or(folder);
    directives.push(format!("rustc-link-arg=-Wl,-rpath,{run_path}"));
    directives.push("rustc-link-arg=-Wl,--disable-new-dtags".to_owned());
    if Path::new(folder).join("libtorch_cuda.so").exists() {
        directives.push("rustc-link-arg=-Wl,--no-as-needed".to_owned());
        directives.push("rustc-link-arg=-ltorch_cuda".to_owned());
        directives.push("rustc-cfg=libtorch_cuda".to_owned());
    }
    directives
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A separate folder for the files of a test.
    fn place(name: &str) -> PathBuf {
        let place = env::temp_dir().join(format!("radiograph-link-{name}-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        fs::canonicalize(place).unwrap()
    }

    fn has(directives: &[String], directive: &str) -> bool {
        directives.iter().any(|found| found == directive)
    }

    #[test]
    fn without_libtorch_nothing_is_linked() {
        assert!(directives(None).iter().all(|directive| !directive.starts_with("rustc-link-arg")));
    }

    #[test]
    fn cuda_is_kept_only_if_it_is_there() {
        let folder = place("cuda");
        let plain = directives(folder.to_str());
        assert!(!has(&plain, "rustc-cfg=libtorch_cuda"));
        fs::write(folder.join("libtorch_cuda.so"), "").unwrap();
        let with_cuda = directives(folder.to_str());
        fs::remove_dir_all(&folder).unwrap();
        assert!(has(&with_cuda, "rustc-link-arg=-ltorch_cuda"));
        assert!(has(&with_cuda, "rustc-cfg=libtorch_cuda"));
    }

    /// With `DT_RUNPATH`, the linker's default, `LD_LIBRARY_PATH` would win.
    #[test]
    fn the_run_path_is_the_kind_that_wins_over_the_environment() {
        let folder = place("kind");
        let found = directives(folder.to_str());
        fs::remove_dir_all(&folder).unwrap();
        assert!(has(&found, &format!("rustc-link-arg=-Wl,-rpath,{}", folder.display())));
        assert!(has(&found, "rustc-link-arg=-Wl,--disable-new-dtags"));
    }

    #[test]
    #[cfg(unix)]
    fn the_run_path_does_not_go_through_the_checkout() {
        let folder = place("link");
        let (cache, link) = (folder.join("cache"), folder.join("checkout"));
        fs::create_dir_all(&cache).unwrap();
        std::os::unix::fs::symlink(&cache, &link).unwrap();
        let found = directives(link.to_str());
        fs::remove_dir_all(&folder).unwrap();
        assert!(has(&found, &format!("rustc-link-arg=-Wl,-rpath,{}", cache.display())));
    }
}
