//! Draws a confusion matrix, as in figure 6 of the paper. Rows are the truth; the shade is the share of the row.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use radiograph_metrics::ConfusionMatrix;

use super::{
    Drawing, Failure,
    canvas::{LETTERS, SMALL, WIDTH, centred, fitting, letters},
    palette::{INK, MUTED, shade},
};

/// Room for the names of the true classes.
const NAMES: i32 = 236;
/// Room for the names of the predicted classes.
const HEAD: i32 = 108;
/// Number of classes above which cells are too small for two numbers.
const ROOMY: usize = 6;
/// Number of classes above which cells are too small for any number.
const MOST: usize = 14;

/// A confusion matrix.
pub(crate) struct ConfusionFigure<'a> {
    /// The counts.
    pub(crate) matrix: &'a ConfusionMatrix,
}

impl ConfusionFigure<'_> {
    fn cell(&self) -> (i32, i32) {
        let classes = self.matrix.classes().len() as i32;
        let width = (WIDTH as i32 - NAMES - 16) / classes.max(1);
        (width, (width * 5 / 8).clamp(24, 150))
    }
}

impl Drawing for ConfusionFigure<'_> {
    fn size(&self) -> (u32, u32) {
        let classes = self.matrix.classes().len() as i32;
        (WIDTH, (HEAD + classes * self.cell().1 + 16) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        let (width, height) = self.cell();
        let names: Vec<&str> = self.matrix.classes().names().collect();
        let size = names.len();
        let body = if size <= ROOMY { LETTERS + 8 } else { SMALL - 3 };
        area.draw_text("predicted", &centred(SMALL, MUTED), (NAMES + width * size as i32 / 2, 26))?;
        area.draw_text("true", &letters(SMALL, MUTED), (20, 60))?;
        for (at, name) in names.iter().enumerate() {
            let style = centred(if size <= ROOMY { LETTERS } else { 22 }, INK);
            let shown = fitting(area, name, &style, (width - 8).max(20) as u32)?;
            area.draw_text(&shown, &style, (NAMES + width * at as i32 + width / 2, HEAD - 30))?;
            let style = letters(if size <= MOST { LETTERS } else { 22 }, INK)
                .pos(Pos::new(HPos::Right, VPos::Center));
            let shown = fitting(area, name, &style, NAMES as u32 - 36)?;
            area.draw_text(&shown, &style, (NAMES - 16, HEAD + height * at as i32 + height / 2))?;
        }
        for (truth, row) in self.matrix.rows().iter().enumerate() {
            let total: u64 = row.iter().sum();
            for (predicted, &count) in row.iter().enumerate() {
                let share = if total == 0 { 0.0 } else { count as f64 / total as f64 };
                let (colour, ink) = shade(share);
                let corner = (NAMES + width * predicted as i32, HEAD + height * truth as i32);
                let other = (corner.0 + width - 4, corner.1 + height - 4);
                area.draw(&Rectangle::new([corner, other], colour.filled()))?;
                let middle = (corner.0 + width / 2 - 2, corner.1 + height / 2 - 2);
                if size <= ROOMY {
                    area.draw_text(&count.to_string(), &centred(body, ink), (middle.0, middle.1 - 18))?;
                    let percent = if total == 0 { "no sample".to_owned() } else { percent(share) };
                    area.draw_text(&percent, &centred(SMALL, ink), (middle.0, middle.1 + 22))?;
                } else if size <= MOST {
                    area.draw_text(&count.to_string(), &centred(body, ink), middle)?;
                }
            }
        }
        Ok(())
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
