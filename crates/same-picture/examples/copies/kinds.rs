//! Makes the copies that people make of a film.

use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
use radiograph_image::{
    Limits, Picture, Samples, decode,
    preprocess::{Clahe, Transform, resize},
};
use radiograph_input::Filter;

/// A kind of copy: its name, how it is made of an 8-bit gray film with a number, and whether it is turned a little.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) make: fn(&Picture, usize) -> Picture,
    pub(crate) is_tilted: bool,
}

const fn kind(name: &'static str, make: fn(&Picture, usize) -> Picture) -> Kind {
    Kind { name, make, is_tilted: false }
}

const fn tilted(name: &'static str, make: fn(&Picture, usize) -> Picture) -> Kind {
    Kind { name, make, is_tilted: true }
}

pub(crate) const KINDS: [Kind; 25] = [
    kind("negative", |film, _| by_level(film, |value| 1.0 - value)),
    kind("clahe-2", |film, _| clahe(film, 2.0)),
    kind("clahe-4", |film, _| clahe(film, 4.0)),
    kind("equalised", |film, _| equalised(film)),
    kind("gamma-0.5", |film, _| by_level(film, |value| value.powf(0.5))),
    kind("gamma-0.7", |film, _| by_level(film, |value| value.powf(0.7))),
    kind("gamma-1.5", |film, _| by_level(film, |value| value.powf(1.5))),
    kind("gamma-2", |film, _| by_level(film, |value| value.powf(2.0))),
    kind("narrow-window", |film, _| window(film, 0.10, 0.90)),
    kind("lower-window", |film, _| window(film, 0.02, 0.75)),
    kind("wide-window", |film, _| by_level(film, |value| 0.25 + 0.5 * value)),
    kind("12-bits-in-16", |film, number| deep(film, 16, number)),
    kind("10-bits-in-16", |film, number| deep(film, 4, number)),
    kind("mirrored", |film, _| Transform { flipped: true, ..STILL }.apply(film)),
    kind("crop-4:3", |film, _| four_by_three(film)),
    kind("border", bordered),
    kind("text", with_text),
    kind("jpeg-30", |film, _| through_jpeg(film, 30)),
    kind("screenshot", screenshot),
    kind("negative-jpeg-small", |film, _| {
        let small = resize(film, film.width() * 2 / 3, film.height() * 2 / 3, Filter::Lanczos);
        through_jpeg(&by_level(&small.unwrap_or_else(|| film.clone()), |value| 1.0 - value), 60)
    }),
    tilted("rotated-3", |film, number| rotated(film, number, 3.0)),
    tilted("rotated-5", |film, number| rotated(film, number, 5.0)),
    tilted("rotated-10", |film, number| rotated(film, number, 10.0)),
    tilted("rotated-10-black-corners", |film, number| black_corners(film, number, 10.0)),
    tilted("rotated-7-clahe-2", |film, number| clahe(&rotated(film, number, 7.0), 2.0)),
];

const STILL: Transform = Transform { degrees: 0.0, across: 0.0, down: 0.0, flipped: false };

pub(crate) fn levels(film: &Picture) -> &[u8] {
    match film.samples() {
        Samples::Gray8(values) => values,
        _ => unreachable!("films are brought to 8-bit gray"),
    }
}

pub(crate) fn gray(width: u32, height: u32, values: Vec<u8>) -> Picture {
    Picture::new(width, height, Samples::Gray8(values))
        .unwrap_or_else(|| unreachable!("as many as asked for"))
}

fn by_level(film: &Picture, curve: impl Fn(f64) -> f64) -> Picture {
    let curve: Vec<u8> = (0..256)
        .map(|level| (curve(f64::from(level) / 255.0) * 255.0).round().clamp(0.0, 255.0) as u8)
        .collect();
    let values = levels(film).iter().map(|&value| curve[usize::from(value)]).collect();
    gray(film.width(), film.height(), values)
}

fn clahe(film: &Picture, clip_limit: f64) -> Picture {
    Clahe { clip_limit, tiles: 8 }.apply(film.clone())
}

