//! Handles signals: the first one asks a run to stop after the current step.
//!
//! Ctrl-C is a person, who does not want the program to start again by itself. SIGTERM and SIGUSR1 are a scheduler, which says
//! that the time is nearly over: the program then ends with a code that asks for another start.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM, SIGUSR1},
    iterator::Signals,
};

use crate::{exit::Exit, notice};

static ASKED: AtomicBool = AtomicBool::new(false);
static BY_SCHEDULER: AtomicBool = AtomicBool::new(false);

/// A scheduler sends one notice to several processes of a job, which pass it on. Later signals are meant as another one.
const SAME_NOTICE: Duration = Duration::from_secs(5);

/// Catches signals, so that [`asked`] reports them instead of the program ending.
pub(crate) fn listen() {
    // Without a handler a signal ends the program at once, which loses no more than the work since the last checkpoint.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGUSR1]) else { return };
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut first = None;
        for signal in signals.forever() {
            heard(signal, *first.get_or_insert_with(Instant::now));
        }
    });
}

/// `first`: when the first signal came.
fn heard(signal: i32, first: Instant) {
    let by_scheduler = signal != SIGINT;
    if !ASKED.swap(true, Ordering::Relaxed) {
        BY_SCHEDULER.store(by_scheduler, Ordering::Relaxed);
        notice::line(match by_scheduler {
            true => "Finishing this step, to be started again later",
            false => "\nFinishing this step; press Ctrl-C again to quit now",
        });
        return;
    }
    let again = first.elapsed() > SAME_NOTICE;
    if !by_scheduler || (signal == SIGTERM && again) {
        std::process::exit(exit().code().into());
    }
}

/// Whether a signal asked to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// How a command ends that a signal stopped.
pub(crate) fn exit() -> Exit {
    if BY_SCHEDULER.load(Ordering::Relaxed) { Exit::Requeue } else { Exit::Interrupted }
}
