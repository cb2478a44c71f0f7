//! Draws the AUC of every probe of an audit with its interval, beside permuted labels and beside the model.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{
    Drawing, Failure,
    canvas::{LETTERS, SMALL, WIDTH, centred, fitting, letters},
    palette::{AXIS, GRID, INK, MUTED, series},
};

/// Height of a row.
const ROW: i32 = 84;
/// Left and right end of the plot.
const PLOT: (i32, i32) = (330, 690);
/// Room for the axis.
const AXIS_ROOM: i32 = 110;
/// Lowest value of the axis that is tried.
const LOWEST: f64 = 0.4;

/// One probe, or the model.
pub(crate) struct AuditRow {
    /// Its name.
    pub(crate) name: String,
    /// What differs from other rows of the same probe; may be empty.
    pub(crate) detail: String,
    /// Its AUC, if it exists.
    pub(crate) value: Option<f64>,
    /// The interval of the AUC.
    pub(crate) interval: Option<(f64, f64)>,
    /// Mean AUC under permuted labels, and the one that 95 % of them stay below.
    pub(crate) permuted: Option<(f64, f64)>,
    /// Whether it is the model under audit.
    pub(crate) is_model: bool,
}

/// AUCs, one row each.
pub(crate) struct AuditFigure {
    /// The rows.
    pub(crate) rows: Vec<AuditRow>,
}

impl AuditFigure {
    /// The largest multiple of 0.1 below all values, 0.4 at most.
    fn lowest(&self) -> f64 {
        let ends = self.rows.iter().flat_map(|row| {
            [row.value, row.permuted.map(|ends| ends.0), row.interval.map(|ends| ends.0)]
                .into_iter()
                .flatten()
        });
        let least = ends.fold(LOWEST, f64::min);
        ((least * 10.0).floor() / 10.0).clamp(0.0, LOWEST)
    }
}

impl Drawing for AuditFigure {
    fn size(&self) -> (u32, u32) {
        (WIDTH, (ROW * self.rows.len() as i32 + AXIS_ROOM + 20) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        let low = self.lowest();
        let across = |value: f64| {
            let share = (value - low) / (1.0 - low);
            PLOT.0 + (share * f64::from(PLOT.1 - PLOT.0)).round() as i32
        };
        let bottom = 10 + ROW * self.rows.len() as i32;
        let steps = ((1.0 - low) * 10.0).round() as i32;
        for step in (0..=steps).filter(|step| (steps - step) % 2 == 0 || steps < 4) {
            let value = low + 0.1 * f64::from(step);
            let x = across(value);
            area.draw(&PathElement::new(vec![(x, 6), (x, bottom)], GRID.stroke_width(2)))?;
            area.draw_text(&format!("{value:.1}"), &centred(SMALL, MUTED), (x, bottom + 26))?;
        }
        // Chance.
        let chance = across(0.5);
        area.draw(&PathElement::new(vec![(chance, 6), (chance, bottom)], AXIS.stroke_width(4)))?;
        let middle = (PLOT.0 + PLOT.1) / 2;
        area.draw_text("AUC; the dark line is chance", &centred(LETTERS, INK), (middle, bottom + 72))?;
        let name = letters(LETTERS, INK).pos(Pos::new(HPos::Right, VPos::Center));
        let detail = letters(SMALL, MUTED).pos(Pos::new(HPos::Right, VPos::Center));
        let left = letters(SMALL, INK).pos(Pos::new(HPos::Left, VPos::Center));
        for (at, row) in self.rows.iter().enumerate() {
            let y = 10 + ROW * at as i32 + ROW / 2;
            let room = PLOT.0 as u32 - 34;
            let above = if row.detail.is_empty() { 0 } else { 16 };
            let text = fitting(area, &row.name, &name, room)?;
            area.draw_text(&text, &name, (PLOT.0 - 20, y - above))?;
            if !row.detail.is_empty() {
                let text = fitting(area, &row.detail, &detail, room)?;
                area.draw_text(&text, &detail, (PLOT.0 - 20, y + 18))?;
            }
            let colour = series(usize::from(row.is_model));
            if let Some((mean, upper)) = row.permuted {
                let bar = [(across(mean), y + 12), (across(upper), y + 24)];
                area.draw(&Rectangle::new(bar, AXIS.filled()))?;
            }
            if let Some((from, to)) = row.interval {
                let whisker = vec![(across(from), y), (across(to), y)];
                area.draw(&PathElement::new(whisker, colour.stroke_width(6)))?;
            }
            let Some(value) = row.value else {
                area.draw_text("cannot tell", &left, (PLOT.1 + 20, y))?;
                continue;
            };
            let x = across(value);
            if row.is_model {
                let diamond = vec![(x, y - 14), (x + 13, y), (x, y + 14), (x - 13, y)];
                area.draw(&Polygon::new(diamond, colour.filled()))?;
            } else {
                area.draw(&Circle::new((x, y), 10, colour.filled()))?;
            }
            let interval =
                row.interval.map_or_else(String::new, |(from, to)| format!(" ({from:.2} to {to:.2})"));
            area.draw_text(&format!("{value:.2}{interval}"), &left, (PLOT.1 + 20, y))?;
        }
        area.draw(&PathElement::new(vec![(PLOT.0, bottom), (PLOT.1, bottom)], AXIS.stroke_width(2)))
    }
}
