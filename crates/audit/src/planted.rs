//! Draws tables with a planted shortcut, to measure what the audit finds and how often it raises a false alarm.
//!
//! The pictures are sketches, not radiographs: a body, two lungs, and a lesion in the lungs of most images of the
//! class `ill`. The lesion lies inside the part that is blacked out, so an honest probe must not see it.

use std::collections::BTreeMap;

use radiograph_classes::Classes;
use radiograph_random::Stream;
use serde::{Deserialize, Serialize};

use crate::{Error, Image, Part, Probe, Published, SmallPicture, Table};

const SIDE: usize = SmallPicture::SIDE;

/// A planted shortcut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Shortcut {
    /// Nothing.
    Nothing,
    /// A bright mark in a corner, more often on images of one class.
    CornerMark,
    /// A file of 1024 × 1024 pixels, more often for one class.
    Size,
    /// A gray scale that differs by source; the sources are the same for both classes.
    SourceGamma,
    /// A bright frame of one pixel, more often on images of one class.
    Border,
    /// Dark bands on both sides, more often on images of one class.
    Collimator,
    /// A source that has more images of one class.
    SourceMix,
}

impl Shortcut {
    /// All shortcuts.
    pub const ALL: [Self; 6] =
        [Self::CornerMark, Self::Size, Self::SourceGamma, Self::Border, Self::Collimator, Self::SourceMix];

    /// The probes that should find it.
    #[must_use]
    pub const fn probes(self) -> &'static [Probe] {
        match self {
            Self::Nothing => &[],
            Self::CornerMark | Self::Border | Self::Collimator => &[Probe::Border, Probe::CentreOut],
            Self::Size => &[Probe::Metadata],
            Self::SourceGamma => &[Probe::SourceInPictures, Probe::SourceInFeatures],
            Self::SourceMix => &[Probe::SourcePrior],
        }
    }

    /// Name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::CornerMark => "corner mark",
            Self::Size => "size",
            Self::SourceGamma => "gamma by source",
            Self::Border => "frame",
            Self::Collimator => "collimator",
            Self::SourceMix => "mix of sources",
        }
    }
}

/// A table to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Planted {
    /// The shortcut.
    pub shortcut: Shortcut,
    /// Strength, 0 to 1. The shortcut is present in a share of (1 + strength) / 2 of one class and (1 − strength) / 2 of
    /// the other; a gamma is 1.5 to this power in one source, and its inverse in the other.
    pub strength: f64,
    /// Number of training patients.
    pub training: usize,
    /// Number of test patients.
    pub test: usize,
    /// Seed.
    pub seed: u64,
}

impl Planted {
    /// A table of 160 training and 160 test patients.
    #[must_use]
    pub const fn new(shortcut: Shortcut, strength: f64, seed: u64) -> Self {
        Self { shortcut, strength, training: 160, test: 160, seed }
    }

    /// Draws the table: classes `ill` and `well`, sources `east` and `west`, one or two images a patient. The features
    /// are means of 4 × 4 blocks, a stand-in for a network.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without patients.
    pub fn draw(&self) -> Result<Table, Error> {
        let classes = Classes::new(["ill", "well"])?;
        let parts = [(Part::Training, self.training), (Part::Test, self.test)];
        let mut images = Vec::new();
        for (part, patients) in parts {
            for patient in 0..patients {
                self.patient(part, patient, &mut images)?;
            }
        }
        Table::new(&classes, images)
    }

