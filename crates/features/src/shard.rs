//! Writes, reads and checks one shard: a safetensors file of feature maps, and its list in the index.
//!
//! A shard's header follows from the store's description and its feature maps, so it is compared and never parsed. The
//! shard's name is the header's hash. Its list in `index/` has what a reader needs and is written last: a shard without
//! a list does not exist.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use radiograph_files::{ContentHash, ContentHashing, read_exact_at, write_bytes, write_whole};
use serde::{Deserialize, Serialize};

use crate::{
    FeatureError, FeatureId, StoreDescription,
    description::MOST_FEATURES,
    read::{name, read_small},
};

/// A shard as its list describes it.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    /// Name of both files, without folder and extension.
    pub(crate) name: String,
    /// Number of bytes of the shard.
    pub(crate) bytes: u64,
    /// SHA-256 of the shard.
    pub(crate) hash: ContentHash,
    /// Feature maps in it, in the order of their bytes.
    pub(crate) features: Vec<Stored>,
}

/// One feature map in a shard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    pub(crate) id: FeatureId,
    /// CRC-32 (ISO-HDLC, as in zip and PNG) of its bytes.
    pub(crate) checksum: u32,
}

/// The list of a shard, as JSON.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct List {
    bytes: u64,
    sha256: ContentHash,
    features: Vec<ListedFeature>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ListedFeature {
    image: ContentHash,
    variant: u32,
    crc32: u32,
}

/// Twice 128 bytes for each of the maximum number of feature maps.
const LARGEST_LIST: u64 = 1 << 20;

pub(crate) fn index_folder(folder: &Path) -> PathBuf {
    folder.join("index")
}

pub(crate) fn shard_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.safetensors"))
}

pub(crate) fn list_path(folder: &Path, name: &str) -> PathBuf {
    index_folder(folder).join(format!("{name}.json"))
}

/// The stem of a file name with the given ending, if it has the form of this project: 32 hexadecimal digits.
pub(crate) fn stem<'p>(path: &'p Path, ending: &str) -> Option<&'p str> {
    let stem = name(path).strip_suffix(ending)?;
    let digits = stem.len() == 32 && stem.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    digits.then_some(stem)
}

impl Shard {
    /// Writes feature maps that lie encoded one after the other in `encoded`: first the shard, then its list.
    pub(crate) fn write(
        folder: &Path,
        description: &StoreDescription,
        ids: &[FeatureId],
        encoded: &[u8],
    ) -> Result<Self, FeatureError> {
        let header = header(description, ids);
        let name = shard_name(&header);
        let mut hashing = ContentHashing::new();
        hashing.update(&header);
        hashing.update(encoded);
        let features = ids
            .iter()
            .zip(encoded.chunks_exact(description.map_bytes()))
            .map(|(&id, bytes)| Stored { id, checksum: crc32fast::hash(bytes) })
            .collect();
        let bytes = (header.len() + encoded.len()) as u64;
        let shard = Self { name, bytes, hash: hashing.finish(), features };
        write_whole(&shard.path(folder), |file| {
            file.write_all(&header)?;
            file.write_all(encoded)
        })?;
        let path = list_path(folder, &shard.name);
        let list = shard
            .list()
            .map_err(|error| FeatureError::Index { path: path.clone(), reason: error.to_string() })?;
        write_bytes(&path, &list)?;
        Ok(shard)
    }

