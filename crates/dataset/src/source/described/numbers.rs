//! Finds the films whose number a row gives, whether or not a spreadsheet dropped its leading zeros.

use std::collections::{BTreeSet, HashMap};

use crate::{Oddity, Reason, source::description::Role};

/// The films of each number of one role.
pub(super) struct Numbers {
    role: Role,
    films: HashMap<String, Vec<usize>>,
    /// The numbers that are one without their leading zeros.
    bare: HashMap<String, BTreeSet<String>>,
}

impl Numbers {
    /// Positions of films, each with a number that its header or an earlier table gives it.
    pub(super) fn new<'a>(role: Role, given: impl IntoIterator<Item = (usize, &'a str)>) -> Self {
        let mut numbers = Self { role, films: HashMap::new(), bare: HashMap::new() };
        for (film, number) in given {
            let films = numbers.films.entry(number.trim().to_owned()).or_default();
            if films.last() != Some(&film) {
                films.push(film);
            }
        }
        for number in numbers.films.keys() {
            if let Some(bare) = bare(number) {
                numbers.bare.entry(bare.to_owned()).or_default().insert(number.clone());
            }
        }
        numbers
    }

    /// The films of this number, and what to remark on. A number that no film has is compared without leading zeros, which
    /// spreadsheets drop.
    ///
    /// # Errors
    ///
    /// [`Reason::NoSuchFilm`]; [`Reason::AmbiguousNumber`] if several numbers are this one but for their zeros.
    pub(super) fn find(&self, number: &str) -> Result<(&[usize], Option<Oddity>), Reason> {
        if let Some(films) = self.films.get(number) {
            return Ok((films, None));
        }
        let what = self.role.words();
        let alike = bare(number).and_then(|bare| self.bare.get(bare));
        let mut alike = alike.into_iter().flatten();
        match (alike.next(), alike.next()) {
            (None, _) => Err(Reason::NoSuchFilm { what }),
            (Some(found), None) => Ok((&self.films[found], Some(zeros_lost(self.role, number, found)))),
            (Some(one), Some(other)) => {
                Err(Reason::AmbiguousNumber { what, numbers: vec![one.clone(), other.clone()] })
            }
        }
    }
}

/// The remark that a row's number lacks zeros.
pub(super) fn zeros_lost(role: Role, written: &str, found: &str) -> Oddity {
    Oddity::ZerosLost { what: role.words(), written: written.to_owned(), found: found.to_owned(), rows: 1 }
}

/// Whether two numbers differ, and only in zeros at their beginning or in the `.0` of a spreadsheet's numbers.
pub(super) fn differ_in_zeros(one: &str, other: &str) -> bool {
    one != other && bare(one).is_some_and(|bare_one| bare(other) == Some(bare_one))
}

/// A number without zeros at its beginning; `None` if it is not of digits.
fn bare(number: &str) -> Option<&str> {
    let digits = number.strip_suffix(".0").unwrap_or(number);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_their_zeros() {
        assert!(differ_in_zeros("00123", "123") && differ_in_zeros("123.0", "00123"));
        assert!(differ_in_zeros("0", "000"));
        for (one, other) in [("123", "123"), ("1230", "123"), ("A012", "A12"), ("1.2.03", "1.2.3"), ("", "0")]
        {
            assert!(!differ_in_zeros(one, other), "{one} {other}");
        }
    }
}
