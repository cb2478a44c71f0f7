//! Draws ROC and precision-recall curves of the classes with bands, as in figures 7 and 8 of the paper.

use plotters::{coord::Shift, prelude::*};

use super::{
    Band, Drawing, Failure,
    canvas::{Entry, PLOT, WIDTH, draw_legend, draw_line, legend_height, plot, short},
    palette::{AXIS, series},
};

/// The curve of one class.
pub(crate) struct Curve {
    /// Class and area, for the legend.
    pub(crate) label: String,
    /// The points, drawn with straight lines.
    pub(crate) points: Vec<(f64, f64)>,
    /// Its band.
    pub(crate) band: Option<Band>,
}

/// Curves over the unit square.
pub(crate) struct CurvesFigure {
    /// Curves, one per class.
    pub(crate) curves: Vec<Curve>,
    /// Name of the horizontal axis.
    pub(crate) across: &'static str,
    /// Name of the vertical axis.
    pub(crate) up: &'static str,
    /// Whether random guessing lies on the diagonal.
    pub(crate) diagonal: bool,
}

impl Drawing for CurvesFigure {
    fn size(&self) -> (u32, u32) {
        (WIDTH, legend_height(self.curves.len()) + PLOT + 80)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        let (legend, below) = area.split_vertically(legend_height(self.curves.len()));
        let entry =
            |(line, curve): (usize, &Curve)| Entry { text: curve.label.clone(), colour: series(line), line };
        let entries: Vec<Entry> = self.curves.iter().enumerate().map(entry).collect();
        draw_legend(&legend, &entries)?;
        // A little room, so that curves along the edges can be seen.
        let range = [-0.012, 1.012];
        let mut chart = plot(&below, (range, self.across), (range, self.up), &|value| short(*value))?;
        if self.diagonal {
            draw_line(&mut chart, vec![(0.0, 0.0), (1.0, 1.0)], AXIS.stroke_width(2), 1)?;
        }
        for (at, curve) in self.curves.iter().enumerate() {
            if let Some(band) = &curve.band {
                let low = band.places.iter().copied().zip(band.low.iter().copied());
                let high = band.places.iter().copied().zip(band.high.iter().copied());
                let outline: Vec<(f64, f64)> = low.chain(high.rev()).collect();
                chart.draw_series(std::iter::once(Polygon::new(outline, series(at).mix(0.14).filled())))?;
            }
        }
        for (at, curve) in self.curves.iter().enumerate() {
            draw_line(&mut chart, curve.points.clone(), series(at).stroke_width(5), at)?;
        }
        Ok(())
    }
}
