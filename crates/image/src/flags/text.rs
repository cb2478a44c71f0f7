//! Finds letters and digits: small patches of about one brightness, as high as each other, side by side in a row.

use super::gray::Gray;

/// Radius of the surroundings that a character stands out from.
const AROUND: usize = 12;
/// Difference to the surroundings, of 255.
const CONTRAST: i32 = 45;
/// Height of a character in pixels.
const HEIGHT: std::ops::RangeInclusive<usize> = 5..=40;

/// The greatest number of characters in a row, black or white.
pub(super) fn score(gray: &Gray) -> f64 {
    let means = means(gray);
    let longest = [1, -1].map(|sign| {
        let stands_out: Vec<bool> = gray
            .values
            .iter()
            .zip(&means)
            .map(|(&value, &mean)| sign * (i32::from(value) - mean) > CONTRAST)
            .collect();
        longest_row(&characters(&stands_out, gray.width))
    });
    longest[0].max(longest[1]) as f64
}

/// The mean of the square around each pixel.
fn means(gray: &Gray) -> Vec<i32> {
    let (width, height) = (gray.width, gray.height);
    // Sums of all pixels above and to the left.
    let mut sums = vec![0_u32; (width + 1) * (height + 1)];
    for row in 0..height {
        let mut line = 0;
        for (column, &value) in gray.row(row).iter().enumerate() {
            line += u32::from(value);
            sums[(row + 1) * (width + 1) + column + 1] = sums[row * (width + 1) + column + 1] + line;
        }
    }
    let mut means = Vec::with_capacity(width * height);
    for row in 0..height {
        let (top, bottom) = (row.saturating_sub(AROUND), (row + AROUND + 1).min(height));
        for column in 0..width {
            let (left, right) = (column.saturating_sub(AROUND), (column + AROUND + 1).min(width));
            let at = |row: usize, column: usize| sums[row * (width + 1) + column];
            let sum = at(bottom, right) + at(top, left) - at(top, right) - at(bottom, left);
            means.push((sum as usize / ((bottom - top) * (right - left))) as i32);
        }
    }
    means
}

/// The rectangle around a patch.
#[derive(Clone, Copy)]
struct Patch {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
    pixels: usize,
}

impl Patch {
    fn height(self) -> usize {
        self.bottom - self.top + 1
    }

    fn width(self) -> usize {
        self.right - self.left + 1
    }

    /// Whether the patch has the size and the ink of a character.
    fn is_character(self) -> bool {
        let (height, width) = (self.height(), self.width());
        HEIGHT.contains(&height)
            && 2 * width <= 3 * height
            && 10 * self.pixels >= 2 * width * height
            && self.pixels >= 2 * height - 2
    }

    /// Whether the other one can be the next character.
    fn is_followed_by(self, next: Self) -> bool {
        let (high, low) = (self.height().max(next.height()), self.height().min(next.height()));
        let is_level =
            self.bottom.abs_diff(next.bottom) * 4 <= high && self.top.abs_diff(next.top) * 4 <= high;
        let gap = next.left.saturating_sub(self.right);
        next.left > self.right && gap <= high && 4 * low >= 3 * high && is_level
    }
}

/// Connected patches that look like characters, from left to right.
fn characters(stands_out: &[bool], width: usize) -> Vec<Patch> {
    let mut seen: Vec<bool> = stands_out.iter().map(|stands_out| !stands_out).collect();
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..stands_out.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        open.push(start);
        let mut patch = Patch { left: width, right: 0, top: usize::MAX, bottom: 0, pixels: 0 };
        while let Some(at) = open.pop() {
            let (row, column) = (at / width, at % width);
            patch.left = patch.left.min(column);
            patch.right = patch.right.max(column);
            patch.top = patch.top.min(row);
            patch.bottom = patch.bottom.max(row);
            patch.pixels += 1;
            for row in row.saturating_sub(1)..=row + 1 {
                for column in column.saturating_sub(1)..=(column + 1).min(width - 1) {
                    let next = row * width + column;
                    if seen.get(next) == Some(&false) {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
        }
        if patch.is_character() {
            found.push(patch);
        }
    }
    found.sort_by_key(|patch| (patch.left, patch.top));
    found
}

/// Number of characters in the longest row.
fn longest_row(characters: &[Patch]) -> usize {
    // Films with more patches than this show noise, not lines of text.
    const MOST: usize = 4000;
    if characters.len() > MOST {
        return 0;
    }
    let mut rows = vec![1_usize; characters.len()];
    for (at, patch) in characters.iter().enumerate() {
        for (before, other) in characters[..at].iter().enumerate() {
            if other.is_followed_by(*patch) {
                rows[at] = rows[at].max(rows[before] + 1);
            }
        }
    }
    rows.into_iter().max().unwrap_or(0)
}
