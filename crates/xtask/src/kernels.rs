//! `cargo xtask kernels`: lists the GPU architectures that a CUDA library holds machine code for.
//!
//! It reads the headers of the containers ("fat binaries") that nvcc puts into a library. It neither unpacks nor checks
//! the code in them.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::{error::Error, say};

/// First four bytes of a container; containers start at multiples of eight.
const MAGIC: u32 = 0xBA55_ED50;
/// Kind of an entry with machine code. The other kind, 1, is PTX, which a driver may still translate.
const MACHINE_CODE: u16 = 2;

/// List the GPU architectures that a CUDA library holds machine code for
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// CUDA libraries, such as ~/.cache/radiograph/libtorch/kepler-2.0.1/torch/lib/libtorch_cuda.so
    #[arg(required = true)]
    libraries: Vec<PathBuf>,
}

/// Runs `cargo xtask kernels`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    for library in &arguments.libraries {
        let found = architectures(library).map_err(Error::io(library))?;
        let name = library.file_name().unwrap_or_default().to_string_lossy();
        let words: Vec<String> =
            found.by_architecture.iter().map(|(number, count)| format!("sm_{number} in {count}")).collect();
        say(&format!("{name}: {} containers; {}", found.containers, words.join(", ")));
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Architectures {
    containers: u64,
    /// Number of containers with machine code, by architecture number (37 for sm_37).
    by_architecture: BTreeMap<u32, u64>,
}

fn architectures(library: &Path) -> std::io::Result<Architectures> {
    let file = File::open(library)?;
    let length = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(1 << 20, &file);
    let mut found = Architectures::default();
    let mut word = [0_u8; 8];
    for place in 0..length / 8 {
        reader.read_exact(&mut word)?;
        if u32_at(&word, 0) == MAGIC {
            count(&file, place * 8, length, &mut found)?;
        }
    }
    Ok(found)
}

/// Header: magic u32, version u16, header size u16, size of all entries u64. Entry: kind u16, version u16, header size u32,
/// size u64, …, architecture u32 at byte 28.
fn count(file: &File, start: u64, length: u64, found: &mut Architectures) -> std::io::Result<()> {
    let mut header = [0_u8; 16];
    // A chance match near the end of the file has no room for a header.
    if length - start < 16 {
        return Ok(());
    }
    file.read_exact_at(&mut header, start)?;
    let (header_size, size) = (u64::from(u16_at(&header, 6)), u64_at(&header, 8));
    // The same four bytes occur by chance in code; a container must fit the file and hold at least one entry.
    if header_size != 16 || size < 64 || size > length.saturating_sub(start + 16) {
        return Ok(());
    }
    let mut seen = Vec::new();
    let end = start + 16 + size;
    let mut place = start + 16;
    let mut entry = [0_u8; 32];
    while place + 32 <= end {
        file.read_exact_at(&mut entry, place)?;
        let (kind, entry_header, payload) =
            (u16_at(&entry, 0), u64::from(u32_at(&entry, 4)), u64_at(&entry, 8));
        let number = u32_at(&entry, 28);
        if entry_header < 32 || payload > end - place {
            break;
        }
        if kind == MACHINE_CODE && !seen.contains(&number) {
            seen.push(number);
        }
        place += entry_header + payload;
    }
    found.containers += 1;
    for number in seen {
        *found.by_architecture.entry(number).or_default() += 1;
    }
    Ok(())
}

fn u16_at(bytes: &[u8], place: usize) -> u16 {
    u16::from_le_bytes([bytes[place], bytes[place + 1]])
}

fn u32_at(bytes: &[u8], place: usize) -> u32 {
    u32::from(u16_at(bytes, place)) | (u32::from(u16_at(bytes, place + 2)) << 16)
}

fn u64_at(bytes: &[u8], place: usize) -> u64 {
    u64::from(u32_at(bytes, place)) | (u64::from(u32_at(bytes, place + 4)) << 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: u16, architecture: u32, payload: usize) -> Vec<u8> {
        let mut bytes = vec![0; 64 + payload];
        bytes[0..2].copy_from_slice(&kind.to_le_bytes());
        bytes[4..8].copy_from_slice(&64_u32.to_le_bytes());
        bytes[8..16].copy_from_slice(&(payload as u64).to_le_bytes());
        bytes[28..32].copy_from_slice(&architecture.to_le_bytes());
        bytes
    }

    fn container(entries: &[Vec<u8>]) -> Vec<u8> {
        let body = entries.concat();
        let mut bytes = MAGIC.to_le_bytes().to_vec();
        bytes.extend(1_u16.to_le_bytes());
        bytes.extend(16_u16.to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    #[test]
    fn machine_code_is_counted_once_a_container_and_ptx_is_not() {
        let mut bytes = vec![0; 24];
        bytes.extend(container(&[entry(2, 37, 8), entry(2, 37, 16), entry(2, 50, 8), entry(1, 86, 8)]));
        bytes.extend(container(&[entry(2, 37, 8)]));
        // The magic number without a container behind it: before other bytes, before a size that no file has, and in the last word.
        bytes.extend(MAGIC.to_le_bytes());
        bytes.extend([0xFF; 20]);
        bytes.extend([&MAGIC.to_le_bytes()[..], &[1, 0, 16, 0], &[0xFF; 8]].concat());
        bytes.extend(MAGIC.to_le_bytes());
        bytes.extend([0; 4]);
        assert_eq!(bytes.len() % 8, 0);
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("library.so");
        std::fs::write(&library, bytes).unwrap();
        let found = architectures(&library).unwrap();
        assert_eq!(
            found,
            Architectures { containers: 2, by_architecture: BTreeMap::from([(37, 2), (50, 1)]) }
        );
    }
}
