//! Figures, each drawn once and written as SVG and as PNG.
//!
//! Lengths are in units of 1/960 of the figure's width: half a pixel on a page, one pixel in the PNG.

mod band;
mod canvas;
mod confusion;
mod estimates;
mod lines;
mod palette;
mod pictures;
mod reliability;
mod sheet;
mod steps;
mod training;

use std::{io::Cursor, sync::Once};

use base64::{Engine, prelude::BASE64_STANDARD};
use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::png::PngEncoder};
use plotters::{
    coord::Shift,
    prelude::{
        BitMapBackend, DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea, SVGBackend,
    },
    style::{FontStyle, WHITE, register_font},
};

use crate::Error;

pub(crate) use band::Band;
pub use band::CurveBands;
pub(crate) use canvas::{MULTIPLE, WIDTH};
pub(crate) use confusion::ConfusionFigure;
pub(crate) use estimates::{Beside, EstimateRow, EstimatesFigure};
pub(crate) use lines::{Axis, Line, LinesFigure, Look};
pub(crate) use pictures::{PictureRow, PicturesFigure};
pub(crate) use reliability::ReliabilityFigure;
pub(crate) use sheet::SheetFigure;
pub(crate) use steps::{simplified, steps};
pub(crate) use training::{Quantity, TrainingFigure};

/// Font that makes figures the same on every machine: see `fonts/README.md`.
static LETTERS: &[u8] = include_bytes!("../../fonts/Roboto-Latin-Greek-Cyrillic.ttf");

/// A drawn figure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figure {
    /// Its file name without extension: lower-case letters, digits and hyphens.
    pub name: String,
    /// Title in one line.
    pub title: String,
    /// Description for screen readers.
    pub description: String,
    /// An SVG document with title and description.
    pub svg: String,
    /// The same drawing as a PNG file.
    pub png: Vec<u8>,
}

/// Why a drawing on this kind of canvas failed.
pub(crate) type Failure<B> = DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>;

/// Something that can be drawn on any canvas.
pub(crate) trait Drawing {
    /// Width and height of the drawing.
    fn size(&self) -> (u32, u32);

    /// Draws it on a white area of this size.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>>;
}

impl Figure {
    pub(crate) fn new(
        name: String,
        title: String,
        description: String,
        drawing: &impl Drawing,
    ) -> Result<Self, Error> {
        Self::with_pictures(name, title, description, drawing, &[])
    }

    /// A drawing with pictures over it, each with its left upper corner.
    pub(crate) fn with_pictures(
        name: String,
        title: String,
        description: String,
        drawing: &impl Drawing,
        pictures: &[((u32, u32), &RgbImage)],
    ) -> Result<Self, Error> {
        let failed = |reason: String| Error::Drawing { figure: name.clone(), reason };
        static ONCE: Once = Once::new();
        // A font that ships with the crate is valid; were it not, drawing text would fail with an error.
        ONCE.call_once(|| drop(register_font("sans-serif", FontStyle::Normal, LETTERS)));
        let (width, height) = drawing.size();
        let mut drawn = String::new();
        {
            let area = SVGBackend::with_string(&mut drawn, (width, height)).into_drawing_area();
            drawing.draw(&area).and_then(|()| area.present()).map_err(|error| failed(error.to_string()))?;
        }
        let mut pixels = vec![255; width as usize * height as usize * 3];
        {
            let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
            area.fill(&WHITE)
                .and_then(|()| drawing.draw(&area))
                .and_then(|()| area.present())
                .map_err(|error| failed(error.to_string()))?;
        }
        let mut embedded = String::new();
        for ((left, top), picture) in pictures {
            paint(&mut pixels, width, (*left, *top), picture);
            let (side, own) = (picture.dimensions(), png(picture.as_raw(), picture.dimensions()));
            let own = BASE64_STANDARD.encode(own.map_err(&failed)?);
            embedded.push_str(&format!(
                "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" href=\"data:image/png;base64,{own}\"/>\n",
                side.0, side.1
            ));
        }
        let png = png(&pixels, (width, height)).map_err(failed)?;
        let mut svg = accessible(&drawn, (width, height), &name, &title, &description);
        if let Some(end) = svg.rfind("</svg>").filter(|_| !embedded.is_empty()) {
            svg.insert_str(end, &embedded);
        }
        Ok(Self { name, title, description, svg, png })
    }
}

/// The PNG file of a picture.
fn png(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, String> {
    let mut png = Cursor::new(Vec::new());
    PngEncoder::new(&mut png)
        .write_image(pixels, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| error.to_string())?;
    Ok(png.into_inner())
}

/// Copies a picture into pixels of this width; what would lie outside is left out.
fn paint(pixels: &mut [u8], width: u32, (left, top): (u32, u32), picture: &RgbImage) {
    for (x, y, pixel) in picture.enumerate_pixels() {
        let (x, y) = (left + x, top + y);
        let at = (y as usize * width as usize + x as usize) * 3;
        if let Some(place) = pixels.get_mut(at..at + 3).filter(|_| x < width) {
            place.copy_from_slice(&pixel.0);
        }
    }
}

/// The drawing below a root element with title and description for screen readers.
fn accessible(
    drawn: &str,
    (width, height): (u32, u32),
    name: &str,
    title: &str,
    description: &str,
) -> String {
    let body = drawn.split_once(">\n").map_or("", |(_, body)| body);
    let (title, description) = (xml(title), xml(description));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"{name}-title\" aria-describedby=\"{name}-description\">\n\
         <title id=\"{name}-title\">{title}</title>\n<desc id=\"{name}-description\">{description}</desc>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#FFFFFF\"/>\n{body}"
    )
}

/// A text without the characters that XML cannot hold.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter => escaped.push(canvas::printable(letter)),
        }
    }
    escaped
}
