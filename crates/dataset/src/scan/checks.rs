//! Finds doubtful images: unreadable, dark, light, coloured, oddly sized, flagged, or with a wrong extension.

use std::collections::BTreeMap;

use radiograph_image::ImageFormat;

use super::{Finding, FindingKind, Inspection, ScannedImage};
use crate::SourceName;

/// Limits beyond which an image becomes a finding. They are deliberately wide: a finding deserves a look, not a verdict.
#[derive(Clone, Debug)]
pub struct Thresholds {
    /// An image is dark if 95 % of its pixels lie below this gray value, of 255.
    pub dark: u8,
    /// An image is light if 95 % of its pixels lie above this gray value, of 255.
    pub light: u8,
    /// An image holds little information if the entropy of its gray values is below this number of bits, of 8.
    pub entropy: f64,
    /// An image is coloured if more than this share of its pixels, 0 to 1, is visibly so.
    pub coloured: f64,
    /// An image is oddly small or large if its number of pixels differs by more than this factor from the median of its
    /// collection.
    pub size_factor: f64,
    /// An image is oddly long or wide if one side is more than this number of times the other.
    pub aspect: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { dark: 80, light: 175, entropy: 5.0, coloured: 0.01, size_factor: 10.0, aspect: 2.0 }
    }
}

impl Thresholds {
    /// All findings about images, in the order of the images.
    pub(super) fn findings(&self, images: &[ScannedImage<'_>], inspections: &[Inspection]) -> Vec<Finding> {
        let medians = median_pixels(images, inspections);
        let each = images.iter().zip(inspections);
        each.flat_map(|(image, inspection)| {
            self.of_image(image, inspection, medians.get(image.source).copied())
        })
        .collect()
    }

    fn of_image(
        &self,
        image: &ScannedImage<'_>,
        inspection: &Inspection,
        median: Option<f64>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut remark = |code, text: String| {
            findings.push(Finding {
                source: image.source.clone(),
                file: Some(image.name.to_owned()),
                table: None,
                row: image.record.and_then(|record| record.row),
                kind: FindingKind::Image,
                code,
                text,
            });
        };
        if let Some(fault) = &inspection.fault {
            remark("unreadable", fault.clone());
        }
        if let Some((promised, found)) = lying_extension(image, inspection) {
            remark("extension-lies", format!("named as {promised}, but the content is {found}"));
        }
        if let Some(pixels) = &inspection.pixels {
            if pixels.light_end < self.dark {
                remark("dark", format!("95 % of the pixels are not above {} of 255", pixels.light_end));
            }
            if pixels.dark_end > self.light {
                remark("light", format!("95 % of the pixels are not below {} of 255", pixels.dark_end));
            }
            if pixels.two_valued {
                remark("mask", "two gray values, as a mask has and a film has not".to_owned());
            }
            if pixels.entropy < self.entropy {
                remark(
                    "low-information",
                    format!("the gray values have {:.1} bits of entropy", pixels.entropy),
                );
            }
            if pixels.coloured > self.coloured {
                remark("coloured", format!("{:.0} % of the pixels are coloured", pixels.coloured * 100.0));
            }
        }
        for flag in &inspection.flags {
            remark(flag.name(), flag.to_string());
        }
        if let (Some((width, height)), Some(median)) = (size(image, inspection), median) {
            let factor = f64::from(width) * f64::from(height) / median;
            if factor > self.size_factor || factor < 1.0 / self.size_factor {
                remark(
                    "odd-size",
                    format!("{width} x {height}, {factor:.2} times the median of the collection"),
                );
            }
            let (long, short) = (width.max(height), width.min(height).max(1));
            if f64::from(long) / f64::from(short) > self.aspect {
                remark("odd-aspect", format!("{width} x {height}"));
            }
        }
        findings
    }
}

/// Width and height, as published where that is known.
pub(super) fn size(image: &ScannedImage<'_>, inspection: &Inspection) -> Option<(u32, u32)> {
    let published = image.record.and_then(|record| record.published.as_ref());
    let found = || inspection.pixels.as_ref().map(|pixels| (pixels.width, pixels.height));
    published.map(|published| (published.width, published.height)).or_else(found)
}

/// Format of the extension and format of the content, where they differ.
fn lying_extension(image: &ScannedImage<'_>, inspection: &Inspection) -> Option<(ImageFormat, ImageFormat)> {
    let (promised, found) = (ImageFormat::of_extension(&image.path)?, inspection.format?);
    (promised != found).then_some((promised, found))
}

fn median_pixels(images: &[ScannedImage<'_>], inspections: &[Inspection]) -> BTreeMap<SourceName, f64> {
    let mut pixels: BTreeMap<SourceName, Vec<f64>> = BTreeMap::new();
    for (image, inspection) in images.iter().zip(inspections) {
        if let Some((width, height)) = size(image, inspection) {
            pixels.entry(image.source.clone()).or_default().push(f64::from(width) * f64::from(height));
        }
    }
    let median = |mut pixels: Vec<f64>| {
        pixels.sort_by(f64::total_cmp);
        pixels[pixels.len() / 2] // no list is empty: it was made for its first element
    };
    pixels.into_iter().map(|(source, pixels)| (source, median(pixels))).collect()
}
