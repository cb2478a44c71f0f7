//! How far a run has come: one bar on a terminal, a line now and then elsewhere.

use std::{io::IsTerminal, time::Instant};

use indicatif::{ProgressBar, ProgressStyle};
use radiograph::Progress;

/// One bar or, where nobody watches, a line now and then.
#[derive(Default)]
pub(crate) struct RunProgress {
    bar: Option<ProgressBar>,
    last: Option<Instant>,
}

impl RunProgress {
    pub(crate) fn show(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Started { stage, of } => self.begin(&format!("{stage} {of}")),
            Progress::AlreadyDone { stage, of } => self.line(&format!("{stage} {of}: already done")),
            Progress::Said { sentence } => self.line(sentence),
            Progress::Advanced { done, all, unit } => {
                if let Some(bar) = &self.bar {
                    bar.set_length(all);
                    bar.set_position(done);
                    bar.set_message(unit);
                }
                self.now_and_then(&format!("  {done} of {all} {unit}"));
            }
            Progress::Trained { part, epoch, epochs, step, steps, running } => {
                if let Some(bar) = &self.bar {
                    bar.set_length((epochs * steps) as u64);
                    bar.set_position(((epoch - 1) * steps + step) as u64);
                }
                let (loss, accuracy) = (running.loss, running.accuracy * 100.0);
                let text =
                    format!("{part}, epoch {epoch} of {epochs}: loss {loss:.4}, accuracy {accuracy:.1} %");
                match &self.bar {
                    Some(bar) => bar.set_message(text),
                    None => self.now_and_then(&format!("  {text}")),
                }
            }
            Progress::Finished { stage, of, seconds } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                self.line(&format!("{stage} {of}: done in {seconds:.1} s"));
            }
            _ => {}
        }
    }

    fn begin(&mut self, what: &str) {
        self.line(&format!("{what} …"));
        if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            if let Ok(style) =
                ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec}, {eta} left  {msg}")
            {
                bar.set_style(style);
            }
            self.bar = Some(bar);
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    fn now_and_then(&mut self, text: &str) {
        if self.bar.is_none() && self.last.is_none_or(|last| last.elapsed().as_secs() >= 10) {
            self.last = Some(Instant::now());
            eprintln!("{text}");
        }
    }
}
