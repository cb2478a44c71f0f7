//! Sets the number of threads that libtorch computes with.

use std::{num::NonZeroUsize, sync::OnceLock};

static CHOSEN: OnceLock<NonZeroUsize> = OnceLock::new();

/// Sets the number of threads over which one computation on the CPU is spread, once for the process.
///
/// Sums are split by threads, so their last bits depend on this number. A program should set it before it computes
/// anything, and record it. The default is the number of physical cores.
///
/// # Errors
///
/// [`ThreadsError`] if another number was set before.
pub fn set_threads(count: NonZeroUsize) -> Result<(), ThreadsError> {
    let chosen = *CHOSEN.get_or_init(|| count);
    if chosen != count {
        return Err(ThreadsError { chosen, asked: count });
    }
    // Also the second time, because libtorch keeps a number for each thread.
    tch::set_num_threads(as_libtorch_takes_it(count));
    Ok(())
}

fn as_libtorch_takes_it(count: NonZeroUsize) -> i32 {
    i32::try_from(count.get()).unwrap_or(i32::MAX)
}

/// A period in which several threads of the caller compute side by side, each with one libtorch thread. With enough
/// computations for all cores this is faster, because no thread waits for another. The results do not depend on the
/// number of cores.
///
/// libtorch keeps a number for each thread, and one for the process that new threads get. So every thread that computes
/// must [enter](Self::enter) the period. Threads that start during the period get one libtorch thread. When the value
/// is dropped, the dropping thread and later threads get the number of [`set_threads`], or else the old number.
///
/// ```no_run
/// use radiograph_libtorch::SideBySide;
///
/// let side_by_side = SideBySide::begin();
/// std::thread::scope(|scope| {
///     for _ in 0..side_by_side.threads() {
///         scope.spawn(|| {
///             side_by_side.enter();
///             // compute
///         });
///     }
/// });
/// ```
#[derive(Debug)]
pub struct SideBySide {
    threads: usize,
}

/// The number of threads before the first period of the process. A later period must not ask: a thread that started within
/// another one has a single thread.
static BEFORE: OnceLock<i32> = OnceLock::new();

impl SideBySide {
    /// Begins a period. Several may overlap.
    pub fn begin() -> Self {
        Self { threads: usize::try_from(number_between()).unwrap_or(1).max(1) }
    }

    /// The earlier number of libtorch threads, which is the number of computations to run at once.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Makes the calling thread compute with one libtorch thread.
    pub fn enter(&self) {
        tch::set_num_threads(1);
    }
}

impl Drop for SideBySide {
    fn drop(&mut self) {
        tch::set_num_threads(number_between());
    }
}

/// The number of threads outside all periods. A number that is chosen while another thread's period lasts counts from then on.
fn number_between() -> i32 {
    let before = *BEFORE.get_or_init(tch::get_num_threads);
    CHOSEN.get().map_or(before, |&chosen| as_libtorch_takes_it(chosen))
}

/// An attempt to set a second number of threads in one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "libtorch computes with {chosen} threads already, not {asked}; set the number once, when the program starts"
)]
pub struct ThreadsError {
    /// Number in effect.
    pub chosen: NonZeroUsize,
    /// Number requested.
    pub asked: NonZeroUsize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_number_comes_back_also_if_another_thread_computed_side_by_side_before() {
        let number = |count: i32| NonZeroUsize::new(usize::try_from(count).unwrap()).unwrap();
        let before = tch::get_num_threads();
        let chosen = before + 1;
        let elsewhere = SideBySide::begin();
        elsewhere.enter();
        // A thread that starts within a period has one thread, and does not take that for the number before it.
        let started_within = || {
            drop(SideBySide::begin());
            tch::get_num_threads()
        };
        assert_eq!(std::thread::spawn(started_within).join().unwrap(), before);
        elsewhere.enter();
        let seen = std::thread::scope(|scope| {
            let chooses = scope.spawn(|| {
                set_threads(number(chosen)).unwrap();
                let own = SideBySide::begin();
                own.enter();
                let threads = own.threads();
                drop(own);
                (threads, tch::get_num_threads())
            });
            chooses.join().unwrap()
        });
        assert_eq!(seen, (usize::try_from(chosen).unwrap(), chosen), "{before} threads before");
        drop(elsewhere);
        assert_eq!(tch::get_num_threads(), chosen);
        assert_eq!(std::thread::spawn(tch::get_num_threads).join().unwrap(), chosen);

        // A thread that computed before the number was chosen gets it when it asks for the same.
        tch::set_num_threads(before);
        set_threads(number(chosen)).unwrap();
        assert_eq!(tch::get_num_threads(), chosen);
        let error = set_threads(number(before)).unwrap_err();
        assert_eq!(error, ThreadsError { chosen: number(chosen), asked: number(before) });
        assert_eq!(tch::get_num_threads(), chosen);

        let outer = SideBySide::begin();
        let inner = SideBySide::begin();
        let entered = |side_by_side: &SideBySide| {
            side_by_side.enter();
            tch::get_num_threads()
        };
        let numbers = std::thread::scope(|scope| {
            let threads = [scope.spawn(|| entered(&outer)), scope.spawn(|| entered(&inner))];
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!((numbers, entered(&inner)), ([1, 1], 1));
        drop(inner);
        outer.enter();
        drop(outer);
        assert_eq!(tch::get_num_threads(), chosen);
    }
}
