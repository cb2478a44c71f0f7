//! A decoded image: one or three channels, at the depth it was stored with.

/// An image in memory, gray or RGB, with 8 or 16 bits a sample; no alpha, no palette.
///
/// Samples run row by row from the top left, the channels of a pixel side by side (`[H, W]` or `[H, W, 3]`).
/// 8-bit samples span 0 to 255, 16-bit samples 0 to 65,535, black to white.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Picture {
    width: u32,
    height: u32,
    samples: Samples,
}

/// The samples of a [`Picture`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Samples {
    /// `[H, W]`, 8 bits.
    Gray8(Vec<u8>),
    /// `[H, W]`, 16 bits.
    Gray16(Vec<u16>),
    /// `[H, W, 3]`, 8 bits.
    Rgb8(Vec<u8>),
    /// `[H, W, 3]`, 16 bits.
    Rgb16(Vec<u16>),
}

impl Samples {
    fn len(&self) -> usize {
        match self {
            Self::Gray8(values) | Self::Rgb8(values) => values.len(),
            Self::Gray16(values) | Self::Rgb16(values) => values.len(),
        }
    }

    fn channels(&self) -> usize {
        match self {
            Self::Gray8(_) | Self::Gray16(_) => 1,
            Self::Rgb8(_) | Self::Rgb16(_) => 3,
        }
    }
}

