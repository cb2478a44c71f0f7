//! Flags films that deserve a look before training: sideways, inverted, framed by borders, written on, nearly empty.
//!
//! Each flag is a number above a threshold, computed from the picture alone. A flag is a hint and no verdict: it excludes
//! nothing. The thresholds are stricter than those that one half of the published films suggests; docs/films.md has the rates
//! on the other half.

mod border;
mod gray;
mod orientation;
mod text;
mod uniform;

use std::fmt;

use self::gray::Gray;
pub use self::orientation::cell_ranks;
use crate::Picture;

/// Something about a film that deserves a look.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Flag {
    /// The chest lies on its side.
    Sideways,
    /// Black and white are exchanged.
    Inverted,
    /// At least one edge is a band of one gray value with a straight inner edge.
    Border,
    /// Letters or digits are part of the picture.
    Text,
    /// Almost all of the picture has one gray value.
    NearlyEmpty,
}

impl Flag {
    /// All flags.
    pub const ALL: [Self; 5] = [Self::Sideways, Self::Inverted, Self::Border, Self::Text, Self::NearlyEmpty];

    /// A short name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sideways => "sideways",
            Self::Inverted => "inverted",
            Self::Border => "border",
            Self::Text => "burnt-in-text",
            Self::NearlyEmpty => "nearly-empty",
        }
    }

    /// The score above which a film is flagged.
    pub fn threshold(self) -> f64 {
        match self {
            Self::Sideways => 0.0,
            Self::Inverted => 0.2,
            Self::Border => 0.02,
            Self::Text => 2.5,
            Self::NearlyEmpty => 0.9,
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sideways => "the chest seems to lie on its side",
            Self::Inverted => "black and white seem to be exchanged",
            Self::Border => "an edge is a band of one gray value",
            Self::Text => "letters or digits seem to be part of the picture",
            Self::NearlyEmpty => "almost all of the picture has one gray value",
        })
    }
}

/// How strongly a film shows each sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores([f64; Flag::ALL.len()]);

impl Scores {
    /// Looks at a picture, reduced to at most 512 pixels a side.
    pub fn of(picture: &Picture) -> Self {
        let gray = Gray::of(picture);
        let (sideways, inverted) = orientation::scores(&gray);
        Self([sideways, inverted, border::score(&gray), text::score(&gray), uniform::score(&gray)])
    }

    /// The score of a flag: from -1 to 1 for sideways and inverted, a share of the side for borders, a number of
    /// characters for text, a share of the picture for nearly empty films.
    pub fn score(&self, flag: Flag) -> f64 {
        self.0[flag as usize]
    }

    /// The flags whose score is above its threshold. A nearly empty film has no other: it shows nothing to judge.
    pub fn flags(&self) -> Vec<Flag> {
        let is_above = |flag: Flag| self.score(flag) > flag.threshold();
        if is_above(Flag::NearlyEmpty) {
            return vec![Flag::NearlyEmpty];
        }
        Flag::ALL.into_iter().filter(|&flag| is_above(flag)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Samples;

    fn picture(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Picture {
        let values = (0..width * height).map(|at| value(at / width, at % width)).collect();
        Picture::new(width as u32, height as u32, Samples::Gray8(values)).unwrap()
    }

    /// A ramp, which is no chest, has no border and no letters.
    fn ramp(row: usize, column: usize) -> u8 {
        (row / 4 + column / 2) as u8
    }

    #[test]
    fn a_band_with_a_straight_edge_is_a_border_and_a_dark_corner_is_not() {
        let score = |picture: Picture| Scores::of(&picture).score(Flag::Border);
        assert_eq!(score(picture(300, 200, |row, column| 40 + ramp(row, column))), 0.0);
        let band = |row: usize, column: usize| if column < 30 { 3 } else { 40 + ramp(row, column) };
        assert_eq!(score(picture(300, 200, band)), 0.1);
        let below = |row: usize, column: usize| if row >= 180 { 250 } else { ramp(row, column) };
        assert_eq!(score(picture(300, 200, below)), 0.1, "a white band at the bottom");
        let air = |row: usize, column: usize| (column / 2 + row / 9) as u8;
        assert_eq!(score(picture(300, 200, air)), 0.0, "air gets lighter towards the patient");
    }

    #[test]
    fn characters_in_a_row_are_text_and_one_marker_is_not() {
        let letter = |row: usize, column: usize, left: usize| {
            (100..112).contains(&row) && (left..left + 8).contains(&column) && !(102..110).contains(&row)
                || (100..112).contains(&row) && (left..left + 2).contains(&column)
        };
        let with = |letters: usize| {
            picture(300, 200, move |row, column| {
                let is_ink = (0..letters).any(|number| letter(row, column, 50 + 11 * number));
                if is_ink { 255 } else { ramp(row, column) }
            })
        };
        let score = |letters| Scores::of(&with(letters)).score(Flag::Text);
        assert_eq!([score(0), score(1), score(6)], [0.0, 1.0, 6.0]);
        assert!(Scores::of(&with(6)).flags().contains(&Flag::Text));
        assert!(!Scores::of(&with(1)).flags().contains(&Flag::Text));
    }

    #[test]
    fn an_even_film_has_one_flag() {
        let even = picture(100, 100, |row, column| 120 + ((row * 7 + column * 13) % 5) as u8);
        assert_eq!(Scores::of(&even).flags(), [Flag::NearlyEmpty]);
        assert_eq!(Scores::of(&picture(3, 3, |_, _| 7)).flags(), [], "too small to judge");
    }

    /// Large pictures and 16 bits are judged as their small copies are.
    #[test]
    fn size_and_depth_do_not_matter() {
        let small = picture(300, 200, |row, column| if column < 30 { 3 } else { 40 + ramp(row, column) });
        let Samples::Gray8(values) = small.samples() else { panic!() };
        let large = (0..800 * 1200).map(|at| u16::from(values[at / 1200 / 4 * 300 + at % 1200 / 4]) * 257);
        let large = Picture::new(1200, 800, Samples::Gray16(large.collect())).unwrap();
        assert_eq!(Scores::of(&large).score(Flag::Border), 0.1);
    }
}
