//! Measures wall time and peak memory of the stages, as reported by Linux. Energy is not measured.

use std::{fs, path::Path, time::Instant};

use radiograph_files::write_bytes;
use serde::{Deserialize, Serialize};

use crate::{Error, Stage};

/// Time and memory of the last execution of a stage that was not skipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    /// The stage.
    pub stage: Stage,
    /// Model or network; empty for the whole run.
    pub of: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Peak resident memory of the process during the stage, in bytes; `None` if the system does not report it.
    pub peak_bytes: Option<u64>,
}

/// The costs of a run, in the order in which stages began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// One entry per stage and model.
    pub stages: Vec<StageCost>,
}

impl Cost {
    /// Reads `costs.json`; empty if it cannot be read, since costs only inform.
    pub fn read(path: &Path) -> Self {
        fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    pub(crate) fn add(&mut self, cost: StageCost) {
        match self.stages.iter_mut().find(|known| known.stage == cost.stage && known.of == cost.of) {
            Some(known) => *known = cost,
            None => self.stages.push(cost),
        }
    }

    /// The costs of a stage that several processes did: the sum of their times, and the highest peak of one.
    pub(crate) fn sum(parts: impl IntoIterator<Item = StageCost>) -> Vec<StageCost> {
        let mut sums: Vec<StageCost> = Vec::new();
        for part in parts {
            match sums.iter_mut().find(|sum| sum.stage == part.stage && sum.of == part.of) {
                Some(sum) => {
                    sum.seconds += part.seconds;
                    sum.peak_bytes = sum.peak_bytes.zip(part.peak_bytes).map(|(one, other)| one.max(other));
                }
                None => sums.push(part),
            }
        }
        sums
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::damaged(path, error))?;
        Ok(write_bytes(path, &text)?)
    }
}

/// The clock of a running stage.
#[derive(Debug)]
pub struct Clock {
    stage: Stage,
    of: String,
    start: Instant,
    peak_restarted: bool,
}

impl Clock {
    /// Starts the clock of a stage that works on `of`.
    pub fn start(stage: Stage, of: &str) -> Self {
        // Forgets the peak so far (proc(5), /proc/pid/clear_refs, value 5); where that is refused, no peak is stated.
        let peak_restarted = fs::write("/proc/self/clear_refs", "5").is_ok();
        Self { stage, of: of.to_owned(), start: Instant::now(), peak_restarted }
    }

    /// Stops the clock.
    pub fn stop(self) -> StageCost {
        // The stages of further splits restarted the peak in the meantime.
        let is_whole = self.peak_restarted && self.stage != Stage::Repeat;
        let peak_bytes = is_whole.then(peak).flatten();
        StageCost { stage: self.stage, of: self.of, seconds: self.start.elapsed().as_secs_f64(), peak_bytes }
    }
}

/// Peak memory from the line `VmHWM`: a number of kibibytes and `kB`.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_that_of_the_stage() {
        let big = Clock::start(Stage::Extract, "vgg19");
        let memory = vec![1_u8; 200 << 20];
        std::hint::black_box(&memory);
        let big = big.stop();
        drop(memory);
        let small = Clock::start(Stage::Train, "vgg19").stop();
        if let (Some(big), Some(small)) = (big.peak_bytes, small.peak_bytes) {
            assert!(big >= 200 << 20, "{big}");
            assert!(small < big, "{small} is not below {big}");
        }
        assert!(big.seconds > 0.0 && big.seconds < 60.0);
    }

    /// Each stage of a further split restarts the count, so that none of the whole is known.
    #[test]
    fn further_splits_have_no_peak_together() {
        assert_eq!(Clock::start(Stage::Repeat, "").stop().peak_bytes, None);
    }

    #[test]
    fn processes_that_share_a_stage_add_their_times_and_the_highest_peak_counts() {
        let part = |seconds, peak_bytes| StageCost {
            stage: Stage::Extract,
            of: "vgg19".into(),
            seconds,
            peak_bytes,
        };
        let other = StageCost { of: "densenet121".into(), ..part(5.0, None) };
        let sums = Cost::sum([part(1.0, Some(7)), other.clone(), part(2.5, Some(3))]);
        assert_eq!(sums, [part(3.5, Some(7)), other]);
    }

    #[test]
    fn a_stage_that_runs_again_replaces_its_entry() {
        let cost = |seconds| StageCost { stage: Stage::Train, of: "vgg19".into(), seconds, peak_bytes: None };
        let mut costs = Cost::default();
        costs.add(cost(1.0));
        costs.add(StageCost { of: "densenet121".into(), ..cost(3.0) });
        costs.add(cost(2.0));
        assert_eq!(costs.stages.iter().map(|cost| cost.seconds).collect::<Vec<_>>(), [2.0, 3.0]);
    }
}
