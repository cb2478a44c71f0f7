//! Shows progress on standard error: a bar on a terminal, plain lines elsewhere.

use std::{
    io::{self, IsTerminal},
    ops::ControlFlow,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use radiograph_dataset::{prepare, scan};
use radiograph_run::Progress as Event;

use crate::{interrupt, notice};

/// Time between two lines without a terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Progress of a command.
pub(crate) struct Progress {
    /// Progress bar; hidden without a terminal.
    bar: ProgressBar,
    terminal: bool,
    state: Mutex<State>,
}

/// Current piece of work.
struct State {
    /// Current one of several consecutive parts of a stage, such as a fold.
    part: String,
    done: u64,
    all: u64,
    began: Instant,
    last_line: Option<Instant>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let terminal = io::stderr().is_terminal();
        let bar = if terminal { ProgressBar::no_length() } else { ProgressBar::hidden() };
        bar.set_style(style("{spinner} {msg}"));
        let state = Mutex::new(State::new(""));
        Self { bar, terminal, state }
    }

    /// Prints a line that is not erased.
    pub(crate) fn say(&self, line: &str) {
        if self.terminal { self.bar.println(line) } else { notice::line(line) }
    }

    /// Begins a piece of work.
    pub(crate) fn begin(&self, what: &str) {
        *self.state() = State::new("");
        if self.terminal {
            self.bar.reset();
            self.bar.unset_length();
            self.bar.set_style(style("{spinner} {msg}"));
            self.bar.set_message(what.to_owned());
        } else {
            notice::line(what);
        }
    }

    /// Shows that `done` of `all` items are done. Threads may call it in any order; the display never goes back.
    pub(crate) fn advance(&self, done: u64, all: u64, text: &str) {
        let mut state = self.state();
        if all != state.all {
            state.all = all;
            self.bar.set_style(style("{wide_bar} {pos}/{len}  {msg}  {eta} left"));
            self.bar.set_length(all);
        }
        state.done = state.done.max(done);
        if self.terminal {
            self.bar.set_position(state.done);
            self.bar.set_message(text.to_owned());
        } else if state.last_line.unwrap_or(state.began).elapsed() >= BETWEEN_LINES {
            state.last_line = Some(Instant::now());
            notice::line(format!("    {} of {all}  {text}  {} left", state.done, left(&state)));
        }
    }

    /// [`advance`](Self::advance) within one of several parts; each part starts at zero.
    fn advance_part(&self, part: &str, done: u64, all: u64, text: &str) {
        self.within(part);
        self.advance(done, all, &format!("{part}, {text}"));
    }

    /// Starts at zero if this is another part than the last one.
    fn within(&self, part: &str) {
        let mut state = self.state();
        if state.part != part {
            *state = State::new(part);
        }
    }

    /// Ends the current piece of work and removes the bar.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Progress display for reading and comparing images.
    pub(crate) fn of_assembly(&self) -> impl Fn(prepare::Progress) + Sync + '_ {
        |progress| match progress {
            prepare::Progress::Reading(source) => self.begin(&format!("reading {source}")),
            prepare::Progress::Images { done, total } => self.advance(done as u64, total as u64, "images"),
            prepare::Progress::Comparing(images) => self.begin(&format!("comparing {images} images")),
            _ => {}
        }
    }

    /// Progress display for a scan.
    pub(crate) fn of_scan(&self) -> impl Fn(scan::Progress) + Sync + '_ {
        |progress| match progress {
            scan::Progress::Reading(source) => self.begin(&format!("reading {source}")),
            scan::Progress::Images { done, total } => self.advance(done as u64, total as u64, "images"),
            _ => {}
        }
    }

    /// Progress display for a run, which Ctrl-C stops.
    pub(crate) fn of_run(&self) -> impl FnMut(Event<'_>) -> ControlFlow<()> + Send + '_ {
        |event| {
            self.show(event);
            if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }

    fn show(&self, event: Event<'_>) {
        match event {
            Event::Started { stage, of } => self.begin(format!("{stage} {of}").trim_end()),
            Event::AlreadyDone { stage, of } => {
                self.say(&format!("{}: already done", format!("{stage} {of}").trim_end()));
            }
            Event::Advanced { done, all, unit } => {
                // A stage may count images first, and then something else.
                self.within(unit);
                self.advance(done, all, unit);
            }
            Event::Trained { part, epoch, epochs, step, steps, running } => {
                let done = (epoch - 1) * steps + step;
                let text = format!(
                    "epoch {epoch} of {epochs}: loss {:.4}, accuracy {:.3}",
                    running.loss, running.accuracy
                );
                self.advance_part(part, done as u64, (epochs * steps) as u64, &text);
            }
            Event::Said { sentence } => self.say(sentence),
            Event::Finished { stage, of, seconds } => {
                self.end();
                self.say(&format!("{}: done in {seconds:.1} s", format!("{stage} {of}").trim_end()));
            }
            _ => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Numbers on a screen are right or wrong, never broken.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

impl State {
    fn new(part: &str) -> Self {
        Self { part: part.to_owned(), done: 0, all: 0, began: Instant::now(), last_line: None }
    }
}

/// Remaining time, extrapolated from the time so far.
fn left(state: &State) -> String {
    let ahead = state.all.saturating_sub(state.done) as f64 / state.done.max(1) as f64;
    let seconds = state.began.elapsed().mul_f64(ahead).as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that indicatif does not read would only cost the look of the bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_follows_from_time_spent() {
        let state = |done, seconds| State {
            done,
            all: 100,
            began: Instant::now() - Duration::from_secs(seconds),
            ..State::new("")
        };
        assert_eq!(left(&state(50, 20)), "20 s");
        assert_eq!(left(&state(10, 60)), "9 min");
        assert_eq!(left(&state(1, 3600)), "99 h");
        assert_eq!(left(&state(100, 20)), "0 s");
    }

    #[test]
    fn threads_that_come_late_do_not_turn_it_back() {
        let progress = Progress::new();
        progress.advance(7, 9, "images");
        progress.advance(5, 9, "images");
        assert_eq!(progress.state().done, 7);
    }

    #[test]
    fn another_unit_begins_anew() {
        let progress = Progress::new();
        progress.show(Event::Advanced { done: 1143, all: 1143, unit: "images" });
        progress.show(Event::Advanced { done: 2, all: 18, unit: "probes" });
        let state = progress.state();
        assert_eq!((state.done, state.all), (2, 18));
    }

    #[test]
    fn every_fold_begins_anew() {
        let progress = Progress::new();
        progress.advance_part("fold 1 of 2", 9, 9, "epoch 1");
        progress.advance_part("fold 2 of 2", 1, 9, "epoch 1");
        assert_eq!(progress.state().done, 1);
    }
}
