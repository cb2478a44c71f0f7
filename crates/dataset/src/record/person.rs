//! Sex and age of the patient and time of the examination, as exactly as they are published.

use std::{fmt, ops::RangeInclusive};

use serde::Serialize;

/// Sex of a patient, where recorded.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// Recorded as female.
    Female,
    /// Recorded as male.
    Male,
}

impl Sex {
    /// Reads `F`, `M`, `f`, `m`, `female`, `male` (any case); anything else is not known.
    pub fn read(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "f" | "female" => Some(Self::Female),
            "m" | "male" => Some(Self::Male),
            _ => None,
        }
    }
}

impl fmt::Display for Sex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Female => "female",
            Self::Male => "male",
        })
    }
}

/// Age in completed years, as exactly as it is published: `50+` has no upper end.
///
/// ```
/// use radiograph_dataset::Age;
///
/// assert_eq!(Age::read("33").unwrap().within(18..=200), Some(true));
/// assert_eq!(Age::read("50+").unwrap().within(18..=200), Some(true));
/// assert_eq!(Age::read("50+").unwrap().within(18..=65), None); // unknown
/// assert_eq!(Age::read("mid 50s").unwrap().to_string(), "50-59");
/// assert_eq!(Age::read("50-59").unwrap().to_string(), "50-59");
/// assert_eq!(Age::read("411"), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct Age {
    /// Minimum age in years.
    pub from: u16,
    /// Maximum age in years; `None` if open.
    pub to: Option<u16>,
}

impl Age {
    /// Greatest age that any person is known to have reached.
    pub const OLDEST: u16 = 122;

    /// An age known to the year.
    pub fn years(years: u16) -> Self {
        Self { from: years, to: Some(years) }
    }

    /// Reads `33`, `33.0`, `058Y`, `11M`, `50+`, `85 or more`, `50-59`, `early 40s`, `mid 50s`, `late 60s`. Blank, unreadable and impossible
    /// ages (above [`Age::OLDEST`]) are not known.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let possible = |years: u16| (years <= Self::OLDEST).then_some(years);
        if let Some(years) = text.strip_suffix('+').or_else(|| text.strip_suffix(" or more")) {
            return Some(Self { from: possible(years.parse().ok()?)?, to: None });
        }
        if let Some((from, to)) = text.split_once(['-', '\u{2013}']) {
            let (from, to) = (possible(from.trim().parse().ok()?)?, possible(to.trim().parse().ok()?)?);
            return (from <= to).then_some(Self { from, to: Some(to) });
        }
        if let Some(decade) = text.strip_suffix('s') {
            let decade =
                ["early", "mid", "late"].iter().find_map(|part| decade.strip_prefix(part)).unwrap_or(decade);
            let from = possible(decade.trim().parse().ok()?)?;
            return (from % 10 == 0).then_some(Self { from, to: Some(from + 9) });
        }
        if let Some(years) = text.strip_suffix('y') {
            return possible(years.parse().ok()?).map(Self::years);
        }
        for (suffix, per_year) in [('m', 12), ('w', 52), ('d', 365)] {
            if let Some(count) = text.strip_suffix(suffix) {
                return possible(count.parse::<u16>().ok()? / per_year).map(Self::years);
            }
        }
        let years: f64 = text.parse().ok()?;
        // NaN and infinities fail the comparison; what passes fits.
        (0.0..=f64::from(Self::OLDEST)).contains(&years).then_some(Self::years(years as u16))
    }

    /// Whether the age lies in a range; `None` if what is published does not decide it.
    pub fn within(&self, range: RangeInclusive<u16>) -> Option<bool> {
        let (from, to) = (self.from, self.to.unwrap_or(u16::MAX));
        let (lowest, highest) = range.into_inner();
        // No upper end of the published age means "as old as people get".
        let to = to.min(Self::OLDEST.max(from));
        if lowest <= from && to <= highest {
            Some(true)
        } else if to < lowest || highest < from {
            Some(false)
        } else {
            None
        }
    }

    /// Name of the band that the age falls into: 0-17, 18-39, 40-59, 60-79 or 80+; `None` if it is known too roughly.
    pub fn band_name(&self) -> Option<String> {
        self.numbered_band().map(|(_, name)| name)
    }

    /// Band of an age and its place among the bands; an age that is known too roughly and an unknown one come last.
    pub(crate) fn band(age: Option<Self>) -> (u8, String) {
        let Some(age) = age else { return (u8::MAX, "unknown".to_owned()) };
        age.numbered_band().unwrap_or_else(|| (u8::MAX - 1, "between bands".to_owned()))
    }

    fn numbered_band(&self) -> Option<(u8, String)> {
        let bands = [(0, 17), (18, 39), (40, 59), (60, 79), (80, Self::OLDEST)];
        let mut numbered = (0..).zip(bands);
        let (order, (from, to)) = numbered.find(|(_, (from, to))| self.within(*from..=*to) == Some(true))?;
        Some((order, if to == Self::OLDEST { format!("{from}+") } else { format!("{from}-{to}") }))
    }
}

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) if to == self.from => write!(formatter, "{to}"),
            Some(to) => write!(formatter, "{}-{to}", self.from),
            None => write!(formatter, "{}+", self.from),
        }
    }
}

/// Time of the examination, counted from an event of the illness.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Offset {
    /// Days from the event to the examination; negative if the image is older than the event. Always finite.
    pub days: f64,
    /// The event.
    pub since: Event,
}

/// Event that an [`Offset`] is counted from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// Admission to hospital.
    Admission,
    /// First symptoms.
    Symptoms,
    /// First symptoms or admission: the publishers mix the two.
    SymptomsOrAdmission,
}

impl Offset {
    /// Reads a finite number of days; blank, `inf` and anything else is not known.
    pub fn read(text: &str, since: Event) -> Option<Self> {
        let days: f64 = text.trim().parse().ok()?;
        days.is_finite().then_some(Self { days, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_ages() {
        let cases = [
            ("42", Some((42, Some(42)))),
            ("42.0", Some((42, Some(42)))),
            ("058Y", Some((58, Some(58)))),
            ("011M", Some((0, Some(0)))),
            ("67+", Some((67, None))),
            ("85 or more", Some((85, None))),
            ("early 40s", Some((40, Some(49)))),
            ("45s", None),
            ("", None),
            ("411", None),
            ("-3", None),
            ("NaN", None),
            ("inf", None),
            ("999999999999+", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Age::read(text).map(|age| (age.from, age.to)), expected, "{text}");
        }
    }

    #[test]
    fn an_open_age_is_not_decided_by_a_closed_range() {
        let age = Age::read("50+").unwrap();
        assert_eq!(age.within(0..=49), Some(false));
        assert_eq!(age.within(0..=60), None);
        assert_eq!(age.within(18..=150), Some(true));
    }

    #[test]
    fn infinite_offsets_are_not_known() {
        assert_eq!(Offset::read("inf", Event::Admission), None);
        assert_eq!(Offset::read("-4", Event::Admission).unwrap().days, -4.0);
    }

    #[test]
    fn ages_fall_into_bands() {
        for (age, band) in
            [("17", "0-17"), ("18", "18-39"), ("80", "80+"), ("50+", "between bands"), ("early 40s", "40-59")]
        {
            assert_eq!(Age::band(Age::read(age)).1, band, "{age}");
        }
    }
}