fn histogram(film: &Picture) -> [usize; 256] {
    let mut counts = [0; 256];
    levels(film).iter().for_each(|&value| counts[usize::from(value)] += 1);
    counts
}

/// As OpenCV's `equalizeHist`: the darkest level present becomes 0.
pub(crate) fn equalised(film: &Picture) -> Picture {
    let counts = histogram(film);
    let darkest = counts.iter().position(|&count| count > 0).unwrap_or(0);
    let all: usize = counts.iter().sum();
    let scale = 255.0 / (all - counts[darkest]).max(1) as f64;
    let mut sum = 0;
    let curve: Vec<f64> = counts
        .iter()
        .enumerate()
        .map(|(level, &count)| {
            sum += if level > darkest { count } else { 0 };
            (sum as f64 * scale).round() / 255.0
        })
        .collect();
    by_level(film, |value| curve[(value * 255.0).round() as usize])
}

/// Stretches the gray values between two shares of the pixels.
fn window(film: &Picture, low: f64, high: f64) -> Picture {
    let counts = histogram(film);
    let all: usize = counts.iter().sum();
    let level = |share: f64| {
        let mut sum = 0;
        let at = counts.iter().position(|&count| {
            sum += count;
            sum as f64 >= share * all as f64
        });
        at.unwrap_or(255) as f64 / 255.0
    };
    let (low, high) = (level(low), level(high));
    by_level(film, |value| (value - low) / (high - low).max(1.0 / 255.0))
}

/// Several levels for each of the film's, in a 16-bit picture, with noise below the film's steps.
fn deep(film: &Picture, steps: u16, number: usize) -> Picture {
    let mut state = number as u32 * 2 + 1;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u16 % steps
    };
    let values = levels(film).iter().map(|&value| u16::from(value) * steps + noise()).collect();
    Picture::new(film.width(), film.height(), Samples::Gray16(values))
        .unwrap_or_else(|| unreachable!("as many as before"))
}

fn signed(number: usize, degrees: f64) -> f64 {
    if number.is_multiple_of(2) { degrees } else { -degrees }
}

fn rotated(film: &Picture, number: usize, degrees: f64) -> Picture {
    Transform { degrees: signed(number, degrees), ..STILL }.apply(film)
}

fn black_corners(film: &Picture, number: usize, degrees: f64) -> Picture {
    let white = gray(film.width(), film.height(), vec![255; levels(film).len()]);
    let turned = rotated(film, number, degrees);
    let (sine, cosine) = signed(number, degrees).to_radians().sin_cos();
    let middle = (f64::from(film.width()) / 2.0, f64::from(film.height()) / 2.0);
    let values = levels(&turned).iter().zip(levels(&white)).enumerate().map(|(at, (&value, _))| {
        let (x, y) = (at as u32 % film.width(), at as u32 / film.width());
        let (across, down) = (f64::from(x) + 0.5 - middle.0, f64::from(y) + 0.5 - middle.1);
        let from = (cosine * across + sine * down, cosine * down - sine * across);
        if from.0.abs() <= middle.0 && from.1.abs() <= middle.1 { value } else { 0 }
    });
    gray(film.width(), film.height(), values.collect())
}

/// The middle of the film in the proportions 4:3, or 3:4 if it has them already.
fn four_by_three(film: &Picture) -> Picture {
    let (width, height) = (film.width(), film.height());
    let (new_width, new_height) = match width * 3 {
        wide if wide > height * 4 + 30 => (height * 4 / 3, height),
        same if same > height * 4 - 30 => (height * 3 / 4, height),
        _ => (width, width * 3 / 4),
    };
    film.crop((width - new_width) / 2, (height - new_height) / 2, new_width, new_height)
        .unwrap_or_else(|| unreachable!("no larger than the film"))
}

/// A canvas of one gray with the film on it.
fn on_canvas(film: &Picture, (width, height): (u32, u32), (left, top): (u32, u32), level: u8) -> Picture {
    let mut values = vec![level; (width * height) as usize];
    for (row, line) in levels(film).chunks_exact(film.width() as usize).enumerate() {
        let start = (top as usize + row) * width as usize + left as usize;
        values[start..start + line.len()].copy_from_slice(line);
    }
    gray(width, height, values)
}

