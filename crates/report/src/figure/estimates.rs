//! Draws estimates with their intervals over one axis, one row each: the accuracy of networks, and the AUC of an audit's probes.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{
    Drawing, Failure,
    canvas::{LETTERS, LINE, WIDTH, centred, fitting, letters, width_of},
    palette::{AXIS, GRID, INK, MUTED, series},
};

/// Height of a row: a line for its name, and one for its marks.
const ROW: i32 = 108;
/// Left and right end of the axis.
const PLOT: (i32, i32) = (50, 910);
/// Left and right end of what may be drawn on.
const EDGES: (i32, i32) = (12, WIDTH as i32 - 12);
/// Room for the numbers and the name of the axis.
const AXIS_ROOM: i32 = 2 * LINE as i32 + 24;
/// Distance between a mark and its text.
const GAP: i32 = 16;

/// One estimate.
pub(crate) struct EstimateRow {
    /// Its name.
    pub(crate) name: String,
    /// What follows the name in a paler colour; may be empty.
    pub(crate) detail: String,
    /// Its value in [0, 1], if it exists.
    pub(crate) value: Option<f64>,
    /// Its interval.
    pub(crate) interval: Option<(f64, f64)>,
    /// Value and interval as text, or why there is none.
    pub(crate) text: String,
    /// What it is compared with.
    pub(crate) beside: Option<Beside>,
    /// Whether it is drawn in the second colour, with a square.
    pub(crate) emphasised: bool,
}

/// What an estimate is compared with.
pub(crate) enum Beside {
    /// A value from elsewhere, with its label: a diamond.
    Value(f64, String),
    /// A range, drawn as a bar below the estimate.
    Range(f64, f64),
}

/// Estimates in [0, 1], one row each.
pub(crate) struct EstimatesFigure {
    /// The rows.
    pub(crate) rows: Vec<EstimateRow>,
    /// Name of the axis.
    pub(crate) axis: String,
    /// Highest value at which the axis may begin.
    pub(crate) begins_at_most: f64,
    /// Value that is marked by a dark line.
    pub(crate) marked: Option<f64>,
    /// Whether the axis counts in percent.
    pub(crate) in_percent: bool,
}

impl EstimatesFigure {
    /// The largest multiple of 0.1 below all values.
    fn lowest(&self) -> f64 {
        let ends = self.rows.iter().flat_map(|row| {
            let beside = match row.beside {
                Some(Beside::Value(value, _) | Beside::Range(value, _)) => Some(value),
                None => None,
            };
            [row.value, row.interval.map(|interval| interval.0), beside].into_iter().flatten()
        });
        let least = ends.fold(1.0, f64::min);
        ((least * 10.0 - 0.2).floor() / 10.0).clamp(0.0, self.begins_at_most)
    }

    fn draw_axis<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        low: f64,
        across: &impl Fn(f64) -> i32,
    ) -> Result<(), Failure<B>> {
        let bottom = self.bottom();
        let steps = ((1.0 - low) * 10.0).round() as i32;
        let every = if steps > 5 { 2 } else { 1 };
        let (count, part) = if steps <= 1 { (2, 0.05) } else { (steps / every, 0.1 * f64::from(every)) };
        for step in 0..=count {
            let value = 1.0 - f64::from(step) * part;
            let x = across(value);
            area.draw(&PathElement::new(vec![(x, 6), (x, bottom)], GRID.stroke_width(2)))?;
            let text = if self.in_percent { format!("{:.0}", 100.0 * value) } else { format!("{value:.1}") };
            area.draw_text(&text, &centred(LETTERS, MUTED), (x, bottom + 28))?;
        }
        if let Some(marked) = self.marked.filter(|marked| *marked >= low) {
            let x = across(marked);
            area.draw(&PathElement::new(vec![(x, 6), (x, bottom)], AXIS.stroke_width(4)))?;
        }
        let middle = i32::midpoint(PLOT.0, PLOT.1);
        area.draw_text(&self.axis, &centred(LETTERS, INK), (middle, bottom + 28 + LINE as i32))?;
        area.draw(&PathElement::new(vec![(PLOT.0, bottom), (PLOT.1, bottom)], AXIS.stroke_width(2)))
    }

    fn bottom(&self) -> i32 {
        10 + ROW * self.rows.len() as i32
    }
}

