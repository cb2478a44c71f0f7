//! Errors of commands: a message, and the exit code that belongs to it.
//!
//! Libraries describe the fault. This module adds the command that helps, because only the program has commands.

use std::{error::Error, io, iter, path::Path};

#[cfg(feature = "libtorch")]
use radiograph_backbone::OnnxNetworkError;
use radiograph_run::{PlanError, RunFolder, Stage};
use radiograph_weights::WeightsError;

use crate::{exit::Exit, interrupt};

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    /// A failure because of the input or a setting.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self { exit: Exit::Input, message: message.into() }
    }

    /// A failure of the machine.
    pub(crate) fn machine(message: impl Into<String>) -> Self {
        Self { exit: Exit::Machine, message: message.into() }
    }

    /// Puts the place of the failure before the message.
    pub(crate) fn at(mut self, place: impl std::fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        if let Some(remedy) = remedy(&error) {
            message += &format!("; {remedy}");
        }
        Self { exit: exit_of(&error), message }
    }
}

/// [`Exit::Input`], unless something in the chain of causes shows that the machine failed.
fn exit_of(error: &(dyn Error + 'static)) -> Exit {
    match run_error(error) {
        Some(radiograph_run::Error::Interrupted { .. }) => return interrupt::exit(),
        Some(radiograph_run::Error::Busy { .. } | radiograph_run::Error::Plan(PlanError::Busy { .. })) => {
            return Exit::Machine;
        }
        _ => {}
    }
    #[cfg(feature = "libtorch")]
    if let Some(radiograph_libtorch::DeviceError::Absent { .. }) = device_error(error) {
        return Exit::Machine;
    }
    #[cfg(feature = "libtorch")]
    if let Some(OnnxNetworkError::NotBuilt | OnnxNetworkError::NoLibrary { .. }) = onnx_error(error) {
        return Exit::Machine;
    }
    for cause in causes(error) {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return exit_of_io(io);
        }
        // libtorch has one kind of error, a text.
        let text = cause.to_string();
        if ["out of memory", "not enough memory", "CUDA error"].iter().any(|words| text.contains(words)) {
            return Exit::Machine;
        }
    }
    Exit::Input
}

/// The error and its causes.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let mut next = Some(error);
    iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// A missing or invalid file is a wrong input; any other I/O error is a failure of the machine.
fn exit_of_io(error: &io::Error) -> Exit {
    use io::ErrorKind::{InvalidData, InvalidInput, IsADirectory, NotADirectory, NotFound, UnexpectedEof};
    match error.kind() {
        NotFound | NotADirectory | IsADirectory | InvalidData | InvalidInput | UnexpectedEof => Exit::Input,
        _ => Exit::Machine,
    }
}

