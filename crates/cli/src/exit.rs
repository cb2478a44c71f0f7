//! The exit codes of the program, the same for every command.

use std::process::ExitCode;

/// Result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything requested is done.
    Done,
    /// Done, but something was left out or found; the command's help says what.
    Incomplete,
    /// The command line is wrong.
    Usage,
    /// The input or a setting is wrong.
    Input,
    /// The machine failed.
    Machine,
    /// Stopped by a scheduler's signal.
    Requeue,
    /// Stopped by Ctrl-C.
    Interrupted,
}

impl Exit {
    /// All, by code.
    pub(crate) const ALL: [Self; 7] = [
        Self::Done,
        Self::Incomplete,
        Self::Usage,
        Self::Input,
        Self::Machine,
        Self::Requeue,
        Self::Interrupted,
    ];

    /// The exit code as a number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Incomplete => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Machine => 4,
            // EX_TEMPFAIL of sysexits.h: "indicating something that is not really an error"; a later try succeeds.
            Self::Requeue => 75,
            // 128 + SIGINT, as shells have it.
            Self::Interrupted => 130,
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Incomplete => "done, but something was left out or found; the command's help says what",
            Self::Usage => "the command line is wrong",
            Self::Input => "the input or a setting is wrong",
            Self::Machine => {
                "the machine failed: file system, device, memory or network; or another process is at work there"
            }
            Self::Requeue => "stopped by SIGTERM or SIGUSR1; the same command continues",
            Self::Interrupted => "interrupted",
        }
    }

    /// [`Done`](Self::Done) if nothing was left out or found.
    pub(crate) const fn complete(complete: bool) -> Self {
        if complete { Self::Done } else { Self::Incomplete }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table of exit codes at the end of `radiograph --help`.
pub(crate) fn table() -> String {
    let mut text = String::from("Exit codes:");
    for exit in Exit::ALL {
        text += &format!("\n  {:>3}  {}", exit.code(), exit.meaning());
    }
    text
}