impl Drawing for EstimatesFigure {
    fn size(&self) -> (u32, u32) {
        (WIDTH, (self.bottom() + AXIS_ROOM) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        let low = self.lowest();
        let across = |value: f64| {
            let share = (value - low) / (1.0 - low);
            PLOT.0 + (share * f64::from(PLOT.1 - PLOT.0)).round() as i32
        };
        self.draw_axis(area, low, &across)?;
        for (at, row) in self.rows.iter().enumerate() {
            row.draw(area, 10 + ROW * at as i32, &across)?;
        }
        Ok(())
    }
}

impl EstimateRow {
    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        top: i32,
        across: &impl Fn(f64) -> i32,
    ) -> Result<(), Failure<B>> {
        let (first, y) = (top + 26, top + 76);
        let style = |colour, side| letters(LETTERS, colour).pos(Pos::new(side, VPos::Center));
        let left = |colour| style(colour, HPos::Left);
        let width = |text: &str| width_of(area, text, &left(INK));
        let colour = series(usize::from(self.emphasised));
        // Right end of what is free on the line of the name, and the diamond.
        let (mut free, mut diamond) = (EDGES.1, None);
        match &self.beside {
            Some(Beside::Value(value, label)) => {
                let (x, half) = (across(*value), width(label)? / 2);
                let middle = x.clamp(EDGES.0 + half, EDGES.1 - half);
                clear_behind(area, (middle - half, first), 2 * half)?;
                area.draw_text(label, &centred(LETTERS, series(1)), (middle, first))?;
                free = middle - half - GAP;
                let outline = vec![(x, y - 15), (x + 13, y), (x, y + 15), (x - 13, y), (x, y - 15)];
                area.draw(&PathElement::new(outline, series(1).stroke_width(4)))?;
                diamond = Some(x);
            }
            Some(Beside::Range(from, to)) => {
                let bar = [(across(*from), y + 14), (across(*to), y + 24)];
                area.draw(&Rectangle::new(bar, AXIS.filled()))?;
            }
            None => {}
        }
        if let Some(value) = self.value {
            let x = across(value);
            let ends = self.interval.map_or((x, x), |(from, to)| (across(from), across(to)));
            let ends = (ends.0.min(x - 10), ends.1.max(x + 10));
            area.draw(&PathElement::new(vec![(ends.0, y), (ends.1, y)], colour.stroke_width(6)))?;
            if self.emphasised {
                area.draw(&Rectangle::new([(x - 10, y - 10), (x + 10, y + 10)], colour.filled()))?;
            } else {
                area.draw(&Circle::new((x, y), 10, colour.filled()))?;
            }
            // The text stands at the mark: right of it, else left of it, else above it.
            let (text, begin) = (width(&self.text)?, ends.1 + GAP);
            let clear = diamond.is_none_or(|diamond| diamond + 13 < begin || diamond - 13 > begin + text);
            if clear && begin + text <= EDGES.1 {
                clear_behind(area, (begin, y), text)?;
                area.draw_text(&self.text, &left(colour), (begin, y))?;
            } else if ends.0 - GAP - text >= EDGES.0 {
                clear_behind(area, (ends.0 - GAP - text, y), text)?;
                area.draw_text(&self.text, &style(colour, HPos::Right), (ends.0 - GAP, y))?;
            } else {
                clear_behind(area, (free - text, first), text)?;
                area.draw_text(&self.text, &style(colour, HPos::Right), (free, first))?;
                free -= text + GAP;
            }
        } else {
            clear_behind(area, (EDGES.0, y), width(&self.text)?)?;
            area.draw_text(&self.text, &left(MUTED), (EDGES.0, y))?;
        }
        let name = fitting(area, &self.name, &left(INK), (free - EDGES.0).max(60) as u32)?;
        let begin = EDGES.0 + width(&name)? + GAP;
        clear_behind(area, (EDGES.0, first), begin - GAP - EDGES.0)?;
        area.draw_text(&name, &left(INK), (EDGES.0, first))?;
        if !self.detail.is_empty() && free - begin > 80 {
            let detail = fitting(area, &self.detail, &left(MUTED), (free - begin) as u32)?;
            clear_behind(area, (begin, first), width(&detail)?)?;
            area.draw_text(&detail, &left(MUTED), (begin, first))?;
        }
        Ok(())
    }
}

/// Takes the lines of the axis away where a text of this width begins, so that none runs through its letters.
fn clear_behind<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    (left, middle): (i32, i32),
    width: i32,
) -> Result<(), Failure<B>> {
    // Not as far down as a bar of a range, which may lie below the text.
    let (above, below) = (LINE as i32 / 2, 13);
    area.draw(&Rectangle::new(
        [(left - 4, middle - above), (left + width + 4, middle + below)],
        WHITE.filled(),
    ))
}
