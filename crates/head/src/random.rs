//! Random numbers from named streams: what is drawn for one tensor, epoch or step depends on the seed, its name and its
//! number alone, never on what else was drawn before. libtorch's generator is not used: it is one for the whole process,
//! and its state cannot be saved.

use std::f64::consts::TAU;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A stream of numbers of its own for every seed, name and number, equal on every machine.
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a, 64 bits: names differ, so keys do.
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&hash.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The same name's stream of another number.
    pub(crate) fn numbered(mut self, number: u64) -> Self {
        self.0.set_stream(number);
        self
    }

    /// A seed for streams of its own.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 up to below 1, in steps of 2^-53.
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// -1 up to below 1, in steps of 2^-23, exact in f32.
    pub(crate) fn symmetric(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
    }

    /// A standard normal deviate (Box and Muller, 1958; one of the pair).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), self.unit());
        libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(TAU * angle)
    }

    /// Multipliers of inverted dropout: 0 with probability `rate`, else 1 / (1 - rate).
    pub(crate) fn dropout(&mut self, rate: f64, multipliers: &mut [f32]) {
        let threshold = (rate * (1_u64 << 32) as f64) as u64;
        let kept = (1.0 / (1.0 - rate)) as f32;
        for multiplier in multipliers {
            *multiplier = if u64::from(self.0.next_u32()) < threshold { 0.0 } else { kept };
        }
    }

    /// 0 up to below `count`; 0 if there is nothing to choose from.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// Puts `items` in a random order (Fisher and Yates; even to one part in 2^53 / length).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_name_and_number_alone() {
        let first = |seed, name: &str, number| Stream::new(seed, name).numbered(number).seed();
        assert_eq!(first(1, "a", 0), first(1, "a", 0));
        assert_ne!(first(1, "a", 0), first(2, "a", 0));
        assert_ne!(first(1, "a", 0), first(1, "b", 0));
        assert_ne!(first(1, "a", 0), first(1, "a", 1));
    }

    #[test]
    fn moments_are_those_of_their_distributions() {
        let mut stream = Stream::new(3, "moments");
        let normal: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = normal.iter().sum::<f64>() / 20_000.0;
        let fourth = normal.iter().map(|value| value.powi(4)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (fourth - 3.0).abs() < 0.2, "{mean} {fourth}");
        let mut multipliers = vec![0.0; 40_000];
        stream.dropout(0.25, &mut multipliers);
        let dropped = multipliers.iter().filter(|value| **value == 0.0).count();
        assert!((9_700..10_300).contains(&dropped), "{dropped}");
        assert!(multipliers.iter().all(|value| *value == 0.0 || (*value - 4.0 / 3.0).abs() < 1e-6));
        let mut order: Vec<usize> = (0..100).collect();
        stream.shuffle(&mut order);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
