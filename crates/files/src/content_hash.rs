//! The SHA-256 of a file's bytes, independent of its name and modification time.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Write},
    path::Path,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

use crate::FileError;

/// The SHA-256 of some bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut hashing = ContentHashing::new();
        hashing.update(bytes);
        hashing.finish()
    }

    /// The hash of all bytes of a reader, read in pieces of 1 MiB.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hashing = ContentHashing::new();
        let mut piece = vec![0; 1 << 20];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(hashing.finish()),
                Ok(count) => hashing.update(&piece[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The hash of a file's content.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] if it cannot be read.
    pub fn of_file(path: &Path) -> Result<Self, FileError> {
        File::open(path)
            .and_then(Self::of_reader)
            .map_err(|source| FileError::Read { path: path.to_owned(), source })
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first twelve digits: sufficient to distinguish files in a message, insufficient as a proof of equality.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl From<[u8; 32]> for ContentHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ContentHash({self})")
    }
}

/// A text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SHA-256: 64 digits from 0 to 9 and a to f are expected")]
pub struct NotAContentHash(pub String);

impl FromStr for ContentHash {
    type Err = NotAContentHash;

    fn from_str(text: &str) -> Result<Self, NotAContentHash> {
        // A hostile text may be long; the message repeats what fits a line.
        let refused = || NotAContentHash(text.chars().take(80).collect());
        if text.len() != 64 {
            return Err(refused());
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (high, low) = (digit(pair[0]).ok_or_else(refused)?, digit(pair[1]).ok_or_else(refused)?);
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A hash of content that arrives in pieces. It is also a writer, so that serialised values can be hashed.
#[derive(Clone, Default)]
pub struct ContentHashing(Sha256);

impl ContentHashing {
    /// A hash without any bytes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all added bytes.
    pub fn finish(self) -> ContentHash {
        ContentHash(self.0.finalize().into())
    }
}

impl fmt::Debug for ContentHashing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ContentHashing")
    }
}

impl Write for ContentHashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// FIPS 180-2, appendix B, and the empty message of NIST's short-message vectors.
    const PUBLISHED: [(&[u8], &str); 3] = [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];

    #[test]
    fn published_messages_have_their_published_hashes() {
        for (message, expected) in PUBLISHED {
            assert_eq!(ContentHash::of_bytes(message).to_string(), expected);
            assert_eq!(ContentHash::of_reader(message).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn texts_of_another_length_or_alphabet_are_refused() {
        let valid = PUBLISHED[1].1;
        for wrong in
            ["", "ba78", &valid[1..], &valid.to_uppercase(), &valid.replace('b', "g"), &"é".repeat(32)]
        {
            assert!(wrong.parse::<ContentHash>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_hash_reads_back_from_its_text_and_from_json(bytes: [u8; 32]) {
            let hash = ContentHash::from(bytes);
            prop_assert_eq!(hash.to_string().parse::<ContentHash>().unwrap(), hash);
            let json = serde_json::to_string(&hash).unwrap();
            prop_assert_eq!(serde_json::from_str::<ContentHash>(&json).unwrap(), hash);
        }

        #[test]
        fn pieces_hash_like_the_whole(bytes: Vec<u8>, at: proptest::sample::Index) {
            let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
            let mut hashing = ContentHashing::new();
            hashing.update(first);
            hashing.write_all(second).unwrap();
            prop_assert_eq!(hashing.finish(), ContentHash::of_bytes(&bytes));
        }
    }
}
