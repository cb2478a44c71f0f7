//! Draws lines with bands over two axes: ROC and precision-recall curves, calibration curves and decision curves.

use plotters::{coord::Shift, prelude::*};

use super::{
    Drawing, Failure,
    canvas::{
        Entry, LETTERS, LINE, PLOT, Plot, draw_legend, draw_line, fitting, inset, legend_height, letters,
        plot, short,
    },
    palette::{AXIS, GRID, INK, series},
};

/// A line, with its band if it has one.
pub(crate) struct Line {
    /// Text in the legend; a line without one is not in the legend.
    pub(crate) label: String,
    /// The points, drawn with straight lines and cut at the edges of the plot.
    pub(crate) points: Vec<(f64, f64)>,
    /// Place, lower and upper end of the band, within the plot.
    pub(crate) band: Vec<(f64, f64, f64)>,
    /// Its colour and stroke.
    pub(crate) look: Look,
}

/// Colour and stroke of a line.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// Of the series at this position.
    Series(usize),
    /// Thin, in the colour of the series at this position: what chance would give.
    Chance(usize),
    /// Gray, with the stroke of the series at this position.
    Reference(usize),
}

/// An axis.
pub(crate) struct Axis {
    /// Name.
    pub(crate) name: &'static str,
    /// Range.
    pub(crate) range: [f64; 2],
}

/// Lines over two axes.
pub(crate) struct LinesFigure {
    /// Width of the figure.
    pub(crate) width: u32,
    /// Text above the legend; may be empty.
    pub(crate) heading: String,
    /// The lines.
    pub(crate) lines: Vec<Line>,
    /// Horizontal axis.
    pub(crate) across: Axis,
    /// Vertical axis.
    pub(crate) up: Axis,
    /// Left end, right end and height of gray bars on the horizontal axis.
    pub(crate) bars: Vec<(f64, f64, f64)>,
    /// Ranges of both axes that are drawn again, larger, in the lower right corner.
    pub(crate) inset: Option<[[f64; 2]; 2]>,
}

impl Axis {
    /// Shares, with a little room so that lines along the edges can be seen.
    pub(crate) fn of_shares(name: &'static str) -> Self {
        Self { name, range: [-0.012, 1.012] }
    }
}

impl Look {
    fn line(self) -> (RGBColor, u32, usize) {
        match self {
            Self::Series(at) => (series(at), 5, at),
            Self::Chance(at) => (series(at), 2, 2),
            Self::Reference(line) => (AXIS, 4, line),
        }
    }
}

impl LinesFigure {
    fn entries(&self) -> Vec<Entry> {
        let labelled = self.lines.iter().filter(|line| !line.label.is_empty());
        labelled
            .map(|line| {
                let (colour, _, stroke) = line.look.line();
                Entry { text: line.label.clone(), colour, line: stroke }
            })
            .collect()
    }

    fn head(&self) -> u32 {
        let heading = if self.heading.is_empty() { 0 } else { LINE };
        heading + legend_height(self.entries().len())
    }

    fn draw_lines<B: DrawingBackend>(
        &self,
        chart: &mut Plot<'_, B>,
        ranges: [[f64; 2]; 2],
    ) -> Result<(), Failure<B>> {
        for line in &self.lines {
            let (colour, width, stroke) = line.look.line();
            for piece in within(&line.points, ranges) {
                draw_line(chart, piece, colour.stroke_width(width), stroke)?;
            }
        }
        Ok(())
    }
}

impl Drawing for LinesFigure {
    fn size(&self) -> (u32, u32) {
        // Plots are as high as they are wide, less their labels.
        (self.width, self.head() + PLOT * self.width / super::canvas::WIDTH + 60)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        let (head, below) = area.split_vertically(self.head());
        let mut legend = head;
        if !self.heading.is_empty() {
            let (line, rest) = legend.split_vertically(LINE);
            let style = letters(LETTERS, INK);
            let text = fitting(&line, &self.heading, &style, self.width - 40)?;
            line.draw_text(&text, &style, (24, 10))?;
            legend = rest;
        }
        draw_legend(&legend, &self.entries())?;
        let (across, up) = ((self.across.range, self.across.name), (self.up.range, self.up.name));
        let mut chart = plot(&below, across, up, &|value| short(*value))?;
        for &(left, right, height) in &self.bars {
            let bar = Rectangle::new([(left, self.up.range[0].max(0.0)), (right, height)], GRID.filled());
            chart.draw_series(std::iter::once(bar))?;
        }
        for line in self.lines.iter().filter(|line| !line.band.is_empty()) {
            let low = line.band.iter().map(|&(place, low, _)| (place, low));
            let high = line.band.iter().rev().map(|&(place, _, high)| (place, high));
            let outline: Vec<(f64, f64)> = low.chain(high).collect();
            let shade = line.look.line().0.mix(0.16).filled();
            chart.draw_series(std::iter::once(Polygon::new(outline, shade)))?;
        }
        self.draw_lines(&mut chart, [self.across.range, self.up.range])?;
        if let Some(ranges) = self.inset {
            self.draw_lines(&mut inset(&below, ranges)?, ranges)?;
        }
        Ok(())
    }
}

/// The pieces of a line inside a box, by Liang and Barsky's rule for each stroke.
fn within(points: &[(f64, f64)], [across, up]: [[f64; 2]; 2]) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    for stroke in points.windows(2) {
        let ((x, y), (to_x, to_y)) = (stroke[0], stroke[1]);
        let (dx, dy) = (to_x - x, to_y - y);
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        let mut outside = false;
        for (step, room) in [(-dx, x - across[0]), (dx, across[1] - x), (-dy, y - up[0]), (dy, up[1] - y)] {
            if step == 0.0 {
                outside |= room < 0.0;
            } else if step < 0.0 {
                from = from.max(room / step);
            } else {
                to = to.min(room / step);
            }
        }
        if outside || from > to {
            continue;
        }
        let at = |share: f64| (x + share * dx, y + share * dy);
        match pieces.last_mut().filter(|piece| from == 0.0 && piece.last() == Some(&(x, y))) {
            Some(piece) => piece.push(at(to)),
            None => pieces.push(vec![at(from), at(to)]),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_where_they_leave_the_box() {
        let square = [[0.0, 0.2], [0.8, 1.0]];
        // Up along the axis, then right: it enters at (0, 0.8) and leaves at (0.2, 0.95).
        let curve = [(0.0, 0.0), (0.0, 0.9), (0.4, 1.0)];
        assert_eq!(within(&curve, square), [vec![(0.0, 0.8), (0.0, 0.9), (0.2, 0.95)]]);
        // The diagonal touches the corner of neither, and a line that comes back has two pieces.
        assert!(within(&[(0.0, 0.0), (1.0, 1.0)], square).is_empty());
        // Ends that binary numbers hold exactly.
        let twice = [(0.125, 0.875), (0.5, 0.875), (0.5, 0.9375), (0.125, 0.9375)];
        let pieces = within(&twice, square);
        assert_eq!((pieces.len(), pieces[0][0], pieces[1][1]), (2, (0.125, 0.875), (0.125, 0.9375)));
        assert!(within(&[(0.3, 0.0), (0.3, 1.0)], square).is_empty());
    }
}
