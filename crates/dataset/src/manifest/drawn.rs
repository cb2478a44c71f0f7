//! Tells whether the images of a manifest are drawings: none, some or all.

use super::Row;

/// Drawings (phantoms) among the images of a manifest. A score on drawings says nothing about patients.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Drawn {
    /// No image is drawn.
    None,
    /// Some images are drawn.
    Some,
    /// All images are drawn.
    All,
}

impl Drawn {
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Self {
        let (mut drawn, mut all) = (0, 0);
        for row in rows {
            drawn += usize::from(row.drawn);
            all += 1;
        }
        match drawn {
            0 => Self::None,
            drawn if drawn == all => Self::All,
            _ => Self::Some,
        }
    }
}
