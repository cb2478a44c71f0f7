//! Requirements of tests, and checks whether this machine meets them.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    str::FromStr,
};

/// A requirement of a test that some machines do not meet.
///
/// Its text form, such as `variable RADIOGRAPH_DATA`, can be parsed again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Need {
    /// An environment variable that names data.
    Variable(String),
    /// A program on the PATH.
    Program(String),
    /// Python modules, separated by commas.
    PythonModules(String),
    /// A file or folder that another command makes.
    File(PathBuf),
    /// A Chromium browser.
    Browser,
    /// An NVIDIA GPU whose driver answers.
    Gpu,
    /// A user other than the superuser.
    OrdinaryUser,
    /// ONNX Runtime's shared library, which `cargo xtask setup --onnx` fetches.
    OnnxRuntime,
}

impl Need {
    /// Whether this machine meets the need.
    pub fn is_met(&self) -> bool {
        match self {
            Self::Variable(name) => env::var_os(name).is_some_and(|value| !value.is_empty()),
            Self::Program(name) => on_path(name),
            Self::PythonModules(modules) => succeeds(&python(), &["-c", &format!("import {modules}")]),
            Self::File(path) => path.exists(),
            Self::Browser => browser().is_some(),
            Self::Gpu => Path::new("/proc/driver/nvidia/version").exists(),
            Self::OrdinaryUser => !is_superuser(),
            Self::OnnxRuntime => radiograph_files::onnx_runtime().is_some_and(|library| library.is_file()),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(formatter, "variable {name}"),
            Self::Program(name) => write!(formatter, "program {name}"),
            Self::PythonModules(modules) => write!(formatter, "python-modules {modules}"),
            Self::File(path) => write!(formatter, "file {}", path.display()),
            Self::Browser => formatter.write_str("browser"),
            Self::Gpu => formatter.write_str("gpu"),
            Self::OrdinaryUser => formatter.write_str("ordinary-user"),
            Self::OnnxRuntime => formatter.write_str("onnx-runtime"),
        }
    }
}

/// A text that does not name a [`Need`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotANeed {
    text: String,
}

impl fmt::Display for NotANeed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is not the text of a need", self.text)
    }
}

impl std::error::Error for NotANeed {}

impl FromStr for Need {
    type Err = NotANeed;

    fn from_str(text: &str) -> Result<Self, NotANeed> {
        let (kind, name) = text.split_once(' ').unwrap_or((text, ""));
        match (kind, name) {
            ("browser", "") => Ok(Self::Browser),
            ("gpu", "") => Ok(Self::Gpu),
            ("ordinary-user", "") => Ok(Self::OrdinaryUser),
            ("onnx-runtime", "") => Ok(Self::OnnxRuntime),
            (_, "") => Err(NotANeed { text: text.to_owned() }),
            ("variable", name) => Ok(Self::Variable(name.to_owned())),
            ("program", name) => Ok(Self::Program(name.to_owned())),
            ("python-modules", name) => Ok(Self::PythonModules(name.to_owned())),
            ("file", name) => Ok(Self::File(name.into())),
            _ => Err(NotANeed { text: text.to_owned() }),
        }
    }
}

/// Python interpreter for tests: `RADIOGRAPH_PYTHON`, else `python3`. A path with a folder in it is resolved from the
/// root of the project.
pub fn python() -> String {
    let python = env::var("RADIOGRAPH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if python.contains('/') { crate::from_root(Path::new(&python)).display().to_string() } else { python }
}

/// Path of Chromium or Chrome: `CHROMIUM`, else the usual paths of Debian and other systems.
pub fn browser() -> Option<String> {
    let named = env::var("CHROMIUM").ok();
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    named.into_iter().chain(usual.map(str::to_owned)).find(|path| Path::new(path).exists())
}

fn on_path(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|folders| env::split_paths(&folders).any(|folder| folder.join(program).is_file()))
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(unix)]
fn is_superuser() -> bool {
    use std::os::unix::fs::MetadataExt;

    // The folder of a process belongs to the user it runs as.
    std::fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

#[cfg(not(unix))]
fn is_superuser() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_every_need_is_read_back() {
        let needs = [
            Need::Variable("RADIOGRAPH_DATA".to_owned()),
            Need::Program("node".to_owned()),
            Need::PythonModules("numpy, safetensors".to_owned()),
            Need::File("/a folder/with a file".into()),
            Need::Browser,
            Need::Gpu,
            Need::OrdinaryUser,
            Need::OnnxRuntime,
        ];
        for need in needs {
            assert_eq!(need.to_string().parse::<Need>(), Ok(need));
        }
        for text in ["", "variable", "variable ", "gpu 0", "patience of its user"] {
            assert!(text.parse::<Need>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_every_machine_has_is_met_and_what_none_has_is_not() {
        for met in ["variable PATH", "program cargo", "file /proc"] {
            assert!(met.parse::<Need>().unwrap().is_met(), "{met}");
        }
        for unmet in ["variable RADIOGRAPH_NO_SUCH", "program radiograph-no-such", "file /nowhere"] {
            assert!(!unmet.parse::<Need>().unwrap().is_met(), "{unmet}");
        }
    }
}