/// The command that helps with an error of a library, if there is one.
fn remedy(error: &(dyn Error + 'static)) -> Option<String> {
    match run_error(error) {
        Some(radiograph_run::Error::Missing { path, stage }) => {
            return Some(format!("run `{}` first", command_of(*stage, path)));
        }
        Some(radiograph_run::Error::Edited { path, stage }) => {
            return Some(format!("run `{}`", command_of(*stage, path)));
        }
        Some(radiograph_run::Error::Plan(error)) => return plan_remedy(error),
        _ => {}
    }
    #[cfg(feature = "libtorch")]
    if let Some(error) = device_error(error) {
        return device_remedy(error);
    }
    #[cfg(feature = "libtorch")]
    if let Some(error) = onnx_error(error) {
        return onnx_remedy(error);
    }
    #[cfg(feature = "libtorch")]
    if let Some(radiograph::Error::Changed { .. }) = error.downcast_ref() {
        return Some("put the old file back, or begin a new run".to_owned());
    }
    match weights_error(error)? {
        WeightsError::NotInstalled { name, .. } => Some(format!("run `radiograph weights fetch {name}`")),
        WeightsError::Altered { .. } | WeightsError::Record { .. } => Some(
            "install the weights again with `radiograph weights fetch` or `radiograph weights install`"
                .to_owned(),
        ),
        _ => None,
    }
}

/// The command that helps with a plan or a task.
fn plan_remedy(error: &PlanError) -> Option<String> {
    Some(match error {
        PlanError::NoPlan { run } => format!("run `radiograph plan {}` first", run.display()),
        PlanError::OtherRun { .. } => "run `radiograph plan` again".to_owned(),
        PlanError::UnknownTask { .. } => "`radiograph plan RUN --tasks` lists those that are left".to_owned(),
        PlanError::Unfinished { .. } => "`radiograph run-task` does them".to_owned(),
        _ => return None,
    })
}

/// The command that does a stage in the run to which the file at `path` belongs.
fn command_of(stage: Stage, path: &Path) -> String {
    let command = match stage {
        // Comparisons are part of the evaluation.
        Stage::Compare => Stage::Evaluate.name(),
        stage => stage.name(),
    };
    match path.ancestors().find(|folder| RunFolder::is_begun(folder)) {
        Some(run) => format!("radiograph {command} {}", run.display()),
        None => format!("radiograph {command} RUN"),
    }
}

/// The error of a run inside another error.
fn run_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e radiograph_run::Error> {
    #[cfg(feature = "libtorch")]
    if let Some(radiograph::Error::Run(error)) = error.downcast_ref() {
        return Some(error);
    }
    error.downcast_ref()
}

/// The error of a device inside another error.
#[cfg(feature = "libtorch")]
fn device_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e radiograph_libtorch::DeviceError> {
    match error.downcast_ref() {
        Some(radiograph::Error::Device(error)) => Some(error),
        Some(radiograph::Error::Backbone(radiograph_backbone::BackboneError::Device(error))) => Some(error),
        _ => causes(error).find_map(|cause| cause.downcast_ref()),
    }
}

#[cfg(feature = "libtorch")]
fn device_remedy(error: &radiograph_libtorch::DeviceError) -> Option<String> {
    let radiograph_libtorch::DeviceError::Absent { devices, .. } = error else { return None };
    let remedy = match devices {
        devices if !devices.cuda_linked => {
            "use cpu, or install `radiograph` anew after `cargo xtask setup --libtorch cuda` (for a Tesla K80: with `cargo \
             xtask --lane kepler`)"
        }
        devices if devices.cuda == 0 => "check the driver with `nvidia-smi`, or use cpu",
        _ => "`radiograph devices` lists the devices",
    };
    Some(remedy.to_owned())
}

/// The error of a network from an ONNX file inside another error.
#[cfg(feature = "libtorch")]
fn onnx_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e OnnxNetworkError> {
    match error.downcast_ref() {
        Some(radiograph::Error::Backbone(radiograph_backbone::BackboneError::Onnx(error))) => Some(error),
        _ => None,
    }
}

#[cfg(feature = "libtorch")]
fn onnx_remedy(error: &OnnxNetworkError) -> Option<String> {
    Some(match error {
        OnnxNetworkError::NotBuilt => "install `radiograph` anew with `cargo xtask install`".to_owned(),
        OnnxNetworkError::NoLibrary { .. } => "`cargo xtask setup --onnx` fetches it".to_owned(),
        _ => return None,
    })
}

/// The weights error inside another error.
fn weights_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e WeightsError> {
    if let Some(radiograph_run::Error::Weights(error)) = run_error(error) {
        return Some(error);
    }
    causes(error).find_map(|cause| cause.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_the_inputs_fault_and_a_full_disk_the_machines() {
        let of = |kind: io::ErrorKind| Failure::from(io::Error::from(kind)).exit;
        assert_eq!(of(io::ErrorKind::NotFound), Exit::Input);
        assert_eq!(of(io::ErrorKind::StorageFull), Exit::Machine);
        assert_eq!(of(io::ErrorKind::PermissionDenied), Exit::Machine);
        let wrapped = radiograph_files::FileError::Write {
            path: "somewhere".into(),
            source: io::ErrorKind::StorageFull.into(),
        };
        assert_eq!(Failure::from(wrapped).exit, Exit::Machine);
    }

    #[test]
    fn an_interruption_is_no_failure_of_anything() {
        let stage = Stage::Train;
        assert_eq!(Failure::from(radiograph_run::Error::Interrupted { stage }).exit, Exit::Interrupted);
        assert_eq!(Failure::from(radiograph_run::Error::Busy { path: "run".into() }).exit, Exit::Machine);
    }

    #[test]
    fn a_missing_file_of_a_run_names_the_command_that_writes_it() {
        let place = tempfile::tempdir().unwrap();
        let run = place.path().join("runs/first");
        std::fs::create_dir_all(&run).unwrap();
        std::fs::write(run.join("config.toml"), "").unwrap();
        for (file, stage, command) in [
            ("manifest.csv", Stage::Assemble, "assemble"),
            ("vgg19/training.json", Stage::Train, "train"),
            ("comparison.json", Stage::Compare, "evaluate"),
        ] {
            let path = run.join(file);
            let failure = Failure::from(radiograph_run::Error::Missing { path, stage });
            let remedy = format!("run `radiograph {command} {}` first", run.display());
            assert!(failure.message.ends_with(&remedy), "{}", failure.message);
            assert_eq!(failure.exit, Exit::Input);
        }
        let (path, stage) = ("elsewhere/manifest.csv".into(), Stage::Assemble);
        let failure = Failure::from(radiograph_run::Error::Edited { path, stage });
        assert!(failure.message.ends_with("run `radiograph assemble RUN`"), "{}", failure.message);
    }

    #[cfg(feature = "libtorch")]
    #[test]
    fn an_absent_device_is_the_machines_fault_and_a_wrong_name_the_inputs() {
        let index = radiograph_libtorch::Devices::present().cuda;
        let absent = radiograph_libtorch::Device::cuda(index).unwrap_err();
        let failure = Failure::from(radiograph::Error::from(absent.clone()));
        assert_eq!(failure.exit, Exit::Machine);
        assert!(failure.message.contains(&format!("cuda:{index} is not available: ")), "{}", failure.message);
        assert!(failure.message.contains("; "), "a remedy follows: {}", failure.message);
        assert_eq!(Failure::from(absent).message, failure.message);
        let unknown = "gpu".parse::<radiograph_libtorch::Device>().unwrap_err();
        assert_eq!(Failure::from(radiograph::Error::from(unknown)).exit, Exit::Input);
    }

    #[test]
    fn missing_weights_name_the_command_that_fetches_them() {
        let name: radiograph_weights::WeightsName = "vgg19.tv_in1k".parse().unwrap();
        let failure = Failure::from(WeightsError::NotInstalled { name, folder: "weights".into() });
        assert!(
            failure.message.ends_with("run `radiograph weights fetch vgg19.tv_in1k`"),
            "{}",
            failure.message
        );
        assert_eq!(failure.exit, Exit::Input);
    }
}
