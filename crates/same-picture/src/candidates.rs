//! Finds pairs of hashes within a distance, without comparing every hash with every other.
//!
//! Multi-index hashing (Norouzi, Punjani and Fleet, 2012): of four parts of 16 bits, two hashes within distance `d` agree
//! in one to within `d / 4`. So only hashes that share a part, up to that many bits, are compared.

use std::ops::Range;

use rayon::prelude::*;

use crate::PerceptualHash;

pub(crate) const PARTS: u32 = 4;
const PART_BITS: u32 = 16;
pub(crate) const BUCKETS: usize = 1 << PART_BITS;

/// The pairs `(i, j)`, `i < j`, of hashes that differ in at most `distance` bits, sorted.
///
/// Exact for any distance; the time grows about tenfold with every 4 bits of it. A million random hashes within 6 take
/// seconds; many equal hashes take as long as their pairs are many.
pub fn pairs_within(hashes: &[PerceptualHash], distance: u32) -> Vec<(u32, u32)> {
    let mut pairs = join(hashes, hashes, distance, true);
    pairs.par_sort_unstable();
    pairs
}

/// The pairs `(i, j)` of a hash of the first list and one of the second that differ in at most `distance` bits, sorted.
pub fn pairs_between(first: &[PerceptualHash], second: &[PerceptualHash], distance: u32) -> Vec<(u32, u32)> {
    let mut pairs = join(first, second, distance, false);
    pairs.par_sort_unstable();
    pairs
}

fn join(first: &[PerceptualHash], second: &[PerceptualHash], distance: u32, itself: bool) -> Vec<(u32, u32)> {
    let second = if itself { None } else { Some(second) };
    let mut pairs = Vec::new();
    for part in 0..PARTS {
        let Some(join) = Join::new(first, second, part, distance) else { continue };
        pairs.par_extend(
            join.pairs(0..BUCKETS, usize::MAX, |_, _| true).into_par_iter().map(|(_, i, j)| (i, j)),
        );
    }
    pairs
}

/// Pairs of near hashes that one part brings up.
pub(crate) struct Join {
    left: Buckets,
    right: Option<Buckets>,
    flips: Vec<u16>,
    part: u32,
    distance: u32,
}

impl Join {
    /// Of a list with itself or with a second one; `None` if this part need not be looked at.
    pub(crate) fn new(
        first: &[PerceptualHash],
        second: Option<&[PerceptualHash]>,
        part: u32,
        distance: u32,
    ) -> Option<Self> {
        let flips = flips(radius(part, distance)?);
        let right = second.map(|second| Buckets::new(second, part));
        Some(Self { left: Buckets::new(first, part), right, flips, part, distance })
    }

    /// The wanted pairs of which one hash is in these buckets, each with its rank among those of its first position: at
    /// most `most` to a position and bucket.
    pub(crate) fn pairs(
        &self,
        buckets: Range<usize>,
        most: usize,
        is_wanted: impl Fn(u32, u32) -> bool + Sync,
    ) -> Vec<(u32, u32, u32)> {
        let (itself, right) = (self.right.is_none(), self.right.as_ref().unwrap_or(&self.left));
        let of_bucket = |bucket: usize| {
            let mut found = Vec::new();
            let from = self.left.bucket(bucket);
            let mut ranks = vec![0_usize; from.len()];
            for &flip in self.flips.iter().filter(|_| !from.is_empty()) {
                let other = bucket ^ usize::from(flip);
                // Within one list, every two buckets meet once.
                if itself && other < bucket {
                    continue;
                }
                for (at, (&(hash, i), rank)) in from.iter().zip(&mut ranks).enumerate() {
                    let skip = if itself && other == bucket { at + 1 } else { 0 };
                    for &(with, j) in &right.bucket(other)[skip..] {
                        if *rank == most {
                            break;
                        }
                        let differing = hash ^ with;
                        if differing.count_ones() <= self.distance
                            && !found_before(differing, self.part, self.distance)
                            && is_wanted(i, j)
                        {
                            let (low, high) = if itself && j < i { (j, i) } else { (i, j) };
                            found.push((*rank as u32, low, high));
                            *rank += 1;
                        }
                    }
                }
            }
            found
        };
        buckets.into_par_iter().flat_map_iter(of_bucket).collect()
    }
}

