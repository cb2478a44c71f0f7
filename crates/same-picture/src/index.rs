//! Looks up pictures by their descriptions, without comparing each with each.
//!
//! Locality-sensitive hashing with several probes (Lv and others, 2007): in each of a few tables, pictures lie by the signs
//! of some numbers of their descriptions. A square is looked up under its own signs and under those in which its most
//! doubtful ones, the numbers next to 0, are changed.

use rayon::prelude::*;

use crate::{
    Turn,
    relief::{Description, LENGTH},
};

const TABLES: usize = 4;
/// Fewest and most signs that a key is made of. There are about as many keys as entries: with more, most keys are empty and the
/// tables leave the processor's caches; with fewer, each key has more entries than are looked at.
const FEWEST_KEY_BITS: u32 = 10;
const MOST_KEY_BITS: u32 = 20;
/// Most entries looked at under one key.
const MOST: usize = 48;
/// Numbers of a description, the slowest first, that keys are made of.
const KEY_NUMBERS: usize = 44;

/// A picture as it was entered.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The signs of all numbers.
    signs: u64,
    picture: u32,
    /// Number of the turn, and whether it is a negative.
    turn: u8,
    negative: bool,
}

/// A picture that is like a square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) picture: u32,
    /// What makes the picture look like the square.
    pub(crate) turn: Option<Turn>,
    pub(crate) negative: bool,
    pub(crate) likeness: f32,
}

pub(crate) struct Index {
    descriptions: Vec<Option<Description>>,
    turns: Vec<Option<Turn>>,
    tables: Vec<Table>,
}

struct Table {
    /// Which signs of a description the bits of a key are, one for each bit.
    numbers: Vec<u8>,
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

impl Index {
    /// Of pictures by their positions; those without a description are left out.
    pub(crate) fn new(descriptions: Vec<Option<Description>>, turned: bool, negatives: bool) -> Self {
        let turns: Vec<Option<Turn>> =
            std::iter::once(None).chain(Turn::ALL.into_iter().filter(|_| turned).map(Some)).collect();
        let pictures = descriptions.iter().flatten().count();
        let bits = key_bits(pictures * turns.len() * if negatives { 2 } else { 1 });
        let tables = (0..TABLES)
            .into_par_iter()
            .map(|number| Table::new(numbers(number, bits), &descriptions, &turns, negatives));
        let tables = tables.collect();
        Self { descriptions, turns, tables }
    }

    /// Whether the picture was entered.
    pub(crate) fn holds(&self, picture: usize) -> bool {
        self.descriptions[picture].is_some()
    }

