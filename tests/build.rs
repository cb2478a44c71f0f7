//! Links this package's tests against libtorch, and puts the counter of its operations into them.

use std::{env, path::Path};

fn main() {
    radiograph_link::libtorch();
    count_operations();
}

/// Compiles `operations.cpp`. Nothing in Rust calls it, so the linker must be told to keep it.
#[allow(clippy::print_stdout, reason = "standard output is how a build script speaks to cargo")]
fn count_operations() {
    let library_folder = env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys says where libtorch is");
    let Some(libtorch) = Path::new(&library_folder).parent() else {
        panic!("{library_folder} is in no folder")
    };
    println!("cargo::rerun-if-changed=operations.cpp");
    println!("cargo::rerun-if-env-changed=LIBTORCH_CXX11_ABI");
    // As torch-sys does: the wheels before 2.6 have the older names of strings.
    let names = env::var("LIBTORCH_CXX11_ABI").unwrap_or_else(|_| "1".to_owned());
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .define("_GLIBCXX_USE_CXX11_ABI", names.as_str())
        // Its structures have other fields otherwise.
        .define("NDEBUG", None)
        .include(libtorch.join("include"))
        .warnings(false)
        .cargo_metadata(false)
        .file("operations.cpp")
        .compile("operations");
    let folder = env::var("OUT_DIR").expect("cargo sets it for a build script");
    println!("cargo::rustc-link-search=native={folder}");
    println!("cargo::rustc-link-lib=static:+whole-archive=operations");
    println!("cargo::rustc-link-lib=stdc++");
}
