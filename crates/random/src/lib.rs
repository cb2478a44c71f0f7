#![doc = include_str!("../README.md")]

use std::f64::consts::TAU;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A separate stream of numbers for each seed, name and number, equal on every machine.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of this name, number 0.
    pub fn new(seed: u64, name: &str) -> Self {
        // FNV-1a, 64 bits: names differ, so keys do.
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&hash.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The stream of the same name with another number.
    #[must_use]
    pub fn numbered(mut self, number: u64) -> Self {
        self.0.set_stream(number);
        self
    }

    /// The stream behind as many calls of [`half_bits`](Self::half_bits), without making them.
    #[must_use]
    pub fn behind(mut self, halves: u64) -> Self {
        self.0.set_word_pos(self.0.get_word_pos().wrapping_add(halves.into()));
        self
    }

    /// A random 64-bit number, which can also be the seed of further streams.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A random 32-bit number; it uses half of the randomness of [`bits`](Self::bits).
    pub fn half_bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number from 0 up to, but not including, 1, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from -1 up to, but not including, 1, in steps of 2^-23, exact in f32.
    pub fn symmetric(&mut self) -> f32 {
        (self.half_bits() >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
    }

    /// A number from `least` up to, but not including, `most`.
    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.unit()
    }

    /// A number from 0 up to, but not including, `count`; 0 if `count` is 0. Uniform to one part in 2^53 / count.
    pub fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// True with this probability.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A standard normal deviate (Box and Muller, 1958; one of the pair).
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), self.unit());
        libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(TAU * angle)
    }

    /// An approximate standard normal deviate for drawing pictures, without logarithms: the sum of four uniform
    /// numbers, within 3.5 deviations.
    pub fn nearly_normal(&mut self) -> f64 {
        let bits = self.bits();
        let sum: u64 = (0..4).map(|part| bits >> (16 * part) & 0xFFFF).sum();
        (sum as f64 / 65_535.0 - 2.0) * 1.732_050_807_568_877_2
    }

    /// Puts `items` in a random order (Fisher and Yates; uniform to one part in 2^53 / length).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
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
        let first = |seed, name: &str, number| Stream::new(seed, name).numbered(number).bits();
        assert_eq!(first(1, "a", 0), first(1, "a", 0));
        assert_ne!(first(1, "a", 0), first(2, "a", 0));
        assert_ne!(first(1, "a", 0), first(1, "b", 0));
        assert_ne!(first(1, "a", 0), first(1, "a", 1));
    }

    #[test]
    fn numbers_that_are_passed_over_are_those_that_would_have_been_drawn() {
        for halves in [0, 1, 15, 16, 17, 64, 1000] {
            let mut drawn = Stream::new(7, "a").numbered(2);
            assert!((0..halves).fold(0, |all, _| all | drawn.half_bits()) > 0 || halves == 0);
            let mut passed = Stream::new(7, "a").numbered(2).behind(halves);
            assert_eq!(passed.half_bits(), drawn.half_bits(), "{halves}");
            assert_eq!(passed.bits(), drawn.bits(), "{halves}");
        }
    }

    #[test]
    fn a_stream_is_chacha8_under_the_seed_and_the_names_fnv_1a() {
        // FNV-1a of "a" as its authors publish it (64 bits).
        let mut key = [0; 32];
        key[..8].copy_from_slice(&5_u64.to_le_bytes());
        key[8..16].copy_from_slice(&0xAF63_DC4C_8601_EC8C_u64.to_le_bytes());
        let mut expected = ChaCha8Rng::from_seed(key);
        assert_eq!(Stream::new(5, "a").bits(), expected.next_u64());
    }

    #[test]
    fn moments_are_those_of_their_distributions() {
        let mut stream = Stream::new(3, "moments");
        let moments = |draws: &mut dyn FnMut() -> f64| {
            let values: Vec<f64> = (0..20_000).map(|_| draws()).collect();
            let mean_of = |power| values.iter().map(|value| value.powi(power)).sum::<f64>() / 20_000.0;
            (mean_of(1), mean_of(2), mean_of(4))
        };
        let (mean, variance, fourth) = moments(&mut || stream.normal());
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
        assert!((fourth - 3.0).abs() < 0.2, "{fourth}");
        let (mean, variance, fourth) = moments(&mut || stream.nearly_normal());
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
        // Of the sum of n even deviates it is 3 - 6 / (5 n).
        assert!((fourth - 2.7).abs() < 0.15, "{fourth}");
        let (mean, variance, _) = moments(&mut || stream.symmetric().into());
        assert!(mean.abs() < 0.03 && (variance - 1.0 / 3.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn what_is_chosen_is_within_its_bounds() {
        let mut stream = Stream::new(3, "bounds");
        let mut counts = [0; 7];
        (0..7000).for_each(|_| counts[stream.below(7)] += 1);
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
        assert_eq!(stream.below(0), 0);
        assert!((0..1000).all(|_| (2.0..3.0).contains(&stream.between(2.0, 3.0))));
        let happened = (0..10_000).filter(|_| stream.chance(0.25)).count();
        assert!((2_300..2_700).contains(&happened), "{happened}");
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut order: Vec<usize> = (0..100).collect();
        Stream::new(3, "order").shuffle(&mut order);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
