//! The scale that pretrained weights expect their input on, and its arithmetic.
//!
//! Names and formulas are those of Keras' `preprocess_input` (`keras/src/applications/imagenet_utils.py`).

use serde::{Deserialize, Serialize};

/// Mean and standard deviation of ImageNet's red, green and blue on the scale 0 to 1 (torchvision and Keras).
const TORCH_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const TORCH_DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
/// Mean of ImageNet's red, green and blue on the scale 0 to 255 (Caffe and Keras).
const CAFFE_MEAN: [f32; 3] = [123.68, 116.779, 103.939];
/// Mean and deviation of RAD-DINO's radiographs on the scale 0 to 1 (`preprocessor_config.json` of microsoft/rad-dino).
const RAD_DINO_MEAN: f32 = 0.5307;
const RAD_DINO_DEVIATION: f32 = 0.2583;

/// What a sample `x` of 0 to 255 becomes. 16-bit samples are divided by 257 first and keep their fractions.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// `x / 255`: 0 to 1.
    #[default]
    ZeroOne,
    /// `x / 127.5 − 1`: −1 to 1.
    Tf,
    /// `(x / 255 − mean) / deviation` with ImageNet's mean (0.485, 0.456, 0.406) and deviation (0.229, 0.224, 0.225).
    Torch,
    /// `x − mean` with ImageNet's mean (123.68, 116.779, 103.939), channels in the order blue, green, red, not scaled.
    Caffe,
    /// `(2 · x / 255 − 1) · 1024`: −1024 to 1024, one channel of gray, as torchxrayvision's networks read it.
    Xrv,
    /// `(x / 255 − 0.5307) / 0.2583`, as RAD-DINO reads radiographs.
    RadDino,
}

impl Normalisation {
    /// All normalisations.
    pub const ALL: [Self; 6] = [Self::ZeroOne, Self::Tf, Self::Torch, Self::Caffe, Self::Xrv, Self::RadDino];

    /// Name in files and configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ZeroOne => "zero-one",
            Self::Tf => "tf",
            Self::Torch => "torch",
            Self::Caffe => "caffe",
            Self::Xrv => "xrv",
            Self::RadDino => "rad-dino",
        }
    }

    /// The normalisation of this name; `None` if there is none.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Mean and deviation of red, green and blue on the scale of 0 to 255. The network is fed
    /// `(x − mean) / deviation`; [`Caffe`](Self::Caffe) then reverses the channels.
    pub const fn mean_and_deviation(self) -> ([f64; 3], [f64; 3]) {
        match self {
            Self::ZeroOne => ([0.0; 3], [255.0; 3]),
            Self::Tf => ([127.5; 3], [127.5; 3]),
            Self::Torch => ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
            Self::Caffe => ([123.68, 116.779, 103.939], [1.0; 3]),
            Self::Xrv => ([127.5; 3], [127.5 / 1024.0; 3]),
            Self::RadDino => ([135.3285; 3], [65.8665; 3]),
        }
    }

    /// Number of channels of the network's input: 1 if it reads gray images alone.
    pub const fn channels(self) -> usize {
        if matches!(self, Self::Xrv) { 1 } else { 3 }
    }

    /// Whether the network is fed blue, green, red instead of red, green, blue.
    pub const fn reverses_channels(self) -> bool {
        matches!(self, Self::Caffe)
    }

    /// The value that a sample of 0 to 255 becomes. `channel` is 0 for red, 1 for green, 2 for blue.
    ///
    /// The operations are Keras' in f32, in Keras' order, so that the result is the same to the last bit.
    ///
    /// # Panics
    ///
    /// If `channel` is above 2.
    #[inline]
    pub fn normalise(self, sample: f32, channel: usize) -> f32 {
        match self {
            Self::ZeroOne => sample / 255.0,
            Self::Tf => sample / 127.5 - 1.0,
            Self::Torch => (sample / 255.0 - TORCH_MEAN[channel]) / TORCH_DEVIATION[channel],
            Self::Caffe => sample - CAFFE_MEAN[channel],
            Self::Xrv => (2.0 * (sample / 255.0) - 1.0) * 1024.0,
            Self::RadDino => (sample / 255.0 - RAD_DINO_MEAN) / RAD_DINO_DEVIATION,
        }
    }

    /// The sample that became this value: the inverse of [`normalise`](Self::normalise), up to rounding.
    ///
    /// # Panics
    ///
    /// If `channel` is above 2.
    #[inline]
    pub fn denormalise(self, value: f32, channel: usize) -> f32 {
        match self {
            Self::ZeroOne => value * 255.0,
            Self::Tf => (value + 1.0) * 127.5,
            Self::Torch => (value * TORCH_DEVIATION[channel] + TORCH_MEAN[channel]) * 255.0,
            Self::Caffe => value + CAFFE_MEAN[channel],
            Self::Xrv => (value / 1024.0 + 1.0) / 2.0 * 255.0,
            Self::RadDino => (value * RAD_DINO_DEVIATION + RAD_DINO_MEAN) * 255.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `keras.applications.imagenet_utils.preprocess_input(np.array([[[10., 100., 250.]]]), mode=...)`, Keras 3.15, in
    /// the order red, green, blue; Keras gives the last in the order blue, green, red.
    /// The last two: `torchxrayvision.utils.normalize(x, 255)` of torchxrayvision 1.5, and the formula of RAD-DINO's
    /// `preprocessor_config.json`.
    const KERAS: [(Normalisation, [f32; 3]); 6] = [
        (Normalisation::ZeroOne, [0.039_215_688, 0.392_156_87, 0.980_392_16]),
        (Normalisation::Tf, [-0.921_568_63, -0.215_686_27, 0.960_784_3]),
        (Normalisation::Torch, [-1.946_656_4, -0.285_014, 2.552_854]),
        (Normalisation::Caffe, [-113.68, -16.779, 146.061]),
        (Normalisation::Xrv, [-943.686_3, -220.862_75, 983.843_14]),
        (Normalisation::RadDino, [-1.902_764_8, -0.536_365_2, 1.740_968_7]),
    ];

    #[test]
    fn formulas_means_and_deviations_agree_with_keras() {
        for (mode, expected) in KERAS {
            let (mean, deviation) = mode.mean_and_deviation();
            for channel in 0..3 {
                let (sample, expected) = ([10.0_f32, 100.0, 250.0][channel], expected[channel]);
                let value = mode.normalise(sample, channel);
                assert!(
                    (value - expected).abs() < 1e-5 * expected.abs().max(1.0),
                    "{mode:?}: {value} {expected}"
                );
                let value = (f64::from(sample) - mean[channel]) / deviation[channel];
                assert!((value - f64::from(expected)).abs() < 1e-5, "{mode:?}: {value} {expected}");
            }
        }
    }

    #[test]
    fn every_sample_comes_back() {
        for mode in Normalisation::ALL {
            for sample in 0..=255_u8 {
                for channel in 0..3 {
                    let back = mode.denormalise(mode.normalise(f32::from(sample), channel), channel);
                    assert!((back - f32::from(sample)).abs() < 1e-3, "{mode:?} {sample}: {back}");
                }
            }
        }
    }

    #[test]
    fn names_are_those_in_files() {
        for mode in Normalisation::ALL {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
            assert_eq!(Normalisation::of(mode.name()), Some(mode));
        }
        assert_eq!(Normalisation::of("TF"), None);
    }
}
