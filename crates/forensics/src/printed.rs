//! A printed number, and the fractions that print as this number.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ForensicsError;

/// Maximum number of decimals; with more, comparisons would not fit 64 bits.
const MAX_DECIMALS: u8 = 6;

/// A printed number: its digits and the position of the point. `99.8` and `99.80` are different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Printed {
    /// The digits without the point: 9978 for 99.78.
    digits: u32,
    decimals: u8,
}

/// Unit of the scores in a table: 99.78 or 0.9978.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// 0 to 1.
    Fraction,
    /// 0 to 100.
    Percent,
}

/// Rounding rule of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest, halves up, as people round.
    #[default]
    HalfUp,
    /// To the nearest, halves to the even digit, as IEEE arithmetic and Python's `round` do.
    HalfEven,
    /// Further digits are cut off.
    Truncated,
    /// Any of these rules, for tables whose rounding is unknown.
    Any,
}

impl Rounding {
    /// Names that [`Rounding::from_str`] accepts.
    pub const NAMES: [&'static str; 4] = ["half-up", "half-even", "truncated", "any"];
}

impl FromStr for Rounding {
    type Err = ForensicsError;

    fn from_str(name: &str) -> Result<Self, ForensicsError> {
        match name {
            "half-up" => Ok(Self::HalfUp),
            "half-even" => Ok(Self::HalfEven),
            "truncated" => Ok(Self::Truncated),
            "any" => Ok(Self::Any),
            _ => Err(ForensicsError::UnknownRounding { name: name.to_owned(), known: &Self::NAMES }),
        }
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES[*self as usize])
    }
}

impl Printed {
    /// Reads `99.78`, `0.9978`, `100` or `99.78%`; `None` if the text is not a number from 0 to 100 with at most six
    /// decimals.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().strip_suffix('%').unwrap_or(text.trim());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let usable = (1..=3).contains(&whole.len()) && fraction.len() <= usize::from(MAX_DECIMALS);
        if !usable || !numeric(whole) || !numeric(fraction) || (text.contains('.') && fraction.is_empty()) {
            return None;
        }
        let digits: u32 = format!("{whole}{fraction}").parse().ok()?;
        let decimals = fraction.len() as u8;
        (u64::from(digits) <= 100 * 10_u64.pow(decimals.into())).then_some(Self { digits, decimals })
    }

    /// Whether the number is above 1, so that its table must be in percent.
    #[must_use]
    pub fn is_above_one(self) -> bool {
        u64::from(self.digits) > 10_u64.pow(self.decimals.into())
    }

    /// The fractions that print as this number.
    pub(super) fn bounds(self, unit: Unit, rounding: Rounding) -> Bounds {
        let twice = 2 * i64::from(self.digits);
        let even = self.digits.is_multiple_of(2);
        let (low, high, low_included, high_included) = match rounding {
            Rounding::HalfUp => (twice - 1, twice + 1, true, false),
            Rounding::HalfEven => (twice - 1, twice + 1, even, even),
            Rounding::Truncated => (twice, twice + 2, true, false),
            Rounding::Any => (twice - 1, twice + 2, true, false),
        };
        Bounds { low, high, low_included, high_included, scale: 2 * self.scale(unit) }
    }

    /// `numerator / denominator` printed with the same number of decimals. 0/0 prints as 0, as in most software.
    pub(super) fn like_this(self, unit: Unit, rounding: Rounding, numerator: u64, denominator: u64) -> Self {
        let scaled = u128::from(numerator) * self.scale(unit) as u128;
        let denominator = u128::from(denominator.max(1));
        let (floor, rest) = (scaled / denominator, 2 * (scaled % denominator));
        let up = match rounding {
            Rounding::HalfUp | Rounding::Any => rest >= denominator,
            Rounding::HalfEven => rest > denominator || (rest == denominator && floor % 2 == 1),
            Rounding::Truncated => false,
        };
        // A share of at most 1 in units of at most 10^-8.
        Self { digits: (floor + u128::from(up)) as u32, decimals: self.decimals }
    }

    /// Number of digits that differ from `other`, counted from the last digit; both must have the same number of
    /// decimals.
    pub(super) fn differing_digits(self, other: Self) -> Option<u32> {
        if self.decimals != other.decimals {
            return None;
        }
        let (mut a, mut b, mut differing) = (self.digits, other.digits, 0);
        while a != b {
            differing += u32::from(a % 10 != b % 10);
            (a, b) = (a / 10, b / 10);
        }
        Some(differing)
    }

    /// Number of units of the last decimal that make 1.
    fn scale(self, unit: Unit) -> i64 {
        10_i64.pow(self.decimals.into()) * if unit == Unit::Percent { 100 } else { 1 }
    }
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u32.pow(self.decimals.into());
        if self.decimals == 0 {
            return write!(f, "{}", self.digits);
        }
        write!(f, "{}.{:0width$}", self.digits / one, self.digits % one, width = self.decimals.into())
    }
}

impl Serialize for Printed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Printed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a printed number")))
    }
}

/// An interval of fractions with the ends `low / scale` and `high / scale`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    low: i64,
    high: i64,
    low_included: bool,
    high_included: bool,
    scale: i64,
}

