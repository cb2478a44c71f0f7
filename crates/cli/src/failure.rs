//! Errors of commands: a message, and the exit code that belongs to it.
//!
//! Libraries describe the fault. This module adds the command that helps, because only the program has commands.

use std::{error::Error, io, iter};

use radiograph_weights::WeightsError;

use crate::exit::Exit;

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    /// A failure for which the input or a setting is at fault.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self { exit: Exit::Input, message: message.into() }
    }

    /// A failure for which the machine is at fault.
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

/// The input is at fault unless something in the chain of causes shows that the machine is.
fn exit_of(error: &(dyn Error + 'static)) -> Exit {
    if let Some(error) = error.downcast_ref::<radiograph_run::Error>() {
        match error {
            radiograph_run::Error::Interrupted { .. } => return Exit::Interrupted,
            radiograph_run::Error::Busy { .. } => return Exit::Machine,
            _ => {}
        }
    }
    #[cfg(feature = "libtorch")]
    if let Some(error) = error.downcast_ref::<radiograph::Error>() {
        match error {
            radiograph::Error::Run(error) => return exit_of(error),
            radiograph::Error::Device(_) => return Exit::Machine,
            _ => {}
        }
    }
    for cause in causes(error) {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return exit_of_io(io);
        }
        #[cfg(feature = "libtorch")]
        if cause.is::<radiograph_libtorch::DeviceError>() {
            return Exit::Machine;
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

/// A missing or invalid file is a wrong input; any other I/O error is the machine's fault.
fn exit_of_io(error: &io::Error) -> Exit {
    use io::ErrorKind::{InvalidData, InvalidInput, IsADirectory, NotADirectory, NotFound, UnexpectedEof};
    match error.kind() {
        NotFound | NotADirectory | IsADirectory | InvalidData | InvalidInput | UnexpectedEof => Exit::Input,
        _ => Exit::Machine,
    }
}

/// The command that helps with an error of a library, if there is one.
fn remedy(error: &(dyn Error + 'static)) -> Option<String> {
    match weights_error(error)? {
        WeightsError::NotInstalled { name, .. } => Some(format!("run `radiograph weights fetch {name}`")),
        WeightsError::Altered { .. } | WeightsError::Record { .. } => Some(
            "install the weights again with `radiograph weights fetch` or `radiograph weights install`"
                .to_owned(),
        ),
        _ => None,
    }
}

/// The weights error inside another error.
fn weights_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e WeightsError> {
    if let Some(radiograph_run::Error::Weights(error)) = error.downcast_ref() {
        return Some(error);
    }
    #[cfg(feature = "libtorch")]
    if let Some(radiograph::Error::Run(radiograph_run::Error::Weights(error))) = error.downcast_ref() {
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
        let stage = radiograph_run::Stage::Train;
        assert_eq!(Failure::from(radiograph_run::Error::Interrupted { stage }).exit, Exit::Interrupted);
        assert_eq!(Failure::from(radiograph_run::Error::Busy { path: "run".into() }).exit, Exit::Machine);
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
