//! Reads and checks the header of a safetensors file, which lists the tensors and their positions.
//!
//! A header is untrusted: its size is limited before it is read, and every number in it is checked before it is used.
//! `state/` checks which tensors a file should have.
//!
//! The format (github.com/huggingface/safetensors): 8 bytes with the header's length, little-endian; the header, a JSON
//! object from tensor name to `{"dtype", "shape", "data_offsets": [begin, end]}` and perhaps `__metadata__` with texts;
//! the tensors' bytes, without holes, offsets counted from the end of the header.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    io::{self, Read},
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use crate::{Dtype, HeaderFault, MOST_SIDES};

/// Maximum length of a header in bytes. Headers of the four networks are below 200 kB.
pub const LONGEST_HEADER: u64 = 4 << 20;

/// A checked header: every tensor is inside the file, has the number of bytes that its shape requires, and shares none
/// of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Texts of `__metadata__`.
    pub metadata: BTreeMap<String, String>,
    /// Tensors in the order of their bytes.
    pub tensors: Vec<Tensor>,
    /// Number of bytes before the first tensor.
    pub data_begin: u64,
}

/// One tensor of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Name in the file.
    pub name: String,
    /// Format of its numbers.
    pub dtype: Dtype,
    /// Shape, outermost side first; empty for a single number.
    pub shape: Vec<usize>,
    /// Position of its first byte, counted from `data_begin`.
    pub begin: u64,
    /// Number of its bytes.
    pub bytes: u64,
}

impl Header {
    /// Reads the header of a file of `length` bytes, from its beginning.
    ///
    /// # Errors
    ///
    /// The outer error is the reader's; the inner one lists all faults of the header.
    pub fn read(mut file: impl Read, length: u64) -> io::Result<Result<Self, Vec<HeaderFault>>> {
        let one = |fault| Ok(Err(vec![fault]));
        if length < 8 {
            return one(HeaderFault::NoHeader { bytes: length });
        }
        let mut prefix = [0; 8];
        file.read_exact(&mut prefix)?;
        let bytes = u64::from_le_bytes(prefix);
        if bytes > LONGEST_HEADER {
            let too_long = HeaderFault::TooLong { bytes, limit: LONGEST_HEADER };
            return one(other_kind(prefix).map_or(too_long, |kind| HeaderFault::OtherKind { kind }));
        }
        if bytes > length - 8 {
            return one(HeaderFault::Truncated { expected: 8 + bytes, found: length });
        }
        // At most 4 MiB, and not more than the file has.
        let mut text = vec![0; bytes as usize];
        file.read_exact(&mut text)?;
        if text.first() != Some(&b'{') {
            return one(HeaderFault::Json { reason: "it does not begin with {".to_owned() });
        }
        let raw: Raw = match serde_json::from_slice(&text) {
            Ok(raw) => raw,
            Err(error) => return one(HeaderFault::Json { reason: error.to_string() }),
        };
        Ok(raw.check(8 + bytes, length))
    }
}

/// The kind of a file that begins with these bytes, which are too large for the length of a header.
fn other_kind(first: [u8; 8]) -> Option<&'static str> {
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    match first {
        [b'v', b'e', b'r', b's', b'i', b'o', b'n', b' '] => Some("a Git LFS pointer in place of the file"),
        [0x89, b'H', b'D', b'F', ..] => Some("an HDF5 file, such as Keras writes"),
        [b'P', b'K', 3, 4, ..] => Some("a zip archive, such as PyTorch's checkpoints"),
        [0x80, 2..=5, ..] => Some("a pickle, whose reading would run code"),
        _ if first.into_iter().all(is_text) => Some("text, such as a web page, in place of the file"),
        _ => None,
    }
}

/// The header as written in the file.
struct Raw {
    metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, RawTensor>,
    twice: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

impl Raw {
    fn check(self, data_begin: u64, length: u64) -> Result<Header, Vec<HeaderFault>> {
        let mut faults: Vec<_> = self.twice.into_iter().map(|name| HeaderFault::Twice { name }).collect();
        let mut tensors = Vec::with_capacity(self.tensors.len());
        let mut longest = 0;
        for (name, raw) in self.tensors {
            longest = longest.max(raw.data_offsets[1]);
            match raw.check(name) {
                Ok(tensor) => tensors.push(tensor),
                Err(fault) => faults.push(fault),
            }
        }
        // Checked tensors end at their second offset, so no sum below can overflow.
        tensors.sort_by(|one: &Tensor, other| {
            (one.begin, one.bytes, &one.name).cmp(&(other.begin, other.bytes, &other.name))
        });
        let mut end = 0;
        let mut last = "";
        // Only valid tensors can be compared with each other.
        let whole = faults.is_empty();
        for tensor in &tensors {
            if tensor.begin < end {
                faults.push(HeaderFault::Overlap { name: tensor.name.clone(), other: last.to_owned() });
            } else if tensor.begin > end && whole {
                faults.push(HeaderFault::Hole { begin: end, end: tensor.begin });
            }
            if tensor.begin + tensor.bytes >= end {
                (end, last) = (tensor.begin + tensor.bytes, &tensor.name);
            }
        }
        let data = length - data_begin;
        if longest > data {
            faults
                .push(HeaderFault::Truncated { expected: data_begin.saturating_add(longest), found: length });
        } else if whole && end < data {
            faults.push(HeaderFault::Hole { begin: end, end: data });
        }
        if faults.is_empty() {
            Ok(Header { metadata: self.metadata, tensors, data_begin })
        } else {
            Err(faults)
        }
    }
}

impl RawTensor {
    fn check(self, name: String) -> Result<Tensor, HeaderFault> {
        let Some(dtype) = Dtype::of(&self.dtype) else {
            return Err(HeaderFault::Dtype { name, dtype: self.dtype });
        };
        if self.shape.len() > MOST_SIDES {
            return Err(HeaderFault::Sides { name, sides: self.shape.len() });
        }
        let product = |count: u64, side: &u64| count.checked_mul(*side);
        let needed = self.shape.iter().try_fold(dtype.bytes(), product);
        let shape: Option<Vec<usize>> = self.shape.iter().map(|&side| usize::try_from(side).ok()).collect();
        let (Some(needed), Some(shape)) = (needed, shape) else {
            return Err(HeaderFault::Overflow { name, shape: self.shape });
        };
        let [begin, end] = self.data_offsets;
        let Some(bytes) = end.checked_sub(begin) else {
            return Err(HeaderFault::Backwards { name, begin, end });
        };
        if bytes != needed {
            return Err(HeaderFault::Size { name, needed, given: bytes });
        }
        Ok(Tensor { name, dtype, shape, begin, bytes })
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Raw;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut raw = Raw { metadata: BTreeMap::new(), tensors: BTreeMap::new(), twice: Vec::new() };
                let mut described = false;
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        raw.metadata = map.next_value()?;
                        if described {
                            raw.twice.push(name);
                        }
                        described = true;
                        continue;
                    }
                    let tensor = map.next_value()?;
                    match raw.tensors.entry(name) {
                        Entry::Vacant(place) => drop(place.insert(tensor)),
                        Entry::Occupied(place) => raw.twice.push(place.key().clone()),
                    }
                }
                Ok(raw)
            }
        }

        deserializer.deserialize_map(Names)
    }
}
