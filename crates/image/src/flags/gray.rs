//! A picture in 8-bit gray, small enough to look at quickly.

use crate::{Picture, Samples};

/// Gray values, row by row.
pub(super) struct Gray {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<u8>,
}

impl Gray {
    /// Longest side that is looked at. Larger pictures are reduced by a whole factor.
    const LONGEST: usize = 512;

    pub(super) fn of(picture: &Picture) -> Self {
        let gray = picture.clone().into_gray().into_8_bit();
        let (width, height) = (gray.width() as usize, gray.height() as usize);
        let Samples::Gray8(values) = gray.into_samples() else {
            // A gray picture of 8 bits has no other samples.
            return Self { width: 0, height: 0, values: Vec::new() };
        };
        let factor = width.max(height).div_ceil(Self::LONGEST);
        Self { width, height, values }.reduced(factor)
    }

    /// Means of blocks of `factor × factor` pixels; what is left at the right and at the bottom is dropped.
    fn reduced(self, factor: usize) -> Self {
        let (width, height) = (self.width / factor.max(1), self.height / factor.max(1));
        if factor <= 1 || width == 0 || height == 0 {
            return self;
        }
        let mut values = Vec::with_capacity(width * height);
        let mut sums = vec![0_u32; width];
        for rows in self.values.chunks_exact(self.width * factor).take(height) {
            sums.fill(0);
            for row in rows.chunks_exact(self.width) {
                for (sum, block) in sums.iter_mut().zip(row.chunks_exact(factor)) {
                    *sum += block.iter().map(|&value| u32::from(value)).sum::<u32>();
                }
            }
            values.extend(sums.iter().map(|sum| (sum / (factor * factor) as u32) as u8));
        }
        Self { width, height, values }
    }

    pub(super) fn row(&self, row: usize) -> &[u8] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    pub(super) fn column(&self, column: usize) -> Vec<u8> {
        self.values.iter().skip(column).step_by(self.width).copied().collect()
    }

    /// Means of `side × side` cells; `None` if the picture has fewer pixels a side.
    pub(super) fn cells(&self, side: usize) -> Option<Vec<f64>> {
        if self.width < side || self.height < side {
            return None;
        }
        let part = |number: usize, length: usize| number * length / side..(number + 1) * length / side;
        let cell = |at: usize| {
            let (rows, columns) = (part(at / side, self.height), part(at % side, self.width));
            let pixels = rows.len() * columns.len();
            let sum: u64 =
                rows.flat_map(|row| &self.row(row)[columns.clone()]).map(|&value| u64::from(value)).sum();
            sum as f64 / pixels as f64
        };
        Some((0..side * side).map(cell).collect())
    }
}
