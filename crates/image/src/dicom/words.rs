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

    /// Whether no word needs more than this number of bits.
    pub(super) fn fit(&self, bits: u16) -> bool {
        match self {
            Self::Narrow(words) => words.iter().all(|&word| u32::from(word) >> bits == 0),
            Self::Wide(words) => words.iter().all(|&word| u64::from(word) >> bits == 0),
        }
    }
}
