//! Decides which networks compute at the same time and how many libtorch threads each of them uses.

use radiograph_libtorch::SideBySide;

use super::{ExtractionSettings, FrozenNetwork};

/// Networks that each compute on a separate thread: one for each CUDA device, and on the CPU as many as the settings
/// request.
///
/// A layer that is spread over all cores ends only when the slowest core is done. Cores that also decode images and
/// write shards are slow, and the others would wait for them at every layer.
pub(super) struct Placement<N> {
    pub(super) networks: Vec<N>,
    /// Held while the networks on the CPU compute. `None` if no network is on the CPU, or if the one there cannot be
    /// shared and uses all threads.
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
