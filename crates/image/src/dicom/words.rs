//! The codes of a frame, as wide as its depth needs.

/// Codes of up to 16 bits, or of 32.
#[derive(Debug)]
pub(super) enum Words {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Words {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Narrow(words) => words.len(),
            Self::Wide(words) => words.len(),
        }
    }
}
