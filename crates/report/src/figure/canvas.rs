//! Drawing aids that all figures share: text, legends and frames.

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    element::DashedPathElement,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{
    Failure,
    palette::{AXIS, GRID, INK, MUTED, dashes},
};

/// Width of a figure.
pub(crate) const WIDTH: u32 = 960;
/// Width of a small multiple, of which there is one a class.
pub(crate) const MULTIPLE: u32 = 780;
/// Height of a plot below its legend.
pub(crate) const PLOT: u32 = 660;
/// Height of a line of text.
pub(crate) const LINE: u32 = 46;
/// Size of text; the plotting library divides it by 1.24. On a phone of 390 px, a figure is 358 px wide and letters have 12 px.
pub(crate) const LETTERS: u32 = 41;
/// Room right of a plot.
const MARGIN: u32 = 40;
/// Room below a plot for numbers and the name of its axis.
const UNDER: u32 = 104;
/// Maximum number of entries of a legend.
pub(crate) const ENTRIES: usize = 10;

/// A plot with numbers on both axes.
pub(crate) type Plot<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The character, or a replacement for one that XML cannot hold.
pub(crate) fn printable(letter: char) -> char {
    let forbidden = letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}');
    if forbidden { '\u{fffd}' } else { letter }
}

/// Text style of this size and colour.
pub(crate) fn letters(size: u32, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&colour)
}

/// Text style for text that is placed by its centre.
pub(crate) fn centred(size: u32, colour: RGBColor) -> TextStyle<'static> {
    letters(size, colour).pos(Pos::new(HPos::Center, VPos::Center))
}

/// Width of a text. A page draws with the reader's font, which may be wider than the one that is measured here.
pub(crate) fn width_of<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    text: &str,
    style: &TextStyle<'_>,
) -> Result<i32, Failure<B>> {
    Ok(area.estimate_text_size(text, style)?.0 as i32 * 7 / 6)
}

/// The beginning of a text that fits into `width`, with an ellipsis if it was cut.
pub(crate) fn fitting<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    text: &str,
    style: &TextStyle<'_>,
    width: u32,
) -> Result<String, Failure<B>> {
    let mut letters: Vec<char> = text.chars().map(printable).collect();
    let mut shown: String = letters.iter().collect();
    while letters.len() > 1 && width_of(area, &shown, style)? > width as i32 {
        letters.pop();
        shown = letters.iter().collect::<String>().trim_end().to_owned() + "…";
    }
    Ok(shown)
}

/// An entry of a legend.
pub(crate) struct Entry {
    /// Text.
    pub(crate) text: String,
    /// Its colour.
    pub(crate) colour: RGBColor,
    /// Line style, by position.
    pub(crate) line: usize,
}

/// Height of a legend with `entries` entries.
pub(crate) fn legend_height(entries: usize) -> u32 {
    let lines = entries.min(ENTRIES) + usize::from(entries > ENTRIES);
    lines as u32 * LINE + 16
}

/// Draws a legend with one entry per line at the top of the area.
pub(crate) fn draw_legend<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    entries: &[Entry],
) -> Result<(), Failure<B>> {
    let style = letters(LETTERS, INK).pos(Pos::new(HPos::Left, VPos::Center));
    for (at, entry) in entries.iter().take(ENTRIES).enumerate() {
        let y = at as i32 * LINE as i32 + LINE as i32 / 2 + 8;
        let sample = vec![(24, y), (84, y)];
        let stroke = entry.colour.stroke_width(5);
        match dashes(entry.line) {
            None => area.draw(&PathElement::new(sample, stroke))?,
            Some((dash, gap)) => area.draw(&DashedPathElement::new(sample, dash, gap, stroke))?,
        }
        let text = fitting(area, &entry.text, &style, area.dim_in_pixel().0 - 116)?;
        area.draw_text(&text, &style, (100, y))?;
    }
    if let Some(more) = entries.len().checked_sub(ENTRIES + 1) {
        let y = ENTRIES as i32 * LINE as i32 + LINE as i32 / 2 + 8;
        area.draw_text(
            &format!("and {} more", more + 1),
            &letters(LETTERS, MUTED).pos(Pos::new(HPos::Left, VPos::Center)),
            (100, y),
        )?;
    }
    Ok(())
}

/// A framed plot with a grid and axis names.
pub(crate) fn plot<'a, B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    across: ([f64; 2], &str),
    up: ([f64; 2], &str),
    format: &dyn Fn(&f64) -> String,
) -> Result<Plot<'a, B>, Failure<B>> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(14)
        .margin_right(MARGIN)
        .margin_left(6)
        .margin_bottom(6)
        .x_label_area_size(UNDER)
        .y_label_area_size(140)
        .build_cartesian_2d(across.0[0]..across.0[1], up.0[0]..up.0[1])?;
    chart
        .configure_mesh()
        .x_desc(across.1)
        .y_desc(up.1)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(format)
        .axis_desc_style(letters(LETTERS, INK))
        .label_style(letters(LETTERS, MUTED))
        .bold_line_style(GRID.stroke_width(2))
        .light_line_style(TRANSPARENT)
        .axis_style(AXIS.stroke_width(2))
        .draw()?;
    Ok(chart)
}

/// A framed plot of these ranges in the lower right corner of the plot that fills the area.
pub(crate) fn inset<'a, B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    [across, up]: [[f64; 2]; 2],
) -> Result<Plot<'a, B>, Failure<B>> {
    let (width, height) = area.dim_in_pixel();
    let size = (width * 9 / 20, height * 9 / 20);
    let corner = (width - MARGIN - size.0 - 12, height - UNDER - size.1 - 20);
    let corner = (corner.0 as i32, corner.1 as i32);
    let part = area.clone().shrink(corner, (size.0 as i32, size.1 as i32));
    part.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&part)
        .margin_top(18)
        .margin_right(34)
        .x_label_area_size(50)
        .y_label_area_size(90)
        .build_cartesian_2d(across[0]..across[1], up[0]..up[1])?;
    chart
        .configure_mesh()
        .x_labels(3)
        .y_labels(3)
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|value| short(*value))
        .label_style(letters(LETTERS, MUTED))
        .bold_line_style(GRID.stroke_width(2))
        .light_line_style(TRANSPARENT)
        .axis_style(AXIS.stroke_width(2))
        .draw()?;
    Ok(chart)
}

/// Draws a line in the style of the series at `line`.
pub(crate) fn draw_line<B: DrawingBackend>(
    chart: &mut Plot<'_, B>,
    points: Vec<(f64, f64)>,
    style: ShapeStyle,
    line: usize,
) -> Result<(), Failure<B>> {
    match dashes(line) {
        None => chart.draw_series(std::iter::once(PathElement::new(points, style)))?,
        Some((dash, gap)) => {
            chart.draw_series(std::iter::once(DashedPathElement::new(points, dash, gap, style)))?
        }
    };
    Ok(())
}

/// A number without trailing zeros.
pub(crate) fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
