//! Films as devices and archives write them (`films/generate.py`): shown as every viewer shows them, or refused by name.

use std::{collections::HashMap, fs, path::Path};

use radiograph_image::{
    DicomHeader, ImageFormat, Limits, Outcome, SNIFF_BYTES, Samples, Stated, TransferSyntax, Undecodable,
    decode, decode_frame, decode_gray, decode_noted, decode_with_gray,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Films {
    rows: u32,
    columns: u32,
    /// What a viewer shows, in 16 bits.
    pictures: HashMap<String, Vec<i64>>,
    cases: Vec<Case>,
    refused: Vec<Refused>,
    photos: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    picture: String,
    /// Words of each note.
    notes: Vec<String>,
    /// Greatest difference in steps of 16 bits.
    tolerance: i64,
}

#[derive(Deserialize)]
struct Refused {
    file: String,
    words: Vec<String>,
}

fn films() -> Films {
    let text = fs::read_to_string(folder().join("films.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/films")
}

/// What is wrong with how a file is shown or with what is noted.
fn faults(films: &Films, case: &Case) -> Vec<String> {
    let bytes = fs::read(folder().join(&case.file)).unwrap();
    let decoded = match decode_noted(&bytes, &Limits::default()) {
        Ok(decoded) => decoded,
        Err(error) => return vec![format!("{}: {error}", case.file)],
    };
    let expected = &films.pictures[&case.picture];
    let is_gray = expected.len() == (films.columns * films.rows) as usize;
    // WebP has no gray of its own.
    let picture = if is_gray { decoded.picture.into_gray() } else { decoded.picture };
    let mut faults = Vec::new();
    if (picture.width(), picture.height()) != (films.columns, films.rows) {
        return vec![format!("{}: {} × {}", case.file, picture.width(), picture.height())];
    }
    let shown: Vec<i64> = match picture.samples() {
        Samples::Gray16(shown) | Samples::Rgb16(shown) => shown.iter().map(|&shown| shown.into()).collect(),
        Samples::Gray8(shown) | Samples::Rgb8(shown) => {
            shown.iter().map(|&shown| i64::from(shown) * 257).collect()
        }
    };
    if shown.len() != expected.len() {
        return vec![format!("{}: {} samples", case.file, shown.len())];
    }
    let worst = shown.iter().zip(expected).map(|(shown, expected)| (shown - expected).abs()).max();
    if worst.is_none_or(|worst| worst > case.tolerance) {
        faults.push(format!("{}: off by {worst:?}", case.file));
    }
    let notes: Vec<String> = decoded.notes.iter().map(ToString::to_string).collect();
    let each_said = case.notes.iter().all(|words| notes.iter().any(|note| note.contains(words)));
    let none_more = notes.iter().all(|note| case.notes.iter().any(|words| note.contains(words)));
    if !each_said || !none_more {
        faults.push(format!("{}: notes {notes:?} instead of {:?}", case.file, case.notes));
    }
    faults
}

#[test]
fn golden_films_are_shown_as_viewers_show_them() {
    let films = films();
    for case in &films.cases {
        let bytes = fs::read(folder().join(&case.file)).unwrap();
        let format = ImageFormat::of_content(&bytes[..SNIFF_BYTES]);
        assert_eq!(format, Some(ImageFormat::Dicom), "{}", case.file);
    }
    let wrong: Vec<String> = films.cases.iter().flat_map(|case| faults(&films, case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(films.cases.len(), 140, "films");
}

#[test]
fn golden_pictures_stand_upright_and_use_their_whole_range() {
    let films = films();
    let wrong: Vec<String> = films.photos.iter().flat_map(|case| faults(&films, case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(films.photos.len(), 18, "pictures");
}

/// Gray alone, and both at once, are turned and stretched alike.
#[test]
fn golden_pictures_are_alike_in_every_way_of_decoding() {
    for case in films().photos {
        let bytes = fs::read(folder().join(&case.file)).unwrap();
        let gray = decode_gray(&bytes, &Limits::default()).unwrap();
        let (stored, both) = decode_with_gray(&bytes, &Limits::default()).unwrap();
        assert_eq!(gray, both, "{}", case.file);
        assert_eq!((stored.width(), stored.bits()), (gray.width(), gray.bits()), "{}", case.file);
    }
}

/// What a table says does what the file's own statement would do. DICOM files say it themselves.
#[test]
fn golden_pictures_with_bits_of_a_table_are_those_that_state_them() {
    let bytes = |file: &str| fs::read(folder().join(file)).unwrap();
    let limits = Limits::default();
    let bits = |bits| Stated::default().with_bits(bits).unwrap();
    let stating = bytes("12-significant-bits.png");
    // The same film without its chunk sBIT of one byte, which follows the header.
    assert_eq!(&stating[37..41], b"sBIT");
    let film = [&stating[..33], &stating[46..]].concat();
    let stating = decode(&stating, &limits).unwrap();
    assert_ne!(decode(&film, &limits).unwrap(), stating, "the range of the values is a smaller one");
    assert_eq!(bits(12).decode(&film, &limits).unwrap(), stating);
    assert_eq!(bits(12).decode_gray(&film, &limits).unwrap(), stating);
    // More bits than are used: darker. Fewer than are used: not believed. All of them: as stored.
    assert_eq!(bits(8).decode(&film, &limits), decode(&film, &limits));
    let [darker, whole] = [14, 16].map(|number| bits(number).decode(&film, &limits).unwrap());
    let greatest = |picture: &radiograph_image::Picture| match picture.samples() {
        Samples::Gray16(values) => values.iter().max().copied(),
        _ => None,
    };
    assert_eq!(greatest(&whole).map(|most| most < 4096), Some(true));
    assert!(greatest(&whole) < greatest(&darker) && greatest(&darker) < greatest(&stating));

    let film = bytes("implicit.dcm");
    assert_eq!(bits(16).monochrome_1().decode(&film, &limits), decode(&film, &limits));
}

/// Pictures of every format are inverted, and the film of which a table says both has its range first.
#[test]
fn golden_pictures_of_monochrome_1_are_inverted() {
    let limits = Limits::default();
    let mut formats = 0;
    for file in
        ["12-significant-bits.png", "16-bits.png", "12-bits-stated.tif", "turned-6.webp", "upright.jpg"]
    {
        let bytes = fs::read(folder().join(file)).unwrap();
        let negative = |samples: &Samples| match samples {
            Samples::Gray8(values) => Samples::Gray8(values.iter().map(|value| 255 - value).collect()),
            Samples::Rgb8(values) => Samples::Rgb8(values.iter().map(|value| 255 - value).collect()),
            Samples::Gray16(values) => Samples::Gray16(values.iter().map(|value| 65_535 - value).collect()),
            Samples::Rgb16(values) => Samples::Rgb16(values.iter().map(|value| 65_535 - value).collect()),
        };
        let inverted = Stated::default().monochrome_1();
        let shown = inverted.decode(&bytes, &limits).unwrap();
        assert_eq!(shown.samples(), &negative(decode(&bytes, &limits).unwrap().samples()), "{file}");
        let gray = inverted.decode_gray(&bytes, &limits).unwrap();
        assert_eq!(gray.samples(), &negative(decode_gray(&bytes, &limits).unwrap().samples()), "{file}");
        formats += 1;
    }
    assert_eq!(formats, 5);
}

#[test]
fn golden_films_that_are_refused_say_why() {
    let films = films();
    for case in &films.refused {
        let bytes = fs::read(folder().join(&case.file)).unwrap();
        let error = decode(&bytes, &Limits::default()).unwrap_err().to_string();
        for words in &case.words {
            assert!(error.contains(words), "{}: {error} does not say {words:?}", case.file);
        }
    }
    assert_eq!(films.refused.len(), 16, "films");
}

/// The header is read from every film whose pixels are, and says the same in each.
#[test]
fn golden_films_name_their_patient() {
    let films = films();
    for case in films.cases.iter().filter(|case| case.file != "bare-without-group-8.dcm") {
        let header = DicomHeader::of_bytes(&fs::read(folder().join(&case.file)).unwrap()).unwrap();
        assert_eq!(header.patient.as_deref(), Some("P1"), "{}", case.file);
        assert_eq!(header.modality.as_deref(), Some("CR"), "{}", case.file);
    }
}

/// Counts the bytes that are read.
struct Counted<'a>(&'a [u8], usize);

impl std::io::Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(into)?;
        self.1 += read;
        Ok(read)
    }
}

/// A header is read without the pixels, wherever they begin, and is the same as that of the whole file.
#[test]
fn headers_are_read_without_the_pixels() {
    let films = films();
    let mut shorter = 0;
    for case in &films.cases {
        let bytes = fs::read(folder().join(&case.file)).unwrap();
        // Pixels of 4 MB behind whatever the film has; a film whose pixels have no length ends there.
        let long = [&bytes[..], &vec![0; 4 << 20]].concat();
        let mut counted = Counted(&long, 0);
        let header = DicomHeader::of_reader(&mut counted, &Limits::default());
        assert_eq!(header.unwrap(), DicomHeader::of_bytes(&long).unwrap(), "{}", case.file);
        shorter += usize::from(counted.1 < bytes.len() + (1 << 20));
    }
    // All but deflated data sets, which are inflated whole.
    assert!(shorter + 3 >= films.cases.len(), "{shorter} of {}", films.cases.len());

    let too_large = Limits { file_bytes: 1 << 16, ..Limits::default() };
    let elements = b"\x08\0\x05\0CS\x02\0AB".repeat(1 << 14);
    let endless = [&[0; 128], &b"DICM"[..], &elements].concat();
    let error = DicomHeader::of_reader(&endless[..], &too_large).unwrap_err().to_string();
    assert!(error.contains("65536") || error.contains("64"), "{error}");
}

/// A frame is shown only if it is asked for; the second one is the negative of the first.
#[test]
fn golden_films_of_two_frames_show_the_one_that_is_asked_for() {
    let films = films();
    for name in ["two-frames.dcm", "two-frames-in-three-fragments.dcm", "two-frames-without-table.dcm"] {
        let bytes = fs::read(folder().join(name)).unwrap();
        let limits = Limits::default();
        assert!(
            matches!(decode(&bytes, &limits), Err(Undecodable::SeveralFrames { frames: Some(2), .. })),
            "{name}"
        );
        for (frame, picture) in [(0, "film"), (1, "negative")] {
            let decoded = decode_frame(&bytes, frame, &limits).unwrap();
            let Samples::Gray16(shown) = decoded.picture.samples() else { panic!("{name}: not 16 bits") };
            let expected = &films.pictures[picture];
            let worst = shown
                .iter()
                .zip(expected)
                .map(|(shown, expected)| (i64::from(*shown) - expected).abs())
                .max();
            assert!(worst <= Some(1), "{name} frame {frame}: off by {worst:?}");
        }
        let beyond = decode_frame(&bytes, 2, &limits).unwrap_err();
        assert_eq!(beyond, Undecodable::NoSuchFrame { frame: 2, frames: 2 }, "{name}");
    }
}

/// Each frame has the window of its own functional group, and not that which all frames share.
#[test]
fn golden_films_of_enhanced_objects_have_a_window_for_each_frame() {
    let films = films();
    let bytes = fs::read(folder().join("groups-of-two-frames.dcm")).unwrap();
    for (frame, picture) in [(0, "film"), (1, "comma")] {
        let decoded = decode_frame(&bytes, frame, &Limits::default()).unwrap();
        let Samples::Gray16(shown) = decoded.picture.samples() else { panic!("not 16 bits") };
        let expected = &films.pictures[picture];
        let off = |(shown, expected): (&u16, &i64)| (i64::from(*shown) - expected).abs();
        assert!(shown.iter().zip(expected).map(off).max() <= Some(1), "frame {frame}");
        assert_eq!(decoded.notes, []);
    }
}

/// Every line of the table in docs/films.md, which the example prints, holds: a film in each syntax is read, or refused.
#[test]
fn golden_films_cover_every_transfer_syntax() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/films.md");
    let document = fs::read_to_string(document).unwrap();
    let films = films();
    let read: Vec<Vec<u8>> =
        films.cases.iter().map(|case| fs::read(folder().join(&case.file)).unwrap()).collect();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decode/jpeg-baseline.dcm");
    let read = [read, vec![fs::read(golden).unwrap()]].concat();
    let template = fs::read(folder().join("encapsulated-uncompressed.dcm")).unwrap();
    for syntax in TransferSyntax::all() {
        let line = format!("| {} | {} | {} |", syntax.name, syntax.uid, syntax.outcome);
        assert!(document.contains(&line), "docs/films.md lacks {line}");
        if let Outcome::Refused(why) = syntax.outcome {
            // The syntax alone refuses some; the others are refused by what their frames say.
            let film = renamed(&template, syntax.uid);
            let error = decode(&film, &Limits::default()).unwrap_err().to_string();
            assert!(error.contains(why) || error.contains("the fragments hold no JPEG frame"), "{error}");
        } else {
            let named = |film: &Vec<u8>| transfer_syntax(film) == syntax.uid;
            assert!(read.iter().any(named), "no film in {} is read", syntax.name);
        }
    }
}

/// The transfer syntax in the file meta group.
fn transfer_syntax(film: &[u8]) -> String {
    let at = film.windows(6).position(|bytes| bytes == b"\x02\0\x10\0UI");
    let Some(at) = at else { return String::new() };
    let length = usize::from(u16::from_le_bytes([film[at + 6], film[at + 7]]));
    String::from_utf8_lossy(&film[at + 8..at + 8 + length]).trim_end_matches('\0').to_owned()
}

fn renamed(film: &[u8], uid: &str) -> Vec<u8> {
    let at = film.windows(6).position(|bytes| bytes == b"\x02\0\x10\0UI").unwrap();
    let length = usize::from(u16::from_le_bytes([film[at + 6], film[at + 7]]));
    let uid = uid.as_bytes();
    let header = [&film[..at + 6], &(uid.len() as u16).to_le_bytes(), uid].concat();
    [&header, &film[at + 8 + length..]].concat()
}

/// What `dicom-object` reads is read here, with the same patient and size, bent files included.
#[test]
fn whatever_dicom_object_reads_is_read_here() {
    let mut both = 0;
    for case in films().cases {
        let bytes = fs::read(folder().join(&case.file)).unwrap();
        let options = dicom_object::OpenFileOptions::new();
        let Ok(object) =
            options.read_preamble(dicom_object::file::ReadPreamble::Auto).from_reader(&bytes[..])
        else {
            continue;
        };
        let text = |tag| {
            object.get(tag).and_then(|element| element.to_str().ok()).map(|text| text.trim().to_owned())
        };
        let header = DicomHeader::of_bytes(&bytes).unwrap();
        assert_eq!(header.patient, text(dicom_object::Tag(0x10, 0x20)), "{}", case.file);
        assert_eq!(header.modality, text(dicom_object::Tag(0x08, 0x60)), "{}", case.file);
        both += 1;
    }
    assert!(both >= 70, "{both} films are read by both");
}
