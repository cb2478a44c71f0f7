//! Lists the squares of a picture in which the core of another is looked for.

use crate::{
    areas::{Areas, Pose},
    relief::CORE,
};

/// Ratio of the sides of one scale and the next, and distance of neighbours as a share of their side: no place is further
/// from a square than the search for the best place reaches.
const GROWTH: f64 = 1.12;
const STRIDE: f64 = 0.1;
/// The smallest turned square, as a share of the shorter side. A small crop is not looked for turned as well.
const SMALLEST_TURNED: f64 = 0.6;
/// Degrees from one angle to the next.
const ANGLE: f64 = 5.0;

/// The squares about the middle: where the core lies in a copy that shows as much as the original.
pub(crate) fn middle(areas: &Areas, tilt: f64) -> Vec<Pose> {
    let upright = areas.centre(CORE);
    angles(tilt).map(|degrees| areas.moved_inside(Pose { degrees, ..upright })).collect()
}

/// Squares everywhere but those about the middle, down to the core of a crop of this share of the shorter side.
pub(crate) fn everywhere(areas: &Areas, smallest_crop: f64, tilt: f64) -> Vec<Pose> {
    let mut poses = Vec::new();
    for degrees in angles(tilt) {
        let smallest = if degrees == 0.0 { smallest_crop * CORE } else { SMALLEST_TURNED };
        let (sine, cosine) = libm::sincos(degrees.to_radians());
        let spread = sine.abs() + cosine.abs();
        // A copy that shows more than the original is found when the two change places.
        let mut share = (CORE * GROWTH.sqrt()).min(1.0 / spread);
        loop {
            let side = share * areas.short();
            let places = |length: f64| {
                let room = length - side * spread;
                let count = (room / (STRIDE * side) - 1e-9).ceil().max(0.0);
                (0..=count as usize).map(move |at| {
                    let share = if count == 0.0 { 0.5 } else { at as f64 / count };
                    side * spread / 2.0 + room * share
                })
            };
            for down in places(areas.height()) {
                poses.extend(places(areas.width()).map(|across| Pose { across, down, side, degrees }));
            }
            if share <= smallest {
                break;
            }
            share = (share / GROWTH).max(smallest);
        }
    }
    poses
}

/// 0, then angles to both sides in steps up to `tilt`, which is among them.
fn angles(tilt: f64) -> impl Iterator<Item = f64> {
    let steps = (tilt / ANGLE).ceil();
    let turned = (1..=steps as u32).flat_map(move |step| {
        let degrees = tilt * f64::from(step) / steps;
        [-degrees, degrees]
    });
    std::iter::once(0.0).chain(turned)
}
