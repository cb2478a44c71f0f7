//! How far training images may be moved at random.

use serde::{Deserialize, Serialize};

/// Ranges of random rotations, shifts and flips. `radiograph_image::preprocess::Transform::draw` draws from them.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Largest rotation in degrees, in either direction, 0 to 180.
    pub rotation: f64,
    /// Largest shift as a share of the side, in either direction, across and down, 0 to 1.
    pub shift: f64,
    /// Whether left and right may be exchanged. Off by default: the heart lies on one side, so a mirrored film shows
    /// another condition (situs inversus), and side markers become unreadable.
    pub flip: bool,
}

impl Default for Augmentation {
    /// 10 degrees, a twentieth of the side, no flip.
    fn default() -> Self {
        Self { rotation: 10.0, shift: 0.05, flip: false }
    }
}
