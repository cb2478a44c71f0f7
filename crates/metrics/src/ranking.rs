//! Ranks samples by score once, for computing curves, AUC and average precision under many sample weights.

use rayon::slice::ParallelSliceMut;

use crate::{Score, Undefined, weight::Weight};

/// Number of scores from which sorting uses several threads; the result is the same either way.
const PARALLEL_FROM: usize = 1 << 15;

/// Samples in order of falling score, tied ones marked as one group.
#[derive(Clone, Debug)]
pub(crate) struct Ranking {
    entries: Vec<Entry>,
}

/// Sample number, whether it is positive, and whether a group of ties ends here: 8 bytes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    sample: u32,
    flags: u32,
}

const POSITIVE: u32 = 1;
const GROUP_END: u32 = 2;

/// One distinct score: all samples at or above it, counted by weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step<W> {
    /// A sample of this score.
    pub(crate) sample: usize,
    /// Weight of positives at or above it.
    pub(crate) positives: W,
    /// Weight of negatives at or above it.
    pub(crate) negatives: W,
}

/// Weight of the samples that score higher.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Above<W> {
    /// That of positive ones.
    pub(crate) positives: W,
    /// That of negative ones.
    pub(crate) negatives: W,
}

impl Ranking {
    /// Sorts `(sample, positive, score)`; a sample may occur more than once, and scores must be finite.
    pub(crate) fn new(scored: impl Iterator<Item = (u32, bool, f64)>) -> Self {
        // The flag and sample number make every key distinct, so an unstable sort has one possible result.
        let mut keys: Vec<(u64, u32, u32)> = scored
            .map(|(sample, positive, score)| (falling(score), sample, if positive { POSITIVE } else { 0 }))
            .collect();
        if keys.len() >= PARALLEL_FROM {
            keys.par_sort_unstable();
        } else {
            keys.sort_unstable();
        }
        let entries = (0..keys.len())
            .map(|at| {
                let (key, sample, flags) = keys[at];
                let ends = keys.get(at + 1).is_none_or(|next| next.0 != key);
                Entry { sample, flags: if ends { flags | GROUP_END } else { flags } }
            })
            .collect();
        Self { entries }
    }

    /// Calls `visit` at each distinct score of positive weight, from the highest down, and returns the totals
    /// (positives, negatives). `weight(sample)` is the number of times that a sample counts.
    pub(crate) fn walk<W: Weight>(
        &self,
        weight: impl Fn(usize) -> W,
        mut visit: impl FnMut(Step<W>),
    ) -> (W, W) {
        let (mut positives, mut negatives) = (W::default(), W::default());
        let mut before = (W::default(), W::default());
        for entry in &self.entries {
            let weight = weight(entry.sample as usize);
            let positive = entry.flags & POSITIVE != 0;
            positives += weight.only_if(positive);
            negatives += weight.only_if(!positive);
            if entry.flags & GROUP_END != 0 && (positives, negatives) != before {
                before = (positives, negatives);
                visit(Step { sample: entry.sample as usize, positives, negatives });
            }
        }
        (positives, negatives)
    }

    /// Calls `visit` with the samples `(number, positive)` of each distinct score, from the highest down, and with the
    /// weights above them.
    pub(crate) fn walk_groups<W: Weight>(
        &self,
        weight: impl Fn(usize) -> W,
        mut visit: impl FnMut(&[(usize, bool)], Above<W>),
    ) {
        let mut above = Above { positives: W::default(), negatives: W::default() };
        let mut group = Vec::new();
        for entry in &self.entries {
            group.push((entry.sample as usize, entry.flags & POSITIVE != 0));
            if entry.flags & GROUP_END != 0 {
                visit(&group, above);
                for &(sample, positive) in &group {
                    let weight = weight(sample);
                    above.positives += weight.only_if(positive);
                    above.negatives += weight.only_if(!positive);
                }
                group.clear();
            }
        }
    }

