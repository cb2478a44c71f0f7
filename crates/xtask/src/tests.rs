//! Tests of the installation, with artificial wheels in a local folder and every kind of download fault.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use zip::write::SimpleFileOptions;

use crate::{
    cache::Cache,
    error::Error,
    fetch::{self, Origin},
    install::{self, Outcome},
    lane::{Build, Software},
    onnx_runtime,
    wheel::Wheel,
};

/// A build of two small wheels, the folder they are fetched from, and an empty cache.
struct Scene {
    folder: tempfile::TempDir,
    build: Build,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let origin = folder.path().join("origin");
        fs::create_dir(&origin).unwrap();
        let core = wheel(
            &origin,
            "core-1.0-py3-none-any.whl",
            &[
                ("torch/include/torch.h", "header"),
                ("torch/lib/libc10.so", "library"),
                ("torch/nn/module.py", "no"),
            ],
            &["torch/include/", "torch/lib/libc10.so"],
        );
        let runtime = wheel(
            &origin,
            "runtime-2.0-py3-none-any.whl",
            &[("nvidia/lib/libcudart.so.13", "runtime"), ("nvidia/include/cuda.h", "no")],
            &["nvidia/lib/*.so"],
        );
        let wheels = Box::leak(Box::new([core, runtime]));
        let software = Software::Libtorch;
        let build = Build { software, name: "test-1.0", version: "1.0", wheels, unpacked_bytes: 100 };
        Self { folder, build }
    }

    fn cache(&self) -> Cache {
        Cache::at(self.folder.path().join("cache"))
    }

    fn origin(&self) -> PathBuf {
        self.folder.path().join("origin")
    }

    fn install(&self) -> Result<(PathBuf, Outcome), Error> {
        let origin = || Ok(Origin::Folder(self.origin()));
        install::install(&self.build, &self.cache(), origin, &|_| {})
    }

    /// All files in the cache, by their path below its root.
    fn cached(&self) -> Vec<String> {
        let mut files = Vec::new();
        collect(&self.folder.path().join("cache"), &mut files);
        files.sort();
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}

