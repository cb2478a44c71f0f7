//! Draws a reliability diagram: accuracy against confidence.

use plotters::{coord::Shift, prelude::*};
use radiograph_metrics::{Level, Reliability};

use super::{
    Drawing, Failure,
    canvas::{Entry, PLOT, WIDTH, draw_legend, draw_line, legend_height, plot, short},
    palette::{AXIS, GRID, series},
};

/// Height of the bars that show the number of images per bin, in units of the axis.
const BARS: f64 = 0.16;

/// A reliability diagram.
pub(crate) struct ReliabilityFigure<'a> {
    /// The bins.
    pub(crate) reliability: &'a Reliability,
    /// Confidence level of the intervals of accuracy.
    pub(crate) level: Level,
}

impl Drawing for ReliabilityFigure<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH, legend_height(2) + PLOT)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        let (legend, below) = area.split_vertically(legend_height(2));
        let percent = short(100.0 * self.level.get());
        let right = format!("share right, {percent} % interval; bars: images");
        draw_legend(
            &legend,
            &[
                Entry { text: right, colour: series(0), line: 0 },
                Entry { text: "as sure as right".to_owned(), colour: AXIS, line: 1 },
            ],
        )?;
        let range = [-0.012, 1.012];
        let names = ("probability of the predicted class", "share right");
        let mut chart = plot(&below, (range, names.0), (range, names.1), &|value| short(*value))?;
        let most = self.reliability.points.iter().map(|bin| bin.samples).max().unwrap_or(1) as f64;
        for bin in &self.reliability.points {
            let height = BARS * bin.samples as f64 / most;
            let left = (bin.confidence - 0.018).max(0.0);
            let bar = Rectangle::new([(left, 0.0), ((left + 0.036).min(1.0), height)], GRID.filled());
            chart.draw_series(std::iter::once(bar))?;
        }
        draw_line(&mut chart, vec![(0.0, 0.0), (1.0, 1.0)], AXIS.stroke_width(3), 1)?;
        for bin in &self.reliability.points {
            if let Ok(interval) = bin.share.interval(self.level) {
                let whisker = vec![(bin.confidence, interval.low), (bin.confidence, interval.high)];
                draw_line(&mut chart, whisker, series(0).stroke_width(4), 0)?;
            }
            let dot = Circle::new((bin.confidence, bin.accuracy()), 9, series(0).filled());
            chart.draw_series(std::iter::once(dot))?;
        }
        Ok(())
    }
}
