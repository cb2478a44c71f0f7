//! Decoding against values computed by Pillow and pydicom (`golden/generate.py`), and against real files.

use std::path::Path;

use radiograph_image::{Limits, Picture, Samples, decode, decode_file, decode_gray, decode_with_gray};
use serde::Deserialize;

use crate::golden;

#[derive(Deserialize)]
struct Decoded {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    bits: u32,
    channels: usize,
    size: [u32; 2],
    tolerance: i64,
    value: Vec<i64>,
}

fn values(picture: &Picture) -> Vec<i64> {
    match picture.samples() {
        Samples::Gray8(values) | Samples::Rgb8(values) => values.iter().map(|&value| value.into()).collect(),
        Samples::Gray16(values) | Samples::Rgb16(values) => {
            values.iter().map(|&value| value.into()).collect()
        }
    }
}

/// Formats and varieties, one file each; Pillow and pydicom say what they hold.
#[test]
fn golden_preprocess_decoding() {
    let decoded: Decoded = golden::read_own("decode.json");
    let mut cases = 0;
    for case in &decoded.cases {
        let picture = decode_file(&golden::own_folder().join(&case.file), &Limits::default()).unwrap();
        // Where Pillow calls a BMP of two grays bilevel, ours is a palette in colour.
        let bilevel = case.channels == 1 && case.file.ends_with(".bmp");
        let picture = if bilevel { picture.into_gray() } else { picture };
        let shape = (picture.bits(), picture.channels(), [picture.width(), picture.height()]);
        assert_eq!(shape, (case.bits, case.channels, case.size), "{}", case.file);
        let worst =
            values(&picture).iter().zip(&case.value).map(|(ours, theirs)| (ours - theirs).abs()).max();
        assert!(worst.unwrap() <= case.tolerance, "{}: off by {}", case.file, worst.unwrap());
        cases += 1;
    }
    assert_eq!(cases, 42, "every golden file ran");
}

/// Decoding once for both uses gives what the two ways give alone: gray to the last bit, and colours as Pillow computes them.
#[test]
fn golden_preprocess_decoding_once_gives_both_pictures() {
    let decoded: Decoded = golden::read_own("decode.json");
    let (mut cases, mut coloured) = (0, 0);
    for case in &decoded.cases {
        let bytes = std::fs::read(golden::own_folder().join(&case.file)).unwrap();
        let (stored, gray) = decode_with_gray(&bytes, &Limits::default()).unwrap();
        assert_eq!(gray, decode_gray(&bytes, &Limits::default()).unwrap(), "{}", case.file);
        cases += 1;
        if stored.channels() == case.channels {
            let worst =
                values(&stored).iter().zip(&case.value).map(|(ours, theirs)| (ours - theirs).abs()).max();
            let tolerance = if case.file.ends_with(".jpg") { case.tolerance.max(1) } else { case.tolerance };
            assert!(worst.unwrap() <= tolerance, "{}: off by {}", case.file, worst.unwrap());
            coloured += usize::from(case.channels == 3);
        }
    }
    assert!(cases == 42 && coloured >= 8, "{cases} files, {coloured} in colour");
}

#[test]
fn the_coloured_share_counts_pixels_whose_channels_differ() {
    let pixels = [[10, 10, 10], [10, 40, 10], [200, 200, 230], [0, 0, 24]].concat();
    let picture = Picture::new(4, 1, Samples::Rgb8(pixels)).unwrap();
    assert_eq!(picture.coloured_share(24), 0.5);
    let deep = Picture::new(2, 1, Samples::Rgb16(vec![0, 0, 25 * 257, 0, 0, 24 * 257])).unwrap();
    assert_eq!(deep.coloured_share(24), 0.5);
    assert_eq!(picture.into_gray().coloured_share(0), 0.0);
}

/// Their stored pixels are equal, one says MONOCHROME1: it must come out as the other's negative.
#[test]
fn the_two_dicoms_are_negatives_of_each_other() {
    let Some(folder) = golden::data() else { return };
    let read = |name: &str| decode_file(&folder.join("originals").join(name), &Limits::default()).unwrap();
    let plain = read("1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm");
    let inverted = read("Fake_MONOHR1.dcm");
    assert_eq!((plain.width(), plain.height(), plain.bits()), (1024, 1024, 8));
    let pairs: Vec<(i64, i64)> = values(&plain).into_iter().zip(values(&inverted)).collect();
    assert!(pairs.iter().all(|(plain, inverted)| plain + inverted == 255));
    assert_eq!(pairs.len(), 1024 * 1024);
    assert!(pairs.iter().any(|(plain, _)| *plain > 200) && pairs.iter().any(|(plain, _)| *plain < 50));
}

/// Every real image decodes, and the shortcut to luma agrees with the long way.
#[test]
fn real_images_decode_and_luma_agrees() {
    let Some(folder) = golden::data() else { return };
    let (mut images, mut compared) = (0, 0);
    for path in golden::images_below(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let gray = decode_gray(&bytes, &Limits::default());
        let gray = gray.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        images += 1;
        if images % 20 == 0 {
            compare_luma(&path, &bytes, &gray);
            compared += 1;
        }
    }
    println!("{images} real images decoded, luma compared on {compared}");
    assert!(images > 2000 && compared > 100, "{images} images below {}", folder.display());
}

fn compare_luma(path: &Path, bytes: &[u8], gray: &Picture) {
    let picture = decode(bytes, &Limits::default()).unwrap();
    if picture.is_coloured(24) {
        return; // chroma beyond what RGB can show is cut on the long way only
    }
    let long_way = values(&picture.into_gray());
    let far = values(gray).iter().zip(&long_way).filter(|(short, long)| (*short - *long).abs() > 1).count();
    assert!(far * 1000 <= long_way.len(), "{}: {far} of {} values differ", path.display(), long_way.len());
}
