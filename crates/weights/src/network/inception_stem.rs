//! The first layers of both Inceptions, which differ only in their tensor names.

use super::layers::Units;
use crate::graph::{Map, Window};

pub(super) const HALVING: Window = Window::square(3, 2, 0);

/// Five convolutions and two max poolings: 192 channels from images.
pub(super) fn stem(units: &mut Units<'_>, map: Map, names: [&str; 5]) -> Map {
    let map = units.unit(map, names[0], 32, Window::square(3, 2, 0));
    let map = units.unit(map, names[1], 32, Window::square(3, 1, 0));
    let map = units.unit(map, names[2], 64, Window::same(3, 3));
    let map = units.network.max_pool(map, HALVING);
    let map = units.unit(map, names[3], 80, Window::POINT);
    let map = units.unit(map, names[4], 192, Window::square(3, 1, 0));
    units.network.max_pool(map, HALVING)
}
