//! Draws several drawings in a grid, each under its name: a figure with the parts (a), (b), … of the paper.

use plotters::{coord::Shift, prelude::*};

use super::{
    Drawing, Failure,
    canvas::{LETTERS, LINE, fitting, letters},
    palette::INK,
};

/// Room between two columns, and between two rows.
const GAP: u32 = 28;
/// Room for the name above a drawing.
const NAME: u32 = LINE + 12;

/// Drawings in a grid.
pub(crate) struct SheetFigure<D> {
    /// Number of columns, at least 1.
    pub(crate) columns: usize,
    /// Name and drawing of each cell, row by row.
    pub(crate) cells: Vec<(String, D)>,
}

impl<D: Drawing> SheetFigure<D> {
    /// Width of each column: that of the widest drawing.
    fn column(&self) -> u32 {
        self.cells.iter().map(|(_, drawing)| drawing.size().0).max().unwrap_or(0)
    }

    /// Height of a row with these drawings.
    fn row(cells: &[(String, D)]) -> u32 {
        NAME + cells.iter().map(|(_, drawing)| drawing.size().1).max().unwrap_or(0)
    }
}

impl<D: Drawing> Drawing for SheetFigure<D> {
    fn size(&self) -> (u32, u32) {
        let columns = self.columns.min(self.cells.len()).max(1) as u32;
        let rows = self.cells.chunks(self.columns.max(1));
        let (count, height) = rows.fold((0, 0), |(count, height), row| (count + 1, height + Self::row(row)));
        (columns * (self.column() + GAP) - GAP, height + GAP * u32::saturating_sub(count, 1))
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        let mut top = 0;
        for row in self.cells.chunks(self.columns.max(1)) {
            for (column, (name, drawing)) in (0..).zip(row) {
                let left = column * (self.column() + GAP);
                let style = letters(LETTERS, INK);
                let text = fitting(area, name, &style, self.column().saturating_sub(24))?;
                area.draw_text(&text, &style, (left as i32 + 24, top as i32 + 14))?;
                let (width, height) = drawing.size();
                let corner = (left as i32, (top + NAME) as i32);
                drawing.draw(&area.clone().shrink(corner, (width as i32, height as i32)))?;
            }
            top += Self::row(row) + GAP;
        }
        Ok(())
    }
}
