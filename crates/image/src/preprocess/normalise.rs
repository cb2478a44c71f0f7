//! Turns the samples of a picture into the numbers that pretrained weights expect, and back.

use ndarray::{Array3, ArrayView3};
use radiograph_input::Normalisation;

use crate::{Picture, Samples};

/// `[C, H, W]` of a picture, with the channels of the normalisation.
pub(super) fn apply(normalisation: Normalisation, picture: &Picture) -> Array3<f32> {
    let (height, width) = (picture.height() as usize, picture.width() as usize);
    let channels = normalisation.channels();
    let mut input = Array3::zeros((channels, height, width));
    let plane = width * height;
    // A fresh array is contiguous.
    let Some(values) = input.as_slice_mut() else { return input };
    for channel in 0..channels {
        let target = &mut values[place(normalisation, channel) * plane..][..plane];
        match picture.samples() {
            Samples::Gray8(samples) => {
                fill(normalisation, target, channel, samples.iter().map(|&x| f32::from(x)));
            }
            Samples::Gray16(samples) => {
                fill(normalisation, target, channel, samples.iter().map(|&x| scale(x)));
            }
            Samples::Rgb8(samples) => {
                let samples = samples.iter().skip(channel).step_by(3);
                fill(normalisation, target, channel, samples.map(|&x| f32::from(x)));
            }
            Samples::Rgb16(samples) => {
                let samples = samples.iter().skip(channel).step_by(3);
                fill(normalisation, target, channel, samples.map(|&x| scale(x)));
            }
        }
    }
    input
}

/// An 8-bit picture of `[3, H, W]`, gray if the three channels agree.
pub(super) fn undo(normalisation: Normalisation, input: &ArrayView3<'_, f32>) -> Option<Picture> {
    let (channels, height, width) = input.dim();
    if channels != normalisation.channels() {
        return None;
    }
    let mut samples = Vec::with_capacity(3 * height * width);
    for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
        for channel in 0..3 {
            // Of one channel, all three are made.
            let value = input[[place(normalisation, channel).min(channels - 1), row, column]];
            let x = normalisation.denormalise(value, channel);
            samples.push(x.round().clamp(0.0, 255.0) as u8);
        }
    }
    let side = |side: usize| u32::try_from(side).ok().filter(|side| *side <= 4096);
    let picture = Picture::new(side(width)?, side(height)?, Samples::Rgb8(samples))?;
    Some(if picture.is_coloured(0) { picture } else { picture.into_gray() })
}

/// The plane of the result that holds a channel of red, green, blue.
fn place(normalisation: Normalisation, channel: usize) -> usize {
    if normalisation.reverses_channels() { 2 - channel } else { channel }
}

fn fill(
    normalisation: Normalisation,
    target: &mut [f32],
    channel: usize,
    samples: impl Iterator<Item = f32>,
) {
    for (value, x) in target.iter_mut().zip(samples) {
        *value = normalisation.normalise(x, channel);
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
            let input = apply(mode, &picture);
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
        for mode in Normalisation::ALL {
            let samples = match mode.channels() {
                1 => Samples::Gray8(vec![7, 177]),
                _ => Samples::Rgb8(vec![0, 128, 255, 7, 77, 177]),
            };
            let picture = Picture::new(2, 1, samples).unwrap();
            assert_eq!(undo(mode, &apply(mode, &picture).view()).unwrap(), picture);
        }
        assert!(undo(Normalisation::Tf, &Array3::zeros((1, 2, 2)).view()).is_none());
    }
}
