//! Handles Ctrl-C: the first one asks a run to stop after the current step, the second one stops the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{exit::Exit, notice};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Catches Ctrl-C, so that [`asked`] reports it instead of the program ending.
pub(crate) fn listen() {
    // Without a handler Ctrl-C ends the program at once, which loses no more than the work since the last checkpoint.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted.code().into());
        }
        notice::line("\nFinishing this step; press Ctrl-C again to quit now");
    });
}

/// Whether Ctrl-C was pressed.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
