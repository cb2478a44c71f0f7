//! Writes lead letters into the corners of a film.

use crate::plane::{Plane, Point, smooth_step};

/// Strokes of a letter in a box 1 wide and 1.4 high; empty for what has no letter here.
fn strokes(letter: char) -> &'static [&'static [Point]] {
    match letter {
        'A' => &[&[(0.0, 1.4), (0.5, 0.0), (1.0, 1.4)], &[(0.2, 0.9), (0.8, 0.9)]],
        'D' => &[&[(0.0, 0.0), (0.0, 1.4), (0.6, 1.4), (1.0, 1.0), (1.0, 0.4), (0.6, 0.0), (0.0, 0.0)]],
        'E' => &[&[(1.0, 0.0), (0.0, 0.0), (0.0, 1.4), (1.0, 1.4)], &[(0.0, 0.7), (0.8, 0.7)]],
        'I' => &[&[(0.5, 0.0), (0.5, 1.4)]],
        'L' => &[&[(0.0, 0.0), (0.0, 1.4), (0.9, 1.4)]],
        'P' => &[&[(0.0, 1.4), (0.0, 0.0), (0.7, 0.0), (1.0, 0.2), (1.0, 0.5), (0.7, 0.75), (0.0, 0.75)]],
        'R' => &[
            &[(0.0, 1.4), (0.0, 0.0), (0.7, 0.0), (1.0, 0.2), (1.0, 0.5), (0.7, 0.75), (0.0, 0.75)],
            &[(0.5, 0.75), (1.0, 1.4)],
        ],
        'S' => &[&[
            (1.0, 0.15),
            (0.7, 0.0),
            (0.3, 0.0),
            (0.0, 0.3),
            (0.2, 0.6),
            (0.8, 0.8),
            (1.0, 1.1),
            (0.7, 1.4),
            (0.3, 1.4),
            (0.0, 1.25),
        ]],
        'U' => &[&[(0.0, 0.0), (0.0, 1.1), (0.3, 1.4), (0.7, 1.4), (1.0, 1.1), (1.0, 0.0)]],
        'N' => &[&[(0.0, 1.4), (0.0, 0.0), (1.0, 1.4), (1.0, 0.0)]],
        _ => &[],
    }
}

/// Writes white letters, the first one's upper left corner at a point, each `size` centimetres wide.
pub(crate) fn write(film: &mut Plane, text: &str, (left, top): Point, size: f32) {
    for (place, letter) in text.chars().enumerate() {
        let start = left + place as f32 * 1.45 * size;
        for stroke in strokes(letter) {
            let line: Vec<Point> = stroke.iter().map(|(x, y)| (start + x * size, top + y * size)).collect();
            let thick = 0.16 * size;
            let mut ink = Plane::new(film.frame());
            ink.add_along(&line, 1.6 * thick, |distance, _| smooth_step(1.6 * thick, 0.6 * thick, distance));
            film.combine(&ink, |film, ink| film + (0.97 - film).max(0.0) * ink);
        }
    }
}
