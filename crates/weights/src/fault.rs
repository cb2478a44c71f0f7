//! The single things that can be wrong with a file of weights. All that are found go into one error.

use std::fmt;

use crate::{Architecture, Dtype, Expected};

/// The most sides that a tensor may have. Those of the four networks have at most 4.
pub const MOST_SIDES: usize = 8;

/// Why a file is no safetensors file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// A tensor that ends before it begins.
    #[error("{} lies from byte {begin} to byte {end}", short(name))]
    Backwards {
        /// The tensor.
        name: String,
        /// Its first offset.
        begin: u64,
        /// Its second offset.
        end: u64,
    },
    /// A number format that is none of the format's.
    #[error("{} has the unknown number format `{}`", short(name), short(dtype))]
    Dtype {
        /// The tensor.
        name: String,
        /// What stands there.
        dtype: String,
    },
    /// Bytes that belong to no tensor.
    #[error("bytes {begin} to {end} of the data belong to no tensor")]
    Hole {
        /// The first of them, counted from the end of the header.
        begin: u64,
        /// The first after them.
        end: u64,
    },
    /// The header is not the JSON it should be.
    #[error("the header cannot be read: {reason}")]
    Json {
        /// What is wrong with it.
        reason: String,
    },
    /// A file that is too short for any header.
    #[error("{bytes} bytes are no file of tensors")]
    NoHeader {
        /// Bytes of the file.
        bytes: u64,
    },
    /// A shape whose product no computer can hold.
    #[error("{} has sides {shape:?}, whose product overflows", short(name))]
    Overflow {
        /// The tensor.
        name: String,
        /// Its sides.
        shape: Vec<u64>,
    },
    /// Two tensors that share bytes.
    #[error("{} shares bytes with {}", short(name), short(other))]
    Overlap {
        /// The tensor.
        name: String,
        /// The one before it.
        other: String,
    },
    /// A tensor of too many dimensions.
    #[error("{} has {sides} sides; up to {MOST_SIDES} are read", short(name))]
    Sides {
        /// The tensor.
        name: String,
        /// How many sides it has.
        sides: usize,
    },
    /// A tensor that has other than the bytes its shape asks for.
    #[error("{} needs {needed} bytes and is given {given}", short(name))]
    Size {
        /// The tensor.
        name: String,
        /// Bytes that its shape and number format ask for.
        needed: u64,
        /// Bytes between its offsets.
        given: u64,
    },
    /// A header that no network of ours has.
    #[error("the header has {bytes} bytes, and up to {limit} are read")]
    TooLong {
        /// Its length, as the file gives it.
        bytes: u64,
        /// The most that are read.
        limit: u64,
    },
    /// A file that ends too early.
    #[error("the file has {found} bytes, and its tensors end at {expected}: it was cut short")]
    Truncated {
        /// Bytes that it should have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// A name that stands in the header twice.
    #[error("{} stands in the header twice", short(name))]
    Twice {
        /// The name.
        name: String,
    },
}

/// Why the tensors of a file are not those of a network.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// A tensor that the network has and the file has not.
    Missing(Expected),
    /// A tensor that the file has and the network has not.
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
    /// A tensor whose numbers have another format. Weights in half precision are other weights: nothing is converted.
    WrongDtype {
        /// Its name in the network.
        name: String,
        /// The one that is read.
        expected: Dtype,
        /// The file's.
        found: Dtype,
    },
    /// A tensor that holds infinities or values that are no numbers.
    NotFinite {
        /// Its name in the file.
        name: String,
        /// How many of them.
        values: u64,
        /// Where the first is, row-major from 0.
        first: u64,
    },
    /// Two tensors of the file that are one tensor of the network under two names.
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
    /// Every name has something in front of it, as wrappers such as `DataParallel` leave behind.
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

/// All faults of a file in one sentence: each kind counted, the first few named.
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

/// A text from a file, cut to what fits a line, without what would disturb a terminal.
pub(crate) fn short(text: &str) -> String {
    let clean = |letter: char| if letter.is_control() { '\u{FFFD}' } else { letter };
    let mut cut: String = text.chars().take(80).map(clean).collect();
    if text.chars().nth(80).is_some() {
        cut.push('…');
    }
    cut
}
