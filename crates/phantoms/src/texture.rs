//! Makes smooth random texture: lattice noise in octaves (K. Perlin, 1985, in its value form).

use radiograph_random::Stream;

/// Texture that varies smoothly over the plane, about −1 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texture {
    key: u64,
}

impl Texture {
    pub(crate) fn new(stream: &mut Stream) -> Self {
        Self { key: stream.bits() }
    }

    /// Sum of `octaves` layers, the first with features of `size` centimetres, each further one half as large and
    /// half as strong.
    pub(crate) fn at(&self, (x, y): (f32, f32), size: f32, octaves: u32) -> f32 {
        let (mut sum, mut strength, mut scale) = (0.0, 0.5, 1.0 / size);
        for octave in 0..octaves {
            sum += strength * self.layer(x * scale, y * scale, octave);
            strength *= 0.5;
            scale *= 2.0;
        }
        2.0 * sum
    }

    fn layer(&self, x: f32, y: f32, octave: u32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let ease = |share: f32| share * share * (3.0 - 2.0 * share);
        let (across, down) = (ease(x - left), ease(y - top));
        let knot = |dx: i64, dy: i64| self.knot(left as i64 + dx, top as i64 + dy, octave);
        let upper = knot(0, 0) + (knot(1, 0) - knot(0, 0)) * across;
        let lower = knot(0, 1) + (knot(1, 1) - knot(0, 1)) * across;
        upper + (lower - upper) * down
    }

    /// A hash of the lattice point (the finaliser of SplitMix64), −1 to 1.
    fn knot(&self, x: i64, y: i64, octave: u32) -> f32 {
        let place = x.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ y.cast_unsigned().wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
            ^ u64::from(octave).wrapping_mul(0x1656_67B1_9E37_79F9);
        let mut bits = self.key ^ place;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    }
}
