//! Plants defects in 8-bit gray pictures.

use radiograph_image::{Picture, Samples};
use radiograph_random::Stream;

/// The picture without this share of each side.
pub(crate) fn middle(picture: &Picture, margin: f64) -> Picture {
    let (width, height) = (picture.width(), picture.height());
    let (left, top) = ((f64::from(width) * margin) as u32, (f64::from(height) * margin) as u32);
    picture
        .crop(left, top, width - 2 * left, height - 2 * top)
        .expect("a margin below a half leaves a middle")
}

/// A quarter turn to the left or to the right.
pub(crate) fn turned(picture: &Picture, stream: &mut Stream) -> Picture {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let left = stream.chance(0.5);
    let source = |row: usize, column: usize| {
        if left { column * width + width - 1 - row } else { (height - 1 - column) * width + row }
    };
    let values = gray(picture);
    let turned = (0..width).flat_map(|row| (0..height).map(move |column| (row, column)));
    of(height, width, turned.map(|(row, column)| values[source(row, column)]).collect())
}

/// The negative.
pub(crate) fn inverted(picture: &Picture) -> Picture {
    each(picture, |value, _, _| 255 - value)
}

/// Dark bands of a twentieth to a fifth of the side, along one to four edges.
pub(crate) fn bordered(picture: &Picture, stream: &mut Stream) -> Picture {
    let mut sides = [0, 1, 2, 3];
    stream.shuffle(&mut sides);
    let mut bands = [0.0; 4];
    for side in &sides[..1 + stream.below(4)] {
        bands[*side] = stream.between(0.05, 0.2);
    }
    let ground = stream.between(0.0, 12.0);
    let [top, bottom, left, right] = bands;
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    each(picture, |value, row, column| {
        let (down, across) = ((row as f64 + 0.5) / height, (column as f64 + 0.5) / width);
        let is_band = down < top || down > 1.0 - bottom || across < left || across > 1.0 - right;
        if is_band { byte(ground + 1.5 * stream.normal()) } else { value }
    })
}

/// Five to twelve characters in a line, a twenty-fifth to a tenth of the picture high, white on dark ground, black on light.
pub(crate) fn written_on(picture: &Picture, stream: &mut Stream) -> Picture {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let characters: Vec<[u8; 7]> = (0..5 + stream.below(8)).map(|_| FONT[stream.below(FONT.len())]).collect();
    // A line that is too long is written smaller.
    let dot = (height * stream.between(1.0 / 25.0, 1.0 / 10.0) / 7.0)
        .min(0.9 * width / (6 * characters.len()) as f64);
    let left = stream.between(0.0, width - dot * (6 * characters.len()) as f64);
    let top = stream.between(0.0, height - 7.0 * dot);
    let (right, bottom) = (left + dot * (6 * characters.len()) as f64, top + 7.0 * dot);
    let ground = picture.crop(left as u32, top as u32, (right - left) as u32, (bottom - top) as u32);
    let ground = ground.expect("the line lies within the picture");
    let mean = gray(&ground).iter().map(|&value| f64::from(value)).sum::<f64>() / gray(&ground).len() as f64;
    let ink = if mean < 150.0 { 255.0 } else { 0.0 };
    let is_ink = |row: f64, column: f64| {
        let (down, across) = ((row - top) / dot, (column - left) / dot);
        if down < 0.0 || across < 0.0 || down >= 7.0 {
            return false;
        }
        let (down, across) = (down as usize, across as usize);
        characters
            .get(across / 6)
            .is_some_and(|glyph| across % 6 < 5 && glyph[down] >> (4 - across % 6) & 1 == 1)
    };
    each(picture, |value, row, column| {
        // Edges of characters are as soft as a camera or a change of size leaves them.
        let parts =
            (0..9).map(|part| (f64::from(part / 3) / 3.0 + 1.0 / 6.0, f64::from(part % 3) / 3.0 + 1.0 / 6.0));
        let inked = parts.filter(|(down, across)| is_ink(row as f64 + down, column as f64 + across)).count();
        let share = inked as f64 / 9.0;
        byte(share * ink + (1.0 - share) * f64::from(value))
    })
}

/// A blank exposure, a hundredth of the contrast, or a small patch on an even ground; always with noise.
pub(crate) fn emptied(picture: &Picture, stream: &mut Stream) -> Picture {
    let ground = stream.between(0.0, 255.0);
    let slope = stream.between(-10.0, 10.0);
    let noise = stream.between(0.5, 6.0);
    let (kind, patch) = (stream.below(3), stream.between(0.05, 0.2));
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    each(picture, |value, row, column| {
        let (down, across) = (row as f64 / height, column as f64 / width);
        let even = ground + slope * (down - 0.5) + noise * stream.normal();
        let is_patch = (down - 0.5).abs() < patch / 2.0 && (across - 0.5).abs() < patch / 2.0;
        match kind {
            1 => byte(even + f64::from(value) / 100.0),
            2 if is_patch => value,
            _ => byte(even),
        }
    })
}

fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

fn gray(picture: &Picture) -> &[u8] {
    match picture.samples() {
        Samples::Gray8(values) => values,
        _ => panic!("pictures are planted in gray"),
    }
}

fn each(picture: &Picture, mut change: impl FnMut(u8, usize, usize) -> u8) -> Picture {
    let width = picture.width() as usize;
    let values = gray(picture).iter().enumerate();
    let values = values.map(|(at, &value)| change(value, at / width, at % width)).collect();
    of(width, picture.height() as usize, values)
}

fn of(width: usize, height: usize, values: Vec<u8>) -> Picture {
    Picture::new(width as u32, height as u32, Samples::Gray8(values)).expect("one value a pixel")
}

/// Digits and some letters, 5 × 7 dots, a row a byte.
const FONT: [[u8; 7]; 20] = [
    [0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E],
    [0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E],
    [0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F],
    [0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E],
    [0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02],
    [0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E],
    [0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E],
    [0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
    [0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E],
    [0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C],
    [0x0E, 0x11, 0x11, 0x11, 0x1F, 0x11, 0x11],
    [0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F],
    [0x11, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11],
    [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1F],
    [0x11, 0x11, 0x19, 0x15, 0x13, 0x11, 0x11],
    [0x0E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E],
    [0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10],
    [0x1E, 0x11, 0x11, 0x1E, 0x14, 0x12, 0x11],
    [0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E],
    [0x1F, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04],
];
