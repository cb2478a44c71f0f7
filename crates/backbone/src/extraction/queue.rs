//! Bounded queue of batches between the decoder threads and the devices.
//!
//! Many threads fill the batches image by image. Devices take complete batches in the order of the plan.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    vec::IntoIter,
};

use super::{Failure, Input};

/// A planned batch: its shard in the plan, and its number of images.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedBatch {
    pub(super) shard: usize,
    pub(super) images: usize,
}

/// A batch whose images have all been decoded or have failed.
#[derive(Debug)]
pub(super) struct DecodedBatch {
    /// Position among all batches. The batches of a shard follow each other.
    pub(super) number: usize,
    pub(super) shard: usize,
    /// In the order of the plan.
    pub(super) images: Vec<Result<Vec<f32>, Box<Failure>>>,
}

/// Position of a decoded image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    batch: usize,
    image: usize,
}

/// A queue of batches in the order of the plan. At most `capacity` of them are in it, being filled or waiting.
#[derive(Debug)]
pub(super) struct BatchQueue<'i> {
    planned: Vec<PlannedBatch>,
    capacity: usize,
    state: Mutex<State<'i>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<'i> {
    /// Unclaimed images, in the order of the plan.
    inputs: IntoIter<Input<'i>>,
    /// Slot of the next image.
    next: Slot,
    /// Number of batches that devices have taken.
    taken: usize,
    /// Batches that are begun and not yet taken. Their numbers start at `taken`.
    open: VecDeque<OpenBatch>,
    closed: bool,
}

#[derive(Debug)]
struct OpenBatch {
    images: Vec<Option<Result<Vec<f32>, Box<Failure>>>>,
    missing: usize,
}

impl<'i> BatchQueue<'i> {
    /// Creates a queue for `inputs`, which are the images of `planned`, batch after batch.
    pub(super) fn new(planned: Vec<PlannedBatch>, inputs: Vec<Input<'i>>, capacity: usize) -> Self {
        let state = State {
            inputs: inputs.into_iter(),
            next: Slot { batch: 0, image: 0 },
            taken: 0,
            open: VecDeque::new(),
            closed: false,
        };
        Self { planned, capacity: capacity.max(1), state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Claims the next image to decode. Waits while the queue is full; `None` if no image is left or the queue is
    /// closed.
    pub(super) fn claim(&self) -> Option<(Slot, Input<'i>)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let slot = state.next;
            let &PlannedBatch { images, .. } = self.planned.get(slot.batch)?;
            if slot.image > 0 || state.open.len() < self.capacity {
                if slot.image == 0 {
                    let empty = (0..images).map(|_| None).collect();
                    state.open.push_back(OpenBatch { images: empty, missing: images });
                }
                let input = state.inputs.next()?;
                state.next = match slot.image + 1 < images {
                    true => Slot { image: slot.image + 1, ..slot },
                    false => Slot { batch: slot.batch + 1, image: 0 },
                };
                return Some((slot, input));
            }
            state = self.wait(state);
        }
    }

    /// Stores a decoded image in the slot of its claim.
    pub(super) fn fill(&self, slot: Slot, image: Result<Vec<f32>, Box<Failure>>) {
        let mut state = self.lock();
        // A batch is taken only when its last image is here.
        let place = slot.batch - state.taken;
        if let Some(batch) = state.open.get_mut(place) {
            batch.images[slot.image] = Some(image);
            batch.missing -= 1;
            if batch.missing == 0 {
                self.changed.notify_all();
            }
        }
    }

    /// Takes the next complete batch, and waits for it. `None` if all are taken or the queue is closed.
    pub(super) fn take(&self) -> Option<DecodedBatch> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let number = state.taken;
            let &PlannedBatch { shard, .. } = self.planned.get(number)?;
            if state.open.front().is_some_and(|batch| batch.missing == 0) {
                let images = state.open.pop_front()?.images.into_iter().flatten().collect();
                state.taken += 1;
                self.changed.notify_all();
                return Some(DecodedBatch { number, shard, images });
            }
            state = self.wait(state);
        }
    }

    /// Closes the queue: waiting and later calls return `None`. Batches that were taken are not affected. Returns
    /// whether a batch was left.
    pub(super) fn close(&self) -> bool {
        let mut state = self.lock();
        state.closed = true;
        self.changed.notify_all();
        state.taken < self.planned.len()
    }

    /// Closes the queue when the returned value is dropped, also by a panic. Waiting and later calls then return
    /// `None`.
    pub(super) fn close_on_drop(&self) -> Closing<'_, 'i> {
        Closing(self)
    }

    fn lock(&self) -> MutexGuard<'_, State<'i>> {
        // No thread panics while it changes the state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State<'i>>) -> MutexGuard<'s, State<'i>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`BatchQueue::close_on_drop`].
pub(super) struct Closing<'q, 'i>(&'q BatchQueue<'i>);

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use radiograph_features::FeatureId;
    use radiograph_files::ContentHash;

    use super::*;
    use crate::extraction::Pixels;

    fn queue<'i>(sizes: &[usize], capacity: usize, decoded: &'i AtomicUsize) -> BatchQueue<'i> {
        let content = ContentHash::of_bytes(b"");
        let inputs = (0..sizes.iter().sum()).map(|number| {
            Input::new(number.to_string(), FeatureId::plain(content), move || {
                decoded.fetch_add(1, Ordering::SeqCst);
                Ok(Pixels { content, shape: [1, 1, 1], values: vec![number as f32] })
            })
        });
        let planned = sizes.iter().map(|&images| PlannedBatch { shard: 0, images }).collect();
        BatchQueue::new(planned, inputs.collect(), capacity)
    }

    fn decode_all(queue: &BatchQueue<'_>) {
        while let Some((slot, input)) = queue.claim() {
            queue.fill(slot, input.decode([1, 1, 1]));
        }
    }

    #[test]
    fn many_decoders_fill_the_batches_in_the_order_of_the_plan() {
        let decoded = AtomicUsize::new(0);
        let sizes: Vec<usize> = (0..60).map(|number| 1 + number % 5).collect();
        let queue = queue(&sizes, 3, &decoded);
        let mut values = Vec::new();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| decode_all(&queue));
            }
            let mut number = 0;
            while let Some(batch) = queue.take() {
                assert_eq!((batch.number, batch.images.len()), (number, sizes[number]));
                values.extend(batch.images.into_iter().flat_map(Result::unwrap));
                number += 1;
            }
            assert_eq!(number, sizes.len());
        });
        let expected: Vec<f32> = (0..sizes.iter().sum()).map(|number: usize| number as f32).collect();
        assert_eq!(values, expected);
    }

    #[test]
    fn no_more_batches_are_begun_than_the_capacity() {
        let decoded = AtomicUsize::new(0);
        let queue = queue(&[2; 50], 3, &decoded);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| decode_all(&queue));
            }
            for taken in 1..=50 {
                assert_eq!(queue.take().unwrap().images.len(), 2);
                assert!(decoded.load(Ordering::SeqCst) <= 2 * (taken + 3));
            }
            assert!(queue.take().is_none());
        });
    }

    #[test]
    fn closing_lets_everybody_go() {
        let decoded = AtomicUsize::new(0);
        let queue = queue(&[1; 1000], 2, &decoded);
        thread::scope(|scope| {
            // One decoder waits for room, and one device waits for a batch that is never complete.
            scope.spawn(|| decode_all(&queue));
            let closing = queue.close_on_drop();
            assert!(queue.take().is_some());
            drop(closing);
            assert!(queue.take().is_none());
        });
        assert!(decoded.load(Ordering::SeqCst) < 1000);
    }
}
