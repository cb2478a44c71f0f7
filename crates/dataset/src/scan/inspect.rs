//! Inspects one image file: format, size, and statistics of its pixels.

use std::{fs::File, io::Read, path::Path};

use radiograph_image::{
    ImageError, ImageFormat, Limits, Picture, SNIFF_BYTES, Samples, Undecodable, decode_file,
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
}

impl Inspection {
    /// Looks into a file; with `pixels`, decodes it.
    pub fn of_file(path: &Path, pixels: bool) -> Self {
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
            match decode_file(path, &Limits::default()) {
                Ok(picture) => inspection.pixels = Some(PixelStatistics::of_picture(picture)),
                Err(ImageError::Undecodable { reason, .. }) => inspection.fault = Some(reason.to_string()),
                Err(error) => inspection.fault = Some(error.to_string()),
            }
        }
        inspection
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
        Self {
            width,
            height,
            dark_end: percentile(&histogram, 0.05 * total),
            light_end: percentile(&histogram, 0.95 * total),
            entropy: entropy(&histogram, total),
            coloured: coloured as f64 / total,
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