    /// Reads a list of the index. Of the shard itself it checks only the length.
    pub(crate) fn read(
        folder: &Path,
        description: &StoreDescription,
        name: &str,
    ) -> Result<Self, FeatureError> {
        let path = list_path(folder, name);
        let refuse = |reason: String| FeatureError::Index { path: path.clone(), reason };
        let text = read_small(&path, LARGEST_LIST)?.ok_or_else(|| refuse("the list has gone".to_owned()))?;
        let list: List = serde_json::from_slice(&text).map_err(|error| refuse(error.to_string()))?;
        let features: Vec<Stored> = list
            .features
            .iter()
            .map(|feature| Stored {
                id: FeatureId { image: feature.image, variant: feature.variant },
                checksum: feature.crc32,
            })
            .collect();
        if features.is_empty() || features.len() > MOST_FEATURES {
            return Err(refuse(format!("{} feature maps in a shard", features.len())));
        }
        let shard = Self { name: name.to_owned(), bytes: list.bytes, hash: list.sha256, features };
        let header = header(description, &shard.ids());
        if shard_name(&header) != name {
            return Err(refuse("it lists other features than the shard of this name holds".to_owned()));
        }
        // Both factors are limited, so the product cannot overflow.
        let expected = (header.len() + shard.features.len() * description.map_bytes()) as u64;
        if shard.bytes != expected {
            return Err(refuse(format!("it says {} bytes where {expected} are needed", shard.bytes)));
        }
        let path = shard.path(folder);
        let found = match fs::metadata(&path) {
            Ok(found) if found.is_file() => found.len(),
            Ok(_) => return Err(FeatureError::Shard { path, reason: "it is not a regular file".to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(FeatureError::MissingShard { path });
            }
            Err(source) => return Err(FeatureError::Read { path, source }),
        };
        if found != expected {
            let reason = format!("it has {found} bytes instead of {expected}");
            return Err(FeatureError::Shard { path, reason });
        }
        Ok(shard)
    }

    pub(crate) fn path(&self, folder: &Path) -> PathBuf {
        shard_path(folder, &self.name)
    }

    pub(crate) fn ids(&self) -> Vec<FeatureId> {
        self.features.iter().map(|stored| stored.id).collect()
    }

    /// Position of the first feature map in the file.
    pub(crate) fn data_start(&self, description: &StoreDescription) -> u64 {
        // Checked when the list was read.
        self.bytes - (self.features.len() * description.map_bytes()) as u64
    }

    /// Compares the whole file with what was written.
    pub(crate) fn verify(&self, folder: &Path) -> Result<(), FeatureError> {
        let path = self.path(folder);
        let found = ContentHash::of_file(&path)?;
        if found == self.hash {
            return Ok(());
        }
        let reason = format!(
            "its SHA-256 is {} instead of {}: the file has changed",
            found.short(),
            self.hash.short()
        );
        Err(FeatureError::Shard { path, reason })
    }

    /// Reads the stored bytes of some of its feature maps, one after the other, and compares each with its checksum.
    pub(crate) fn encoded(
        &self,
        folder: &Path,
        description: &StoreDescription,
        wanted: impl Fn(FeatureId) -> bool,
    ) -> Result<(Vec<FeatureId>, Vec<u8>), FeatureError> {
        let path = self.path(folder);
        let file = File::open(&path).map_err(|source| FeatureError::Read { path: path.clone(), source })?;
        let map_bytes = description.map_bytes();
        let (mut ids, mut encoded) = (Vec::new(), Vec::new());
        for (position, stored) in self.features.iter().enumerate().filter(|(_, stored)| wanted(stored.id)) {
            let start = encoded.len();
            encoded.resize(start + map_bytes, 0);
            let offset = self.data_start(description) + (position * map_bytes) as u64;
            read_map(&file, &path, offset, stored, &mut encoded[start..])?;
            ids.push(stored.id);
        }
        Ok((ids, encoded))
    }

    fn list(&self) -> serde_json::Result<Vec<u8>> {
        let features = self.features.iter().map(|stored| ListedFeature {
            image: stored.id.image,
            variant: stored.id.variant,
            crc32: stored.checksum,
        });
        let list = List { bytes: self.bytes, sha256: self.hash, features: features.collect() };
        let mut text = serde_json::to_vec(&list)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// Reads the bytes of one feature map and compares them with their checksum.
pub(crate) fn read_map(
    file: &File,
    path: &Path,
    offset: u64,
    stored: &Stored,
    into: &mut [u8],
) -> Result<(), FeatureError> {
    match read_exact_at(file, into, offset) {
        Ok(()) if crc32fast::hash(into) == stored.checksum => Ok(()),
        Ok(()) => Err(FeatureError::Damaged { path: path.to_owned(), feature: stored.id }),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            let reason = "it was cut short while it was in use".to_owned();
            Err(FeatureError::Shard { path: path.to_owned(), reason })
        }
        Err(source) => Err(FeatureError::Read { path: path.to_owned(), source }),
    }
}

/// Builds the first bytes of a shard: the length of the safetensors header, and the header, padded to a multiple of 8
/// bytes.
///
/// The format: <https://github.com/huggingface/safetensors#format>.
fn header(description: &StoreDescription, ids: &[FeatureId]) -> Vec<u8> {
    let key = description.key();
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let mut json = format!(
        r#"{{"__metadata__":{{"backbone":{},"weights":"{}","preprocessing":{},"lineage":{},"computation":{}}}"#,
        text(&key.backbone),
        key.weights,
        text(&key.preprocessing),
        text(&key.lineage),
        text(&key.computation.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string)),
    );
    let [channels, height, width] = description.shape();
    let (kind, map_bytes) = (description.element().in_safetensors(), description.map_bytes());
    for (position, id) in ids.iter().enumerate() {
        let (start, end) = (position * map_bytes, (position + 1) * map_bytes);
        // Writing to a string cannot fail.
        let _ = write!(
            json,
            r#","{id}":{{"dtype":"{kind}","shape":[{channels},{height},{width}],"data_offsets":[{start},{end}]}}"#
        );
    }
    json.push('}');
    while json.len() % 8 != 0 {
        json.push(' ');
    }
    let mut header = (json.len() as u64).to_le_bytes().to_vec();
    header.extend_from_slice(json.as_bytes());
    header
}

fn shard_name(header: &[u8]) -> String {
    ContentHash::of_bytes(header).to_string()[..32].to_owned()
}