    /// Area under the ROC curve: the share of (positive, negative) pairs in the right order, ties counted half.
    /// Whole weights are counted in whole pairs, so it is exact up to the last division.
    pub(crate) fn auc<W: Weight>(&self, weight: impl Fn(usize) -> W) -> Score {
        let none = W::default();
        let (mut twice_won, mut before) = (none, Step { sample: 0, positives: none, negatives: none });
        let (positives, negatives) = self.walk(weight, |step| {
            // The negatives of this group lose to all positives above it and tie with those in it.
            twice_won += (step.negatives - before.negatives) * (step.positives + before.positives);
            before = step;
        });
        check_both(positives, negatives)?;
        Ok(twice_won.get() / (2.0 * (positives * negatives).get()))
    }

    /// Average precision: the sum over distinct thresholds of (recall gained) × (precision there).
    pub(crate) fn average_precision<W: Weight>(&self, weight: impl Fn(usize) -> W) -> Score {
        let (mut sum, mut before) = (0.0, W::default());
        let (positives, negatives) = self.walk(weight, |step| {
            let gained = (step.positives - before).get();
            sum += gained * step.positives.get() / (step.positives + step.negatives).get();
            before = step.positives;
        });
        check_positive(positives, negatives)?;
        Ok(sum / positives.get())
    }
}

/// The reason why a ranking without positives or negatives has no ROC curve.
pub(crate) fn check_both<W: Weight>(positives: W, negatives: W) -> Result<(), Undefined> {
    check_positive(positives, negatives)?;
    if negatives == W::default() { Err(Undefined::NoNegative) } else { Ok(()) }
}

/// The reason why a ranking without positives has no precision-recall curve.
pub(crate) fn check_positive<W: Weight>(positives: W, negatives: W) -> Result<(), Undefined> {
    match (positives == W::default(), negatives == W::default()) {
        (true, true) => Err(Undefined::NoSample),
        (true, false) => Err(Undefined::NoPositive),
        _ => Ok(()),
    }
}

/// A number that sorts in ascending order when the score sorts in descending order; −0 and 0 are one score.
fn falling(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    let ascending = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
    !ascending
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(positive: &[bool], scores: &[f64]) -> Ranking {
        Ranking::new(scores.iter().zip(positive).zip(0..).map(|((&s, &p), i)| (i, p, s)))
    }

    #[test]
    fn ties_count_half_and_zero_is_a_score_like_any_other() {
        // linfa 0.8.1 gives 0.375 here because its curve starts wrongly when the lowest score is 0.
        let tied = ranking(&[true, false, true, false], &[0.0, 0.0, 0.9, 0.9]);
        assert_eq!(tied.auc(|_| 1_u64), Ok(0.5));
        assert_eq!(tied.average_precision(|_| 1_u64), Ok(0.5));
        let zeros = ranking(&[true, false], &[-0.0, 0.0]);
        assert_eq!(zeros.auc(|_| 1_u64), Ok(0.5));
    }

    #[test]
    fn a_weight_is_a_repetition() {
        let (positive, scores) = ([true, false, true, false, true], [0.9, 0.8, 0.8, 0.3, -0.2]);
        let weights = [2_u64, 1, 0, 3, 1];
        let repeated: Vec<usize> = (0..5).flat_map(|i| vec![i; weights[i] as usize]).collect();
        let by_hand = ranking(
            &repeated.iter().map(|&i| positive[i]).collect::<Vec<_>>(),
            &repeated.iter().map(|&i| scores[i]).collect::<Vec<_>>(),
        );
        let once = ranking(&positive, &scores);
        assert_eq!(once.auc(|i| weights[i]), by_hand.auc(|_| 1_u64));
        assert_eq!(once.average_precision(|i| weights[i]), by_hand.average_precision(|_| 1_u64));
    }

    #[test]
    fn one_class_has_no_curve() {
        assert_eq!(ranking(&[true, true], &[0.1, 0.2]).auc(|_| 1_u64), Err(Undefined::NoNegative));
        assert_eq!(ranking(&[false], &[0.1]).auc(|_| 1_u64), Err(Undefined::NoPositive));
        assert_eq!(ranking(&[], &[]).average_precision(|_| 1_u64), Err(Undefined::NoSample));
        assert_eq!(ranking(&[true, true], &[0.1, 0.2]).average_precision(|_| 1_u64), Ok(1.0));
    }
}
