//! Rectangles of a matrix that are small enough for the cache of a core.

use tch::Tensor;

use crate::Error;

/// Most rows and columns of a tile on the processor: 256 KiB of f32, so that parameter, gradient, state and room stay in the
/// cache of a core for all operations, and a product of these sides is worth its beginning.
const MOST: [i64; 2] = [32, 2048];

/// A rectangle of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    row: i64,
    rows: i64,
    column: i64,
    columns: i64,
}

impl Tile {
    /// The tiles of a matrix of this size. On a GPU there is one, because each operation on it has a cost of its own.
    pub(super) fn all(size: [i64; 2], device: tch::Device) -> Vec<Self> {
        let [rows, columns] = size;
        let most = match (device.is_cuda(), rows) {
            (true, _) => size,
            (false, 1) => [1, MOST[0] * MOST[1]],
            (false, _) => MOST,
        };
        let parts = |length: i64, most: i64| {
            (0..length).step_by(most.max(1) as usize).map(move |start| (start, most.min(length - start)))
        };
        parts(rows, most[0])
            .flat_map(|(row, rows)| {
                parts(columns, most[1]).map(move |(column, columns)| Self { row, rows, column, columns })
            })
            .collect()
    }

    /// Number of elements.
    pub(super) fn elements(self) -> i64 {
        self.rows * self.columns
    }

    /// This part of a matrix.
    pub(super) fn of(self, matrix: &Tensor) -> Result<Tensor, Error> {
        self.columns_of(&self.rows_of(matrix)?)
    }

    /// These rows of a matrix.
    pub(super) fn rows_of(self, matrix: &Tensor) -> Result<Tensor, Error> {
        Ok(matrix.f_narrow(0, self.row, self.rows)?)
    }

    /// These columns of a matrix.
    pub(super) fn columns_of(self, matrix: &Tensor) -> Result<Tensor, Error> {
        Ok(matrix.f_narrow(1, self.column, self.columns)?)
    }

    /// The beginning of a flat room, in the shape of this tile.
    pub(super) fn in_room(self, room: &Tensor) -> Result<Tensor, Error> {
        Ok(room.f_narrow(0, 0, self.elements())?.f_view([self.rows, self.columns])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_every_element_once() {
        let cpu = tch::Device::Cpu;
        let sizes = [[1, 1], [1, 5], [3, 1], [1, 65_537], [2, 65_537], [33, 2049], [64, 4096], [4096, 3]];
        for size in sizes {
            let counts = Tensor::zeros(size, tch::kind::FLOAT_CPU);
            for tile in Tile::all(size, cpu) {
                assert!(tile.elements() <= MOST[0] * MOST[1], "{tile:?}");
                let _ = tile.of(&counts).unwrap().f_add_scalar_(1.0).unwrap();
            }
            assert_eq!(
                (counts.min().double_value(&[]), counts.max().double_value(&[])),
                (1.0, 1.0),
                "{size:?}"
            );
        }
        assert_eq!(Tile::all([4096, 25_088], tch::Device::Cuda(0)).len(), 1);
        assert!(Tile::all([0, 4], cpu).is_empty());
    }
}
