//! Tasks that several threads do side by side, each as soon as the tasks that it needs are done.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use radiograph_libtorch::SideBySide;

/// How a task, or all of them, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Done,
    /// Someone asked to stop.
    Stopped,
}

/// Tasks with their states, shared by the worker threads.
pub(super) struct Queue<'t, T, N> {
    tasks: &'t [T],
    /// Predicate on two tasks: whether the first argument needs the second, an earlier task of the list.
    needs: N,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    phases: Vec<Phase>,
    stopped: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Running,
    Done,
}

impl<'t, T: Sync, N: Fn(&T, &T) -> bool + Sync> Queue<'t, T, N> {
    pub(super) fn new(tasks: &'t [T], needs: N) -> Self {
        let state = State { phases: vec![Phase::Waiting; tasks.len()], stopped: false };
        Self { tasks, needs, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Whether a task was stopped or failed, so that the others should end, too.
    pub(super) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Does all tasks, with one thread for each of `workers` and one libtorch thread in each of them. `work` gets the worker, the
    /// task's position in the list, and the task. Returns [`Work::Stopped`] if a task was stopped.
    ///
    /// # Errors
    ///
    /// The error of the failed task that comes first in the list.
    pub(super) fn work<W: Send, E: Send>(
        &self,
        workers: Vec<W>,
        work: impl Fn(&mut W, usize, &T) -> Result<Work, E> + Sync,
    ) -> Result<Work, E> {
        let failures: Mutex<Vec<(usize, E)>> = Mutex::default();
        let side_by_side = SideBySide::begin();
        thread::scope(|scope| {
            for mut worker in workers {
                let (failures, side_by_side, work) = (&failures, &side_by_side, &work);
                scope.spawn(move || {
                    side_by_side.enter();
                    while let Some(mut claim) = self.claim() {
                        match work(&mut worker, claim.place, &self.tasks[claim.place]) {
                            Ok(Work::Done) => claim.done = true,
                            Ok(Work::Stopped) => {}
                            Err(error) => {
                                let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                                failures.push((claim.place, error));
                            }
                        }
                    }
                });
            }
        });
        let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        match failures.into_iter().min_by_key(|(place, _)| *place) {
            Some((_, error)) => Err(error),
            None if self.state().phases.iter().all(|phase| *phase == Phase::Done) => Ok(Work::Done),
            None => Ok(Work::Stopped),
        }
    }

    /// The next task that can begin. Waits while there may be one; `None` if there is none left.
    fn claim(&self) -> Option<Claim<'_, 't, T, N>> {
        let mut state = self.state();
        loop {
            let can_begin = |&place: &usize| {
                state.phases[place] == Phase::Waiting
                    && (0..place).all(|other| {
                        state.phases[other] == Phase::Done
                            || !(self.needs)(&self.tasks[place], &self.tasks[other])
                    })
            };
            if state.stopped {
                return None;
            }
            if let Some(place) = (0..self.tasks.len()).find(can_begin) {
                state.phases[place] = Phase::Running;
                return Some(Claim { queue: self, place, done: false });
            }
            // A task needs only earlier tasks. So the first waiting task can wait only for a running one.
            if !(state.phases.contains(&Phase::Waiting) && state.phases.contains(&Phase::Running)) {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No thread panics during a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task under way. Unless it is done when the value is dropped, also by a panic, all work stops.
struct Claim<'q, 't, T: Sync, N: Fn(&T, &T) -> bool + Sync> {
    queue: &'q Queue<'t, T, N>,
    place: usize,
    done: bool,
}

impl<T: Sync, N: Fn(&T, &T) -> bool + Sync> Drop for Claim<'_, '_, T, N> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if self.done {
            state.phases[self.place] = Phase::Done;
        } else {
            state.stopped = true;
        }
        drop(state);
        self.queue.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn tasks_run_at_once_and_after_those_that_they_need() {
        // 0 and 1 meet, so they run at once; 2 needs both.
        let tasks = [0, 1, 2];
        let queue = Queue::new(&tasks, |task, other| *task == 2 && *other < 2);
        let (meeting, order) = (Barrier::new(2), Mutex::new(Vec::new()));
        let work = |_: &mut (), _, task: &i32| {
            if *task < 2 {
                meeting.wait();
            }
            order.lock().unwrap().push(*task);
            Ok::<_, ()>(Work::Done)
        };
        assert_eq!(queue.work(vec![(); 3], work), Ok(Work::Done));
        assert_eq!(order.into_inner().unwrap()[2], 2);
    }

    #[test]
    fn a_failed_task_ends_the_others_and_is_told() {
        let tasks = [0, 1, 2, 3];
        let queue = Queue::new(&tasks, |_, _| false);
        let meeting = Barrier::new(2);
        let work = |_: &mut (), place, task: &i32| {
            assert!(*task < 2, "a task began after the stop");
            meeting.wait();
            if *task == 1 {
                return Err(place);
            }
            while !queue.is_stopped() {
                thread::yield_now();
            }
            Ok(Work::Stopped)
        };
        assert_eq!(queue.work(vec![(); 2], work), Err(1));
        let queue = Queue::new(&tasks, |task, other| task - other == 1);
        let stop =
            |_: &mut (), _, task: &i32| Ok::<_, ()>(if *task < 2 { Work::Done } else { Work::Stopped });
        assert_eq!(queue.work(vec![(); 3], stop), Ok(Work::Stopped));
    }
}
