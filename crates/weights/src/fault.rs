//! The individual faults that a file of weights can have. One error lists all faults that were found.

use std::fmt;

use crate::{Architecture, Dtype, Expected};

/// Maximum number of sides of a tensor. Tensors of the four networks have at most 4.
pub const MOST_SIDES: usize = 8;

/// Why a file is not a valid safetensors file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// A tensor that ends before it begins.
    #[error("{} lies from byte {begin} to byte {end}", short(name))]
    Backwards {
        /// The tensor.
        name: String,
        /// First offset.
        begin: u64,
        /// Second offset.
        end: u64,
    },
    /// A number format that safetensors does not have.
    #[error("{} has the unknown number format `{}`", short(name), short(dtype))]
    Dtype {
        /// The tensor.
        name: String,
        /// Text found there.
        dtype: String,
    },
    /// Bytes that belong to no tensor.
    #[error("bytes {begin} to {end} of the data belong to no tensor")]
    Hole {
        /// First such byte, counted from the end of the header.
        begin: u64,
        /// First byte after them.
        end: u64,
    },
    /// The header is not the JSON it should be.
    #[error("the header cannot be read: {reason}")]
    Json {
        /// Fault that was found.
        reason: String,
    },
    /// A file that is too short for any header.
    #[error("{bytes} bytes are no file of tensors")]
    NoHeader {
        /// Number of bytes of the file.
        bytes: u64,
    },
    /// A shape whose product overflows.
    #[error("{} has sides {shape:?}, whose product overflows", short(name))]
    Overflow {
        /// The tensor.
        name: String,
        /// Its sides.
        shape: Vec<u64>,
    },
    /// A file of another kind, by its first bytes.
    #[error("it is {kind}")]
    OtherKind {
        /// The kind, in words.
        kind: &'static str,
    },
    /// Two tensors that share bytes.
    #[error("{} shares bytes with {}", short(name), short(other))]
    Overlap {
        /// The tensor.
        name: String,
        /// Tensor before it.
        other: String,
    },
    /// A tensor of too many dimensions.
    #[error("{} has {sides} sides; up to {MOST_SIDES} are read", short(name))]
    Sides {
        /// The tensor.
        name: String,
        /// Number of its sides.
        sides: usize,
    },
    /// A tensor whose number of bytes does not match its shape.
    #[error("{} needs {needed} bytes and is given {given}", short(name))]
    Size {
        /// The tensor.
        name: String,
        /// Number of bytes required by its shape and number format.
        needed: u64,
        /// Number of bytes between its offsets.
        given: u64,
    },
    /// A header that is longer than the limit.
    #[error("the header has {bytes} bytes, and up to {limit} are read")]
    TooLong {
        /// Length given in the file.
        bytes: u64,
        /// Maximum length that is read.
        limit: u64,
    },
    /// A truncated file.
    #[error("the file has {found} bytes, and its tensors end at {expected}: it was cut short")]
    Truncated {
        /// Number of bytes that it should have.
        expected: u64,
        /// Number of bytes that it has.
        found: u64,
    },
    /// A name that appears twice in the header.
    #[error("{} stands in the header twice", short(name))]
    Twice {
        /// The name.
        name: String,
    },
}

/// Why the tensors of a file do not match a network.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// A tensor that the file lacks.
    Missing(Expected),
    /// A tensor that the network does not have.
    Extra {
        /// Its name in the file.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A tensor of another shape.
    Misshapen {
        /// Its name in the network.
        name: String,
        /// The network's shape.
        expected: Vec<usize>,
        /// The file's shape.
        found: Vec<usize>,
    },
    /// A tensor in another number format. Nothing is converted, because weights in half precision are different
    /// weights.
    WrongDtype {
        /// Its name in the network.
        name: String,
        /// Format that is read.
        expected: Dtype,
        /// Format in the file.
        found: Dtype,
    },
    /// A tensor that holds infinities or NaN.
    NotFinite {
        /// Its name in the file.
        name: String,
        /// Number of such values.
        values: u64,
        /// Position of the first one, row-major from 0.
        first: u64,
    },
    /// Two tensors of the file that are the same tensor of the network under two names.
    Twice {
        /// The name in the network.
        name: String,
        /// The second name in the file.
        other: String,
    },
}

/// A cause that explains most faults of a file at once.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Hint {
    /// The file is for another network.
    OtherNetwork(Architecture),
    /// Every name has the same prefix, which wrappers such as `DataParallel` add.
    Prefixed(String),
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherNetwork(found) => write!(formatter, "these are weights of {found}; "),
            Self::Prefixed(prefix) => {
                write!(
                    formatter,
                    "its names begin with `{}`, which docs/convert_weights.py takes off; ",
                    short(prefix)
                )
            }
        }
    }
}

/// All faults of a file in one sentence. Each kind is counted, and the first few are named.
pub(crate) fn in_words(faults: &[Fault]) -> String {
    type Words = fn(&Fault) -> Option<String>;
    let kinds: [(&str, Words); 6] = [
        ("missing", |fault| match fault {
            Fault::Missing(expected) => Some(format!("{} {:?}", expected.name, expected.shape)),
            _ => None,
        }),
        ("not of this network", |fault| match fault {
            Fault::Extra { name, shape } => Some(format!("{} {shape:?}", short(name))),
            _ => None,
        }),
        ("of another shape", |fault| match fault {
            Fault::Misshapen { name, expected, found } => {
                Some(format!("{name} is {found:?} and should be {expected:?}"))
            }
            _ => None,
        }),
        ("of another number format", |fault| match fault {
            Fault::WrongDtype { name, expected, found } => {
                Some(format!("{name} is {found} and should be {expected}"))
            }
            _ => None,
        }),
        ("not finite", |fault| match fault {
            Fault::NotFinite { name, values, first } => {
                Some(format!("{} in {values} values, the first at {first}", short(name)))
            }
            _ => None,
        }),
        ("present under two names", |fault| match fault {
            Fault::Twice { name, other } => Some(format!("{name} also as {}", short(other))),
            _ => None,
        }),
    ];
    const SHOWN: usize = 3;
    let mut parts = Vec::new();
    for (kind, words) in kinds {
        let all: Vec<String> = faults.iter().filter_map(words).collect();
        if !all.is_empty() {
            let more = if all.len() > SHOWN { ", …" } else { "" };
            let named = all.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            parts.push(format!("{} {kind} ({named}{more})", all.len()));
        }
    }
    parts.join("; ")
}

/// All faults of a header in one sentence.
pub(crate) fn headers_in_words(faults: &[HeaderFault]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = faults.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = faults.len().saturating_sub(SHOWN);
    if more == 0 { shown.join("; ") } else { format!("{}; and {more} more faults", shown.join("; ")) }
}

/// A text from a file, cut to the length of a line, without control characters.
pub(crate) fn short(text: &str) -> String {
    let clean = |letter: char| if letter.is_control() { '\u{FFFD}' } else { letter };
    let mut cut: String = text.chars().take(80).map(clean).collect();
    if text.chars().nth(80).is_some() {
        cut.push('…');
    }
    cut
}
