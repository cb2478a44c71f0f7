//! What the build script of every package with a libtorch-linked program, test, example or bench must say to cargo.
//!
//! Cargo hands link arguments of a library's build script to nobody, so each such package needs a `build.rs` of one
//! line, a direct dependency on `torch-sys` (else cargo does not tell it where libtorch lies) and this crate among its
//! build dependencies:
//!
//! ```
//! // In build.rs, all that its main function says:
//! radiograph_link::libtorch();
//! ```
//!
//! This crate does not find, fetch or check libtorch: `cargo xtask setup` does.

use std::{env, path::Path};

/// Prints the directives that let a program find libtorch when it starts, and that keep its CUDA part linked.
///
/// - a run path to the libtorch that `torch-sys` was built against, so that no `LD_LIBRARY_PATH` is needed;
/// - `libtorch_cuda`, if it is there, linked even though no symbol of it is used: the linker drops it otherwise, and
///   CUDA is then silently absent (tch issues 907 and 980);
/// - `--cfg libtorch_cuda` in that case, so that tests can tell the two builds apart.
///
/// Without libtorch in the dependency graph (the package's libtorch feature is off) it only declares the `cfg`.
#[allow(clippy::print_stdout, reason = "standard output is how a build script speaks to cargo")]
pub fn libtorch() {
    for directive in directives(env::var("DEP_TCH_LIBTORCH_LIB").ok().as_deref()) {
        println!("cargo::{directive}");
    }
}

fn directives(library_folder: Option<&str>) -> Vec<String> {
    let mut directives =
        vec!["rerun-if-changed=build.rs".to_owned(), "rustc-check-cfg=cfg(libtorch_cuda)".to_owned()];
    let Some(folder) = library_folder else { return directives };
    directives.push(format!("rustc-link-arg=-Wl,-rpath,{folder}"));
    if Path::new(folder).join("libtorch_cuda.so").exists() {
        directives.push("rustc-link-arg=-Wl,--no-as-needed".to_owned());
        directives.push("rustc-link-arg=-ltorch_cuda".to_owned());
        directives.push("rustc-cfg=libtorch_cuda".to_owned());
    }
    directives
}

#[cfg(test)]
mod tests {
    use super::directives;

    #[test]
    fn without_libtorch_nothing_is_linked() {
        assert!(directives(None).iter().all(|directive| !directive.starts_with("rustc-link-arg")));
    }

    #[test]
    fn cuda_is_kept_only_where_it_lies() {
        let folder = env!("CARGO_MANIFEST_DIR");
        let plain = directives(Some(folder));
        assert!(plain.contains(&format!("rustc-link-arg=-Wl,-rpath,{folder}")));
        assert!(!plain.contains(&"rustc-cfg=libtorch_cuda".to_owned()));

        let with_cuda = std::env::temp_dir().join(format!("radiograph-link-{}", std::process::id()));
        std::fs::create_dir_all(&with_cuda).unwrap();
        std::fs::write(with_cuda.join("libtorch_cuda.so"), "").unwrap();
        let linked = directives(with_cuda.to_str());
        std::fs::remove_dir_all(&with_cuda).unwrap();
        assert!(linked.contains(&"rustc-link-arg=-ltorch_cuda".to_owned()));
        assert!(linked.contains(&"rustc-cfg=libtorch_cuda".to_owned()));
    }
}
