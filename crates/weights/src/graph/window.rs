//! A window that slides over a feature map.

/// A window that slides over a feature map: rows first, then columns.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Window {
    /// Sides in cells.
    pub kernel: [i64; 2],
    /// Step between positions in cells, along both sides.
    pub stride: i64,
    /// Cells added at each edge.
    pub padding: [i64; 2],
}

impl Window {
    /// 1 × 1.
    pub const POINT: Self = Self::square(1, 1, 0);

    /// A square window of this side, step and padding.
    pub const fn square(side: i64, stride: i64, padding: i64) -> Self {
        Self { kernel: [side, side], stride, padding: [padding, padding] }
    }

    /// A window of an odd number of rows and columns with step 1, padded so that the map keeps its size.
    pub const fn same(rows: i64, columns: i64) -> Self {
        Self { kernel: [rows, columns], stride: 1, padding: [rows / 2, columns / 2] }
    }

    /// Number of cells under the window.
    pub const fn cells(self) -> i64 {
        self.kernel[0] * self.kernel[1]
    }

    /// Rows and columns of the output for an input of this size; `None` if the window does not fit once.
    pub fn after(self, [rows, columns]: [i64; 2]) -> Option<[i64; 2]> {
        let along = |side: i64, dimension: usize| {
            let room = side + 2 * self.padding[dimension] - self.kernel[dimension];
            (side >= 1 && room >= 0).then(|| room / self.stride + 1)
        };
        Some([along(rows, 0)?, along(columns, 1)?])
    }
}
