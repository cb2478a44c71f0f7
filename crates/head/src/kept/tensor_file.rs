//! Writes and reads named f32 tensors in a safetensors file, in pieces, so that memory holds no second copy.
//!
//! A file must hold exactly the requested tensors; otherwise nothing is read from it.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use radiograph_files::{ContentHash, ContentHashing, FileError, write_whole};
use radiograph_protocol::HeadTensor;
use radiograph_weights::{self as weights, Header};
use safetensors::{
    Dtype,
    tensor::{Metadata, TensorInfo},
};
use tch::Tensor;

use crate::{Error, parameters::PIECE};

/// Writes the file whole or not at all, and returns its hash.
pub(crate) fn write(path: &Path, tensors: &[(String, &Tensor)]) -> Result<ContentHash, Error> {
    let mut infos = Vec::with_capacity(tensors.len());
    let mut end = 0;
    for (name, tensor) in tensors {
        let start = end;
        end += tensor.numel() * size_of::<f32>();
        let shape = tensor.size().iter().map(|side| *side as usize).collect();
        infos.push((name.clone(), TensorInfo { dtype: Dtype::F32, shape, data_offsets: (start, end) }));
    }
    let refused = |reason: String| Error::Damaged { path: path.to_owned(), reason };
    let metadata = Metadata::new(None, infos).map_err(|error| refused(error.to_string()))?;
    let mut header = serde_json::to_vec(&metadata).map_err(|error| refused(error.to_string()))?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut hash = None;
    write_whole(path, |file| {
        let mut file = Hashed { inner: file, hashing: ContentHashing::new() };
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        let mut values = Vec::new();
        for (_, tensor) in tensors {
            write_values(tensor, &mut values, &mut file)?;
        }
        hash = Some(file.hashing.finish());
        Ok(())
    })?;
    hash.ok_or_else(|| refused("nothing was written".to_owned()))
}

fn write_values(tensor: &Tensor, values: &mut Vec<f32>, file: &mut impl Write) -> io::Result<()> {
    let torch = |error: tch::TchError| io::Error::other(radiograph_libtorch::first_line(&error));
    let _guard = tch::no_grad_guard();
    let flat = tensor.f_detach().and_then(|tensor| tensor.f_reshape([-1])).map_err(torch)?;
    let count = flat.numel() as i64;
    for start in (0..count).step_by(PIECE as usize) {
        let length = PIECE.min(count - start);
        values.resize(length as usize, 0.0);
        let piece = flat.f_narrow(0, start, length).and_then(|piece| piece.f_to_device(tch::Device::Cpu));
        piece.and_then(|piece| piece.f_copy_data(values, length as usize)).map_err(torch)?;
        file.write_all(bytemuck::cast_slice(values))?;
    }
    Ok(())
}

/// Fills `tensors` from a file with this hash and exactly these tensors. If something is wrong, one error lists all of
/// it and no tensor changes.
pub(crate) fn read(path: &Path, hash: ContentHash, tensors: &[(String, &Tensor)]) -> Result<(), Error> {
    let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
    let found = ContentHash::of_file(path)?;
    if found != hash {
        return Err(damaged(format!(
            "its SHA-256 begins with {}, but {} was written",
            found.short(),
            hash.short()
        )));
    }
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    let (mut file, header) = open(path)?;
    let shapes: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.size())).collect();
    same(&header, &shapes).map_err(damaged)?;
    let _guard = tch::no_grad_guard();
    let mut values = Vec::new();
    // In the order of the file, so that it is read once from beginning to end.
    let asked = |name: &str| tensors.iter().find(|(own, _)| own == name).map(|(_, tensor)| *tensor);
    for tensor in header.tensors.iter().filter_map(|stored| asked(&stored.name)) {
        let flat = tensor.f_view([-1])?;
        let count = flat.numel() as i64;
        for start in (0..count).step_by(PIECE as usize) {
            let length = PIECE.min(count - start);
            values.resize(length as usize, 0.0_f32);
            file.read_exact(bytemuck::cast_slice_mut(&mut values)).map_err(failed)?;
            flat.f_narrow(0, start, length)?.f_copy_(&Tensor::f_from_slice(&values)?)?;
        }
    }
    Ok(())
}

/// Refuses a file that does not hold exactly the tensors of this layout. Reads only the header.
pub(crate) fn require(path: &Path, layout: &[HeadTensor]) -> Result<(), Error> {
    let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
    let (_, header) = open(path)?;
    let shapes: Vec<_> = layout.iter().map(|tensor| (tensor.name.as_str(), tensor.shape.clone())).collect();
    same(&header, &shapes).map_err(damaged)
}

