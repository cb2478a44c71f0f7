//! Draws one score of every network with its interval, beside the value that the paper prints.

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
const ROW: i32 = 74;
/// Left and right end of the plot.
const PLOT: (i32, i32) = (370, 690);
/// Room for the axis.
const AXIS_ROOM: i32 = 110;

/// One network.
pub(crate) struct ForestRow {
    /// Its name.
    pub(crate) name: String,
    /// Its score, if it exists.
    pub(crate) value: Option<f64>,
    /// The interval of the score.
    pub(crate) interval: Option<(f64, f64)>,
    /// The same score as the paper prints it.
    pub(crate) paper: Option<f64>,
}

/// Scores in [0, 1] with intervals, one row per network.
pub(crate) struct ForestFigure {
    /// The rows.
    pub(crate) rows: Vec<ForestRow>,
    /// Name of the score.
    pub(crate) score: String,
}

impl ForestFigure {
    /// The largest multiple of 0.1 below all values, from 0 to 0.9.
    fn lowest(&self) -> f64 {
        let ends = self.rows.iter().flat_map(|row| {
            [row.value, row.paper, row.interval.map(|interval| interval.0)].into_iter().flatten()
        });
        let least = ends.fold(1.0, f64::min);
        ((least * 10.0 - 0.2).floor() / 10.0).clamp(0.0, 0.9)
    }
}

impl Drawing for ForestFigure {
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
        let every = if steps > 5 { 2 } else { 1 };
        let (count, part) = if steps <= 1 { (2, 0.05) } else { (steps / every, 0.1 * f64::from(every)) };
        for step in 0..=count {
            let value = 1.0 - f64::from(step) * part;
            let x = across(value);
            area.draw(&PathElement::new(vec![(x, 6), (x, bottom)], GRID.stroke_width(2)))?;
            area.draw_text(&format!("{:.0}", 100.0 * value), &centred(SMALL, MUTED), (x, bottom + 26))?;
        }
        let middle = (PLOT.0 + PLOT.1) / 2;
        area.draw_text(&format!("{} in %", self.score), &centred(LETTERS, INK), (middle, bottom + 72))?;
        let right = letters(LETTERS, INK).pos(Pos::new(HPos::Right, VPos::Center));
        let left = letters(SMALL, INK).pos(Pos::new(HPos::Left, VPos::Center));
        for (at, row) in self.rows.iter().enumerate() {
            let y = 10 + ROW * at as i32 + ROW / 2;
            let name = fitting(area, &row.name, &right, PLOT.0 as u32 - 40)?;
            area.draw_text(&name, &right, (PLOT.0 - 24, y))?;
            if let Some((from, to)) = row.interval {
                let whisker = vec![(across(from), y), (across(to), y)];
                area.draw(&PathElement::new(whisker, series(0).stroke_width(6)))?;
            }
            if let Some(paper) = row.paper {
                let x = across(paper);
                let diamond = vec![(x, y - 15), (x + 13, y), (x, y + 15), (x - 13, y), (x, y - 15)];
                area.draw(&PathElement::new(diamond, series(1).stroke_width(4)))?;
            }
            match (row.value, row.interval) {
                (Some(value), interval) => {
                    area.draw(&Circle::new((across(value), y), 10, series(0).filled()))?;
                    let interval = interval.map_or_else(String::new, |(from, to)| {
                        format!(" ({:.1} to {:.1})", 100.0 * from, 100.0 * to)
                    });
                    area.draw_text(&format!("{:.1}{interval}", 100.0 * value), &left, (PLOT.1 + 24, y))?;
                }
                (None, _) => area.draw_text("undefined", &left, (PLOT.1 + 24, y))?,
            }
        }
        area.draw(&PathElement::new(vec![(PLOT.0, bottom), (PLOT.1, bottom)], AXIS.stroke_width(2)))
    }
}