/// A border of 6 to 15 % on each side: black, white or gray.
fn bordered(film: &Picture, number: usize) -> Picture {
    let share = 0.06 + 0.03 * (number % 4) as f64;
    let (across, down) =
        ((f64::from(film.width()) * share) as u32, (f64::from(film.height()) * share) as u32);
    let level = [0, 255, 128][number % 3];
    on_canvas(film, (film.width() + 2 * across, film.height() + 2 * down), (across, down), level)
}

/// Digits of three by five dots, a row in three bits.
const DIGITS: [[u8; 5]; 10] = [
    [7, 5, 5, 5, 7],
    [2, 6, 2, 2, 7],
    [7, 1, 7, 4, 7],
    [7, 1, 7, 1, 7],
    [5, 5, 7, 1, 1],
    [7, 4, 7, 1, 7],
    [7, 4, 7, 5, 7],
    [7, 1, 1, 1, 1],
    [7, 5, 7, 5, 7],
    [7, 5, 7, 1, 7],
];

/// Writes digits, each dot so many pixels a side.
fn write(values: &mut [u8], width: u32, (left, top): (u32, u32), dot: u32, text: &str, level: u8) {
    let height = values.len() as u32 / width;
    for (place, digit) in (0..).zip(text.bytes().map(|byte| usize::from(byte - b'0'))) {
        for (row, bits) in (0..).zip(DIGITS[digit]) {
            for column in (0..3).filter(|column| bits >> (2 - column) & 1 == 1) {
                let corner = (left + (place * 4 + column) * dot, top + row * dot);
                for y in corner.1..(corner.1 + dot).min(height) {
                    for x in corner.0..(corner.0 + dot).min(width) {
                        values[(y * width + x) as usize] = level;
                    }
                }
            }
        }
    }
}

/// Two lines of digits in white: at the upper left and at the lower right, the larger across a quarter of the width.
fn with_text(film: &Picture, number: usize) -> Picture {
    let (width, height) = (film.width(), film.height());
    let mut values = levels(film).to_vec();
    let dot = (width.min(height) / 90).max(1);
    let text = format!("{:08}", number * 7_919 + 20_200_000);
    write(&mut values, width, (dot * 3, dot * 3), dot, &text, 255);
    write(&mut values, width, (dot * 3, dot * 10), dot, &text[4..], 255);
    let left = width - dot * 36;
    write(&mut values, width, (left, height - dot * 9), dot, &text, 255);
    gray(width, height, values)
}

pub(crate) fn through_jpeg(film: &Picture, quality: u8) -> Picture {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder
        .write_image(levels(film), film.width(), film.height(), ExtendedColorType::L8)
        .unwrap_or_else(|error| unreachable!("written into memory: {error}"));
    decode(&bytes, &Limits::default())
        .unwrap_or_else(|error| unreachable!("just encoded: {error}"))
        .into_gray()
}

/// The film in the window of a viewer: a bar with buttons above, a list at the left, a line of text below.
fn screenshot(film: &Picture, number: usize) -> Picture {
    let share = 0.9 - 0.1 * (number % 3) as f64;
    let side = |side: u32| ((f64::from(side) * share) as u32).max(1);
    let small = resize(film, side(film.width()), side(film.height()), Filter::Bilinear)
        .unwrap_or_else(|| unreachable!("sides above 0"));
    let (width, height) = (small.width(), small.height());
    let (left, top) = (width / 5, height / 10);
    let size = (width + left + width / 40, height + top + height / 12);
    let canvas = on_canvas(&small, size, (left, top), 40);
    let mut values = levels(&canvas).to_vec();
    let dot = (top / 10).max(1);
    for button in 0..8 {
        let text = format!("{}", (number + button * 37) % 90 + 10);
        write(&mut values, size.0, (dot * 3 + button as u32 * dot * 12, dot * 2), dot, &text, 200);
    }
    for entry in 0..9 {
        let text = format!("{}", number * 31 + entry * 1_013);
        write(&mut values, size.0, (dot, top + entry as u32 * dot * 9), dot, &text, 220);
    }
    through_jpeg(&gray(size.0, size.1, values), 80)
}
