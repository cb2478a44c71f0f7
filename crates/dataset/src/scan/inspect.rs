//! Inspects one image file: format, size, and statistics of its pixels.

use std::{fs::File, io::Read, path::Path};

use radiograph_image::{
    ImageError, ImageFormat, Limits, Note, Picture, SNIFF_BYTES, Samples, Stated, Undecodable,
    flags::{Flag, Scores},
    read_file,
};

/// Result of inspecting one file.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Inspection {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Format by content.
    pub format: Option<ImageFormat>,
    /// Statistics of the pixels; `None` if they were not or could not be decoded.
    pub pixels: Option<PixelStatistics>,
    /// Why the image is not readable.
    pub fault: Option<String>,
    /// What was unusual about a file that was decoded.
    pub notes: Vec<Note>,
    /// What a decoded film shows that deserves a look. Masks have no flags.
    pub flags: Vec<Flag>,
}

/// Size, gray values and colours of an image, at 8 bits a channel, transparency laid over black.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PixelStatistics {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The gray value (Rec. 601 luma, 0 to 255) that 5 % of the pixels do not exceed.
    pub dark_end: u8,
    /// The gray value that 95 % of the pixels do not exceed.
    pub light_end: u8,
    /// Entropy of the gray values in bits, 0 to 8.
    pub entropy: f64,
    /// Share of pixels, 0 to 1, whose largest and smallest channel differ by more than [`Self::COLOUR_DISTANCE`].
    pub coloured: f64,
    /// Whether the picture has two gray values, as masks have: exactly, or nearly so, as after JPEG or a change of size.
    pub two_valued: bool,
}

impl Inspection {
    /// Looks into a file; with `pixels`, decodes it.
    pub fn of_file(path: &Path, pixels: bool) -> Self {
        Self::of_film(path, Stated::default(), pixels)
    }

    /// Looks into a film of whose samples its collection says something; with `pixels`, decodes it.
    pub fn of_film(path: &Path, stated: Stated, pixels: bool) -> Self {
        let mut inspection = Self::default();
        if let Err(error) = inspection.sniff(path) {
            inspection.fault = Some(error.to_string());
            return inspection;
        }
        if inspection.format.is_none() {
            let fault = if inspection.bytes == 0 {
                Undecodable::Empty
            } else {
                Undecodable::NotAnImage { text: false }
            };
            inspection.fault = Some(fault.to_string());
        }
        if pixels {
            match read_file(path, &Limits::default()) {
                Ok(bytes) => match stated.decode_noted(&bytes, &Limits::default()) {
                    Ok(decoded) => {
                        drop(bytes);
                        inspection.look_at(&decoded.picture, decoded.notes);
                    }
                    Err(reason) => inspection.fault = Some(reason.to_string()),
                },
                Err(ImageError::Undecodable { reason, .. }) => inspection.fault = Some(reason.to_string()),
                Err(error) => inspection.fault = Some(error.to_string()),
            }
        }
        inspection
    }

    /// Takes over what a decoded file shows, and says whether it is a mask.
    pub(crate) fn look_at(&mut self, picture: &Picture, notes: Vec<Note>) -> bool {
        self.notes = notes;
        let pixels = self.pixels.insert(PixelStatistics::of_picture(picture.clone()));
        let is_mask = pixels.two_valued;
        if !is_mask {
            self.flags = Scores::of(picture).flags();
        }
        is_mask
    }

    /// Result of looking at a file's bytes without decoding them.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let start = &bytes[..bytes.len().min(SNIFF_BYTES)];
        Self { bytes: bytes.len() as u64, format: ImageFormat::of_content(start), ..Self::default() }
    }

    fn sniff(&mut self, path: &Path) -> std::io::Result<()> {
        let file = File::open(path)?;
        self.bytes = file.metadata()?.len();
        let mut start = Vec::with_capacity(SNIFF_BYTES);
        file.take(SNIFF_BYTES as u64).read_to_end(&mut start)?;
        self.format = ImageFormat::of_content(&start);
        Ok(())
    }
}

impl PixelStatistics {
    /// Channels further apart than this are visibly coloured; the noise that JPEG leaves in gray images stays below.
    pub const COLOUR_DISTANCE: u8 = 24;

    /// Looks at every pixel.
    pub fn of_picture(picture: Picture) -> Self {
        let (width, height) = (picture.width(), picture.height());
        // At 8 bits a 16-bit film whose values are all low would have two as well.
        let deep = match picture.samples() {
            Samples::Gray16(values) | Samples::Rgb16(values) => Some(has_two_values(values)),
            Samples::Gray8(_) | Samples::Rgb8(_) => None,
        };
        let picture = picture.into_8_bit();
        let coloured = match picture.samples() {
            Samples::Rgb8(values) => {
                let is_coloured = |pixel: &&[u8]| {
                    let (least, most) = pixel.iter().fold((u8::MAX, 0), |(least, most), &channel| {
                        (channel.min(least), channel.max(most))
                    });
                    most.saturating_sub(least) > Self::COLOUR_DISTANCE
                };
                values.chunks_exact(3).filter(is_coloured).count()
            }
            _ => 0,
        };
        let mut histogram = [0_u64; 256];
        if let Samples::Gray8(values) = picture.into_gray().samples() {
            for &value in values {
                histogram[usize::from(value)] += 1;
            }
        }
        let total = histogram.iter().sum::<u64>().max(1) as f64;
        let grays = histogram.iter().filter(|count| **count > 0).count();
        let exactly_two = deep.unwrap_or(grays == 2 && coloured == 0);
        Self {
            width,
            height,
            dark_end: percentile(&histogram, 0.05 * total),
            light_end: percentile(&histogram, 0.95 * total),
            entropy: entropy(&histogram, total),
            coloured: coloured as f64 / total,
            two_valued: exactly_two || nearly_two_values(&histogram, total),
        }
    }
}

