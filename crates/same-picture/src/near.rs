//! Confirms pairs with near perceptual hashes by laying the pictures over each other.

use rayon::prelude::*;

use crate::{
    Evidence, Fingerprint, PerceptualHash, Search, Turn,
    align::{Agreement, Patch, climb},
    areas::{Areas, Frame},
    candidates::{BUCKETS, Join, PARTS},
    comparable::{Comparable, Found},
    forest::Forest,
};

/// Buckets whose pairs are listed at once, and pairs that are tried at once.
const PIECE: usize = BUCKETS / 4;
const BATCH: usize = 2048;
/// Most pairs of one picture and bucket that are listed, and most pairs of one picture that are tried in vain: thousands of
/// pages that look alike and are not the same would take hours.
const MOST_LISTED: usize = 128;
const MOST_FAILED: u16 = 128;

/// What of an image a hash is of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum View {
    Whole,
    Centre,
}

impl View {
    const ALL: [Self; 2] = [Self::Whole, Self::Centre];

    fn hash(self, fingerprint: &Fingerprint, turn: Option<Turn>) -> PerceptualHash {
        match self {
            Self::Whole => fingerprint.whole(turn),
            Self::Centre => fingerprint.centre(turn),
        }
    }

    fn frame(self, areas: &Areas) -> Frame {
        match self {
            Self::Whole => areas.whole(),
            Self::Centre => areas.centre_square(),
        }
    }
}

/// Pairs with near hashes that agree, as they stand or turned. Pairs that are connected already are not tried.
pub(crate) fn by_hash(pictures: &[Comparable<'_>], settings: &Search, forest: &mut Forest) -> Vec<Found> {
    let mut trials =
        Trials { pictures, settings, forest, failed: vec![0; pictures.len()], found: Vec::new() };
    let turns = std::iter::once(None).chain(Turn::ALL.into_iter().filter(|_| settings.turned).map(Some));
    for turn in turns {
        for view in View::ALL {
            trials.of(view, turn);
        }
    }
    trials.found
}

struct Trials<'a> {
    pictures: &'a [Comparable<'a>],
    settings: &'a Search,
    forest: &'a mut Forest,
    /// How many pairs of each picture were tried in vain.
    failed: Vec<u16>,
    found: Vec<Found>,
}

impl Trials<'_> {
    fn of(&mut self, view: View, turn: Option<Turn>) {
        let mut roots = self.forest.roots();
        let upright = self.hashes(view, None, &roots);
        let turned = turn.map(|turn| self.hashes(view, Some(turn), &roots));
        let list = |entries: &[(PerceptualHash, u32)]| -> Vec<PerceptualHash> {
            entries.iter().map(|entry| entry.0).collect()
        };
        let (left, right) = (list(&upright), turned.as_deref().map(list));
        let second = turned.as_deref().unwrap_or(&upright);
        for part in 0..PARTS {
            let Some(join) = Join::new(&left, right.as_deref(), part, self.settings.hash_distance) else {
                continue;
            };
            for start in (0..BUCKETS).step_by(PIECE) {
                let position =
                    |i: u32, j: u32| (upright[i as usize].1 as usize, second[j as usize].1 as usize);
                let mut listed = join.pairs(start..start + PIECE, MOST_LISTED, |i, j| {
                    let (i, j) = position(i, j);
                    i != j && roots[i] != roots[j]
                });
                // First one pair of every picture, then another: so cliques are connected by few trials.
                listed.sort_unstable();
                for batch in listed.chunks(BATCH) {
                    let pairs: Vec<_> = batch.iter().map(|&(_, i, j)| position(i, j)).collect();
                    self.try_out(&pairs, view, turn);
                }
                if !listed.is_empty() {
                    roots = self.forest.roots();
                }
            }
        }
    }

    /// The hashes with the positions they are of. Of connected pictures with one hash there is only the first.
    fn hashes(&self, view: View, turn: Option<Turn>, roots: &[u32]) -> Vec<(PerceptualHash, u32)> {
        let all =
            self.pictures.iter().zip(0..).map(|(picture, at)| (view.hash(picture.fingerprint, turn), at));
        let is_alone = roots.iter().zip(0..).all(|(&root, at): (_, u32)| root == at);
        if is_alone {
            return all.collect();
        }
        let mut seen = std::collections::HashSet::new();
        all.filter(|&(hash, at)| seen.insert((hash, roots[at as usize]))).collect()
    }

    fn try_out(&mut self, pairs: &[(usize, usize)], view: View, turn: Option<Turn>) {
        let open: Vec<(usize, usize)> = pairs
            .iter()
            .copied()
            .filter(|&(i, j)| {
                self.failed[i] < MOST_FAILED
                    && self.failed[j] < MOST_FAILED
                    && !self.forest.are_connected(i, j)
            })
            .collect();
        let (pictures, settings) = (self.pictures, self.settings);
        let agreements: Vec<Option<Agreement>> = open
            .par_iter()
            .map(|&(i, j)| {
                let agreement = laid_over(&pictures[i], &pictures[j], view, turn, settings.correlation)?;
                settings.confirms(&agreement).then_some(agreement)
            })
            .collect();
        for ((i, j), agreement) in open.into_iter().zip(agreements) {
            let Some(Agreement { correlation, detail }) = agreement else {
                self.failed[i] += 1;
                self.failed[j] += 1;
                continue;
            };
            let evidence = match (turn, view) {
                (Some(turn), _) => Evidence::Turned { turn, correlation, detail },
                (None, View::Whole) => Evidence::WholeImage { correlation, detail },
                (None, View::Centre) => Evidence::CentreSquare { correlation, detail },
            };
            if self.forest.connect(i, j) {
                self.found.push((i, j, evidence));
            }
        }
    }
}

/// How well two pictures agree where they fit best, tried both ways round.
fn laid_over(
    first: &Comparable<'_>,
    second: &Comparable<'_>,
    view: View,
    turn: Option<Turn>,
    wanted: f64,
) -> Option<Agreement> {
    let (first, second) = (first.areas(None), second.areas(turn));
    let one_way = |template: &Areas, host: &Areas| {
        let patch = Patch::new(template, &view.frame(template))?;
        let frame = climb(&patch, host, view.frame(host), wanted)?;
        Some(Patch::new(host, &frame)?.agreement(&patch))
    };
    let ways = [one_way(&first, &second), one_way(&second, &first)];
    ways.into_iter().flatten().max_by(|one, other| one.detail.total_cmp(&other.detail))
}
