//! Sizes and positions of a patient's anatomy in centimetres, drawn from a seed.

use radiograph_random::Stream;

use crate::plane::Point;

/// Left or right of the patient. In a radiograph the patient faces the reader: their right lies left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Right,
    Left,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Right, Self::Left];

    /// −1 where x is negative.
    pub(crate) fn sign(self) -> f32 {
        if self == Self::Right { -1.0 } else { 1.0 }
    }
}

/// One patient's anatomy.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    /// Front to back, of the trunk.
    pub(crate) thickness: f32,
    /// Half of the trunk's width below the arms.
    pub(crate) half_width: f32,
    /// Half of the rib cage's inner width, at its widest.
    pub(crate) cage: f32,
    /// Top of the lungs.
    pub(crate) apex: f32,
    /// Top of the right and left dome of the diaphragm.
    pub(crate) domes: [f32; 2],
    /// How far the domes fall towards the ribs.
    pub(crate) dome_fall: f32,
    pub(crate) heart: Point,
    /// Half of the heart's long and short axis.
    pub(crate) heart_axes: (f32, f32),
    /// Slope of the long axis.
    pub(crate) heart_slope: f32,
    /// The aortic arch's radius.
    pub(crate) arch: f32,
    /// How far the mediastinum lies off the middle: rotation of the patient.
    pub(crate) rotation: f32,
    /// Distance from one rib to the next.
    pub(crate) rib_step: f32,
    /// How far ribs fall from back to front.
    pub(crate) rib_fall: f32,
    pub(crate) rib_radius: f32,
    /// Calcified bone is whiter.
    pub(crate) bone_density: f32,
    /// Height of the clavicles' inner ends.
    pub(crate) clavicles: f32,
    /// How far the shoulder blades lie over the lungs: much when the film was taken lying.
    pub(crate) scapulae_inward: f32,
    /// Thickness of the breasts; 0 for men.
    pub(crate) breasts: f32,
    /// The stomach's air: centre and radius; no radius, no air.
    pub(crate) stomach: (Point, f32),
}

impl Body {
    /// Draws an adult. `lying` films are taken from the front: the heart is larger, the diaphragm higher.
    pub(crate) fn draw(stream: &mut Stream, female: bool, lying: bool) -> Self {
        let mut around = |mean: f64, deviation: f64| (mean + deviation * stream.nearly_normal()) as f32;
        let size = around(1.0, 0.045).clamp(0.88, 1.1) * if female { 0.95 } else { 1.0 };
        let weight = around(0.0, 1.0).clamp(-1.8, 2.4);
        let breath = around(if lying { -1.6 } else { 0.0 }, 0.9).clamp(-3.2, 1.6);
        let cage = 13.3 * size + around(0.0, 0.3);
        let high = 7.6 * size + breath;
        let heart_size = (if lying { 1.14 } else { 1.0 }) * around(1.0, 0.07) * size;
        let apex = -15.3 * size + around(0.0, 0.5);
        Self {
            thickness: 20.5 + 2.6 * weight,
            half_width: cage + 2.6 + 0.9 * weight.max(-1.0),
            cage,
            apex,
            domes: [high, high + around(1.3, 0.4)],
            dome_fall: around(4.6, 0.7).clamp(3.0, 6.5),
            heart: (1.9 * size + around(0.0, 0.35), high - 2.4 * heart_size + around(0.2, 0.3)),
            heart_axes: (6.9 * heart_size, 5.0 * heart_size),
            heart_slope: around(if lying { 0.42 } else { 0.62 }, 0.1).clamp(0.2, 0.95),
            arch: around(1.75, 0.25).clamp(1.2, 2.5),
            rotation: around(0.0, 0.45).clamp(-1.2, 1.2),
            rib_step: (high + 2.0 - apex) / 10.2,
            rib_fall: around(if lying { 9.0 } else { 11.2 }, 0.8),
            rib_radius: around(0.68, 0.04),
            bone_density: around(1.0, 0.16).clamp(0.6, 1.4),
            clavicles: apex + around(if lying { 3.4 } else { 4.8 }, 0.6),
            scapulae_inward: around(if lying { 3.0 } else { 0.4 }, 0.7),
            breasts: if female { (around(2.6, 1.0) + 0.5 * weight).max(0.8) } else { 0.0 },
            stomach: (
                (5.6 + around(0.0, 1.0), high + around(4.3, 0.5)),
                if around(0.0, 1.0) > -0.6 { around(2.5, 0.7).max(0.9) } else { 0.0 },
            ),
        }
    }

    /// Height of the diaphragm's dome at a place.
    pub(crate) fn dome(&self, side: Side, x: f32) -> f32 {
        let (top, middle) = match side {
            Side::Right => (self.domes[0], -6.6),
            Side::Left => (self.domes[1], 6.9),
        };
        let across = (x - middle) / (self.cage - 6.6);
        // Steeper towards the ribs than towards the heart.
        let outward = across * side.sign();
        let fall = if outward > 0.0 { self.dome_fall } else { 0.55 * self.dome_fall };
        top + fall * outward.abs().powi(2) * (0.6 + 0.4 * outward.abs().min(1.5))
    }

    /// How far from the middle the inner surface of the ribs lies at a height.
    pub(crate) fn cage_at(&self, y: f32) -> f32 {
        let share = ((y - self.apex) / (self.domes[0] + 1.0 - self.apex)).clamp(0.0, 1.0);
        let rest = (1.0 - share) * (1.0 - share);
        let round = (1.0 - rest * (0.55 + 0.45 * rest)).max(0.0).sqrt();
        3.6 + (self.cage - 3.6) * round + 0.25 * (y / 10.0)
    }
}
