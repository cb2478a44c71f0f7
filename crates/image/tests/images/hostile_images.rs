//! Hostile images, one file each in `attacks`: refused for the reason their names begin with, never a panic.

use std::{fs, path::Path};

use radiograph_image::{
    ImageError, Limits, Undecodable, decode, decode_file, decode_gray, loader::Loader, preprocess::Preprocess,
};

fn attacks() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("attacks");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut attacks: Vec<(String, Vec<u8>)> = files
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .filter(|(name, _)| name.contains("--"))
        .collect();
    attacks.sort();
    attacks
}

fn kind(reason: &Undecodable) -> &'static str {
    match reason {
        Undecodable::Empty => "empty",
        Undecodable::TooManyBytes { .. } => "too-many-bytes",
        Undecodable::TooManyPixels { .. } => "too-many-pixels",
        Undecodable::TooMuchMemory { .. } => "too-much-memory",
        Undecodable::NotAnImage { .. } => "not-an-image",
        Undecodable::TextInstead { .. } => "text-instead",
        Undecodable::UnsupportedFormat { .. } => "unsupported-format",
        Undecodable::UnsupportedVariety { .. } => "unsupported-variety",
        Undecodable::SeveralFrames { .. } => "several-frames",
        Undecodable::NoSuchFrame { .. } => "no-such-frame",
        Undecodable::NoPixels => "no-pixels",
        Undecodable::Damaged { .. } => "damaged",
        Undecodable::DecoderPanicked { .. } => "panicked",
        _ => "unknown",
    }
}

#[test]
fn every_attack_meets_its_refusal() {
    let attacks = attacks();
    let mut wrong = Vec::new();
    for (name, bytes) in &attacks {
        let expected = name.split("--").next().unwrap();
        for decoded in [decode(bytes, &Limits::default()), decode_gray(bytes, &Limits::default())] {
            match decoded {
                Ok(_) => wrong.push(format!("{name}: decoded")),
                Err(reason) if kind(&reason) != expected => wrong.push(format!("{name}: {reason:?}")),
                Err(reason) => assert!(!reason.to_string().contains('\n'), "{name}: one line, not {reason}"),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(attacks.len(), 84, "hostile images");
}

/// Cut short and with bytes changed in turn (all of the headers, samples of the rest), no format panics.
#[test]
fn no_truncation_or_flipped_byte_panics() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut decoded = 0;
    for entry in fs::read_dir(tests.join("golden/decode")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let limits = Limits { pixels: 1 << 14, ..Limits::default() };
        let places = || (0..bytes.len()).filter(|at| *at < 160 || at % 31 == 0);
        let check = |bytes: &[u8], what: String| {
            if let Err(reason @ Undecodable::DecoderPanicked { .. }) = decode(bytes, &limits) {
                panic!("{} {what}: {reason}", path.display());
            }
        };
        for length in places() {
            check(&bytes[..length], format!("cut to {length}"));
        }
        for at in places() {
            let mut bent = bytes.clone();
            bent[at] ^= 0x80 | (at as u8 & 0x7F);
            check(&bent, format!("byte {at}"));
        }
        decoded += 1;
    }
    assert_eq!(decoded, 42);
}

#[test]
fn errors_name_the_file_and_loading_goes_on() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let good = folder.join("tests/golden/decode/gray-8.png");
    let bad = folder.join("attacks/damaged--truncated.png");
    let missing = folder.join("attacks/not-there.png");
    let loader = Loader::new(Preprocess::default().check().unwrap(), 2).unwrap();
    let files = [good.clone(), bad.clone(), missing.clone(), folder.to_owned(), good];
    let loaded: Vec<_> = loader.load(files.into_iter().enumerate()).collect();
    assert_eq!(loaded.iter().map(|image| image.key).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(loaded[0].input.is_ok() && loaded[4].input.is_ok());
    assert!(matches!(&loaded[1].input, Err(ImageError::Undecodable { path, .. }) if *path == bad));
    assert!(matches!(&loaded[2].input, Err(ImageError::Read { path, .. }) if *path == missing));
    assert!(matches!(&loaded[3].input, Err(ImageError::Read { .. } | ImageError::Undecodable { .. })));
    let text = loaded[1].input.as_ref().unwrap_err().to_string();
    assert!(text.contains("damaged--truncated.png"), "{text}");
}

#[test]
fn files_above_the_limit_are_not_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decode/gray-8.png");
    let limits = Limits { file_bytes: 50, ..Limits::default() };
    let refused = decode_file(&path, &limits).unwrap_err();
    assert!(matches!(
        refused,
        ImageError::Undecodable { reason: Undecodable::TooManyBytes { limit: 50, .. }, .. }
    ));
}

/// Found by fuzzing: the decoder of WebP allocates what the length of the chunk says.
#[test]
fn metadata_of_webp_that_are_longer_than_the_file_are_refused_before_they_are_allocated() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decode/lossless.webp");
    let film = fs::read(path).unwrap();
    let picture = decode(&film, &Limits::default()).unwrap();
    let with_mark = |length: u32| {
        // Width and height less one, in 24 bits each, behind the flag of EXIF.
        let sides = [picture.width() - 1, picture.height() - 1].map(u32::to_le_bytes);
        let mut bytes = b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\x08\0\0\0".to_vec();
        bytes.extend(sides.iter().flat_map(|side| &side[..3]));
        bytes.extend(&film[12..]);
        bytes.extend(b"EXIF");
        bytes.extend(length.to_le_bytes());
        bytes.extend(b"Exif\0\0");
        let size = u32::try_from(bytes.len() - 8).unwrap();
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        bytes
    };
    assert!(decode(&with_mark(6), &Limits::default()).is_ok());
    let refused = decode(&with_mark(0xFFFF_FF00), &Limits::default()).unwrap_err().to_string();
    assert!(refused.contains("a chunk of 4294967040 bytes, where 6 are left"), "{refused}");
}

/// Found by fuzzing: the decoder of PNG breaks down over a palette that is cut within a colour.
#[test]
fn a_palette_of_no_whole_colours_is_refused_without_breaking_down() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decode/palette-4.png");
    let film = fs::read(path).unwrap();
    let at = film.windows(4).position(|name| name == b"PLTE").unwrap();
    let length = u32::from_be_bytes(film[at - 4..at].try_into().unwrap());
    let colours = &film[at + 4..at + 4 + length as usize];
    let with_palette = |colours: &[u8]| {
        let content = [b"PLTE", colours].concat();
        let mut checksum = flate2::Crc::new();
        checksum.update(&content);
        let size = (colours.len() as u32).to_be_bytes();
        let behind = &film[at + 8 + length as usize..];
        [&film[..at - 4], &size, &content, &checksum.sum().to_be_bytes(), behind].concat()
    };
    assert!(decode(&with_palette(colours), &Limits::default()).is_ok());
    let refused = decode(&with_palette(&colours[..colours.len() - 1]), &Limits::default()).unwrap_err();
    assert!(refused.to_string().contains("no whole colours"), "{refused}");
}
