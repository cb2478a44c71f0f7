//! Which networks compute at the same time, and with how many threads of libtorch.

use radiograph_libtorch::SideBySide;

use super::{ExtractionSettings, FrozenNetwork};

/// Networks that each compute on a thread of their own: one a CUDA device, and on the processor as many as the settings ask
/// for. A
/// layer spread over all cores ends when the last of them has done its part; cores that also decode images and write
/// shards come late, and the others would wait for them layer by layer.
pub(super) struct Placement<N> {
    pub(super) networks: Vec<N>,
    /// As long as those on the processor compute. Absent if none is there, or one that cannot be shared, which has all threads.
    pub(super) side_by_side: Option<SideBySide>,
}

impl<N: FrozenNetwork> Placement<N> {
    pub(super) fn of(given: Vec<N>, settings: &ExtractionSettings) -> Self {
        let mut placement = Self { networks: Vec::with_capacity(given.len()), side_by_side: None };
        for network in given {
            let other = if network.device().is_cuda() { None } else { network.for_another_thread() };
            if other.is_some() {
                let side_by_side = placement.side_by_side.get_or_insert_with(SideBySide::begin);
                // Both are at least 1: the settings were checked.
                let threads = settings.workers.unwrap_or(side_by_side.threads());
                let others = other.into_iter().chain(std::iter::from_fn(|| network.for_another_thread()));
                placement.networks.extend(others.take(threads - 1));
            }
            placement.networks.push(network);
        }
        placement
    }
}
