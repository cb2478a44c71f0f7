//! Colour maps: turn a number in [0, 1] into a colour.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A colour map.
///
/// [`ColourMap::Jet`] is the colour map of the paper and of most of the literature. Its bright bands suggest steps that
/// the numbers do not have. The other maps are perceptually uniform: equal steps of the number look equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ColourMap {
    /// Blue, cyan, yellow, red: matplotlib's `jet`.
    #[default]
    Jet,
    /// Black, purple, orange, yellow.
    Inferno,
    /// Black, purple, pink, white.
    Magma,
    /// Purple, green, yellow.
    Viridis,
    /// Jet's colours with even steps.
    Turbo,
}

impl ColourMap {
    /// Every colour map.
    pub const ALL: [Self; 5] = [Self::Jet, Self::Inferno, Self::Magma, Self::Viridis, Self::Turbo];

    /// Red, green and blue for a number. A number outside [0, 1] gets the colour of the nearer end.
    pub fn colour(self, value: f64) -> [u8; 3] {
        let value = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
        let gradient = match self {
            Self::Jet => {
                return [RED, GREEN, BLUE].map(|knots| (interpolated(knots, value) * 255.0).round() as u8);
            }
            Self::Inferno => colorous::INFERNO,
            Self::Magma => colorous::MAGMA,
            Self::Viridis => colorous::VIRIDIS,
            Self::Turbo => colorous::TURBO,
        };
        gradient.eval_continuous(value).as_array()
    }

    /// Its name, as in `jet`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jet => "jet",
            Self::Inferno => "inferno",
            Self::Magma => "magma",
            Self::Viridis => "viridis",
            Self::Turbo => "turbo",
        }
    }
}

impl fmt::Display for ColourMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for ColourMap {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|map| map.name() == name).ok_or_else(|| {
            format!(
                "`{name}` is not a colour map; the colour maps are {}",
                Self::ALL.map(Self::name).join(", ")
            )
        })
    }
}

/// The corners of matplotlib's `jet` (`_cm.py`), as position and brightness.
const RED: &[(f64, f64)] = &[(0.0, 0.0), (0.35, 0.0), (0.66, 1.0), (0.89, 1.0), (1.0, 0.5)];
const GREEN: &[(f64, f64)] = &[(0.0, 0.0), (0.125, 0.0), (0.375, 1.0), (0.64, 1.0), (0.91, 0.0), (1.0, 0.0)];
const BLUE: &[(f64, f64)] = &[(0.0, 0.5), (0.11, 1.0), (0.34, 1.0), (0.65, 0.0), (1.0, 0.0)];

fn interpolated(knots: &[(f64, f64)], value: f64) -> f64 {
    let pair = knots.windows(2).find(|pair| value <= pair[1].0);
    pair.map_or(0.0, |pair| {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        low + (high - low) * (value - from) / (to - from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `matplotlib.colormaps["jet"](i)` of matplotlib 3.10, for five of its 256 steps.
    #[test]
    fn jet_is_matplotlibs() {
        let expected = [
            (0, [0, 0, 128]),
            (64, [0, 128, 255]),
            (128, [125, 255, 122]),
            (192, [255, 148, 0]),
            (255, [128, 0, 0]),
        ];
        for (step, colour) in expected {
            let got = ColourMap::Jet.colour(f64::from(step) / 255.0);
            assert!(
                got.iter().zip(colour).all(|(got, expected)| got.abs_diff(expected) <= 2),
                "{step}: {got:?}"
            );
        }
    }

    #[test]
    fn every_map_is_found_by_name_and_takes_any_number() {
        for map in ColourMap::ALL {
            assert_eq!(map.name().parse(), Ok(map));
            assert_eq!(map.colour(-1.0), map.colour(0.0));
            assert_eq!(map.colour(f64::NAN), map.colour(0.0));
            assert_eq!(map.colour(7.0), map.colour(1.0));
            assert_ne!(map.colour(0.0), map.colour(1.0));
        }
    }
}