/// How far a part may be off; `None` if it need not be looked at. If the first `d mod 4 + 1` parts are all off by more
/// than `d / 4`, and the others by no less than it, the sum is above `d`.
fn radius(part: u32, distance: u32) -> Option<u32> {
    let share = distance / PARTS;
    if part <= distance % PARTS { Some(share) } else { share.checked_sub(1) }
}

/// Whether an earlier part has brought the pair up, so that each comes once.
fn found_before(differing: u64, part: u32, distance: u32) -> bool {
    (0..part).any(|earlier| {
        let bits = (differing >> (earlier * PART_BITS) & 0xFFFF).count_ones();
        radius(earlier, distance).is_some_and(|radius| bits <= radius)
    })
}

/// All 16-bit words with at most this number of ones.
fn flips(radius: u32) -> Vec<u16> {
    (0..=u16::MAX).filter(|word| word.count_ones() <= radius).collect()
}

/// Hashes with their positions, in the order of one of their parts.
struct Buckets {
    starts: Vec<usize>,
    entries: Vec<(u64, u32)>,
}

impl Buckets {
    fn new(hashes: &[PerceptualHash], part: u32) -> Self {
        let bucket = |hash: &PerceptualHash| (hash.bits() >> (part * PART_BITS) & 0xFFFF) as usize;
        let mut starts = vec![0; BUCKETS + 1];
        for hash in hashes {
            starts[bucket(hash) + 1] += 1;
        }
        for at in 0..BUCKETS {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0); hashes.len()];
        for (position, hash) in hashes.iter().enumerate() {
            let place = &mut next[bucket(hash)];
            entries[*place] = (hash.bits(), position as u32);
            *place += 1;
        }
        Self { starts, entries }
    }

    fn bucket(&self, bucket: usize) -> &[(u64, u32)] {
        &self.entries[self.starts[bucket]..self.starts[bucket + 1]]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashes(bits: &[u64]) -> Vec<PerceptualHash> {
        bits.iter().copied().map(PerceptualHash::from).collect()
    }

    fn every_pair(first: &[u64], second: &[u64], distance: u32) -> Vec<(u32, u32)> {
        let all = (0..first.len()).flat_map(|i| (0..second.len()).map(move |j| (i, j)));
        let near = all.filter(|&(i, j)| (first[i] ^ second[j]).count_ones() <= distance);
        near.map(|(i, j)| (i as u32, j as u32)).collect()
    }

    /// Hashes in clumps: a few centres, each with bits flipped at random, so that distances of all sizes occur.
    fn clumps() -> impl Strategy<Value = Vec<u64>> {
        let centres = prop::collection::vec(any::<u64>(), 1..4);
        let members = prop::collection::vec(
            (any::<prop::sample::Index>(), prop::collection::vec(0_u32..64, 0..9)),
            0..60,
        );
        (centres, members).prop_map(|(centres, members)| {
            let flip = |hash: u64, bits: &[u32]| bits.iter().fold(hash, |hash, bit| hash ^ 1 << bit);
            members.iter().map(|(centre, bits)| flip(*centre.get(&centres), bits)).collect()
        })
    }

    proptest! {
        #[test]
        fn exactly_the_pairs_within_the_distance_are_found(bits in clumps(), distance in 0_u32..14) {
            let expected: Vec<_> =
                every_pair(&bits, &bits, distance).into_iter().filter(|(i, j)| i < j).collect();
            prop_assert_eq!(pairs_within(&hashes(&bits), distance), expected);
        }

        #[test]
        fn exactly_the_pairs_between_two_lists_are_found(first in clumps(), flipped in clumps(), distance in 0_u32..14) {
            // The second list holds some of the first, so that there are pairs.
            let second: Vec<u64> =
                first.iter().take(9).map(|hash| hash ^ 0b101).chain(flipped.iter().copied()).collect();
            let expected = every_pair(&first, &second, distance);
            prop_assert_eq!(pairs_between(&hashes(&first), &hashes(&second), distance), expected);
        }
    }

    #[test]
    fn nothing_pairs_with_nothing() {
        assert!(pairs_within(&[], 6).is_empty());
        assert!(pairs_within(&hashes(&[7]), 6).is_empty());
    }
}
