//! Draws a confusion matrix, as in figure 6 of the paper. Rows are the truth; the shade is the share of the row.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use radiograph_metrics::ConfusionMatrix;

use super::{
    Drawing, Failure,
    canvas::{LETTERS, LINE, WIDTH, centred, fitting, letters},
    palette::{INK, MUTED, shade},
};

/// Room for the names of the true classes.
const NAMES: i32 = 276;
/// Room for the names of the predicted classes.
const HEAD: i32 = 120;
/// Number of classes above which cells are too small for two numbers.
const ROOMY: usize = 5;
/// Number of classes above which cells are too small for a number, and columns for a name.
const MOST: usize = 10;

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
        let middle = NAMES + width * size as i32 / 2;
        let head = if size > MOST { "predicted, in the order of the rows" } else { "predicted" };
        area.draw_text(head, &centred(LETTERS, MUTED), (middle, 30))?;
        area.draw_text("true", &letters(LETTERS, MUTED), (20, 70))?;
        let columns = if size > MOST { 0 } else { size };
        for (at, name) in names.iter().take(columns).enumerate() {
            let style = centred(LETTERS, INK);
            let shown = fitting(area, name, &style, (width - 8).max(20) as u32)?;
            area.draw_text(&shown, &style, (NAMES + width * at as i32 + width / 2, HEAD - 30))?;
        }
        // Where rows are lower than letters, some go without a name.
        let every = LINE.div_ceil(height.max(1) as u32) as usize;
        for (at, name) in names.iter().enumerate().step_by(every) {
            let style = letters(LETTERS, INK).pos(Pos::new(HPos::Right, VPos::Center));
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
                    area.draw_text(
                        &count.to_string(),
                        &centred(LETTERS + 6, ink),
                        (middle.0, middle.1 - 22),
                    )?;
                    let percent =
                        if total == 0 { "no image".to_owned() } else { format!("{:.0} %", 100.0 * share) };
                    area.draw_text(&percent, &centred(LETTERS, ink), (middle.0, middle.1 + 24))?;
                } else if size <= MOST {
                    area.draw_text(&count.to_string(), &centred(LETTERS, ink), middle)?;
                }
            }
        }
        Ok(())
    }
}
