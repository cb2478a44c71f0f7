//! The order of an epoch that reads shard after shard.
//!
//! Samples in random order are single reads all over a disk. Here the shards come in random order, each is read from its
//! beginning to its end, and the samples of a window are shuffled. A window holds the samples of several shards, so that
//! a batch mixes them.

use radiograph_files::{ContentHash, ContentHashing};
use radiograph_random::Stream;

/// The shard of every feature map of a source, and its position there.
#[derive(Debug)]
pub(crate) struct Places(Vec<(u32, u32)>);

impl Places {
    /// Shards are numbered anew without gaps, so shards that hold no map of the source change nothing.
    pub(crate) fn new(mut places: Vec<(u32, u32)>) -> Self {
        let mut shards: Vec<u32> = places.iter().map(|place| place.0).collect();
        shards.sort_unstable();
        shards.dedup();
        for place in &mut places {
            // Every shard is in the list.
            place.0 = shards.partition_point(|&shard| shard < place.0) as u32;
        }
        Self(places)
    }

    /// Identifies the order that a seed gives.
    pub(crate) fn digest(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        for (shard, position) in &self.0 {
            hashing.update(&shard.to_le_bytes());
            hashing.update(&position.to_le_bytes());
        }
        hashing.finish()
    }

    /// The order of the samples with these feature maps, all of the source: positions in `maps`, each once.
    pub(crate) fn order(&self, maps: &[usize], window: usize, stream: &mut Stream) -> Vec<usize> {
        let place = |&sample: &usize| (self.0[maps[sample]], sample);
        let mut samples: Vec<usize> = (0..maps.len()).collect();
        samples.sort_unstable_by_key(place);
        let of_one_shard = |first: &usize, second: &usize| place(first).0.0 == place(second).0.0;
        let mut shards: Vec<&[usize]> = samples.chunk_by(of_one_shard).collect();
        stream.shuffle(&mut shards);
        let mut order = shards.concat();
        order.chunks_mut(window.max(1)).for_each(|together| stream.shuffle(together));
        order
    }
}

/// Number of samples that are shuffled together: whole batches, as many as fit into the buffer, and at least one.
pub(crate) fn window(buffer: Option<usize>, batch: usize) -> usize {
    buffer.map_or(batch, |buffer| (buffer / batch).max(1) * batch)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stream(number: u64) -> Stream {
        Stream::new(7, "order").numbered(number)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Each sample once, in any store; and a shard is read in one run, except where a window ends within it.
        #[test]
        fn an_epoch_visits_every_sample_once_and_every_shard_in_one_run(
            shards in prop::collection::vec((0_u32..9, 0_u32..1_000), 1..300),
            buffer in 1_usize..80,
            batch in 1_usize..20,
            epoch in any::<u64>(),
        ) {
            let places = Places::new(shards);
            let maps: Vec<usize> = (0..places.0.len()).rev().collect();
            let window = window(Some(buffer), batch);
            prop_assert!(window.is_multiple_of(batch) && window <= buffer.max(batch));
            let order = places.order(&maps, window, &mut stream(epoch));
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..maps.len()));
            prop_assert_eq!(&order, &places.order(&maps, window, &mut stream(epoch)), "the seed decides");

            // A reader that sorts each window by place reads a shard once in each window that has some of it.
            let mut read: Vec<u32> = Vec::new();
            for together in order.chunks(window) {
                let mut of_window: Vec<u32> = together.iter().map(|&sample| places.0[maps[sample]].0).collect();
                of_window.sort_unstable();
                of_window.dedup();
                read.extend(of_window);
            }
            let runs = read.len();
            read.sort_unstable();
            read.dedup();
            prop_assert!(runs <= read.len() + order.len().div_ceil(window));
        }
    }

    #[test]
    fn shards_and_samples_are_in_another_order_in_each_epoch() {
        let places = Places::new((0..400).map(|map| (map / 20, map % 20)).collect());
        let maps: Vec<usize> = (0..400).collect();
        let shards = |epoch| -> Vec<usize> {
            let order = places.order(&maps, 20, &mut stream(epoch));
            order.chunks(20).map(|together| together[0] / 20).collect()
        };
        let (first, second) = (shards(0), shards(1));
        assert_ne!(first, second);
        assert_ne!(first, (0..20).collect::<Vec<_>>());
        // Windows of five shards mix them: a batch of 20 has samples of most of the five.
        let order = places.order(&maps, 100, &mut stream(0));
        let mixed = order.chunks(20).map(|batch| {
            let mut shards: Vec<usize> = batch.iter().map(|sample| sample / 20).collect();
            shards.sort_unstable();
            shards.dedup();
            shards.len()
        });
        assert!(mixed.min() >= Some(3));
    }

    #[test]
    fn shards_of_other_maps_change_nothing() {
        let own = Places::new(vec![(3, 1), (7, 0), (3, 0)]);
        let later = Places::new(vec![(4, 1), (90, 0), (4, 0)]);
        assert_eq!(own.digest(), later.digest());
        assert_ne!(own.digest(), Places::new(vec![(7, 1), (3, 0), (7, 0)]).digest());
    }
}