impl Bounds {
    /// The range of numerators a, from 0 to `denominator`, for which a / `denominator` lies within the bounds; an empty
    /// range has low > high. With a denominator of 0, the fraction counts as 0.
    pub(super) fn numerators(self, denominator: i64) -> (i64, i64) {
        if denominator == 0 {
            return if self.holds_zero() { (0, 0) } else { (1, 0) };
        }
        let low = divide_up(self.low * denominator, self.scale, self.low_included);
        let high = divide_down(self.high * denominator, self.scale, self.high_included);
        (low.max(0), high.min(denominator))
    }

    /// The range of positive denominators d for which `numerator` / d lies within the bounds. If `numerator` is 0 and 0
    /// lies within, the range ends at `i64::MAX`.
    pub(super) fn denominators(self, numerator: i64) -> (i64, i64) {
        if numerator == 0 {
            return if self.holds_zero() { (0, i64::MAX) } else { (1, 0) };
        }
        let scaled = self.scale * numerator;
        // scaled / d ≤ high, so d ≥ scaled / high; low ≤ scaled / d, so d ≤ scaled / low.
        let low = divide_up(scaled, self.high, self.high_included); // high is at least 1
        let high = if self.low > 0 { divide_down(scaled, self.low, self.low_included) } else { i64::MAX };
        (low.max(1), high)
    }

    /// Ends for the check of the harmonic mean.
    pub(super) fn ends(self) -> (i128, i128, i128) {
        (i128::from(self.low.max(0)), i128::from(self.high), i128::from(self.scale))
    }

    fn holds_zero(self) -> bool {
        self.low < 0 || (self.low == 0 && self.low_included)
    }
}

/// The smallest integer at or (if not `included`) above numerator / denominator; the denominator is positive.
fn divide_up(numerator: i64, denominator: i64, included: bool) -> i64 {
    let floor = numerator.div_euclid(denominator);
    if numerator.rem_euclid(denominator) == 0 && included { floor } else { floor + 1 }
}

/// The largest integer at or (if not `included`) below numerator / denominator.
fn divide_down(numerator: i64, denominator: i64, included: bool) -> i64 {
    let floor = numerator.div_euclid(denominator);
    if numerator.rem_euclid(denominator) == 0 && !included { floor - 1 } else { floor }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(text: &str) -> Printed {
        Printed::read(text).unwrap()
    }

    #[test]
    fn what_is_no_printed_number_is_refused() {
        for text in
            ["", ".", "5.", ".5", "-1", "1e2", "100.01", "101", "nan", "99,78", "1.2.3", "0.1234567", "0009"]
        {
            assert_eq!(Printed::read(text), None, "{text}");
        }
        for text in ["0", "100", "100.0", "99.78", "0.998", "0.50"] {
            assert_eq!(printed(text).to_string(), text);
        }
        assert_eq!(printed(" 99.78% ").to_string(), "99.78");
        assert!(printed("1.01").is_above_one() && !printed("1.00").is_above_one());
    }

    #[test]
    fn halves_go_where_the_rounding_says() {
        // 1/8 = 12.5 %.
        let numerators = |text: &str, rounding| printed(text).bounds(Unit::Percent, rounding).numerators(8);
        assert_eq!(numerators("13", Rounding::HalfUp), (1, 1));
        assert_eq!(numerators("12", Rounding::HalfUp), (1, 0));
        assert_eq!(numerators("12", Rounding::HalfEven), (1, 1));
        assert_eq!(numerators("13", Rounding::HalfEven), (2, 1));
        assert_eq!(numerators("12", Rounding::Truncated), (1, 1));
        assert_eq!(numerators("12", Rounding::Any), (1, 1));
        assert_eq!(numerators("13", Rounding::Any), (1, 1));
    }

    #[test]
    fn a_missed_digit_is_one_digit() {
        assert_eq!(printed("99.72").differing_digits(printed("98.72")), Some(1));
        assert_eq!(printed("100.00").differing_digits(printed("99.99")), Some(5));
        assert_eq!(printed("99.7").differing_digits(printed("99.70")), None);
    }

    proptest! {
        /// A fraction prints as a number exactly if it lies within the bounds of the number.
        #[test]
        fn printing_and_bounds_are_inverse(a in 0..600_u64, extra in 0..600_u64, decimals in 0..4_usize, percent: bool, way in 0..3_usize) {
            let rounding = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Truncated][way];
            let unit = if percent { Unit::Percent } else { Unit::Fraction };
            let d = a + extra + 1;
            let template = printed(format!("0.{}", "0".repeat(decimals)).trim_end_matches('.'));
            let print = template.like_this(unit, rounding, a, d);
            for rounding in [rounding, Rounding::Any] {
                let bounds = print.bounds(unit, rounding);
                let (low, high) = bounds.numerators(d as i64);
                prop_assert!((low..=high).contains(&(a as i64)));
                let (low, high) = bounds.denominators(a as i64);
                prop_assert!((low..=high).contains(&(d as i64)));
            }
            let bounds = print.bounds(unit, rounding);
            for other in 0..=d {
                let (low, high) = bounds.numerators(d as i64);
                let same = template.like_this(unit, rounding, other, d) == print;
                prop_assert_eq!((low..=high).contains(&(other as i64)), same);
            }
            for other in a.max(1)..2 * d {
                let (low, high) = bounds.denominators(a as i64);
                let same = template.like_this(unit, rounding, a, other) == print;
                prop_assert_eq!((low..=high).contains(&(other as i64)), same);
            }
        }
    }
}
