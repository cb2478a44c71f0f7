//! How many threads libtorch computes with. Not which: it keeps its own pool.

use std::{num::NonZeroUsize, sync::OnceLock};

static CHOSEN: OnceLock<NonZeroUsize> = OnceLock::new();

/// Sets the number of threads that one computation on the processor is spread over, once for the process.
///
/// Sums are split by threads, so their last bits depend on this number: a program sets it before it computes anything and
/// records it. Without a call it is the number of physical cores.
///
/// # Errors
///
/// [`ThreadsError`] if another number was set before.
pub fn set_threads(count: NonZeroUsize) -> Result<(), ThreadsError> {
    let chosen = *CHOSEN.get_or_init(|| {
        // More than an i32 of threads is more than libtorch can be told of.
        tch::set_num_threads(i32::try_from(count.get()).unwrap_or(i32::MAX));
        count
    });
    if chosen == count { Ok(()) } else { Err(ThreadsError { chosen, asked: count }) }
}

/// A second number of threads in one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "libtorch computes with {chosen} threads already, not {asked}; set the number once, when the program starts"
)]
pub struct ThreadsError {
    /// The number that holds.
    pub chosen: NonZeroUsize,
    /// The number asked for.
    pub asked: NonZeroUsize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_set_once() {
        // Two at most: other tests of this process compute with them.
        let count = |count| NonZeroUsize::new(count).unwrap();
        set_threads(count(2)).unwrap();
        assert_eq!(tch::get_num_threads(), 2);
        set_threads(count(2)).unwrap();
        assert_eq!(set_threads(count(1)), Err(ThreadsError { chosen: count(2), asked: count(1) }));
        assert_eq!(tch::get_num_threads(), 2);
    }
}