    /// Pictures like a square: of each the best, in no order. At most [`MOST`] entries under each key are looked at, those
    /// after `host` first, so that many equal pictures are each compared with their neighbours and not with all.
    pub(crate) fn look_up(
        &self,
        square: &Description,
        host: u32,
        doubtful: usize,
        promising: f32,
        is_wanted: impl Fn(u32) -> bool,
        hits: &mut Vec<Hit>,
    ) {
        let signs = square.signs();
        // Angles grow with the share of signs that differ; this much more than expected is let pass.
        let expected = libm::acosf(promising.clamp(0.0, 1.0)) / std::f32::consts::PI * (LENGTH - 1) as f32;
        let most_differing = (expected + 4.0) as u32;
        let mut turned: [Option<Description>; 8] = [const { None }; 8];
        for table in &self.tables {
            for key in table.probes(square.numbers(), doubtful) {
                for entry in table.under(key, host) {
                    let differing = (entry.signs ^ signs).count_ones();
                    if differing > most_differing || !is_wanted(entry.picture) {
                        continue;
                    }
                    let Some(own) = &self.descriptions[entry.picture as usize] else { continue };
                    // Turning the square back is the same as turning the picture.
                    let number = usize::from(entry.turn);
                    let turn = self.turns[number];
                    let square = turned[number].get_or_insert_with(|| square.turned(turn.map(Turn::inverse)));
                    let likeness = own.likeness(square) * if entry.negative { -1.0 } else { 1.0 };
                    if likeness >= promising {
                        let hit = Hit { picture: entry.picture, turn, negative: entry.negative, likeness };
                        hits.push(hit);
                    }
                }
            }
        }
    }
}

impl Table {
    fn new(
        numbers: Vec<u8>,
        descriptions: &[Option<Description>],
        turns: &[Option<Turn>],
        negatives: bool,
    ) -> Self {
        let all = || {
            descriptions.iter().enumerate().flat_map(|(picture, description)| {
                let variants = turns.iter().enumerate().filter_map(move |(number, turn)| {
                    let signs = description.as_ref()?.turned(*turn).signs();
                    Some(Entry { signs, picture: picture as u32, turn: number as u8, negative: false })
                });
                variants.flat_map(move |entry| {
                    let negative = Entry { signs: !entry.signs & !1, negative: true, ..entry };
                    std::iter::once(entry).chain(negatives.then_some(negative))
                })
            })
        };
        let mut starts = vec![0_u32; (1 << numbers.len()) + 1];
        let mut count = 0;
        for entry in all() {
            starts[key_of(entry.signs, &numbers) + 1] += 1;
            count += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let nothing = Entry { signs: 0, picture: 0, turn: 0, negative: false };
        let mut entries = vec![nothing; count];
        for entry in all() {
            let place = &mut next[key_of(entry.signs, &numbers)];
            entries[*place as usize] = entry;
            *place += 1;
        }
        Self { numbers, starts, entries }
    }

    /// The key of the values, and all keys in which some of its most doubtful signs are changed.
    fn probes(&self, values: &[f32], doubtful: usize) -> impl Iterator<Item = usize> {
        let mut key = 0;
        let mut bits = [(0.0_f32, 0_usize); MOST_KEY_BITS as usize];
        for (bit, &number) in self.numbers.iter().enumerate() {
            let value = values[usize::from(number)];
            key |= usize::from(value > 0.0) << bit;
            bits[bit] = (value.abs(), 1 << bit);
        }
        let doubtful = doubtful.min(self.numbers.len() - 1);
        bits[..self.numbers.len()].select_nth_unstable_by(doubtful, |one, other| {
            one.0.total_cmp(&other.0).then(one.1.cmp(&other.1))
        });
        (0..1_usize << doubtful).map(move |subset| {
            let changed = bits[..doubtful].iter().enumerate();
            changed.fold(key, |key, (at, &(_, bit))| if subset >> at & 1 == 1 { key ^ bit } else { key })
        })
    }

    /// The entries under a key, in the order of pictures and starting after the host, as far as they are looked at.
    fn under(&self, key: usize, host: u32) -> impl Iterator<Item = &Entry> {
        let entries = &self.entries[self.starts[key] as usize..self.starts[key + 1] as usize];
        let first =
            if entries.len() > MOST { entries.partition_point(|entry| entry.picture <= host) } else { 0 };
        let (before, after) = entries.split_at(first);
        after.iter().chain(before).take(MOST)
    }
}

/// Signs that a key is made of if there is this number of entries.
fn key_bits(entries: usize) -> u32 {
    entries.max(1).ilog2().clamp(FEWEST_KEY_BITS, MOST_KEY_BITS)
}

/// The numbers that the keys of a table are made of: a fixed choice among the slowest, another for each table.
fn numbers(table: usize, bits: u32) -> Vec<u8> {
    let mut slowest: Vec<usize> = (1..LENGTH).collect();
    slowest.sort_by_key(|&at| (at / 8).pow(2) + (at % 8).pow(2));
    slowest.truncate(KEY_NUMBERS);
    // Steps without a common factor with the count of numbers visit all of them.
    let step = [1, 3, 5, 7][table % 4];
    let start = table * 11;
    (0..bits as usize).map(|at| slowest[(start + at * step) % KEY_NUMBERS] as u8).collect()
}

fn key_of(signs: u64, numbers: &[u8]) -> usize {
    numbers.iter().enumerate().fold(0, |key, (bit, &number)| key | ((signs >> number & 1) as usize) << bit)
}
