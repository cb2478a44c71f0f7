//! Sets the number of threads with which libtorch computes.

use std::num::NonZeroUsize;

use radiograph_libtorch::set_threads;
use radiograph_run::Config;

use crate::Error;

/// Lets libtorch compute with the number of threads that the settings name.
pub(crate) fn apply_threads(config: &Config) -> Result<(), Error> {
    match NonZeroUsize::new(config.compute.threads) {
        Some(threads) => {
            set_threads(threads).map_err(|error| Error::config("compute.threads", error.to_string()))
        }
        None => Ok(()),
    }
}
