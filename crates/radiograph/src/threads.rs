//! Sets the number of threads with which libtorch computes.

use std::num::NonZeroUsize;

use radiograph_libtorch::set_threads;
use radiograph_run::{Config, job_cores};

use crate::Error;

/// Lets libtorch compute with the number of threads that the settings name, or else with one for each core of the job, if a
/// scheduler started this process.
pub(crate) fn apply_threads(config: &Config) -> Result<(), Error> {
    // Without a setting, libtorch would take all cores of the machine, also those of other jobs.
    let of_job = || job_cores(|name| std::env::var(name).ok());
    match NonZeroUsize::new(config.compute.threads).or_else(of_job) {
        Some(threads) => {
            set_threads(threads).map_err(|error| Error::config("compute.threads", error.to_string()))
        }
        None => Ok(()),
    }
}
