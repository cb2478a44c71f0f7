//! Draws soft tissue and air: trunk, lungs, heart, great vessels, diaphragm, trachea and stomach.

use radiograph_random::Stream;

use crate::{
    body::{Body, Side},
    plane::{Frame, Plane, Point, chord, smooth_step},
    texture::Texture,
};

/// Share of air in a lung at full breath.
const AIR: f32 = 0.76;

/// Planes of centimetres of water that a ray meets.
#[derive(Clone, Debug)]
pub(crate) struct SoftTissue {
    /// Everything but the lungs' contents.
    pub(crate) trunk: Plane,
    /// Length of the ray within lung.
    pub(crate) lung: Plane,
    /// Blood vessels within the lungs.
    pub(crate) vessels: Plane,
}

impl SoftTissue {
    pub(crate) fn draw(body: &Body, frame: Frame, stream: &mut Stream) -> Self {
        let lung = lungs(body, frame, stream);
        let mut trunk = trunk(body, frame, stream);
        trunk.combine(&lung, |tissue, lung| (tissue - lung).max(0.0));
        airways(body, &mut trunk);
        stomach(body, &mut trunk, stream);
        let mut vessels = Plane::new(frame);
        for side in Side::BOTH {
            tree(body, side, &mut vessels, stream);
        }
        vessels.combine(&lung, |vessel, lung| vessel * smooth_step(0.3, 4.0, lung));
        Self { trunk, lung, vessels }
    }

    /// Centimetres of water along each ray. `disease` says what share of the air is replaced, `veil` how far vessels
    /// vanish in it.
    pub(crate) fn water(&self, disease: &Plane, veil: f32) -> Plane {
        let mut water = self.trunk.clone();
        let lung = self.lung.values().iter().zip(self.vessels.values()).zip(disease.values());
        for (water, ((&lung, &vessel), &disease)) in water.values_mut().iter_mut().zip(lung) {
            let tissue = (1.0 - AIR) + AIR * disease;
            *water += lung * tissue + vessel * (1.0 - veil * disease);
        }
        water
    }
}

/// The lungs' depth along each ray.
fn lungs(body: &Body, frame: Frame, stream: &mut Stream) -> Plane {
    let texture = Texture::new(stream);
    let depth = 0.74 * body.thickness;
    let (sine, cosine) = {
        let length = (1.0 + body.heart_slope * body.heart_slope).sqrt();
        (body.heart_slope / length, 1.0 / length)
    };
    let mut plane = Plane::of(frame, |x, y| {
        let lung = if x < body.rotation { Side::Right } else { Side::Left };
        let outward = x * lung.sign();
        let ribs = body.cage_at(y) - 0.15;
        let inner = mediastinum(body, lung, y);
        if outward >= ribs || y <= body.apex {
            return 0.0;
        }
        // Across: full from near the mediastinum, thinning towards the ribs as a round chest does.
        let across = ((outward - inner) / (ribs - inner)).clamp(-1.0, 1.0);
        let round = (1.0 - across.max(0.0).powi(2) * across.max(0.0).sqrt()).max(0.0);
        let medial = smooth_step(-0.07, 0.13, across);
        // Down: the apex is shallow.
        let below_apex = ((y - body.apex) / 11.0).clamp(0.0, 1.0);
        let deep = (below_apex * (2.0 - below_apex)).sqrt() * (0.80 + 0.2 * below_apex);
        // Lung behind and before the dome: a sharp edge, and a recess that fades.
        let over = body.dome(lung, x) - y;
        let above_dome = 0.9 * smooth_step(-0.16, 0.22, over) + 0.1 * smooth_step(-4.5, 0.0, over);
        // The heart takes most of the depth where it lies.
        let (from_x, from_y) = (x - body.heart.0 - body.rotation, y - body.heart.1);
        let (along, beside) = (cosine * from_x + sine * from_y, cosine * from_y - sine * from_x);
        let (long, short) = body.heart_axes;
        // A little egg-shaped: the apex is narrower than the base.
        let short = short * (1.0 - 0.16 * (along / long));
        let inside = 1.0 - ((along / long).powi(2) + (beside / short).powi(2)).sqrt();
        let heart = smooth_step(-0.02, 0.06, inside) * (0.50 + 0.42 * smooth_step(0.0, 0.45, inside));
        let uneven = 1.0 + 0.035 * texture.at((x, y), 5.0, 3);
        depth * libm::powf(round, 0.62) * medial * deep * above_dome * (1.0 - heart) * uneven
    });
    plane.blur(0.05);
    plane
}

