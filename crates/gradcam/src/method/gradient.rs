//! The five methods that weight activations by gradients. They compute the map of one image in f64, channel by channel.
//!
//! Notation: a is an activation, g the gradient of the score with respect to it, sums run over the places of one
//! channel. The small constants that prevent 0/0 are those of the `pytorch-grad-cam` package, so that maps agree.

use ndarray::{Array2, ArrayView2, ArrayView3};

/// How a channel's gradients weight its activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gradient {
    Mean,
    PlusPlus,
    PlaceByPlace,
    ActivationAveraged,
    PositivePlaceByPlace,
}

impl Gradient {
    /// The raw map `[H, W]` of activations and gradients `[C, H, W]`.
    pub(crate) fn map(self, activations: ArrayView3<f32>, gradients: ArrayView3<f32>) -> Array2<f64> {
        let (_, height, width) = activations.dim();
        let mut map = Array2::<f64>::zeros((height, width));
        for (activation, gradient) in activations.outer_iter().zip(gradients.outer_iter()) {
            let weight = self.channel_weight(activation, gradient);
            for ((sum, a), g) in map.iter_mut().zip(activation).zip(gradient) {
                let weight = match self {
                    Self::PlaceByPlace => f64::from(*g),
                    Self::PositivePlaceByPlace => f64::from(g.max(0.0)),
                    Self::Mean | Self::PlusPlus | Self::ActivationAveraged => weight,
                };
                *sum += weight * f64::from(*a);
            }
        }
        map
    }

    /// The weight of a whole channel; 1 for methods without such a weight.
    fn channel_weight(self, activation: ArrayView2<f32>, gradient: ArrayView2<f32>) -> f64 {
        let pairs = || activation.iter().zip(gradient).map(|(a, g)| (f64::from(*a), f64::from(*g)));
        match self {
            Self::PlaceByPlace | Self::PositivePlaceByPlace => 1.0,
            Self::Mean => pairs().map(|(_, g)| g).sum::<f64>() / activation.len() as f64,
            Self::ActivationAveraged => {
                pairs().map(|(a, g)| g * a).sum::<f64>() / (pairs().map(|(a, _)| a).sum::<f64>() + 1e-7)
            }
            // Equation 19 of the Grad-CAM++ paper, with an exponential output; places with a negative gradient count as
            // 0.
            Self::PlusPlus => {
                let total = pairs().map(|(a, _)| a).sum::<f64>();
                pairs()
                    .filter(|(_, g)| *g > 0.0)
                    .map(|(_, g)| g * g / (2.0 * g * g + total * g * g * g + 1e-6) * g)
                    .sum()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};

    use super::*;

    /// Two channels on a 1 × 2 grid, worked out by hand from each paper's formula.
    #[test]
    fn maps_worked_out_by_hand() {
        let a = Array3::from_shape_vec((2, 1, 2), vec![1.0, 3.0, 2.0, 0.0]).unwrap();
        let g = Array3::from_shape_vec((2, 1, 2), vec![1.0, -0.5, 0.5, 1.0]).unwrap();
        let cases = [
            // weights 0.25 and 0.75
            (Gradient::Mean, array![[0.25 + 1.5, 0.75]]),
            (Gradient::PlaceByPlace, array![[1.0 + 1.0, -1.5]]),
            (Gradient::PositivePlaceByPlace, array![[1.0 + 1.0, 0.0]]),
            // weights (1 - 1.5) / 4 and 1 / 2
            (Gradient::ActivationAveraged, array![[-0.125 + 1.0, -0.375]]),
            // weights 1 / (2 + 4) and 0.25 / (0.5 + 0.25) · 0.5 + 1 / (2 + 2)
            (Gradient::PlusPlus, array![[1.0 / 6.0 + 2.0 * (1.0 / 6.0 + 0.25), 0.5]]),
        ];
        for (method, expected) in cases {
            let map = method.map(a.view(), g.view());
            for (got, expected) in map.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-5, "{method:?}: {map}, expected {expected}");
            }
        }
    }
}
