//! Converts a file of weights that Keras wrote (HDF5) to safetensors under this project's names. Nothing is installed here.
//!
//! Two layouts are read: that of `model.save("….h5")`, and that of the files of `keras.applications`, which hold weights
//! alone. `docs/convert_weights.py` does the same with h5py; a test compares the two.

mod error;
mod file;
mod names;
mod order;

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use md5::{Digest, Md5};
use radiograph_files::ContentHash;
use radiograph_weights::{Architecture, Expected, OriginalChecksum, Published};
use safetensors::{Dtype, serialize_to_file, tensor::TensorView};

pub(crate) use self::error::KerasError;
use self::{
    file::KerasFile,
    names::{Placed, Source},
};

/// First bytes of an HDF5 file.
const HDF5: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// Whether a file is HDF5 by its first bytes; a file that cannot be read is not.
pub(crate) fn is_hdf5(path: &Path) -> bool {
    let mut first = [0; 8];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *HDF5
}

/// Converts `from`, which its publisher calls `name`, to a safetensors file at `into` that says what it is. Returns its origin
/// in words.
///
/// # Errors
///
/// [`KerasError`] if the file is not HDF5, or its layers are not those of the network; nothing is written then.
pub(crate) fn convert(
    from: &Path,
    name: &str,
    architecture: Architecture,
    into: &Path,
) -> Result<String, KerasError> {
    let content = fs::read(from).map_err(KerasError::io(from))?;
    let (sha256, md5) = (ContentHash::of_bytes(&content), md5_of(&content));
    drop(content);
    let file = KerasFile::open(from)?;
    let placed = names::placed(architecture, from, file.layers())?;
    let shapes: BTreeMap<String, Vec<usize>> =
        Expected::of(architecture).into_iter().map(|one| (one.name, one.shape)).collect();
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::with_capacity(placed.len());
    for Placed { name, source, order } in placed {
        // Shapes are compared before anything is read, so a hostile file cannot ask for memory.
        let expected = shapes.get(&name).ok_or_else(|| KerasError::unknown(from, &name))?;
        let stored = match source {
            Source::Variable(variable) => &variable.shape,
            Source::Ones(like) => &like.shape,
        };
        let shape = order.shape(stored);
        if shape.as_ref() != Some(expected) {
            return Err(KerasError::misshapen(from, &name, stored, expected));
        }
        let values = match source {
            Source::Variable(variable) => order.apply(file.read(variable)?, stored),
            Source::Ones(like) => vec![1.0; like.shape.iter().product()],
        };
        tensors.push((name, expected.clone(), values.iter().flat_map(|value| value.to_le_bytes()).collect()));
    }
    let origin = format!("converted from {name}, SHA-256 {sha256}");
    write(into, &tensors, texts(architecture, &origin, &md5))?;
    Ok(origin)
}

/// The published weights of the network that are converted from a file with this MD5.
fn published(architecture: Architecture, md5: &str) -> Option<&'static Published> {
    let is_original =
        |one: &&Published| matches!(one.original, Some(OriginalChecksum::Md5(own)) if own == md5);
    architecture.definition()?.published.iter().find(is_original)
}

/// MD5 of a file in hexadecimal digits, as `keras.applications` states it.
pub(crate) fn md5_of_file(path: &Path) -> Result<String, KerasError> {
    Ok(md5_of(&fs::read(path).map_err(KerasError::io(path))?))
}

fn md5_of(content: &[u8]) -> String {
    Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the file says about itself (`docs/weights.md`).
fn texts(architecture: Architecture, origin: &str, md5: &str) -> Vec<(String, String)> {
    let mut texts = vec![
        ("format", "pt".to_owned()),
        ("architecture", architecture.name().to_owned()),
        ("lineage", "keras".to_owned()),
        ("source", origin.to_owned()),
    ];
    if let Some(known) = published(architecture, md5) {
        let words =
            [("source_url", known.source_url), ("trained_on", known.trained_on), ("licence", known.licence)];
        texts.extend(words.into_iter().filter_map(|(key, text)| Some((key, text?.to_owned()))));
        if known.collections.is_some_and(<[_]>::is_empty) {
            texts.push(("collections", "none".to_owned()));
        }
    }
    texts.into_iter().map(|(key, text)| (key.to_owned(), text)).collect()
}

fn write(
    into: &Path,
    tensors: &[(String, Vec<usize>, Vec<u8>)],
    texts: Vec<(String, String)>,
) -> Result<(), KerasError> {
    let refuse = |reason: String| KerasError::Write { path: into.to_owned(), reason };
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| refuse(error.to_string()))?;
    serialize_to_file(views, Some(texts.into_iter().collect()), into)
        .map_err(|error| refuse(error.to_string()))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::written_by_keras;