/// Distance of a lung's inner edge from the middle: great vessels above, heart below.
fn mediastinum(body: &Body, side: Side, y: f32) -> f32 {
    let bump = |centre: f32, size: f32, height: f32| {
        let off = (y - centre) / size;
        height * (1.0 - off * off).max(0.0).sqrt()
    };
    let wave = |centre: f32, size: f32, height: f32| height * smooth_step(size, 0.0, (y - centre).abs());
    let flare = 0.10 * (body.apex + 7.0 - y).max(0.0); // towards the neck
    let shift = body.rotation * side.sign();
    shift
        + flare
        + match side {
            // Vena cava and right atrium.
            Side::Right => 2.1 + wave(body.apex + 8.0, 5.5, 0.8) + wave(body.apex + 15.5, 4.0, 0.5),
            // Arch of the aorta, main pulmonary artery.
            Side::Left => {
                1.75 + bump(body.apex + 9.6, body.arch, 0.85 * body.arch) + bump(body.apex + 12.6, 2.0, 0.75)
            }
        }
}

/// Everything outside the lungs, as if these were full of water.
fn trunk(body: &Body, frame: Frame, stream: &mut Stream) -> Plane {
    let texture = Texture::new(stream);
    let shoulder = body.apex + 1.0;
    let mut plane = Plane::of(frame, |x, y| {
        let off = x.abs();
        // Trunk below the armpits, shoulders above, neck on top.
        let armpit = smooth_step(shoulder + 11.0, shoulder + 4.5, y);
        let slope = shoulder - 3.4 + 0.028 * (off - 4.0).max(0.0).powi(2);
        let half_width = body.half_width + 11.0 * armpit;
        let torso = (1.0 - (off / half_width).powi(2)).max(0.0).sqrt();
        let shoulders = smooth_step(slope - 0.5, slope + 4.0, y);
        let neck = smooth_step(8.0, 4.0, off);
        let upper = 0.58 + 0.42 * smooth_step(shoulder - 1.0, shoulder + 9.0, y);
        let torso = body.thickness * upper * libm::powf(torso, 0.7) * shoulders.max(0.62 * neck);
        let (middle, low) = (0.58 * body.cage, body.domes[0] - 0.4);
        let breast = breast(body.breasts, (off - middle, y - low + 2.2));
        // Belly and liver are thicker than the chest is.
        let belly = 1.2 * smooth_step(body.domes[0] - 1.0, body.domes[0] + 7.0, y);
        let middle = 0.7 * smooth_step(5.0, 0.5, (x - body.rotation).abs()); // spine muscles and sternum
        if torso > 0.0 {
            torso * (1.0 + 0.03 * texture.at((x, y), 6.0, 4)) + breast + (belly + middle) * shoulders
        } else {
            0.0
        }
    });
    plane.blur(0.08);
    plane
}

/// A hanging half ellipse: thickest low, ending in a curved edge.
fn breast(thickness: f32, (across, down): Point) -> f32 {
    if thickness <= 0.0 {
        return 0.0;
    }
    let (wide, high) = (5.6, if down > 0.0 { 4.6 } else { 8.5 });
    let inside = 1.0 - (across / wide).powi(2) - (down / high).powi(2);
    1.5 * thickness * libm::powf(inside.max(0.0), 0.6)
}

