//! Measures the reading of a user's own films: the headers of a tree of DICOM files, its recognition, and a table of a million
//! rows. Each is done once, because making the files takes as long as reading them.
//!
//!     cargo bench -p radiograph-benches --no-default-features --bench own_data [-- FILES]

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops at what it did not expect"
)]

use std::{fmt::Write, fs, path::Path, time::Instant};

use radiograph_benches::measured_or_shown;
use radiograph_dataset::source::{Described, Folder, Source, description::Draft, recognise};

/// Files of a series, series of a patient.
const SHAPE: [usize; 2] = [2, 2];

fn main() {
    let files = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let files = files.unwrap_or(measured_or_shown(100_000, 100));
    for files in [files / 4, files / 2, files] {
        let place = tempfile::tempdir().unwrap();
        tree(place.path(), files);
        let start = Instant::now();
        let sources = recognise(place.path()).unwrap().sources;
        let recognised = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let records = sources[0].read().unwrap().records.len();
        let read = start.elapsed().as_secs_f64();
        assert_eq!((sources.len(), records), (1, files));
        println!(
            "{files} DICOM files: recognised in {recognised:.2} s; {:.0} headers/s; at most {} MB of memory",
            files as f64 / read,
            peak_memory()
        );
    }

    let rows = measured_or_shown(1_000_000, 1000);
    let mut table = "image,patient,diagnosis,view\n".to_owned();
    for row in 0..rows {
        let class = ["COVID-19", "pneumonia", "normal"][row % 3];
        writeln!(table, "films/{row:07}.png,{},{class},PA", row / 2).unwrap();
    }
    let names = (0..rows).map(|row| (format!("films/{row:07}.png"), Vec::new()));
    let folder = Folder::in_memory(names.chain([("films.csv".to_owned(), table.into_bytes())]));
    let start = Instant::now();
    let draft = Draft::of_folder(&folder, || false).unwrap();
    let collection = Described::new(draft.description, "films").read_folder(folder).unwrap();
    assert_eq!(collection.records.len(), rows);
    println!(
        "a table of {rows} rows: {:.2} s; at most {} MB of memory",
        start.elapsed().as_secs_f64(),
        peak_memory()
    );
}

/// A tree of patients, series and films that have headers and no pixels.
fn tree(root: &Path, files: usize) {
    for file in 0..files {
        let series = file / SHAPE[0];
        let patient = series / SHAPE[1];
        let folder = root.join(format!("{patient:06}/{series:07}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{file:07}.dcm")), film(patient, series, file)).unwrap();
    }
}

/// A DICOM file in explicit VR little endian, with the elements that films have.
fn film(patient: usize, series: usize, file: usize) -> Vec<u8> {
    let element = |group: u16, number: u16, kind: &str, value: String| {
        let value = if value.len() % 2 == 1 { value + " " } else { value };
        let start = [group.to_le_bytes(), number.to_le_bytes()].concat();
        [&start[..], kind.as_bytes(), &(value.len() as u16).to_le_bytes(), value.as_bytes()].concat()
    };
    let pixels = [&b"\xE0\x7F\x10\0OW\0\0"[..], &0_u32.to_le_bytes()].concat();
    [
        vec![0; 128],
        b"DICM".to_vec(),
        element(2, 0x10, "UI", "1.2.840.10008.1.2.1".to_owned()),
        element(8, 0x18, "UI", format!("1.2.3.{file}")),
        element(8, 0x60, "CS", "DX".to_owned()),
        element(8, 0x103E, "LO", "Thorax p.a.".to_owned()),
        element(0x10, 0x20, "LO", format!("P{patient}")),
        element(0x10, 0x40, "CS", ["F", "M"][patient % 2].to_owned()),
        element(0x10, 0x1010, "AS", "058Y".to_owned()),
        element(0x18, 0x15, "CS", "CHEST".to_owned()),
        element(0x18, 0x5101, "CS", "PA".to_owned()),
        element(0x20, 0x0D, "UI", format!("1.2.4.{series}")),
        // Private elements, which scanners write by the kilobyte.
        element(0x29, 0x1010, "LO", "x".repeat(2000)),
        pixels,
    ]
    .concat()
}

/// The most memory that the process had, in megabytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes / 1024)
}
