//! Reads files of weights without trusting them: the whole file is checked, and then tensors are read by position.
//!
//! Files are not mapped into memory, because a mapped file that is truncated by another process kills this one.

mod check;
mod names;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use radiograph_files::{ContentHash, ContentHashing, read_exact_at};

use crate::{
    Dtype, Expected, Fault, Group, WeightsError,
    header::{Header, Tensor},
};

/// A safetensors file whose tensors match a network: all have the right shape, single precision and finite values.
///
/// ```
/// use radiograph_weights::{Expected, StateFile};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("tiny.safetensors");
/// # let mut bytes = br#"{"conv.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#.to_vec();
/// # bytes.splice(0..0, (bytes.len() as u64).to_le_bytes());
/// # bytes.extend([0, 0, 128, 63, 0, 0, 0, 192]);
/// # std::fs::write(&path, bytes)?;
///
/// let network = [Expected::new("conv.bias", [2])];
/// let state = StateFile::open(&path, &network)?;
/// assert_eq!(state.take("conv.bias")?, [1.0, -2.0]);
///
/// let larger = [Expected::new("conv.bias", [3]), Expected::new("conv.weight", [3, 1, 1, 1])];
/// let error = StateFile::open(&path, &larger).unwrap_err().to_string();
/// assert!(error.contains("1 missing (conv.weight [3, 1, 1, 1]); 1 of another shape"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    file: File,
    sha256: ContentHash,
    metadata: BTreeMap<String, String>,
    expected: Vec<Expected>,
    /// Tensors by the network's names: one, or parts in their order.
    tensors: BTreeMap<String, Vec<Stored>>,
}

/// Position of a tensor's values, and their checksum at the check.
#[derive(Clone, Copy, Debug)]
struct Stored {
    position: u64,
    bytes: u64,
    checksum: u32,
}

