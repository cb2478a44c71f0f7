//! ONNX Runtime: its shared library is loaded once in a process, and each session computes one network on one thread.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use ort::{environment::Environment, logging::LogLevel, session, value::TensorRef};

use crate::OnnxNetworkError;

/// ONNX Runtime of this process.
pub(super) struct Engine {
    environment: Environment,
    name: String,
}

impl Engine {
    /// ONNX Runtime, which the first call loads. A failure can be tried again.
    pub(super) fn load() -> Result<&'static Self, OnnxNetworkError> {
        static LOADED: OnceLock<Engine> = OnceLock::new();
        static LOADING: Mutex<()> = Mutex::new(());
        // ONNX Runtime has one environment in a process, so only one thread makes it.
        let _alone = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = LOADED.get() {
            return Ok(engine);
        }
        let expected = radiograph_files::onnx_runtime().unwrap_or_else(|| PathBuf::from("libonnxruntime.so"));
        // Resolved, because the name at the end of links has the version.
        let path = match expected.canonicalize() {
            Ok(path) if path.is_file() => path,
            _ => return Err(OnnxNetworkError::NoLibrary { path: expected }),
        };
        let refuse = |reason: String| OnnxNetworkError::Library { path: path.clone(), reason };
        let loaded = ort::init_from(&path).map_err(|error| refuse(first_line(&error)))?;
        let environment = loaded.with_name("radiograph").with_telemetry(false).build();
        let environment = environment.map_err(|error| refuse(first_line(&error)))?;
        // Libraries print nothing; what fails is an error.
        environment.set_log_level(LogLevel::Fatal);
        let name = name(&path, ort::info());
        Ok(LOADED.get_or_init(|| Self { environment, name }))
    }

    /// Name with version, such as `ONNX Runtime 1.32.0 (fab30a4)`: other ones give other last bits.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// The version at the end of the library's name, and the commit that it was built from.
fn name(library: &Path, build: &str) -> String {
    let file = library.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_version = |text: &&str| text.starts_with(|letter: char| letter.is_ascii_digit());
    let version = file.split_once(".so.").map(|(_, version)| version).filter(is_version);
    let commit = build.split_once("git-commit-id=").map(|(_, rest)| rest.split(',').next().unwrap_or(rest));
    let mut name = "ONNX Runtime".to_owned();
    if let Some(version) = version {
        name += &format!(" {version}");
    }
    if let Some(commit) = commit {
        name += &format!(" ({})", commit.trim());
    }
    name
}

/// A network that is ready to compute on one thread at a time.
pub(super) struct Session {
    session: session::Session,
}

impl Session {
    /// Prepares a network. It computes on the thread that asks, so the values do not depend on the number of threads.
    pub(super) fn new(engine: &Engine, file: &[u8]) -> Result<Self, String> {
        let builder = session::Session::builder(&engine.environment).map_err(|error| first_line(&error))?;
        let builder = builder.with_intra_threads(1).map_err(|error| first_line(&error))?;
        let builder = builder.with_deterministic_compute(true).map_err(|error| first_line(&error))?;
        let mut builder = builder.with_log_level(LogLevel::Fatal).map_err(|error| first_line(&error))?;
        let session = builder.commit_from_memory(file).map_err(|error| first_line(&error))?;
        Ok(Self { session })
    }

    /// Type of the values of the only output, such as `f32`.
    pub(super) fn value_type(&self) -> String {
        let of = self.session.outputs().first().and_then(|output| output.dtype().tensor_type());
        of.map_or_else(|| "no numbers".to_owned(), |found| found.to_string())
    }

    /// Shape and values of the only output for one input of this shape.
    pub(super) fn run(&mut self, shape: [i64; 4], values: &[f32]) -> Result<(Vec<i64>, Vec<f32>), String> {
        let input = TensorRef::from_array_view((shape, values)).map_err(|error| first_line(&error))?;
        let outputs = self.session.run(ort::inputs![input]).map_err(|error| first_line(&error))?;
        let output = outputs.values().next().ok_or("it gives no output")?;
        let (shape, values) = output.try_extract_tensor::<f32>().map_err(|error| first_line(&error))?;
        Ok((shape.to_vec(), values.to_vec()))
    }
}

fn first_line(error: &impl Display) -> String {
    error.to_string().lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_has_the_version_and_the_commit_as_far_as_they_are_known() {
        let build = "ORT Build Info: git-branch=HEAD, git-commit-id=fab30a4, build type=Release";
        let of = |path: &str, build: &str| name(Path::new(path), build);
        assert_eq!(of("/lib/libonnxruntime.so.1.32.0", build), "ONNX Runtime 1.32.0 (fab30a4)");
        assert_eq!(of("/lib/libonnxruntime.so", build), "ONNX Runtime (fab30a4)");
        assert_eq!(of("/lib/libonnxruntime.so.1.17.3", ""), "ONNX Runtime 1.17.3");
        assert_eq!(of("/lib/libonnxruntime.so.old", "git-commit-id=1"), "ONNX Runtime (1)");
    }
}