fn percentile(histogram: &[u64; 256], wanted: f64) -> u8 {
    let mut seen = 0;
    let reached = (0..=u8::MAX).find(|&value| {
        seen += histogram[usize::from(value)];
        seen as f64 >= wanted
    });
    reached.unwrap_or(u8::MAX)
}

fn has_two_values(values: &[u16]) -> bool {
    let Some(first) = values.first() else { return false };
    let Some(second) = values.iter().find(|value| *value != first) else { return false };
    values.iter().all(|value| value == first || value == second)
}

/// Whether nearly all pixels have one of two gray values that are far apart. The edges of a mask become gray when it is
/// scaled or compressed with loss; a film has all values between its darkest and its lightest. Of the 2,148 published films
/// at hand the nearest one has 71 % of its pixels at two values; lung masks of Cohen's collection have at least 90 % after
/// they are scaled to 128 × 128 pixels and compressed by JPEG at quality 30.
fn nearly_two_values(histogram: &[u64; 256], total: f64) -> bool {
    const AROUND: usize = 4;
    const APART: usize = 64;
    let share = |value: usize| {
        let near = value.saturating_sub(AROUND)..=(value + AROUND).min(255);
        histogram[near].iter().sum::<u64>() as f64 / total
    };
    let most = |values: &mut dyn Iterator<Item = usize>| {
        values.map(|value| (share(value), value)).max_by(|one, other| one.0.total_cmp(&other.0))
    };
    let Some((first, at)) = most(&mut (0..256)) else { return false };
    let second = most(&mut (0..256).filter(|value: &usize| value.abs_diff(at) >= APART));
    second.is_some_and(|(second, _)| second >= 0.02 && first + second >= 0.8)
}

fn entropy(histogram: &[u64; 256], total: f64) -> f64 {
    let shares = histogram.iter().filter(|count| **count > 0).map(|count| *count as f64 / total);
    shares.map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_known_pictures() {
        let half: Vec<u8> = (0..100).map(|at| if at % 10 < 5 { 0 } else { 200 }).collect();
        let statistics = PixelStatistics::of_picture(Picture::new(10, 10, Samples::Gray8(half)).unwrap());
        assert_eq!((statistics.dark_end, statistics.light_end), (0, 200));
        assert_eq!(statistics.entropy, 1.0); // two values, half each: one bit
        assert_eq!(statistics.coloured, 0.0);

        let tinted = vec![255, 0, 0, 10, 10, 34, 10, 10, 35, 7, 7, 7];
        let statistics = PixelStatistics::of_picture(Picture::new(4, 1, Samples::Rgb8(tinted)).unwrap());
        assert_eq!(statistics.coloured, 0.5); // pure red, and the one whose channels differ by 25
        assert_eq!(statistics.light_end, 76); // 0.299 of 255

        let deep = Picture::new(2, 1, Samples::Gray16(vec![0, 65_535])).unwrap();
        assert_eq!(PixelStatistics::of_picture(deep).light_end, 255);
    }

    /// A disc on black, in these values, with a border of pixels between them.
    fn disc(inside: u8, border: f64, noise: u8) -> PixelStatistics {
        let values = (0..64 * 64).map(|at| {
            let (x, y) = (f64::from(at % 64) - 31.5, f64::from(at / 64) - 31.5);
            let depth = ((20.0 - x.hypot(y)) / border.max(0.01) + 0.5).clamp(0.0, 1.0);
            (depth * f64::from(inside)) as u8 + (at * 7 % 11) as u8 % (noise + 1)
        });
        PixelStatistics::of_picture(Picture::new(64, 64, Samples::Gray8(values.collect())).unwrap())
    }

    #[test]
    fn masks_have_two_values_and_films_have_not() {
        assert!(disc(255, 0.0, 0).two_valued && disc(1, 0.0, 0).two_valued, "exactly two");
        assert!(disc(240, 2.0, 3).two_valued, "gray edges and the noise of JPEG");
        assert!(!disc(200, 40.0, 0).two_valued, "all grays between");
        assert!(!disc(40, 0.0, 3).two_valued, "a film of low contrast");
        assert!(!disc(0, 0.0, 0).two_valued, "one value");
        // A 16-bit film of low values has two at 8 bits.
        let low = Picture::new(2, 2, Samples::Gray16(vec![0, 90, 130, 300])).unwrap();
        assert!(!PixelStatistics::of_picture(low).two_valued);
        let two = Picture::new(2, 2, Samples::Gray16(vec![0, 1, 0, 0])).unwrap();
        assert!(PixelStatistics::of_picture(two).two_valued);
    }

    #[test]
    fn an_unreadable_file_says_why() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in
            [("empty.png", ""), ("text.png", "no picture"), ("cut.png", "\u{89}PNG\r\n\u{1a}\n")]
        {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let inspection = Inspection::of_file(&path, true);
            assert!(inspection.fault.is_some() && inspection.pixels.is_none(), "{name}");
        }
        assert!(Inspection::of_file(&folder.path().join("missing.png"), false).fault.is_some());
    }
}