/// Refuses tensors that are missing, unknown, or of another shape or type. One text lists all of them.
fn same(header: &Header, shapes: &[(&str, Vec<i64>)]) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (name, shape) in shapes {
        let shape: Vec<usize> = shape.iter().map(|side| *side as usize).collect();
        match header.tensors.iter().find(|tensor| tensor.name == *name) {
            None => wrong.push(format!("{name} is missing")),
            Some(tensor) if tensor.shape != shape || tensor.dtype != weights::Dtype::F32 => {
                wrong.push(format!(
                    "{name} is {} {:?} instead of F32 {shape:?}",
                    tensor.dtype.name(),
                    tensor.shape
                ));
            }
            Some(_) => {}
        }
    }
    let mut extra: Vec<&str> = header
        .tensors
        .iter()
        .map(|tensor| tensor.name.as_str())
        .filter(|name| !shapes.iter().any(|(own, _)| own == name))
        .collect();
    extra.sort_unstable();
    wrong.extend(extra.into_iter().map(|name| format!("{name} is unknown")));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join(", ")) }
}

/// Opens a file of tensors and reads its header. The file is then positioned at the first tensor.
fn open(path: &Path) -> Result<(File, Header), Error> {
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let header = Header::read(&mut file, length).map_err(failed)?.map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Error::Damaged { path: path.to_owned(), reason: faults.join(", ") }
    })?;
    Ok((file, header))
}

struct Hashed<W> {
    inner: W,
    hashing: ContentHashing,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hashing.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tensors() -> [Tensor; 2] {
        let many = Tensor::arange(PIECE + 3, tch::kind::FLOAT_CPU).sin().view([-1, 1]);
        [many, Tensor::from_slice(&[f32::MIN_POSITIVE / 2.0, -0.0]).set_requires_grad(true)]
    }

    fn named(tensors: &[Tensor; 2]) -> Vec<(String, &Tensor)> {
        vec![("z".to_owned(), &tensors[0]), ("a".to_owned(), &tensors[1])]
    }

    #[test]
    fn tensors_read_back_bit_for_bit_and_in_other_software() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let written = tensors();
        let hash = write(&path, &named(&written)).unwrap();
        assert_eq!(hash, ContentHash::of_file(&path).unwrap());
        let zeros = written.each_ref().map(|tensor| tensor.detach().zeros_like());
        read(&path, hash, &named(&zeros)).unwrap();
        assert_eq!(zeros, written);
        // tch reads the file with another version of the format's library.
        let theirs = Tensor::read_safetensors(&path).unwrap();
        assert_eq!(theirs.len(), 2);
        for (name, tensor) in theirs {
            assert_eq!(&tensor, if name == "z" { &written[0] } else { &written[1] });
        }
    }

    #[test]
    fn a_file_that_is_not_what_was_written_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let written = tensors();
        let hash = write(&path, &named(&written)).unwrap();
        let bytes = fs::read(&path).unwrap();
        let zeros = written.each_ref().map(|tensor| tensor.detach().zeros_like());
        let refused = |bytes: &[u8], own_hash: bool| {
            fs::write(&path, bytes).unwrap();
            let hash = if own_hash { ContentHash::of_bytes(bytes) } else { hash };
            let error = read(&path, hash, &named(&zeros)).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{error}");
            error.to_string()
        };
        // Truncated anywhere, with the hash that was written and with its own.
        for length in [0, 7, 8, 20, 200, bytes.len() - 1] {
            refused(&bytes[..length], false);
            refused(&bytes[..length], true);
        }
        let mut flipped = bytes.clone();
        flipped[1000] ^= 1;
        refused(&flipped, false);
        let huge = [&u64::MAX.to_le_bytes()[..], &bytes[8..]].concat();
        assert!(refused(&huge, true).contains("header"));
        // Other names and shapes are listed together.
        fs::write(&path, &bytes).unwrap();
        let row = Tensor::zeros([1, 2], tch::kind::FLOAT_CPU);
        let asked = [("a".to_owned(), &row), ("b".to_owned(), &row)];
        let error = read(&path, hash, &asked).unwrap_err().to_string();
        for wrong in ["a is F32 [2] instead of F32 [1, 2]", "b is missing", "z is unknown"] {
            assert!(error.contains(wrong), "{error}");
        }
        assert_eq!(zeros[0].abs().sum(tch::Kind::Float).double_value(&[]), 0.0);
    }
}