    fn patient(&self, part: Part, patient: usize, images: &mut Vec<Image>) -> Result<(), Error> {
        let name = if part == Part::Training { "planted training" } else { "planted test" };
        let mut random = Stream::new(self.seed, name).numbered(patient as u64);
        let ill = random.chance(0.5);
        // Marks the class in the more frequent sense with a chance that grows with the strength.
        let likely = if ill { (1.0 + self.strength) / 2.0 } else { (1.0 - self.strength) / 2.0 };
        let planted = random.chance(likely);
        let has = |shortcut| planted && self.shortcut == shortcut;
        let even = random.chance(0.5);
        let west = if self.shortcut == Shortcut::SourceMix { planted } else { even };
        let count = if random.chance(0.25) { 2 } else { 1 };
        for _ in 0..count {
            let mut gray = sketch(ill, &mut random);
            if has(Shortcut::CornerMark) {
                paint(&mut gray, 235.0, |row, column| (1..4).contains(&row) && (1..5).contains(&column));
            }
            if has(Shortcut::Border) {
                paint(&mut gray, 200.0, |row, column| {
                    row == 0 || column == 0 || row == SIDE - 1 || column == SIDE - 1
                });
            }
            if has(Shortcut::Collimator) {
                paint(&mut gray, 8.0, |_, column| !(2..SIDE - 2).contains(&column));
            }
            if self.shortcut == Shortcut::SourceGamma {
                let power = libm::pow(1.5, if west { self.strength } else { -self.strength });
                gray.iter_mut().for_each(|value| *value = 255.0 * libm::pow(*value / 255.0, power));
            }
            let gray: Vec<u8> = gray.into_iter().map(|value| value.round() as u8).collect();
            let features = blocks(&gray);
            images.push(Image {
                class: if ill { "ill" } else { "well" }.to_owned(),
                cluster: format!("{name} {patient}"),
                source: if west { "west" } else { "east" }.to_owned(),
                part,
                fields: BTreeMap::new(),
                published: self.published(planted, &mut random),
                picture: Some(SmallPicture::new(gray)?),
                features: Some(features),
            });
        }
        Ok(())
    }

    fn published(&self, planted: bool, random: &mut Stream) -> Published {
        let (mut width, mut height) = (900 + random.below(2_000) as u32, 900 + random.below(2_000) as u32);
        if planted && self.shortcut == Shortcut::Size {
            (width, height) = (1_024, 1_024);
        }
        let bytes = f64::from(width) * f64::from(height) * random.between(0.3, 0.9);
        let of = |random: &mut Stream, names: [&str; 2]| names[random.below(2)].to_owned();
        Published {
            size: Some((width, height)),
            bits: Some(8),
            colour: Some(of(random, ["L", "RGB"])),
            format: Some(of(random, ["PNG", "JPEG"])),
            bytes: Some(bytes as u64),
            tags: BTreeMap::new(),
        }
    }
}

/// A body with two lungs, exposed and placed a little differently each time, and a lesion in 80 % of the ill.
fn sketch(ill: bool, random: &mut Stream) -> Vec<f64> {
    let (level, contrast) = (random.between(0.85, 1.15), random.between(0.85, 1.15));
    let (down, right) = (random.between(-1.0, 1.0), random.between(-1.0, 1.0));
    let lesion = (ill && random.chance(0.8))
        .then(|| (random.between(12.0, 19.0), if random.chance(0.5) { 11.0 } else { 20.0 }));
    let tilt = random.between(-1.5, 1.5);
    let mut gray = Vec::with_capacity(SIDE * SIDE);
    for at in 0..SIDE * SIDE {
        let (row, column) = ((at / SIDE) as f64 - down, (at % SIDE) as f64 - right);
        let inside = |middle: (f64, f64), half: (f64, f64)| {
            let (y, x) = ((row - middle.0) / half.0, (column - middle.1) / half.1);
            y * y + x * x < 1.0
        };
        let mut value = if inside((17.0, 15.5), (17.0, 14.5)) { 150.0 } else { 40.0 };
        if inside((15.5, 10.5), (8.0, 4.0)) || inside((15.5, 20.5), (8.0, 4.0)) {
            value = 70.0;
        }
        if lesion.is_some_and(|middle| inside(middle, (2.5, 2.5))) {
            value = 130.0;
        }
        let value = 110.0 * level
            + contrast * (value - 110.0)
            + tilt * (column - 15.5)
            + 9.0 * random.nearly_normal();
        gray.push(value.clamp(0.0, 255.0));
    }
    gray
}

fn paint(gray: &mut [f64], value: f64, inside: impl Fn(usize, usize) -> bool) {
    for (at, pixel) in gray.iter_mut().enumerate() {
        if inside(at / SIDE, at % SIDE) {
            *pixel = value;
        }
    }
}

/// Means of 4 × 4 pixels.
fn blocks(gray: &[u8]) -> Vec<f32> {
    let mean = |block: usize| {
        let (row, column) = (4 * (block / 8), 4 * (block % 8));
        let pixels = (0..16).map(|at| gray[(row + at / 4) * SIDE + column + at % 4]);
        pixels.map(f32::from).sum::<f32>() / 16.0
    };
    (0..64).map(mean).collect()
}
