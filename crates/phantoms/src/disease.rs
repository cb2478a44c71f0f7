//! Draws a finding into the lungs, as the share of their air that is replaced (0 to 1).

use radiograph_random::Stream;

use crate::{
    Finding,
    body::{Body, Side},
    plane::{Frame, Plane, Point, smooth_step},
    texture::Texture,
};

/// A drawn disease.
#[derive(Clone, Debug)]
pub(crate) struct Disease {
    /// Share of air replaced.
    pub(crate) share: Plane,
    /// How far vessels vanish where it is dense: consolidation swallows them, ground glass does not.
    pub(crate) veil: f32,
}

impl Disease {
    pub(crate) fn draw(finding: Finding, body: &Body, lung: &Plane, stream: &mut Stream) -> Self {
        let frame = lung.frame();
        let (mut share, veil) = match finding {
            Finding::None => (Plane::new(frame), 0.0),
            Finding::LobarOpacity => (lobe(body, frame, stream), 0.9),
            Finding::GroundGlass => (ground_glass(body, frame, stream), 0.15),
        };
        // Only where there is lung to fill.
        share.combine(lung, |share, lung| share.clamp(0.0, 0.96) * smooth_step(0.2, 2.5, lung));
        Self { share, veil }
    }

    /// Where a reader would draw the outline: at least an eighth of the air replaced.
    pub(crate) fn mask(&self) -> Vec<bool> {
        self.share.values().iter().map(|&share| share >= 0.125).collect()
    }
}

/// A place in a lung: how far out from the middle (0 to 1), and how far down from the apex (0 to 1).
fn in_lung(body: &Body, side: Side, (x, y): Point) -> (f32, f32) {
    let outward = (x * side.sign() - 2.0) / (body.cage_at(y) - 2.0);
    let bottom = body.domes[usize::from(side == Side::Left)] + 2.5;
    (outward, (y - body.apex) / (bottom - body.apex))
}

/// One dense lobe or part of it, cut straight where a fissure bounds it, patchy elsewhere.
fn lobe(body: &Body, frame: Frame, stream: &mut Stream) -> Plane {
    let side = if stream.chance(0.58) { Side::Right } else { Side::Left };
    let upper = stream.chance(0.38);
    let (across, down) = if upper {
        (stream.between(0.42, 0.68) as f32, stream.between(0.22, 0.38) as f32)
    } else {
        (stream.between(0.35, 0.66) as f32, stream.between(0.66, 0.84) as f32)
    };
    let fissure = stream.between(0.47, 0.55) as f32;
    let slant = stream.between(-0.08, 0.14) as f32;
    let (wide, high) = (stream.between(0.28, 0.52) as f32, stream.between(0.15, 0.26) as f32);
    let strength = stream.between(0.62, 0.92) as f32;
    let (patchy, fine) = (Texture::new(stream), Texture::new(stream));
    let mut share = Plane::of(frame, |x, y| {
        let (out, below) = in_lung(body, side, (x, y));
        if !(-0.2..1.3).contains(&out) {
            return 0.0;
        }
        let off = (((out - across) / wide).powi(2) + ((below - down) / high).powi(2)).sqrt();
        let edge = off + 0.30 * patchy.at((x, y), 3.4, 4);
        let core = smooth_step(1.12, 0.45, edge);
        let line = fissure + slant * (out - 0.5);
        let bounded = if upper {
            smooth_step(line + 0.012, line - 0.012, below)
        } else {
            smooth_step(line - 0.04, line + 0.06, below)
        };
        strength * core * bounded * (0.90 + 0.22 * fine.at((x, y), 0.9, 3))
    });
    bronchogram(body, side, (across, down), &mut share, stream);
    share.blur(0.09);
    share
}

/// Air that stays in the bronchi shows as dark branches within a consolidation.
fn bronchogram(body: &Body, side: Side, (across, down): Point, share: &mut Plane, stream: &mut Stream) {
    let hilum = (side.sign() * 4.0, body.apex + 14.5);
    let bottom = body.domes[0] + 2.5;
    let y = body.apex + down * (bottom - body.apex);
    for _ in 0..4 {
        let aim_y = y + 1.8 * stream.nearly_normal() as f32;
        let out = across + 0.16 * stream.nearly_normal() as f32;
        let aim = (side.sign() * (2.0 + out * (body.cage_at(aim_y) - 2.0)), aim_y);
        let bend = (0.5 * (hilum.0 + aim.0) + 0.5 * stream.nearly_normal() as f32, 0.5 * (hilum.1 + aim.1));
        share.add_along(&[hilum, bend, aim], 0.22, |distance, along| {
            -0.34 * smooth_step(0.22, 0.05, distance) * smooth_step(1.0, 0.7, along)
        });
    }
}

/// Hazy patches on both sides, near the ribs and below rather than above, through which vessels are seen.
fn ground_glass(body: &Body, frame: Frame, stream: &mut Stream) -> Plane {
    let mut share = Plane::new(frame);
    for side in Side::BOTH {
        let count = 2 + stream.below(4);
        for _ in 0..count {
            let down = stream.between(0.30, 0.92) as f32;
            let across = stream.between(0.70, 0.95) as f32;
            let (wide, high) = (stream.between(0.18, 0.34) as f32, stream.between(0.09, 0.19) as f32);
            let strength = stream.between(0.26, 0.52) as f32;
            let (patchy, fine) = (Texture::new(stream), Texture::new(stream));
            share.update(|x, y, before| {
                let (out, below) = in_lung(body, side, (x, y));
                if !(0.0..1.3).contains(&out) {
                    return before;
                }
                let off = (((out - across) / wide).powi(2) + ((below - down) / high).powi(2)).sqrt();
                let edge = off + 0.42 * patchy.at((x, y), 2.6, 4);
                let haze = strength * smooth_step(1.25, 0.2, edge) * (0.80 + 0.5 * fine.at((x, y), 0.7, 3));
                // Patches overlap as veils do: air that is gone cannot go again.
                before + (1.0 - before) * haze.clamp(0.0, 0.8)
            });
        }
    }
    share.blur(0.14);
    share
}