fn wheel(
    folder: &Path,
    file: &'static str,
    members: &[(&str, &str)],
    take: &'static [&'static str],
) -> Wheel {
    let path = folder.join(file);
    let mut archive = zip::ZipWriter::new(File::create(&path).unwrap());
    for (name, text) in members {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    let sha256 = Box::leak(fetch::sha256(&path).unwrap().into_boxed_str());
    Wheel { requirement: "core==1.0", file, bytes: fs::metadata(&path).unwrap().len(), sha256, take }
}

#[test]
fn only_what_is_wanted_is_unpacked_and_nothing_else_stays() {
    let scene = Scene::new();
    let (torch, outcome) = scene.install().unwrap();
    assert_eq!(outcome, Outcome::Installed);
    assert_eq!(fs::read_to_string(torch.join("build-version")).unwrap(), "1.0");
    let expected =
        ["build-version", "installed.json", "libc10.so", "libcudart.so.13", "test-1.0.lock", "torch.h"];
    assert_eq!(scene.cached(), expected);
}

#[test]
fn onnx_runtime_is_behind_a_link_that_follows_its_version() {
    let mut scene = Scene::new();
    for version in ["1.0", "1.1"] {
        let members = [
            ("onnxruntime/capi/libonnxruntime.so.1.0", "old"),
            ("onnxruntime/capi/libonnxruntime.so.1.1", "new"),
        ];
        let file = if version == "1.0" { "ort-1.0-none.whl" } else { "ort-1.1-none.whl" };
        let strange = wheel(&scene.origin(), file, &members, &["onnxruntime/capi/"]);
        let name = if version == "1.0" { "cpu-1.0" } else { "cpu-1.1" };
        let wheels = Box::leak(Box::new([strange]));
        scene.build = Build { software: Software::OnnxRuntime, name, version, wheels, unpacked_bytes: 9 };
        let origin = || Ok(Origin::Folder(scene.origin()));
        // The second time, everything is there.
        for _ in 0..2 {
            let link = onnx_runtime::install(&scene.build, &scene.cache(), origin, &|_| {}).unwrap();
            assert_eq!(link, scene.folder.path().join("cache/onnxruntime/libonnxruntime.so"));
            let end = format!("libonnxruntime.so.{version}");
            assert!(link.canonicalize().unwrap().ends_with(&end), "the version is the end of the name");
            assert_eq!(fs::read_to_string(link).unwrap(), if version == "1.0" { "old" } else { "new" });
        }
    }
    assert!(!scene.cached().contains(&"build-version".to_owned()));
}

#[test]
fn a_second_set_up_fetches_nothing() {
    let scene = Scene::new();
    scene.install().unwrap();
    fs::remove_dir_all(scene.origin()).unwrap();
    assert_eq!(scene.install().unwrap().1, Outcome::Present);
}

#[test]
fn a_damaged_installation_is_made_again() {
    let scene = Scene::new();
    let (torch, _) = scene.install().unwrap();
    fs::write(torch.join("lib/libc10.so"), "short").unwrap();
    assert_eq!(scene.install().unwrap().1, Outcome::Installed);
    assert_eq!(fs::read_to_string(torch.join("lib/libc10.so")).unwrap(), "library");
}

#[test]
fn a_truncated_download_is_an_error_and_leaves_nothing() {
    let scene = Scene::new();
    let path = scene.origin().join("runtime-2.0-py3-none-any.whl");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = scene.install().unwrap_err();
    assert!(
        matches!(&error, Error::Checksum { .. }) && error.to_string().contains("run the command again"),
        "{error}"
    );
    // The first wheel was whole and is kept for the next try; of the second nothing is.
    assert_eq!(scene.cached(), ["core-1.0-py3-none-any.whl", "test-1.0.lock"]);

    fs::write(&path, whole).unwrap();
    fs::remove_file(scene.origin().join("core-1.0-py3-none-any.whl")).unwrap();
    assert_eq!(scene.install().unwrap().1, Outcome::Installed, "resumes with the wheel that is there");
}

#[test]
fn a_missing_file_is_named_with_its_build() {
    let scene = Scene::new();
    fs::remove_file(scene.origin().join("core-1.0-py3-none-any.whl")).unwrap();
    let error = scene.install().unwrap_err().to_string();
    assert!(error.contains("core-1.0-py3-none-any.whl") && error.contains("test-1.0"), "{error}");
}

#[test]
fn a_wheel_without_the_wanted_files_is_refused() {
    let mut scene = Scene::new();
    let strange = wheel(&scene.origin(), "other-1.0-py3-none-any.whl", &[("readme", "")], &["torch/lib/"]);
    scene.build.wheels = Box::leak(Box::new([strange]));
    assert!(matches!(scene.install(), Err(Error::MemberMissing { pattern: "torch/lib/", .. })));
    assert!(!scene.cached().contains(&"installed.json".to_owned()));
}

#[test]
fn a_name_that_climbs_out_is_refused() {
    let mut scene = Scene::new();
    let members = [("torch/lib/../../../escaped", "out")];
    let hostile = wheel(&scene.origin(), "hostile-1.0-py3-none-any.whl", &members, &["torch/lib/"]);
    scene.build.wheels = Box::leak(Box::new([hostile]));
    assert!(matches!(scene.install(), Err(Error::Zip { .. })));
    assert!(!scene.folder.path().join("cache/escaped").exists());
    assert!(!scene.folder.path().join("escaped").exists());
}

#[test]
fn no_archive_at_all_is_refused() {
    let mut scene = Scene::new();
    let mut wheel = scene.build.wheels[0];
    let path = scene.origin().join(wheel.file);
    fs::write(&path, "<html>sign in to the hotel's network</html>").unwrap();
    wheel.sha256 = Box::leak(fetch::sha256(&path).unwrap().into_boxed_str());
    wheel.bytes = fs::metadata(&path).unwrap().len();
    scene.build.wheels = Box::leak(Box::new([wheel]));
    assert!(matches!(scene.install(), Err(Error::Zip { .. })));
}

#[test]
fn leftovers_of_a_killed_set_up_are_cleared_away() {
    let scene = Scene::new();
    let libtorch = scene.folder.path().join("cache/libtorch");
    fs::create_dir_all(libtorch.join("test-1.partial/torch/lib")).unwrap();
    fs::create_dir_all(libtorch.join("test-1.0/torch/lib")).unwrap();
    fs::write(libtorch.join("test-1.0/torch/lib/libc10.so"), "library").unwrap();
    assert_eq!(scene.install().unwrap().1, Outcome::Installed, "files without a record are no installation");
}

#[test]
fn set_ups_at_once_do_the_work_once() {
    let scene = Scene::new();
    let installed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                if scene.install().unwrap().1 == Outcome::Installed {
                    installed.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(installed.into_inner(), 1);
}

/// A substitute for Python that answers `-m pip --version` and then runs the script.
fn python(folder: &Path, download: &str) -> Origin {
    let program = folder.join("python");
    let script = format!("#!/bin/sh\n[ \"$3\" = --version ] && exit 0\n{download}\n");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    Origin::pip(program.to_str().unwrap().to_owned()).unwrap()
}

#[test]
fn without_a_network_the_remedy_is_named_and_nothing_stays() {
    let scene = Scene::new();
    let origin = || Ok(python(scene.folder.path(), "echo no route to host >&2; exit 1"));
    let error = install::install(&scene.build, &scene.cache(), origin, &|_| {}).unwrap_err();
    assert!(matches!(&error, Error::PipFailed { .. }) && error.to_string().contains("--wheels"), "{error}");
    assert_eq!(scene.cached(), ["test-1.0.lock"]);
}

#[test]
fn another_file_than_the_expected_one_is_refused() {
    let scene = Scene::new();
    let wrong = r#"while [ "$1" != --dest ]; do shift; done; echo x > "$2/core-1.0-cp39-none-any.whl""#;
    let origin = || Ok(python(scene.folder.path(), wrong));
    let error = install::install(&scene.build, &scene.cache(), origin, &|_| {}).unwrap_err();
    assert!(matches!(&error, Error::WheelMissing { .. }), "{error}");
    assert_eq!(scene.cached(), ["test-1.0.lock"]);
}

#[test]
fn a_machine_without_python_is_told_what_to_install() {
    let error = Origin::pip("no-such-python".to_owned()).unwrap_err().to_string();
    assert!(error.contains("no-such-python") && error.contains("python3-pip"), "{error}");
}

#[test]
fn a_cache_that_cannot_be_written_is_told_at_once() {
    let scene = Scene::new();
    let origin = || -> Result<Origin, Error> { panic!("nothing must be fetched") };
    let error = install::install(&scene.build, &Cache::at("/proc/none".into()), origin, &|_| {}).unwrap_err();
    assert!(matches!(error, Error::CacheUnwritable { .. }), "{error}");
}
