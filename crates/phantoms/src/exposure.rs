//! Turns centimetres of tissue into gray values: attenuation, scatter, grain, and the console's tone curve.

use radiograph_random::Stream;

use crate::plane::{Plane, smooth_step};

/// How one film was taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exposure {
    /// Weakening by a centimetre of water and of bone; lower at higher voltage.
    water: f32,
    bone: f32,
    /// Scattered rays for each straight one behind the thickest part.
    scatter: f32,
    /// Photons on a square of 0.7 mm without a patient.
    photons: f32,
    /// Blur of the detector in centimetres.
    blur: f32,
    /// How far details are sharpened by the console.
    sharpening: f32,
    /// Share of the lightest and darkest values that are cut.
    dark: f32,
    light: f32,
    /// Steepness of the display curve, and how bright its middle is.
    contrast: f32,
    brightness: f32,
    /// Unexposed edges: left, right, top, bottom, in centimetres.
    collimation: [f32; 4],
}

impl Exposure {
    pub(crate) fn draw(stream: &mut Stream, bedside: bool) -> Self {
        let mut around = |mean: f64, deviation: f64| (mean + deviation * stream.nearly_normal()) as f32;
        let mut exposure = Self {
            water: around(0.185, 0.010),
            bone: around(if bedside { 0.50 } else { 0.40 }, 0.03),
            scatter: around(if bedside { 1.0 } else { 0.38 }, 0.12).max(0.1),
            photons: around(if bedside { 6_500.0 } else { 14_000.0 }, 2_000.0).max(3_000.0),
            blur: around(if bedside { 0.075 } else { 0.05 }, 0.01).max(0.03),
            sharpening: around(0.55, 0.25).max(0.0),
            dark: around(0.012, 0.010).clamp(0.003, 0.06),
            light: around(0.03, 0.02).clamp(0.004, 0.09),
            contrast: around(1.0, 0.22).clamp(0.5, 1.6),
            brightness: around(0.0, 0.045),
            collimation: [0.0; 4],
        };
        if stream.chance(if bedside { 0.5 } else { 0.25 }) {
            exposure.collimation = [0, 1, 2, 3].map(|_| stream.between(0.2, 1.9) as f32);
        }
        exposure
    }

    /// Gray, 0 black to 1 white.
    pub(crate) fn develop(&self, water: &Plane, bone: &Plane, stream: &mut Stream) -> Plane {
        let mut rays = water.clone();
        rays.combine(bone, |water, bone| libm::expf(-(self.water * water + self.bone * bone)));
        rays.blur(self.blur);
        let mut scattered = rays.clone();
        // Scatter arises in tissue and spreads widely.
        scattered.combine(water, |rays, water| rays * smooth_step(0.0, 18.0, water));
        scattered.blur(3.2);
        rays.combine(&scattered, |straight, scattered| straight + self.scatter * scattered);
        let photons = self.photons * (rays.frame().step() / 0.07).powi(2);
        rays.update(|_, _, rays| {
            let counted = rays + (rays / photons).sqrt() * stream.nearly_normal() as f32;
            -libm::logf(counted.max(1e-4))
        });
        // The detector's own blur joins neighbouring grains.
        rays.blur(0.045);
        self.sharpen(&mut rays);
        self.show(rays, water)
    }

    fn sharpen(&self, film: &mut Plane) {
        let mut smooth = film.clone();
        smooth.blur(0.55);
        film.combine(&smooth, |film, smooth| film + self.sharpening * (film - smooth));
        let mut broad = film.clone();
        broad.blur(4.5);
        // Consoles even out the broad differences between lung and belly.
        film.combine(&broad, |film, broad| film - 0.22 * broad);
    }

    /// The window is chosen from the values behind the patient, the curve is a film's.
    fn show(&self, mut film: Plane, water: &Plane) -> Plane {
        let behind = film.values().iter().zip(water.values()).filter(|(_, water)| **water > 3.0);
        let mut sorted: Vec<f32> = behind.map(|(film, _)| *film).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let at = |share: f32| {
            sorted.get((share * sorted.len() as f32) as usize).or(sorted.last()).copied().unwrap_or(0.0)
        };
        let (dark, light) = (at(self.dark), at(1.0 - self.light));
        let range = (light - dark).max(1e-3);
        let steep = 2.4 * self.contrast;
        let curve = |share: f32| 1.0 / (1.0 + libm::expf(-steep * (share - 0.5)));
        let (low, high) = (curve(-0.08), curve(1.05));
        let [left, right, top, bottom] = self.collimation;
        let (start_x, start_y) = film.frame().start();
        let extent = film.frame().extent;
        film.update(|x, y, value| {
            let gray = (curve((value - dark) / range * 0.80 + 0.20) - low) / (high - low) + self.brightness;
            let open = smooth_step(-0.05, 0.06, x - start_x - left)
                * smooth_step(-0.05, 0.06, start_x + extent - right - x)
                * smooth_step(-0.05, 0.06, y - start_y - top)
                * smooth_step(-0.05, 0.06, start_y + extent - bottom - y);
            gray.clamp(0.0, 0.985) * (if self.collimation == [0.0; 4] { 1.0 } else { open })
        });
        film
    }
}
