//! Writes and resumes checkpoints, so that a training can be killed at any moment.
//!
//! Tensors are copied between two steps; a second thread hashes, writes and syncs them. They go to new files first. Then
//! the record that names them and their hashes is renamed into place. Last, files that the record no longer names are
//! removed. So one complete checkpoint always exists, the old one or the new one.

use std::{
    panic::resume_unwind,
    path::PathBuf,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use radiograph_libtorch::Device;
use radiograph_protocol::{History, read_record};
use tch::Tensor;

use crate::{
    Error, Head, Optimizer,
    kept::{
        checkpoint_files::{CheckpointRecord, Named, Write, plain, remove_leftovers},
        locked::LockedFolder,
        origin::{Settings, versions},
        snapshot::Snapshot,
        tensor_file,
    },
    sums::Sums,
};

/// Position of a training: whole epochs, steps of the next one, and the best weights so far.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) history: History,
    /// Number of steps of the next epoch that are done.
    pub(crate) step: usize,
    /// Sums over these steps.
    pub(crate) sums: Sums,
    pub(crate) best: Option<Best>,
}

/// The weights of the best epoch so far.
#[derive(Debug)]
pub(crate) struct Best {
    pub(crate) epoch: usize,
    pub(crate) weights: Snapshot,
}

/// The checkpoints of one training. Dropping the value waits for the one that is being written.
#[derive(Debug)]
pub(crate) struct Checkpoints<'l> {
    folder: &'l LockedFolder,
    blank: CheckpointRecord,
    /// Number of steps of an epoch.
    steps: usize,
    interval: Duration,
    last: Instant,
    /// Finished epochs and steps of the next one at the last checkpoint that was begun.
    saved: Option<(usize, usize)>,
    best: Option<Named>,
    writing: Option<JoinHandle<Written>>,
    /// How long the last checkpoint took to write.
    took: Duration,
}

/// The best weights' file, once it is written, and how long that took.
type Written = (Result<Option<Named>, Error>, Duration);

/// A checkpoint is due when the time since the last one was begun is at least this many times what writing it took: with 227 million parameters
/// a checkpoint has 2.7 GB, and hashing and writing it takes the time of a core from the training.
const SHARE: u32 = 20;

impl<'l> Checkpoints<'l> {
    pub(crate) fn new(
        folder: &'l LockedFolder,
        settings: &Settings<'_>,
        device: Device,
        steps: usize,
    ) -> Result<Self, Error> {
        remove_leftovers(folder.path())?;
        Ok(Self {
            folder,
            blank: CheckpointRecord::blank(settings, versions(device)),
            steps,
            interval: Duration::from_secs(settings.training.checkpoint_seconds),
            last: Instant::now(),
            saved: None,
            best: None,
            writing: None,
            took: Duration::ZERO,
        })
    }

    /// The progress of this training, if there is a checkpoint. Restores head and optimiser.
    pub(crate) fn resume(
        &mut self,
        head: &dyn Head,
        optimizer: &mut Optimizer,
    ) -> Result<Option<Progress>, Error> {
        let path = self.record();
        let Some(found) = read_record::<CheckpointRecord>(&path, CheckpointRecord::FORMAT)? else {
            return Ok(None);
        };
        self.blank.settings().require(&found.settings(), &path)?;
        let (done, asked) = (found.history.epochs().len(), self.blank.training.epochs);
        let begun = done + usize::from(found.step > 0);
        if begun > asked {
            return Err(Error::Foreign {
                path,
                field: "the number of epochs begun".to_owned(),
                expected: asked.to_string(),
                found: begun.to_string(),
            });
        }
        let read = |file: &Named, tensors: &[(String, &Tensor)]| {
            let name = plain(file, &path)?;
            tensor_file::read(&self.folder.path().join(name), file.hash, tensors)
        };
        read(&found.weights, &weights(head))?;
        read(&found.optimizer, &optimizer.state())?;
        let number = done * self.steps + found.step;
        optimizer.continue_after(number as u64);
        let best = match (&found.best, found.history.best_epoch()) {
            (Some(file), Some(epoch)) => {
                let best = Best { epoch, weights: Snapshot::of(&weights(head))? };
                read(file, &best.weights.tensors())?;
                Some(best)
            }
            _ => None,
        };
        // A process that was killed after its last record left the tensors of the record before.
        found.remove_other_tensors(self.folder.path())?;
        self.saved = Some((done, found.step));
        self.best = found.best;
        Ok(Some(Progress { history: found.history, step: found.step, sums: found.sums, best }))
    }

    /// Whether enough time has passed since the last checkpoint, and that one is written.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it could not be written.
    pub(crate) fn due(&mut self) -> Result<bool, Error> {
        if self.writing.as_ref().is_some_and(|writing| !writing.is_finished()) {
            return Ok(false);
        }
        self.wait()?;
        Ok(self.last.elapsed() >= pause(self.interval, self.took))
    }

    /// Begins to write everything that the next step depends on, unless that is already done.
    pub(crate) fn save(
        &mut self,
        head: &dyn Head,
        optimizer: &Optimizer,
        progress: &Progress,
    ) -> Result<(), Error> {
        let epochs = progress.history.epochs().len();
        let number = epochs * self.steps + progress.step;
        // After the last step of an epoch and after its validation, the number of steps is the same.
        let place = (epochs, progress.step);
        if self.saved == Some(place) {
            return Ok(());
        }
        self.wait()?;
        let best = progress.best.as_ref();
        let write = Write {
            folder: self.folder.path().to_owned(),
            record: self.blank.at(&progress.history, progress.step, progress.sums, self.best.clone()),
            number,
            weights: Snapshot::of(&weights(head))?,
            optimizer: Snapshot::of(&optimizer.state())?,
            best: best.map(|best| (best.epoch * self.steps, best.weights.share())),
        };
        (self.last, self.saved) = (Instant::now(), Some(place));
        self.writing = Some(thread::spawn(move || {
            let clock = Instant::now();
            (write.run(), clock.elapsed())
        }));
        Ok(())
    }

    /// Waits until the last checkpoint is on the disk.
    pub(crate) fn wait(&mut self) -> Result<(), Error> {
        if let Some(writing) = self.writing.take() {
            match writing.join() {
                Ok((written, took)) => {
                    self.took = took;
                    self.best = written.inspect_err(|_| self.saved = None)?;
                }
                Err(panic) => resume_unwind(panic),
            }
        }
        Ok(())
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join(CheckpointRecord::FILE)
    }
}

/// Time from the beginning of a checkpoint to that of the next one. An interval of zero asks for a checkpoint after every step.
fn pause(interval: Duration, took: Duration) -> Duration {
    if interval.is_zero() { interval } else { interval.max(took * SHARE) }
}

impl Drop for Checkpoints<'_> {
    fn drop(&mut self) {
        // The folder must stay locked until nothing is written to it. After an error, the error that is reported is the
        // one that ended the training.
        if let Some(writing) = self.writing.take() {
            let _ = writing.join();
        }
    }
}

/// All tensors of a head, by name.
pub(crate) fn weights(head: &dyn Head) -> Vec<(String, &Tensor)> {
    head.parameters().iter().map(|parameter| (parameter.name().to_owned(), parameter.tensor())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_disk_takes_no_more_than_a_twentieth_of_the_time() {
        let seconds = Duration::from_secs;
        assert_eq!(pause(seconds(60), seconds(2)), seconds(60));
        assert_eq!(pause(seconds(60), seconds(30)), seconds(600));
        assert_eq!(pause(seconds(0), seconds(30)), seconds(0));
    }
}
