//! pydicom's own test files, and lossless streams that other encoders wrote, against pydicom's values.
//!
//! `pydicom/compare.py` writes the values; its folder is named by `RADIOGRAPH_PYDICOM`.

use std::{fs, path::Path};

use radiograph_image::{Limits, Picture, Samples, decode, decode_frame};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    file: std::path::PathBuf,
    syntax: String,
    frames: Vec<Frame>,
    /// pydicom's reason.
    refused: Option<String>,
    #[serde(default)]
    lossy: bool,
}

#[derive(Deserialize)]
struct Frame {
    values: String,
    shape: Vec<usize>,
}

#[derive(Deserialize)]
struct Generated {
    file: String,
    values: String,
    bits: u32,
    shape: Vec<usize>,
    pydicom_reads_it_back: bool,
}

/// Values of a NumPy file of little-endian 16-bit words.
fn words(path: &Path) -> Vec<i64> {
    let bytes = fs::read(path).unwrap();
    let header = u16::from_le_bytes([bytes[8], bytes[9]]);
    let text = String::from_utf8_lossy(&bytes[10..]);
    assert!(text.contains("'<u2'") && text.contains("'fortran_order': False"), "{}", path.display());
    bytes[10 + usize::from(header)..]
        .as_chunks()
        .0
        .iter()
        .map(|&pair| u16::from_le_bytes(pair).into())
        .collect()
}

/// The samples in 16 bits.
fn shown(picture: &Picture) -> Vec<i64> {
    match picture.samples() {
        Samples::Gray8(values) | Samples::Rgb8(values) => {
            values.iter().map(|&value| i64::from(value) * 257).collect()
        }
        Samples::Gray16(values) | Samples::Rgb16(values) => {
            values.iter().map(|&value| value.into()).collect()
        }
    }
}

#[test]
fn pydicoms_files_are_read_alike() {
    let Some(folder) = radiograph_needs::folder("RADIOGRAPH_PYDICOM") else { return };
    let files: Vec<File> =
        serde_json::from_str(&fs::read_to_string(folder.join("bundled.json")).unwrap()).unwrap();
    let (mut alike, mut wrong) = (0, Vec::new());
    for file in &files {
        let name = file.file.file_name().unwrap().to_string_lossy();
        let bytes = fs::read(&file.file).unwrap();
        if let Some(refused) = &file.refused {
            let ours = decode(&bytes, &Limits::default());
            let ours = ours.map_or_else(|error| error.to_string(), |_| "read here".to_owned());
            eprintln!("{name} {}: pydicom: {refused}; {ours}", file.syntax);
            continue;
        }
        for (number, frame) in (0..).zip(&file.frames) {
            let expected = words(&folder.join(&frame.values));
            let picture = match decode_frame(&bytes, number, &Limits::default()) {
                Ok(decoded) => decoded.picture,
                Err(error) => {
                    wrong.push(format!("{name} {}: {error}", file.syntax));
                    break;
                }
            };
            assert_eq!([picture.height() as usize, picture.width() as usize], frame.shape[..2], "{name}");
            let ours = shown(&picture);
            // A gray picture of 8 bits is rounded to them before it is compared in 16.
            let step = if picture.bits() == 8 { 129 } else { 1 };
            let tolerance = if file.lossy { step.max(3 * 257) } else { step };
            let worst = ours.iter().zip(&expected).map(|(ours, theirs)| (ours - theirs).abs()).max();
            let mean = ours.iter().zip(&expected).map(|(ours, theirs)| (ours - theirs).abs()).sum::<i64>()
                as f64
                / ours.len() as f64;
            if file.lossy && number == 0 {
                eprintln!(
                    "{name} {}: lossy, off by at most {:.2} of 255",
                    file.syntax,
                    worst.unwrap_or(0) as f64 / 257.0
                );
            }
            if ours.len() != expected.len() || worst > Some(tolerance) {
                wrong.push(format!(
                    "{name} {} frame {number}: off by {worst:?}, mean {mean:.1}; {} and {} samples",
                    file.syntax,
                    ours.len(),
                    expected.len()
                ));
                break;
            }
        }
        alike += 1;
    }
    eprintln!("{alike} of {} files", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pydicoms_lossless_streams_are_equal_bit_for_bit() {
    let Some(folder) = radiograph_needs::folder("RADIOGRAPH_PYDICOM") else { return };
    let text = fs::read_to_string(folder.join("generated.json")).unwrap();
    let cases: Vec<Generated> = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        assert!(case.pydicom_reads_it_back || case.file.contains('-'), "{}", case.file);
        let bytes = fs::read(folder.join(&case.file)).unwrap();
        let picture = match decode(&bytes, &Limits::default()) {
            Ok(picture) => picture,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.file));
                continue;
            }
        };
        assert_eq!([picture.height() as usize, picture.width() as usize], case.shape[..2]);
        // The window covers the whole range: the value is found again by its place in it.
        let greatest = (1_i64 << case.bits) - 1;
        let stored: Vec<i64> =
            shown(&picture).iter().map(|shown| (shown * greatest + 32_767) / 65_535).collect();
        if stored != words(&folder.join(&case.values)) {
            wrong.push(format!("{}: other values", case.file));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 100, "{} streams", cases.len());
}
