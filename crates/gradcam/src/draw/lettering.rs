//! Writes text on a picture with a built-in bitmap font, so that no font file is needed on the user's machine.

use embedded_graphics::{
    Drawable,
    draw_target::DrawTarget,
    geometry::{OriginDimensions, Point, Size},
    mono_font::{MonoTextStyle, iso_8859_1::FONT_9X15},
    pixelcolor::{Rgb888, RgbColor},
    text::{Baseline, Text},
};
use image::{Rgb, RgbImage};

/// Height of a line in pixels: letters and the space below them.
pub(super) const LINE: u32 = 18;
/// Width of a letter in pixels.
const LETTER: u32 = 9;

/// Writes a line in white with its top left corner at (x, y). Text that does not fit is cut and ends in three points.
/// Characters outside Latin-1 become question marks.
pub(super) fn write_line(picture: &mut RgbImage, text: &str, x: u32, y: u32) {
    let room = (picture.width().saturating_sub(x) / LETTER) as usize;
    let mut line: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if line.chars().count() > room {
        line = line.chars().take(room.saturating_sub(3)).chain("...".chars().take(room)).collect();
    }
    let (Ok(x), Ok(y)) = (i32::try_from(x), i32::try_from(y)) else { return };
    let style = MonoTextStyle::new(&FONT_9X15, Rgb888::WHITE);
    let text = Text::with_baseline(&line, Point::new(x, y), style, Baseline::Top);
    let Ok(_) = text.draw(&mut Canvas(picture));
}

/// The picture as a drawing target of the font library.
struct Canvas<'a>(&'a mut RgbImage);

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = std::convert::Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Self::Error>
    where
        I: IntoIterator<Item = embedded_graphics::Pixel<Self::Color>>,
    {
        for embedded_graphics::Pixel(place, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(place.x), u32::try_from(place.y))
                && let Some(pixel) = self.0.get_pixel_mut_checked(x, y)
            {
                *pixel = Rgb([colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}
