//! Samples → the numbers that pretrained weights expect.

use ndarray::{Array3, ArrayView3};
use serde::{Deserialize, Serialize};

use crate::image::{Picture, Samples};

/// Normalisation modes, named as Keras' `preprocess_input` names them (`keras/src/applications/imagenet_utils.py`).
/// `x` is a sample on the scale 0 to 255; 16-bit samples keep their fractions on it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// `x / 255`: 0 to 1.
    #[default]
    ZeroOne,
    /// `x / 127.5 − 1`: −1 to 1.
    Tf,
    /// `(x / 255 − mean) / deviation` of ImageNet, a channel each.
    Torch,
    /// `x − mean` of ImageNet, channels in the order blue, green, red, not scaled.
    Caffe,
}

/// ImageNet's mean and standard deviation, red, green, blue, on the scale 0 to 1 (torchvision and Keras).
const TORCH_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const TORCH_DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
/// ImageNet's mean, red, green, blue, on the scale 0 to 255 (Caffe and Keras).
const CAFFE_MEAN: [f32; 3] = [123.68, 116.779, 103.939];

impl Normalisation {
    /// `[3, H, W]` of a picture.
    pub(super) fn apply(self, picture: &Picture) -> Array3<f32> {
        let (height, width) = (picture.height() as usize, picture.width() as usize);
        let mut input = Array3::zeros((3, height, width));
        let plane = width * height;
        // A fresh array is contiguous.
        let Some(values) = input.as_slice_mut() else { return input };
        for channel in 0..3 {
            let target = &mut values[self.place(channel) * plane..][..plane];
            match picture.samples() {
                Samples::Gray8(samples) => self.fill(target, channel, samples.iter().map(|&x| f32::from(x))),
                Samples::Gray16(samples) => self.fill(target, channel, samples.iter().map(|&x| scale(x))),
                Samples::Rgb8(samples) => {
                    self.fill(
                        target,
                        channel,
                        samples.iter().skip(channel).step_by(3).map(|&x| f32::from(x)),
                    );
                }
                Samples::Rgb16(samples) => {
                    self.fill(target, channel, samples.iter().skip(channel).step_by(3).map(|&x| scale(x)));
                }
            }
        }
        input
    }

    /// An 8-bit picture of `[3, H, W]`, gray if the three channels agree.
    pub(super) fn undo(self, input: &ArrayView3<'_, f32>) -> Option<Picture> {
        let (channels, height, width) = input.dim();
        if channels != 3 {
            return None;
        }
        let mut samples = Vec::with_capacity(3 * height * width);
        for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
            for channel in 0..3 {
                let x = self.sample(input[[self.place(channel), row, column]], channel);
                samples.push(x.round().clamp(0.0, 255.0) as u8);
            }
        }
        let side = |side: usize| u32::try_from(side).ok().filter(|side| *side <= 4096);
        let picture = Picture::new(side(width)?, side(height)?, Samples::Rgb8(samples))?;
        Some(if picture.is_coloured(0) { picture } else { picture.into_gray() })
    }

    /// Where a channel of red, green, blue comes to lie.
    fn place(self, channel: usize) -> usize {
        if self == Self::Caffe { 2 - channel } else { channel }
    }

    fn fill(self, target: &mut [f32], channel: usize, samples: impl Iterator<Item = f32>) {
        for (value, x) in target.iter_mut().zip(samples) {
            *value = match self {
                Self::ZeroOne => x / 255.0,
                Self::Tf => x / 127.5 - 1.0,
                Self::Torch => (x / 255.0 - TORCH_MEAN[channel]) / TORCH_DEVIATION[channel],
                Self::Caffe => x - CAFFE_MEAN[channel],
            };
        }
    }

    fn sample(self, value: f32, channel: usize) -> f32 {
        match self {
            Self::ZeroOne => value * 255.0,
            Self::Tf => (value + 1.0) * 127.5,
            Self::Torch => (value * TORCH_DEVIATION[channel] + TORCH_MEAN[channel]) * 255.0,
            Self::Caffe => value + CAFFE_MEAN[channel],
        }
    }
}

/// 16 bits on the scale of 8: 65,535 is 255.
fn scale(sample: u16) -> f32 {
    f32::from(sample) / 257.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_agree_with_keras() {
        // keras.applications.imagenet_utils.preprocess_input(np.array([[[10., 100., 250.]]]), mode=...), Keras 3.15;
        // caffe gives BGR.
        let picture = Picture::new(1, 1, Samples::Rgb8(vec![10, 100, 250])).unwrap();
        let cases = [
            (Normalisation::ZeroOne, [0.039_215_688, 0.392_156_87, 0.980_392_16]),
            (Normalisation::Tf, [-0.921_568_63, -0.215_686_27, 0.960_784_3]),
            (Normalisation::Torch, [-1.946_656_4, -0.285_014, 2.552_854]),
            (Normalisation::Caffe, [146.061, -16.779, -113.68]),
        ];
        for (mode, expected) in cases {
            let input = mode.apply(&picture);
            for (channel, expected) in expected.into_iter().enumerate() {
                let value = input[[channel, 0, 0]];
                assert!(
                    (value - expected).abs() < 1e-4 * expected.abs().max(1.0),
                    "{mode:?}: {value} {expected}"
                );
            }
        }
    }

    #[test]
    fn showing_undoes_every_mode() {
        let picture = Picture::new(2, 1, Samples::Rgb8(vec![0, 128, 255, 7, 77, 177])).unwrap();
        for mode in [Normalisation::ZeroOne, Normalisation::Tf, Normalisation::Torch, Normalisation::Caffe] {
            assert_eq!(mode.undo(&mode.apply(&picture).view()).unwrap(), picture);
        }
        assert!(Normalisation::Tf.undo(&Array3::zeros((1, 2, 2)).view()).is_none());
    }
}
