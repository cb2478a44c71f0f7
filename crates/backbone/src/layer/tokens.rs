//! Maps as sequences of tokens and back, and learned positions.

use tch::{Kind, TchError, Tensor};

use crate::parameter::Parameter;

/// `[N, C, H, W]` as `[N, H · W, C]`, row by row. In channels-last layout it is a view.
pub(crate) fn tokens(map: &Tensor) -> Result<Tensor, TchError> {
    map.f_flatten(2, 3)?.f_transpose(1, 2)
}

/// `[N, T, C]` without its first tokens as `[N, C, H, W]`. It is a view in channels-last layout.
pub(crate) fn cells(tokens: &Tensor, skipped: i64, [rows, columns]: [i64; 2]) -> Result<Tensor, TchError> {
    let (count, length, channels) = tokens.size3()?;
    let cells = tokens.f_narrow(1, skipped, length - skipped)?;
    cells.f_transpose(1, 2)?.f_reshape([count, channels, rows, columns])
}

/// Learned summands of the class token and of each cell of a grid.
#[derive(Clone, Debug)]
pub(crate) struct Positions {
    /// `[1, 1 + rows · columns, channels]`.
    pub(crate) values: Parameter,
    pub(crate) grid: [i64; 2],
}

impl Positions {
    /// Adds the positions to `[N, 1 + H · W, C]`. For a grid of another size they are resampled as timm's
    /// `resample_abs_pos_embed` does: bicubic with antialiasing; the class token's stays.
    pub(crate) fn forward(&self, tokens: &Tensor, grid: [i64; 2]) -> Result<Tensor, TchError> {
        if grid == self.grid {
            return tokens.f_add(&self.values);
        }
        let [rows, columns] = self.grid;
        let of_class = self.values.f_narrow(1, 0, 1)?;
        let of_cells = self.values.f_narrow(1, 1, rows * columns)?;
        let map =
            of_cells.f_to_kind(Kind::Float)?.f_reshape([1, rows, columns, -1])?.f_permute([0, 3, 1, 2])?;
        let resampled = map.f_internal_upsample_bicubic2d_aa(grid, false, None, None)?;
        let of_cells = resampled.f_permute([0, 2, 3, 1])?.f_reshape([1, grid[0] * grid[1], -1])?;
        let of_cells = of_cells.f_to_kind(self.values.kind())?;
        tokens.f_add(&Tensor::f_cat(&[of_class, of_cells], 1)?)
    }
}
