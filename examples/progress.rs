//! How far the reading of images has come: a bar on a terminal, a line every few seconds elsewhere.

use std::{
    io::{self, IsTerminal},
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use radiograph_dataset::prepare::Progress;

pub(crate) struct ProgressDisplay {
    bar: ProgressBar,
    last_line: Option<Mutex<Instant>>,
}

impl ProgressDisplay {
    const BETWEEN_LINES: Duration = Duration::from_secs(5);

    pub(crate) fn new() -> Self {
        if !io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden(), last_line: Some(Mutex::new(Instant::now())) };
        }
        Self { bar: ProgressBar::no_length().with_style(style("{spinner} {msg}")), last_line: None }
    }

    pub(crate) fn show(&self, progress: &Progress) {
        match progress {
            Progress::Reading(source) => self.say(format!("reading {source}")),
            Progress::Comparing(images) => {
                self.bar.set_style(style("{spinner} {msg}"));
                self.say(format!("comparing {images} images"));
            }
            Progress::Images { done, total } => match &self.last_line {
                Some(last) => Self::show_line(last, *done, *total),
                None => {
                    if self.bar.length().is_none() {
                        self.bar.set_style(style("{wide_bar} {pos}/{len} images, {per_sec}, {eta} left"));
                        self.bar.set_length(*total as u64);
                        self.bar.reset_elapsed();
                    }
                    self.bar.inc(1);
                }
            },
            _ => {}
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, message: String) {
        match &self.last_line {
            Some(_) => eprintln!("{message}"),
            None => self.bar.set_message(message),
        }
    }

    fn show_line(last: &Mutex<Instant>, done: usize, total: usize) {
        // Whoever finds the lock taken leaves the line to the one who holds it.
        let Ok(mut last) = last.try_lock() else { return };
        if last.elapsed() >= Self::BETWEEN_LINES || done == total {
            *last = Instant::now();
            eprintln!("{done} of {total} images");
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
