//! Colours that people with any colour vision can distinguish.

use plotters::style::RGBColor;

/// Colour of text.
pub(crate) const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);
/// Colour of less important text; its contrast on white is 5.7 : 1.
pub(crate) const MUTED: RGBColor = RGBColor(0x5b, 0x63, 0x6c);
/// Colour of grid lines.
pub(crate) const GRID: RGBColor = RGBColor(0xe3, 0xe5, 0xe8);
/// Colour of the frame of a plot.
pub(crate) const AXIS: RGBColor = RGBColor(0x9a, 0xa1, 0xa9);

/// The palette of Okabe and Ito (2008) without its yellow, which is too pale for lines on white.
const SERIES: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x44, 0x44, 0x44),
];

/// The colour of the series at this position. Colours repeat after seven series, with another line style.
pub(crate) fn series(position: usize) -> RGBColor {
    SERIES[position % SERIES.len()]
}

/// Length of dashes and of gaps of the series at this position; `None` is a solid line. Neighbours differ, so that a
/// print without colours can be read.
pub(crate) fn dashes(position: usize) -> Option<(i32, i32)> {
    [None, Some((16, 8)), Some((4, 6)), Some((24, 6)), Some((10, 4))][position % 5]
}

/// A blue for a share in [0, 1], from almost white to dark, and the text colour (black or white) with more contrast on
/// it.
pub(crate) fn shade(share: f64) -> (RGBColor, RGBColor) {
    const STOPS: [[f64; 3]; 3] = [[246.0, 249.0, 253.0], [107.0, 174.0, 214.0], [8.0, 60.0, 120.0]];
    let place = share.clamp(0.0, 1.0) * 2.0;
    let at = (place as usize).min(1);
    let part = place - at as f64;
    let mix = |channel: usize| {
        (STOPS[at][channel] + (STOPS[at + 1][channel] - STOPS[at][channel]) * part).round() as u8
    };
    let colour = RGBColor(mix(0), mix(1), mix(2));
    let (black, white) = (RGBColor(0, 0, 0), RGBColor(255, 255, 255));
    (colour, if contrast(colour, black) >= contrast(colour, white) { black } else { white })
}

/// Contrast of two colours, from 1 to 21, as WCAG 2.2 defines it.
fn contrast(first: RGBColor, second: RGBColor) -> f64 {
    let luminance = |RGBColor(red, green, blue): RGBColor| {
        let linear = |value: u8| {
            let share = f64::from(value) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    };
    let (a, b) = (luminance(first), luminance(second));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_can_be_read_on_every_shade() {
        let white = RGBColor(255, 255, 255);
        // Published pairs: black on white, and the gray #767676, the lightest that passes level AA on white.
        assert_eq!(contrast(RGBColor(0, 0, 0), white), 21.0);
        assert!((contrast(RGBColor(0x76, 0x76, 0x76), white) - 4.54).abs() < 0.005);
        for percent in 0..=100 {
            let (shade, ink) = shade(f64::from(percent) / 100.0);
            assert!(contrast(shade, ink) >= 4.5, "{percent} %");
        }
        assert!(contrast(MUTED, white) >= 4.5);
    }
}