impl Picture {
    /// A picture of these samples; `None` if their number is not `width × height × channels` or a side is 0.
    ///
    /// ```
    /// use radiograph_image::{Picture, Samples};
    ///
    /// assert!(Picture::new(2, 2, Samples::Gray8(vec![0, 50, 100, 255])).is_some());
    /// assert!(Picture::new(2, 2, Samples::Rgb8(vec![0, 50, 100, 255])).is_none());
    /// ```
    pub fn new(width: u32, height: u32, samples: Samples) -> Option<Self> {
        let expected = (width as usize).checked_mul(height as usize)?.checked_mul(samples.channels())?;
        (expected > 0 && samples.len() == expected).then_some(Self { width, height, samples })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// 1 for gray, 3 for RGB.
    pub fn channels(&self) -> usize {
        self.samples.channels()
    }

    /// Bits a sample: 8 or 16.
    pub fn bits(&self) -> u32 {
        match self.samples {
            Samples::Gray8(_) | Samples::Rgb8(_) => 8,
            Samples::Gray16(_) | Samples::Rgb16(_) => 16,
        }
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Takes the samples out.
    pub fn into_samples(self) -> Samples {
        self.samples
    }

    /// The picture in gray: Rec. 601 luma, `0.299 R + 0.587 G + 0.114 B`, rounded; the depth stays.
    ///
    /// 8-bit values equal those of Pillow's `convert("L")`, which weighs with 16-bit fractions.
    pub fn into_gray(self) -> Self {
        let samples = match self.samples {
            Samples::Rgb8(values) => {
                Samples::Gray8(values.as_chunks().0.iter().map(|&rgb| luma8(rgb)).collect())
            }
            Samples::Rgb16(values) => {
                Samples::Gray16(values.as_chunks().0.iter().map(|&rgb| luma16(rgb)).collect())
            }
            gray => gray,
        };
        Self { samples, ..self }
    }

    /// The picture with three channels; gray is repeated.
    pub fn into_rgb(self) -> Self {
        let samples = match self.samples {
            Samples::Gray8(values) => Samples::Rgb8(repeat_three(&values)),
            Samples::Gray16(values) => Samples::Rgb16(repeat_three(&values)),
            rgb => rgb,
        };
        Self { samples, ..self }
    }

    /// The picture with 8 bits a sample, for showing: 16-bit samples are divided by 257 and rounded.
    pub fn into_8_bit(self) -> Self {
        let samples = match self.samples {
            Samples::Gray16(values) => Samples::Gray8(narrow(&values)),
            Samples::Rgb16(values) => Samples::Rgb8(narrow(&values)),
            eight => eight,
        };
        Self { samples, ..self }
    }

    /// Share of pixels, 0 to 1, whose channels differ by more than `tolerance` (in 8-bit steps).
    pub fn coloured_share(&self, tolerance: u8) -> f64 {
        let spread = |low: u16, high: u16, scale: u16| high - low > u16::from(tolerance) * scale;
        let coloured = match &self.samples {
            Samples::Rgb8(values) => (values.as_chunks().0.iter())
                .filter(|&&[red, green, blue]| {
                    spread(red.min(green).min(blue).into(), red.max(green).max(blue).into(), 1)
                })
                .count(),
            Samples::Rgb16(values) => (values.as_chunks().0.iter())
                .filter(|&&[red, green, blue]| {
                    spread(red.min(green).min(blue), red.max(green).max(blue), 257)
                })
                .count(),
            Samples::Gray8(_) | Samples::Gray16(_) => 0,
        };
        // A picture has at least one pixel.
        coloured as f64 / (f64::from(self.width) * f64::from(self.height))
    }

    /// Whether any pixel's channels differ by more than `tolerance` (in 8-bit steps): a coloured image.
    pub fn is_coloured(&self, tolerance: u8) -> bool {
        let spread = |low: u16, high: u16, scale: u16| high - low > u16::from(tolerance) * scale;
        match &self.samples {
            Samples::Rgb8(values) => values.as_chunks().0.iter().any(|&[red, green, blue]| {
                spread(red.min(green).min(blue).into(), red.max(green).max(blue).into(), 1)
            }),
            Samples::Rgb16(values) => {
                values.as_chunks().0.iter().any(|&[red, green, blue]| {
                    spread(red.min(green).min(blue), red.max(green).max(blue), 257)
                })
            }
            Samples::Gray8(_) | Samples::Gray16(_) => false,
        }
    }

    /// The rectangle of `width × height` pixels at (`left`, `top`); `None` if it is empty or reaches outside.
    pub fn crop(&self, left: u32, top: u32, width: u32, height: u32) -> Option<Self> {
        if left.checked_add(width)? > self.width || top.checked_add(height)? > self.height {
            return None;
        }
        let window = Window {
            row: self.width as usize * self.channels(),
            channels: self.channels(),
            left,
            top,
            width,
            height,
        };
        let samples = match &self.samples {
            Samples::Gray8(values) => Samples::Gray8(window.cut(values)),
            Samples::Gray16(values) => Samples::Gray16(window.cut(values)),
            Samples::Rgb8(values) => Samples::Rgb8(window.cut(values)),
            Samples::Rgb16(values) => Samples::Rgb16(window.cut(values)),
        };
        Self::new(width, height, samples)
    }

    /// The picture with samples from `black` to `white` stretched over the range of 16 bits; an 8-bit picture stays.
    pub(crate) fn stretched(self, black: u16, white: u16) -> Self {
        let span = u32::from(white.saturating_sub(black)).max(1);
        let stretch = |value: u16| {
            let above = u32::from(value.saturating_sub(black)).min(span);
            ((above * 65_535 + span / 2) / span) as u16
        };
        let samples = match self.samples {
            Samples::Gray16(values) => Samples::Gray16(values.into_iter().map(stretch).collect()),
            Samples::Rgb16(values) => Samples::Rgb16(values.into_iter().map(stretch).collect()),
            eight => eight,
        };
        Self { samples, ..self }
    }

    /// The picture with black and white exchanged.
    pub(crate) fn negative(self) -> Self {
        let samples = match self.samples {
            Samples::Gray8(values) => Samples::Gray8(values.into_iter().map(|value| !value).collect()),
            Samples::Rgb8(values) => Samples::Rgb8(values.into_iter().map(|value| !value).collect()),
            Samples::Gray16(values) => Samples::Gray16(values.into_iter().map(|value| !value).collect()),
            Samples::Rgb16(values) => Samples::Rgb16(values.into_iter().map(|value| !value).collect()),
        };
        Self { samples, ..self }
    }

    /// The picture as a camera's mark says that it stands: EXIF Orientation 1 (upright) to 8.
    pub(crate) fn turned(self, orientation: u8) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let swaps = orientation >= 5;
        // Where the pixel at a row and column of the upright picture is stored.
        let stored = |row: usize, column: usize| {
            let (x, y) = if swaps { (row, column) } else { (column, row) };
            let mirrored_x = matches!(orientation, 2 | 3 | 7 | 8);
            let mirrored_y = matches!(orientation, 3 | 4 | 6 | 7);
            let x = if mirrored_x { width - 1 - x } else { x };
            let y = if mirrored_y { height - 1 - y } else { y };
            y * width + x
        };
        let (columns, rows) = if swaps { (height, width) } else { (width, height) };
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let places = places.map(|(row, column)| stored(row, column));
        let samples = match &self.samples {
            _ if !(2..=8).contains(&orientation) => return self,
            Samples::Gray8(values) => Samples::Gray8(places.map(|place| values[place]).collect()),
            Samples::Gray16(values) => Samples::Gray16(places.map(|place| values[place]).collect()),
            Samples::Rgb8(values) => Samples::Rgb8(places.flat_map(|place| pixel(values, place)).collect()),
            Samples::Rgb16(values) => Samples::Rgb16(places.flat_map(|place| pixel(values, place)).collect()),
        };
        let (width, height) = if swaps { (self.height, self.width) } else { (self.width, self.height) };
        Self { width, height, samples }
    }
}

fn pixel<T: Copy>(values: &[T], place: usize) -> [T; 3] {
    [values[3 * place], values[3 * place + 1], values[3 * place + 2]]
}

/// A rectangle within rows of `row` samples.
struct Window {
    row: usize,
    channels: usize,
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Window {
    fn cut<T: Copy>(&self, values: &[T]) -> Vec<T> {
        let (left, width) = (self.left as usize * self.channels, self.width as usize * self.channels);
        let rows = values.chunks_exact(self.row).skip(self.top as usize).take(self.height as usize);
        rows.flat_map(|row| &row[left..left + width]).copied().collect()
    }
}

// Pillow's weights: 0.299, 0.587 and 0.114 in units of 2^-16; they sum to 1 exactly, so white stays white.
const LUMA: [u32; 3] = [19_595, 38_470, 7_471];

fn luma8([red, green, blue]: [u8; 3]) -> u8 {
    let sum = u32::from(red) * LUMA[0] + u32::from(green) * LUMA[1] + u32::from(blue) * LUMA[2];
    ((sum + 0x8000) >> 16) as u8
}

fn luma16([red, green, blue]: [u16; 3]) -> u16 {
    let weigh = |value: u16, weight: u32| u64::from(value) * u64::from(weight);
    let sum = weigh(red, LUMA[0]) + weigh(green, LUMA[1]) + weigh(blue, LUMA[2]);
    ((sum + 0x8000) >> 16) as u16
}

fn repeat_three<T: Copy>(values: &[T]) -> Vec<T> {
    values.iter().flat_map(|&value| [value; 3]).collect()
}

fn narrow(values: &[u16]) -> Vec<u8> {
    values.iter().map(|&value| ((u32::from(value) + 128) / 257) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_of_pure_colours() {
        // Pillow 13: Image.new("RGB", (1, 1), c).convert("L") for red, green, blue and white.
        let picture = Picture::new(2, 2, Samples::Rgb8(vec![255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]));
        assert_eq!(picture.unwrap().into_gray().samples(), &Samples::Gray8(vec![76, 150, 29, 255]));
    }

    #[test]
    fn depth_changes_keep_black_and_white() {
        let picture = Picture::new(3, 1, Samples::Gray16(vec![0, 257 * 100, u16::MAX])).unwrap();
        assert_eq!(picture.clone().into_8_bit().samples(), &Samples::Gray8(vec![0, 100, 255]));
        let gray = picture.clone().into_rgb().into_gray();
        assert_eq!(gray, picture);
    }

    /// Pillow 13: `ImageOps.exif_transpose` of [[1, 2, 3], [4, 5, 6]] with each orientation.
    #[test]
    fn orientation_marks_turn_as_pillow_does() {
        let picture = Picture::new(3, 2, Samples::Gray8(vec![1, 2, 3, 4, 5, 6])).unwrap();
        let expected = [
            (1, 3, vec![1, 2, 3, 4, 5, 6]),
            (2, 3, vec![3, 2, 1, 6, 5, 4]),
            (3, 3, vec![6, 5, 4, 3, 2, 1]),
            (4, 3, vec![4, 5, 6, 1, 2, 3]),
            (5, 2, vec![1, 4, 2, 5, 3, 6]),
            (6, 2, vec![4, 1, 5, 2, 6, 3]),
            (7, 2, vec![6, 3, 5, 2, 4, 1]),
            (8, 2, vec![3, 6, 2, 5, 1, 4]),
        ];
        for (orientation, width, samples) in expected {
            let turned = picture.clone().turned(orientation);
            assert_eq!(
                (turned.width(), turned.samples()),
                (width, &Samples::Gray8(samples)),
                "{orientation}"
            );
        }
    }

    #[test]
    fn crops_stay_inside() {
        let picture = Picture::new(3, 2, Samples::Gray8(vec![1, 2, 3, 4, 5, 6])).unwrap();
        assert_eq!(picture.crop(1, 0, 2, 2).unwrap().samples(), &Samples::Gray8(vec![2, 3, 5, 6]));
        assert!(picture.crop(2, 0, 2, 2).is_none());
        assert!(picture.crop(u32::MAX, 0, 2, 2).is_none());
        assert!(picture.crop(0, 0, 0, 1).is_none());
    }
}
