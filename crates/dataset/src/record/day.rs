//! The day of an examination, from the forms in which tables write it.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// Day of an examination. It orders a patient's films. It identifies patients, so it is written into private tables only.
///
/// ```
/// use radiograph_dataset::Day;
///
/// let day = Day::read("20200331").expect("DICOM's form");
/// assert_eq!(day.to_string(), "2020-03-31");
/// assert_eq!(Day::read("31.03.2020 10:15"), Some(day));
/// assert_eq!(Day::read("03/04/2020"), None); // April or March
/// assert!(Day::read("2019-12-31").unwrap() < day);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// Reads `2020-03-31`, `2020/03/31`, `20200331`, `31.03.2020` and, where one of the two numbers is above 12, `31/03/2020` and
    /// `03/31/2020`. A time behind it does not count. `None` if it has another form, or there is no such day.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.split([' ', 'T']).next().unwrap_or(text);
        if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::new(&text[..4], &text[4..6], &text[6..]);
        }
        let separator = text.chars().find(|letter| !letter.is_ascii_digit())?;
        let parts: Vec<&str> = text.split(separator).collect();
        match (separator, &parts[..]) {
            ('-' | '/' | '.', [year, month, day]) if year.len() == 4 => Self::new(year, month, day),
            ('.', [day, month, year]) if year.len() == 4 => Self::new(year, month, day),
            ('/' | '-', [one, other, year]) if year.len() == 4 => {
                match (Self::new(year, one, other), Self::new(year, other, one)) {
                    (Some(first), Some(second)) if first != second => None,
                    (first, second) => first.or(second),
                }
            }
            _ => None,
        }
    }

    fn new(year: &str, month: &str, day: &str) -> Option<Self> {
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        let (year, month, day): (u16, u16, u16) = (number(year)?, number(month)?, number(day)?);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u16::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let exists = (1..=12).contains(&month) && (1..=days).contains(&day);
        exists.then_some(Self { year, month: month as u8, day: day as u8 })
    }

    /// The form in which a text writes something, with 9 for every digit and the first 20 characters.
    pub(crate) fn form(text: &str) -> String {
        text.trim()
            .chars()
            .take(20)
            .map(|letter| if letter.is_ascii_digit() { '9' } else { letter })
            .collect()
    }
}

impl fmt::Display for Day {
    /// Writes `2020-03-31`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        Self::read(text).ok_or_else(|| NoDay { text: text.to_owned() })
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no day.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is no day; write it as 2020-03-31")]
pub struct NoDay {
    /// The text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_the_forms_of_tables() {
        let day = Day { year: 2020, month: 2, day: 29 };
        for text in [
            "2020-02-29",
            " 20200229 ",
            "2020/2/29",
            "29.02.2020",
            "29.2.2020",
            "29/02/2020",
            "02/29/2020",
            "02-29-2020",
            "2020-02-29T10:15:00Z",
            "2020-02-29 10:15:00",
        ] {
            assert_eq!(Day::read(text), Some(day), "{text}");
        }
        assert_eq!(Day::read("05/05/2020"), Day::read("2020-05-05"), "one day in both orders");
        for text in [
            "",
            "2019-02-29",
            "1900-02-29",
            "2020-13-01",
            "2020-00-10",
            "2020-01-00",
            "03/04/2020",
            "2020",
            "March 2020",
            "29.02.20",
            "+202-01-01",
            "43890",
            "2020-02",
            "20200230",
            "２０２０-01-01",
        ] {
            assert_eq!(Day::read(text), None, "{text}");
        }
        assert!(Day::read("2000-02-29").is_some());
        assert_eq!(Day::form(" 3-Mar-2020 "), "9-Mar-9999");
    }
}