impl StateFile {
    /// Opens a file and checks all of it against the network's tensors. `expected` is the complete list with all heads,
    /// such as [`Expected::of`]. The feature extractor must be present. The classifier and the auxiliary classifier
    /// must each be complete or absent. Batch counts of the network's batch normalisations are optional and need not be
    /// in the list.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Read`] if the system refuses, [`WeightsError::Header`] if it is not a valid safetensors file,
    /// and [`WeightsError::State`] with all tensors that do not fit.
    pub fn open(path: &Path, expected: &[Expected]) -> Result<Self, WeightsError> {
        let refuse = |source| WeightsError::Read { path: path.to_owned(), source };
        let found = fs::metadata(path).map_err(refuse)?;
        // Opening a pipe would block for ever.
        if !found.is_file() {
            return Err(refuse(io::Error::other("it is not a regular file")));
        }
        let mut file = File::open(path).map_err(refuse)?;
        let length = file.metadata().map_err(refuse)?.len();
        let mut hashing = ContentHashing::new();
        let header = Header::read(Tee { file: &mut file, hashing: &mut hashing }, length)
            .map_err(refuse)?
            .map_err(|faults| WeightsError::Header { path: path.to_owned(), faults })?;

        let check::Fit { places, mut faults } = check::fit(&header, expected);
        let mut checksums = Vec::with_capacity(header.tensors.len());
        for tensor in &header.tensors {
            let checked =
                Checked::read(Tee { file: &mut file, hashing: &mut hashing }, tensor).map_err(refuse)?;
            if let Some(first) = checked.first_not_finite {
                faults.push(Fault::NotFinite {
                    name: tensor.name.clone(),
                    values: checked.not_finite,
                    first,
                });
            }
            checksums.push(checked.checksum);
        }
        if !faults.is_empty() {
            let hint = check::hint(&header, expected, &faults);
            return Err(WeightsError::State { path: path.to_owned(), hint, faults });
        }
        let stored = |place: usize| {
            let Tensor { begin, bytes, .. } = header.tensors[place];
            Stored { position: header.data_begin + begin, bytes, checksum: checksums[place] }
        };
        let all = |places: Vec<usize>| places.into_iter().map(stored).collect();
        let tensors = places.into_iter().map(|(name, places)| (name, all(places))).collect();
        let expected = expected.to_vec();
        let (sha256, metadata) = (hashing.finish(), header.metadata);
        Ok(Self { path: path.to_owned(), file, sha256, metadata, expected, tensors })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the whole file, computed during the check.
    pub fn sha256(&self) -> ContentHash {
        self.sha256
    }

    /// Texts of the file about itself (`__metadata__`).
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Whether the file has this group of tensors. The feature extractor is always there.
    pub fn holds(&self, group: Group) -> bool {
        let of_group = |one: &&Expected| one.group == group;
        self.expected.iter().filter(of_group).any(|one| self.tensors.contains_key(&one.name))
    }

    /// Refuses a file without this group of tensors.
    ///
    /// # Errors
    ///
    /// [`WeightsError::State`] that lists what is missing.
    pub fn require(&self, group: Group) -> Result<(), WeightsError> {
        let absent = |one: &&Expected| one.group == group && !self.tensors.contains_key(&one.name);
        let faults: Vec<Fault> = self.expected.iter().filter(absent).cloned().map(Fault::Missing).collect();
        if faults.is_empty() {
            return Ok(());
        }
        Err(WeightsError::State { path: self.path.clone(), hint: None, faults })
    }

    /// The network's names of the tensors that the file has.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Reads the values of a tensor, row-major, by the network's name for it. They are compared with the checked ones.
    ///
    /// # Errors
    ///
    /// [`WeightsError::NotHeld`] if the file does not have it, [`WeightsError::Changed`] if the file is not what it was
    /// when it was opened, [`WeightsError::Read`] if the system refuses.
    pub fn take(&self, name: &str) -> Result<Vec<f32>, WeightsError> {
        let group = self.expected.iter().find(|one| one.name == name).map(|one| one.group);
        let stored = match (self.tensors.get(name), group) {
            (Some(stored), Some(group)) if group != Group::BatchCount => stored,
            _ => return Err(WeightsError::NotHeld { path: self.path.clone(), name: name.to_owned() }),
        };
        let mut values = Vec::new();
        for part in stored {
            // The check made sure that the file has this many bytes.
            let mut bytes = vec![0; part.bytes as usize];
            match read_exact_at(&self.file, &mut bytes, part.position) {
                Ok(()) if crc32fast::hash(&bytes) == part.checksum => {}
                Err(source) if source.kind() != io::ErrorKind::UnexpectedEof => {
                    return Err(WeightsError::Read { path: self.path.clone(), source });
                }
                _ => return Err(WeightsError::Changed { path: self.path.clone(), name: name.to_owned() }),
            }
            values.extend(bytes.as_chunks::<4>().0.iter().map(|&value| f32::from_le_bytes(value)));
        }
        Ok(values)
    }
}

/// Results of checking a tensor.
struct Checked {
    checksum: u32,
    not_finite: u64,
    first_not_finite: Option<u64>,
}

impl Checked {
    fn read(mut file: impl Read, tensor: &Tensor) -> io::Result<Self> {
        let mut piece = vec![0; tensor.bytes.min(1 << 20) as usize];
        let mut checksum = crc32fast::Hasher::new();
        let (mut not_finite, mut first_not_finite) = (0, None);
        let mut done = 0;
        while done < tensor.bytes {
            let count = (tensor.bytes - done).min(1 << 20) as usize;
            let piece = &mut piece[..count];
            file.read_exact(piece)?;
            checksum.update(piece);
            if tensor.dtype == Dtype::F32 {
                // Pieces end between values: their length and the tensor's are multiples of 4.
                for (place, &value) in piece.as_chunks::<4>().0.iter().enumerate() {
                    if !f32::from_le_bytes(value).is_finite() {
                        not_finite += 1;
                        first_not_finite.get_or_insert(done / 4 + place as u64);
                    }
                }
            }
            done += count as u64;
        }
        Ok(Self { checksum: checksum.finalize(), not_finite, first_not_finite })
    }
}

/// A reader that hashes the bytes it passes on.
struct Tee<'a> {
    file: &'a mut File,
    hashing: &'a mut ContentHashing,
}

impl Read for Tee<'_> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(piece)?;
        self.hashing.update(&piece[..count]);
        Ok(count)
    }
}
