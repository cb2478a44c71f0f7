//! Draws ribs, spine, clavicles and shoulder blades, in centimetres of bone along each ray.

use radiograph_random::Stream;

use crate::{
    body::{Body, Side},
    plane::{Frame, Plane, Point, chord, smooth_step},
    texture::Texture,
};

pub(crate) fn draw(body: &Body, frame: Frame, stream: &mut Stream) -> Plane {
    let mut bone = Plane::new(frame);
    for number in 0..11 {
        for side in Side::BOTH {
            rib(body, number, side, &mut bone, stream);
        }
    }
    spine(body, &mut bone);
    for side in Side::BOTH {
        clavicle(body, side, &mut bone, stream);
        shoulder(body, side, &mut bone, stream);
    }
    let grain = Texture::new(stream);
    bone.update(|x, y, length| length * body.bone_density * (1.0 + 0.10 * grain.at((x, y), 0.5, 2)));
    bone.blur(0.025);
    bone
}

/// One rib: an arc in space, from the spine back, round the side, down and forward, where it ends in cartilage,
/// which is not seen. Rays that meet it edge-on at the side pass more bone.
fn rib(body: &Body, number: usize, side: Side, bone: &mut Plane, stream: &mut Stream) {
    const STEPS: usize = 48;
    let order = number as f32;
    let start = body.apex + 0.1 + 0.97 * body.rib_step * order + 0.12 * stream.nearly_normal() as f32;
    // Its own sideways reach: the cage where the rib passes the side.
    let passes = start + 0.42 * body.rib_fall;
    let reach =
        (body.cage_at(passes) + 0.15).min(2.6 + 3.2 * (order + 1.0)) + 0.08 * stream.nearly_normal() as f32;
    let fall = body.rib_fall * (0.45 + 0.09 * order).min(1.08);
    let depth = 0.42 * body.thickness;
    // The lowest ribs end early.
    let end = if number < 7 { 2.45 } else { 2.25 - 0.28 * (order - 7.0) };
    let mut line: Vec<Point> = Vec::with_capacity(STEPS + 1);
    let mut lengthening = Vec::with_capacity(STEPS + 1);
    for step in 0..=STEPS {
        let share = step as f32 / STEPS as f32;
        let angle = 0.16 + (end - 0.16) * share;
        let (sine, cosine) = libm::sincosf(angle);
        let around = (1.0 - cosine) / 2.0;
        let bow = -0.95 * libm::sinf(2.0 * angle).max(0.0) * (order / 5.0).min(1.0) * (1.0 - order / 16.0);
        line.push((
            side.sign() * reach * libm::powf(sine, 0.86) + body.rotation * (1.0 - share),
            start + fall * libm::powf(around, 1.15) + bow,
        ));
        // Tangent of the arc: x ∝ reach · cos, z ∝ depth · sin.
        let (along_x, along_z) = (reach * cosine, depth * sine);
        let seen = (along_x * along_x + 0.09 * fall * fall).sqrt();
        lengthening.push(((seen * seen + along_z * along_z).sqrt() / seen.max(0.1)).min(1.7));
    }
    let radius = body.rib_radius * (1.0 - 0.02 * (order - 5.0).abs());
    let sharp_end = if number < 7 { 0.10 } else { 0.05 };
    bone.add_along(&line, radius, |distance, share| {
        let place = (share * STEPS as f32) as usize;
        // Front parts are flatter, and fade where cartilage begins.
        let front = 1.0 - 0.30 * smooth_step(0.50, 0.75, share);
        let fades = smooth_step(1.0, 1.0 - sharp_end, share) * smooth_step(0.0, 0.05, share);
        let shell = chord(distance, radius) - 0.62 * chord(distance, 0.78 * radius);
        0.54 * shell * lengthening[place.min(STEPS)] * front * fades
    });
}

/// Vertebrae: bodies with darker discs between, pedicles as paired rings, spinous processes in the middle.
fn spine(body: &Body, bone: &mut Plane) {
    let step = 1.04 * body.rib_step;
    let top = body.apex - 6.0;
    let middle = body.rotation * 0.4;
    bone.update(|x, y, length| {
        let place = (y - top) / step;
        let along = place - place.floor();
        let half = 1.55 + 0.025 * (y - top);
        // Waisted: wide at the end plates, narrower between.
        let half = half * (1.0 + 0.10 * (2.0 * along - 1.0).powi(2));
        let across = ((x - middle) / half).abs();
        let body = smooth_step(1.04, 0.92, across) * (0.75 + 0.35 * smooth_step(0.7, 0.97, across));
        let plates = smooth_step(0.0, 0.10, along) * smooth_step(1.0, 0.90, along);
        let rims = smooth_step(0.16, 0.10, (along - 0.5).abs() - 0.28).min(1.0)
            * 0.25
            * smooth_step(0.25, 0.38, (along - 0.5).abs());
        length + 0.5 * body * (0.42 + 0.58 * plates + rims)
    });
    for number in 0..19 {
        let y = top + step * (number as f32 + 0.40);
        for side in Side::BOTH {
            let pedicle = (middle + side.sign() * 1.0, y);
            bone.add_along(&[pedicle, (pedicle.0, pedicle.1 + 0.25)], 0.36, |distance, _| {
                0.6 * (chord(distance, 0.36) - chord(distance, 0.22))
            });
            // Transverse processes reach to the ribs.
            bone.add_along(
                &[(middle + side.sign() * 1.5, y), (middle + side.sign() * 3.0, y - 0.25)],
                0.36,
                |distance, _| 0.32 * chord(distance, 0.36),
            );
        }
        bone.add_along(&[(middle, y + 0.5), (middle, y + 1.1)], 0.24, |distance, _| {
            0.7 * chord(distance, 0.24)
        });
    }
}

