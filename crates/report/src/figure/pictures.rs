//! Draws pictures in rows below headings: Figure 9 of the paper.

use image::RgbImage;
use plotters::{coord::Shift, prelude::*};

use super::{
    Drawing, Failure,
    canvas::{LETTERS, LINE, centred, fitting, letters},
    palette::{INK, MUTED},
};

/// Side of the square that a picture is centred in, in pixels.
const CELL: u32 = 324;
/// Room for the headings of the columns.
const HEAD: u32 = LINE + 16;
/// Room for the name above a row.
const NAME: u32 = LINE + 26;
/// Room around the sheet.
const EDGE: u32 = 12;

/// A row of pictures, with its name and a note.
pub(crate) struct PictureRow {
    /// Name.
    pub(crate) name: String,
    /// Text right of the name.
    pub(crate) said: String,
    /// One picture for each heading.
    pub(crate) pictures: Vec<RgbImage>,
}

/// Pictures in rows. Only names are drawn; [`PicturesFigure::placed`] says where the pictures belong.
pub(crate) struct PicturesFigure {
    /// Headings of the columns.
    pub(crate) headings: [&'static str; 3],
    /// The rows.
    pub(crate) rows: Vec<PictureRow>,
}

impl PicturesFigure {
    /// Every picture with its left upper corner, as large as it is; larger ones than a cell are left out.
    pub(crate) fn placed(&self) -> impl Iterator<Item = ((u32, u32), &RgbImage)> {
        self.rows.iter().enumerate().flat_map(|(row, of)| {
            of.pictures.iter().enumerate().filter_map(move |(column, picture)| {
                let room = |side: u32| CELL.checked_sub(side).map(|left| left / 2);
                let left = EDGE + column as u32 * CELL + room(picture.width())?;
                Some(((left, Self::top(row) + NAME + room(picture.height())?), picture))
            })
        })
    }

    fn top(row: usize) -> u32 {
        HEAD + row as u32 * (NAME + CELL)
    }
}

impl Drawing for PicturesFigure {
    fn size(&self) -> (u32, u32) {
        (2 * EDGE + 3 * CELL, Self::top(self.rows.len()) + EDGE)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        for (column, heading) in (0..).zip(self.headings) {
            let middle = (EDGE + column * CELL + CELL / 2) as i32;
            area.draw_text(heading, &centred(LETTERS, MUTED), (middle, HEAD as i32 / 2))?;
        }
        for (row, of) in self.rows.iter().enumerate() {
            let (top, style) = (Self::top(row) as i32 + 22, letters(LETTERS, INK));
            let name = fitting(area, &of.name, &style, CELL - 24)?;
            area.draw_text(&name, &style, (EDGE as i32 + 8, top))?;
            let (style, room) = (letters(LETTERS, MUTED), 2 * CELL - 24);
            let said = fitting(area, &of.said, &style, room)?;
            area.draw_text(&said, &style, ((EDGE + CELL) as i32 + 8, top))?;
        }
        Ok(())
    }
}
