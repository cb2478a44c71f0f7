//! The two methods that change the features and measure the score. They score once for each channel, in batches.

use tch::Tensor;

use crate::GradcamError;

/// Scores of a batch of changed feature maps `[B, C, H, W]`.
pub(crate) type Scored<'a> = dyn Fn(&Tensor) -> Result<Vec<f64>, GradcamError> + 'a;

/// Number of changed feature maps in each call of the scorer: enough to use all cores, and few enough for 12 GB.
const BATCH: i64 = 128;

/// The change of one channel at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Perturbation {
    /// Set it to zero.
    Remove,
    /// Multiply all channels by this one, scaled to [0, 1].
    MaskByIt,
}

/// The weight of each channel of one image's features `[1, C, H, W]`, whose score was `score`. `image` is its position
/// in the batch, for messages. `scored` gives the score of each map of a batch `[B, C, H, W]`.
pub(crate) fn channel_weights(
    perturbation: Perturbation,
    features: &Tensor,
    (image, score): (usize, f64),
    scored: &Scored<'_>,
) -> Result<Vec<f64>, GradcamError> {
    if perturbation == Perturbation::Remove && score == 0.0 {
        return Err(GradcamError::ZeroScore { image });
    }
    let channels = features.size()[1];
    let mut scores = Vec::with_capacity(usize::try_from(channels).unwrap_or(0));
    let mut first = 0;
    while first < channels {
        let count = BATCH.min(channels - first);
        scores.extend(scored(&changed(perturbation, features, first, count)?)?);
        first += count;
    }
    Ok(match perturbation {
        Perturbation::Remove => scores.iter().map(|without| (score - without) / score).collect(),
        Perturbation::MaskByIt => softmax(&scores),
    })
}

/// Feature maps `[count, C, H, W]`, the n-th changed in channel `first + n`.
fn changed(
    perturbation: Perturbation,
    features: &Tensor,
    first: i64,
    count: i64,
) -> Result<Tensor, GradcamError> {
    let size = features.size();
    let channels = size[1];
    Ok(match perturbation {
        Perturbation::Remove => {
            let options = (features.kind(), features.device());
            let kept = Tensor::f_eye(channels, options)?.f_narrow(0, first, count)?;
            features.f_mul(&kept.f_neg()?.f_add_scalar(1.0)?.f_unsqueeze(-1)?.f_unsqueeze(-1)?)?
        }
        Perturbation::MaskByIt => {
            // [count, 1, H, W]
            let mask = features.f_narrow(1, first, count)?.f_transpose(0, 1)?;
            let places = [2_i64, 3];
            let low = mask.f_amin(places.as_slice(), true)?;
            let high = mask.f_amax(places.as_slice(), true)?;
            // A constant channel masks everything, as in the reference implementation.
            let range = high.f_sub(&low)?.f_add_scalar(1e-8)?;
            features.f_mul(&mask.f_sub(&low)?.f_div(&range)?)?
        }
    })
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}
