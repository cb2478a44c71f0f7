#![doc = include_str!("../README.md")]

mod body;
mod bones;
pub mod collection;
mod disease;
mod error;
mod exposure;
mod lungs;
mod marker;
mod plane;
mod texture;

use std::fmt;

pub use error::PhantomError;
use radiograph_image::{Picture, Samples};
use radiograph_random::Stream;
use serde::{Deserialize, Serialize};

use self::{
    body::Body,
    disease::Disease,
    exposure::Exposure,
    lungs::SoftTissue,
    plane::{Frame, Plane},
};

/// Finding in a phantom's lungs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Nothing.
    None,
    /// One dense lobe, or part of one.
    LobarOpacity,
    /// Hazy patches near the ribs, on both sides.
    GroundGlass,
}

impl Finding {
    /// All findings.
    pub const ALL: [Self; 3] = [Self::None, Self::LobarOpacity, Self::GroundGlass];
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::None => "none",
            Self::LobarOpacity => "lobar opacity",
            Self::GroundGlass => "ground glass",
        })
    }
}

/// Description of one film.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Phantom {
    /// Seed.
    pub seed: u64,
    /// Number of the patient. The same number has the same body.
    pub patient: u32,
    /// Number of the film of this patient.
    pub film: u32,
    /// Finding in the lungs.
    pub finding: Finding,
    /// Whether the film is taken at the bedside (AP, lying) instead of standing (PA).
    pub bedside: bool,
}

/// A drawn film.
#[derive(Clone, Debug, PartialEq)]
pub struct Film {
    /// Gray, the 4,096 levels of a detector spread over 16 bits.
    pub picture: Picture,
    /// Lesion mask `[side × side]`, row by row; `false` everywhere without a finding.
    pub mask: Vec<bool>,
}

impl Phantom {
    /// Draws the film with `side × side` pixels; the side is brought into 64 to 2,048.
    pub fn draw(&self, side: u32) -> Film {
        let side = side.clamp(64, 2048);
        let patient = |part: &str| Stream::new(self.seed, &format!("patient {} {part}", self.patient));
        let film = |part: &str| {
            Stream::new(self.seed, &format!("patient {} film {} {part}", self.patient, self.film))
        };
        let frame = self.frame(side as usize, &mut film("frame"));
        let body = Body::draw(&mut patient("body"), self.is_female(), self.bedside);
        let tissue = SoftTissue::draw(&body, frame, &mut patient("tissue"));
        let bone = bones::draw(&body, frame, &mut patient("bones"));
        let disease = Disease::draw(self.finding, &body, &tissue.lung, &mut film("disease"));
        let water = tissue.water(&disease.share, disease.veil);
        let mut stream = film("exposure");
        let exposure = Exposure::draw(&mut stream, self.bedside);
        let mut developed = exposure.develop(&water, &bone, &mut film("noise"));
        self.mark(&mut developed, &mut film("markers"));
        let levels =
            developed.values().iter().map(|gray| spread((gray.clamp(0.0, 1.0) * 4095.0) as u16)).collect();
        // One value for each pixel of a plane that has side × side of them.
        let picture = Picture::new(side, side, Samples::Gray16(levels))
            .unwrap_or_else(|| unreachable!("a plane of {side} × {side}"));
        Film { picture, mask: disease.mask() }
    }

    /// Whether this patient is a woman: a draw of its own.
    pub fn is_female(&self) -> bool {
        Stream::new(self.seed, &format!("patient {} sex", self.patient)).chance(0.47)
    }

    /// How the patient stands before the plate, and how far its edges are cut off.
    fn frame(&self, side: usize, stream: &mut Stream) -> Frame {
        let mut around = |mean: f64, deviation: f64| (mean + deviation * stream.nearly_normal()) as f32;
        let extent = around(if self.bedside { 34.5 } else { 32.8 }, 1.2).clamp(30.0, 39.0);
        Frame { side, extent, centre: (around(0.0, 0.45), around(-2.3, 0.6)) }
    }

    fn mark(&self, film: &mut Plane, stream: &mut Stream) {
        let (left, top) = film.frame().start();
        let (right, bottom) = (left + film.frame().extent, top + film.frame().extent);
        let down = top + stream.between(0.9, 3.5) as f32;
        let size = stream.between(0.7, 1.1) as f32;
        let text = match stream.below(5) {
            0 => return,
            1 => "R",
            _ => "L",
        };
        let inset = stream.between(0.8, 2.0) as f32;
        let x = if text == "L" { right - inset - size } else { left + inset };
        marker::write(film, text, (x, down), size);
        if self.bedside && stream.chance(0.6) {
            let text = ["AP", "SUPINE"][stream.below(2)];
            marker::write(film, text, (left + 1.2, bottom - 2.0), 0.55);
        }
    }
}

/// A 12-bit level on the scale of 16 bits.
fn spread(level: u16) -> u16 {
    ((u32::from(level) * 65_535 + 2_047) / 4_095) as u16
}