/// Trachea and main bronchi.
fn airways(body: &Body, trunk: &mut Plane) {
    let x = body.rotation;
    let fork = body.apex + 11.6;
    let trachea =
        [(x * 0.3, -24.0), (x * 0.5 - 0.1, body.apex + 2.0), (x - 0.35, fork - 2.0), (x - 0.25, fork)];
    let air = |radius: f32| move |distance: f32, _: f32| -0.9 * chord(distance, radius);
    trunk.add_along(&trachea, 1.0, air(0.95));
    trunk.add_along(&[(x - 0.25, fork), (x - 2.0, fork + 2.0), (x - 3.6, fork + 3.4)], 0.7, air(0.62));
    trunk.add_along(&[(x - 0.25, fork), (x + 2.2, fork + 1.5), (x + 4.4, fork + 2.6)], 0.6, air(0.55));
    trunk.update(|_, _, water| water.max(0.0));
}

/// Air under the left dome.
fn stomach(body: &Body, trunk: &mut Plane, stream: &mut Stream) {
    let ((x, y), radius) = body.stomach;
    let flat = stream.between(0.45, 0.8) as f32;
    let folds = Texture::new(stream);
    let mut air = Plane::of(trunk.frame(), |at_x, at_y| {
        let high = if at_y < y { 0.85 } else { flat };
        let inside = 1.0
            - ((at_x - x) / (1.35 * radius.max(0.01))).powi(2)
            - ((at_y - y) / (high * radius.max(0.01))).powi(2);
        let under = smooth_step(0.3, 0.9, at_y - body.dome(Side::Left, at_x));
        6.5 * (inside + 0.25 * folds.at((at_x, at_y), 1.8, 3)).clamp(0.0, 1.0).sqrt() * under
    });
    air.blur(0.12);
    trunk.combine(&air, |water, air| (water - air).max(0.0));
}

/// The vessels of one lung, from the hilum outwards, each branch thinner than its stem.
fn tree(body: &Body, side: Side, vessels: &mut Plane, stream: &mut Stream) {
    let sign = side.sign();
    let hilum = (sign * 3.9 + body.rotation, body.apex + if side == Side::Left { 13.6 } else { 14.6 });
    // A knot of arteries and veins.
    for _ in 0..7 {
        let knot =
            (hilum.0 + stream.nearly_normal() as f32 * 0.5, hilum.1 + stream.nearly_normal() as f32 * 1.2);
        let radius = stream.between(0.5, 0.95) as f32;
        vessels.add_along(&[knot, (knot.0 + 0.3 * sign, knot.1 + 0.8)], radius, |distance, _| {
            chord(distance, radius)
        });
    }
    // Directions of the stems: outwards is 0, down is positive, in radians.
    for (angle, radius) in [
        (-1.35, 0.30),
        (-0.95, 0.30),
        (-0.5, 0.26),
        (-0.1, 0.28),
        (0.3, 0.34),
        (0.7, 0.42),
        (1.05, 0.46),
        (1.4, 0.38),
    ] {
        let angle = angle + stream.nearly_normal() as f32 * 0.12;
        let radius = radius * 1.25 * (1.0 + 0.15 * stream.nearly_normal() as f32);
        branch(vessels, stream, Branch { from: hilum, angle, radius, sign });
    }
    vessels.blur(0.03);
}

#[derive(Clone, Copy)]
struct Branch {
    from: Point,
    angle: f32,
    radius: f32,
    sign: f32,
}

fn branch(vessels: &mut Plane, stream: &mut Stream, mut stem: Branch) {
    if stem.radius < 0.045 {
        return;
    }
    let length = (2.0 + 5.5 * stem.radius) * stream.between(0.75, 1.25) as f32;
    let mut line = vec![stem.from];
    for _ in 0..4 {
        stem.angle += stream.nearly_normal() as f32 * 0.13;
        let (sine, cosine) = libm::sincosf(stem.angle);
        stem.from = (stem.from.0 + stem.sign * cosine * length / 4.0, stem.from.1 + sine * length / 4.0);
        line.push(stem.from);
    }
    let radius = stem.radius;
    vessels.add_along(&line, radius, |distance, share| chord(distance, radius * (1.0 - 0.25 * share)));
    let spread = stream.between(0.28, 0.6) as f32;
    branch(vessels, stream, Branch { angle: stem.angle - spread, radius: radius * 0.68, ..stem });
    branch(vessels, stream, Branch { angle: stem.angle + 0.8 * spread, radius: radius * 0.74, ..stem });
}
