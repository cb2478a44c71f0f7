//! Fuzzes what is between stored values and a picture: modality, windows, look-up tables, palettes, padding, functional
//! groups. Each record of the input is one attribute around the same 256 pixels.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_image_fuzz::{decode_file, header, put};

/// Attributes with their types. A sequence takes its record as a table (a descriptor of 6 bytes, then entries) or, in
/// functional groups, as the centre and width of a window.
const ATTRIBUTES: [((u16, u16), &[u8; 2]); 26] = [
    ((0x28, 0x0106), b"US"),
    ((0x28, 0x0107), b"SS"),
    ((0x28, 0x0120), b"US"),
    ((0x28, 0x0120), b"SS"),
    ((0x28, 0x0121), b"US"),
    ((0x28, 0x1050), b"DS"),
    ((0x28, 0x1051), b"DS"),
    ((0x28, 0x1052), b"DS"),
    ((0x28, 0x1053), b"DS"),
    ((0x28, 0x1056), b"CS"),
    ((0x28, 0x1101), b"US"),
    ((0x28, 0x1102), b"US"),
    ((0x28, 0x1103), b"SS"),
    ((0x28, 0x1201), b"OW"),
    ((0x28, 0x1202), b"OW"),
    ((0x28, 0x1203), b"OW"),
    ((0x28, 0x1221), b"OW"),
    ((0x28, 0x1222), b"OW"),
    ((0x28, 0x1223), b"OW"),
    ((0x28, 0x3000), b"SQ"),
    ((0x28, 0x3010), b"SQ"),
    ((0x2050, 0x10), b"SQ"),
    ((0x2050, 0x20), b"CS"),
    ((0x5200, 0x9229), b"SQ"),
    ((0x5200, 0x9230), b"SQ"),
    ((0x28, 0x0008), b"IS"),
];

fuzz_target!(|input: &[u8]| {
    let Some((&layout, mut rest)) = input.split_first() else { return };
    let stored: u16 = [8, 12, 16, 7][usize::from(layout & 3)];
    let allocated = if stored > 8 { 16 } else { 8 };
    let meaning: &[u8] = match layout >> 2 & 3 {
        0 => b"MONOCHROME1 ",
        1 => b"PALETTE COLOR ",
        _ => b"MONOCHROME2 ",
    };
    let mut file = header("1.2.840.10008.1.2.1");
    for (element, value) in [
        (0x02, 1),
        (0x10, 16),
        (0x11, 16),
        (0x100, allocated),
        (0x101, stored),
        (0x102, stored - 1),
        (0x103, u16::from(layout >> 4 & 1)),
    ] {
        put(&mut file, (0x28, element), b"US", &value.to_le_bytes());
    }
    put(&mut file, (0x28, 4), b"CS", meaning);
    while let Some((&[number, length], behind)) = rest.split_first_chunk() {
        let (value, behind) = behind.split_at(behind.len().min(usize::from(length)));
        let (tag, kind) = ATTRIBUTES[usize::from(number) % ATTRIBUTES.len()];
        match (kind, tag.0) {
            (b"SQ", 0x5200) => {
                let (centre, width) = value.split_at(value.len() / 2);
                let mut window = Vec::new();
                put(&mut window, (0x28, 0x1050), b"DS", centre);
                put(&mut window, (0x28, 0x1051), b"DS", width);
                let window = sequence((0x28, 0x9132), &window);
                file.extend(sequence(tag, &window));
            }
            (b"SQ", _) => {
                let (descriptor, entries) = value.split_at(value.len().min(6));
                let mut table = Vec::new();
                put(&mut table, (0x28, 0x3002), b"US", descriptor);
                long(&mut table, (0x28, 0x3006), b"OW", entries);
                file.extend(sequence(tag, &table));
            }
            (b"OW", _) => long(&mut file, tag, kind, value),
            _ => put(&mut file, tag, kind, value),
        }
        rest = behind;
    }
    let pixels: Vec<u8> = match allocated {
        8 => (0..=u8::MAX).collect(),
        _ => (0..256_u16).flat_map(|at| (at * 257).to_le_bytes()).collect(),
    };
    long(&mut file, (0x7FE0, 0x10), b"OW", &pixels);
    decode_file(&file);
});

fn sequence(tag: (u16, u16), item: &[u8]) -> Vec<u8> {
    let mut content = b"\xFE\xFF\0\xE0".to_vec();
    content.extend((item.len() as u32).to_le_bytes());
    content.extend(item);
    let mut element = Vec::new();
    long(&mut element, tag, b"SQ", &content);
    element
}

/// Appends an element whose length has 32 bits.
fn long(file: &mut Vec<u8>, (group, element): (u16, u16), kind: &[u8; 2], value: &[u8]) {
    file.extend([group.to_le_bytes(), element.to_le_bytes()].concat());
    file.extend(kind);
    file.extend([0, 0]);
    file.extend((value.len() as u32).to_le_bytes());
    file.extend(value);
}