/// A flat S from the breastbone to the shoulder.
fn clavicle(body: &Body, side: Side, bone: &mut Plane, stream: &mut Stream) {
    let sign = side.sign();
    let tilt = 0.3 * stream.nearly_normal() as f32;
    let at =
        |x: f32, y: f32| (sign * x + body.rotation * (1.0 - x / 15.0), body.clavicles + y + tilt * x / 15.0);
    let line: Vec<Point> =
        [(1.7, 0.35), (3.4, -0.35), (5.4, -1.15), (7.6, -1.75), (9.8, -2.25), (12.0, -2.75), (14.2, -3.0)]
            .into_iter()
            .map(|(x, y)| at(x, y))
            .collect();
    let line = rounded(&line);
    bone.add_along(&line, 0.85, |distance, share| {
        let radius = 0.82 - 0.26 * smooth_step(0.0, 0.25, share) + 0.1 * smooth_step(0.7, 1.0, share);
        0.8 * (chord(distance, radius) - 0.75 * chord(distance, 0.74 * radius))
    });
}

/// Shoulder blade and the head of the upper arm.
fn shoulder(body: &Body, side: Side, bone: &mut Plane, stream: &mut Stream) {
    let sign = side.sign();
    let inward = body.scapulae_inward + 0.3 * stream.nearly_normal() as f32;
    let (x, y) = (body.cage + 1.4 - inward, body.apex + 3.0);
    let at = |across: f32, down: f32| (sign * (x + across), y + down);
    let tip = at(-0.6, 11.5);
    let inner = rounded(&[at(-2.2, -0.6), at(-3.0, 3.0), at(-2.3, 7.5), tip]);
    let outer = rounded(&[at(3.2, 0.6), at(1.9, 4.0), at(0.6, 8.0), tip]);
    // The blade between its edges is thin as paper.
    let blade = |point: Point| {
        let down = (point.1 - y) / 11.5;
        let (from, to) = (-2.6 - 0.4 * (1.0 - down), 3.2 - 3.4 * down);
        let across = sign * point.0 - x;
        smooth_step(0.0, 0.06, down)
            * smooth_step(1.0, 0.9, down)
            * smooth_step(from - 0.2, from + 0.3, across)
            * smooth_step(to + 0.2, to - 0.3, across)
    };
    bone.update(|at_x, at_y, length| length + 0.16 * blade((at_x, at_y)));
    let edge = |distance: f32, _: f32| 0.30 * chord(distance, 0.32);
    bone.add_along(&inner, 0.32, edge);
    bone.add_along(&outer, 0.42, |distance, _| 0.50 * chord(distance, 0.42));
    // Spine of the scapula and acromion.
    bone.add_along(&rounded(&[at(-2.4, 1.4), at(1.0, -0.9), at(4.6, -2.9)]), 0.55, |distance, _| {
        0.32 * chord(distance, 0.55)
    });
    let socket = at(4.0, -0.4);
    let head = at(5.9, 0.2);
    bone.add_along(&[socket, (socket.0, socket.1 + 2.2)], 0.8, |distance, _| 0.4 * chord(distance, 0.8));
    bone.add_along(&[head, (head.0, head.1 + 0.4)], 2.3, |distance, _| {
        0.5 * (chord(distance, 2.3) - 0.72 * chord(distance, 2.15))
    });
    bone.add_along(
        &[(head.0 + sign * 0.5, head.1 + 1.0), (head.0 + sign * 1.8, head.1 + 16.0)],
        1.35,
        |distance, _| chord(distance, 1.35) - 0.75 * chord(distance, 0.85),
    );
}

/// A curve through points (Catmull and Rom, 1974), eight steps from one to the next.
fn rounded(points: &[Point]) -> Vec<Point> {
    let at = |index: isize| points[index.clamp(0, points.len().cast_signed() - 1).cast_unsigned()];
    let mut curve = Vec::with_capacity(points.len() * 8);
    for index in 0..points.len().cast_signed() - 1 {
        let knots = [at(index - 1), at(index), at(index + 1), at(index + 2)];
        for step in 0..8 {
            let share = step as f32 / 8.0;
            let blend = |of: fn(Point) -> f32| {
                let [before, from, to, after] = knots.map(of);
                from + 0.5
                    * share
                    * (to - before
                        + share
                            * (2.0 * before - 5.0 * from + 4.0 * to - after
                                + share * (3.0 * (from - to) + after - before)))
            };
            curve.push((blend(|point| point.0), blend(|point| point.1)));
        }
    }
    curve.extend(points.last());
    curve
}
