//! The part of a store's work that one of several processes does.

use std::{fmt, str::FromStr};

/// The part of one of several processes that fill a store together, written `2/3` for the second of three.
///
/// Shards of the whole list are assigned to the parts in rotation. All parts together make the same files as one
/// process.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Part {
    index: u32,
    count: u32,
}

/// A text or numbers that are not a part.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is not a part; write 2/3 for the second of three, counted from 1, up to 1000")]
#[non_exhaustive]
pub struct PartError {
    /// Text given.
    pub text: String,
}

impl Part {
    /// The only process.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// Part `index`, counted from 1, of `count`.
    ///
    /// # Errors
    ///
    /// [`PartError`] unless `1 <= index <= count <= 1000`.
    pub fn new(index: u32, count: u32) -> Result<Self, PartError> {
        if index == 0 || index > count || count > 1000 {
            return Err(PartError { text: format!("{index}/{count}") });
        }
        Ok(Self { index, count })
    }

    /// Number of the part, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// Number of parts.
    pub fn count(self) -> u32 {
        self.count
    }

    /// The items of a list that belong to this part: all parts together have each item once.
    ///
    /// ```
    /// use radiograph_features::Part;
    ///
    /// let second: Part = "2/3".parse()?;
    /// assert_eq!(second.of(["a", "b", "c", "d", "e"]).collect::<Vec<_>>(), ["b", "e"]);
    /// # Ok::<(), radiograph_features::PartError>(())
    /// ```
    pub fn of<T>(self, list: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        list.into_iter().enumerate().filter(move |(place, _)| self.takes(*place)).map(|(_, item)| item)
    }

    /// Whether the shard at this position of the whole list, from 0, belongs to this part.
    pub(crate) fn takes(self, place: usize) -> bool {
        place % self.count as usize == self.index as usize - 1
    }
}

impl Default for Part {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Part {
    type Err = PartError;

    fn from_str(text: &str) -> Result<Self, PartError> {
        let refused = || PartError { text: text.chars().take(40).collect() };
        let (index, count) = text.split_once('/').ok_or_else(refused)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| refused());
        Self::new(number(index)?, number(count)?).map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shard_belongs_to_exactly_one_share() {
        for count in 1..=5 {
            for place in 0..30 {
                let takers =
                    (1..=count).filter(|&index| Part::new(index, count).unwrap().takes(place)).count();
                assert_eq!(takers, 1);
            }
        }
    }

    #[test]
    fn shares_are_read_and_written_alike_and_counted_from_one() {
        assert_eq!("2/3".parse::<Part>().unwrap(), Part::new(2, 3).unwrap());
        assert_eq!(Part::new(2, 3).unwrap().to_string(), "2/3");
        for text in ["", "1", "0/2", "3/2", "a/2", "1/2/3", "1/0", "-1/2", "1/1001", "1/99999999999"] {
            assert!(matches!(text.parse::<Part>(), Err(PartError { .. })), "{text:?}");
        }
    }
}
