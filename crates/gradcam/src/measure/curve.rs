//! Deletion and insertion curves (Petsiuk et al., BMVC 2018): the score as the strongest places are removed or
//! restored.

use ndarray::{Array3, Array4, ArrayView3};

use super::{Saliency, saliency::same_size};
use crate::GradcamError;

/// Maximum size of a batch in bytes. A single input may exceed it.
const LARGEST_BATCH: usize = 16 << 20;

/// Replacement for removed places.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Baseline {
    /// One value for all pixels and channels, in units of the normalised input. For weights whose normalisation subtracts the mean
    /// of the training images, 0 is that mean.
    Value(f32),
    /// Each channel's own mean.
    ChannelMean,
    /// Another input of the same shape, such as a blurred one.
    Input(Array3<f32>),
}

/// Scores against the share of places removed or restored.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Shares of the places, from 0 to 1.
    pub shares: Vec<f64>,
    /// The score at each share.
    pub scores: Vec<f64>,
}

impl Curve {
    /// Mean score over all shares: the area under the curve, by the trapezoidal rule.
    pub fn area(&self) -> f64 {
        let steps = self.shares.windows(2).zip(self.scores.windows(2));
        steps.map(|(shares, scores)| (shares[1] - shares[0]) * (scores[0] + scores[1]) / 2.0).sum()
    }
}

/// Replaces the pixels of `input [C, H, W]` by the baseline in `steps` equal steps, those with the most evidence first. For a
/// faithful map the score falls at once, so a small [`Curve::area`] is good. `score` gets batches `[B, C, H, W]` and gives one number for each
/// input, usually the probability of the class.
///
/// # Errors
///
/// [`GradcamError::Size`] if the map or the baseline differs from the input in height or width; [`GradcamError::Range`] if the
/// baseline has another number of channels, or `steps` is not 1 to 1000; [`GradcamError::Scorer`] if `score` gives another
/// number of scores; [`GradcamError::NotFinite`] if a score is NaN or infinite; any error of `score`.
pub fn deletion(
    input: ArrayView3<f32>,
    saliency: &Saliency,
    baseline: &Baseline,
    steps: usize,
    score: impl Fn(&Array4<f32>) -> Result<Vec<f64>, GradcamError>,
) -> Result<Curve, GradcamError> {
    let ground = baseline.ground(input)?;
    replaced(input.to_owned(), &ground, saliency, steps, score)
}

/// Restores places of `input [C, H, W]` in the baseline, the strongest first. A true map makes the score rise at once,
/// so a large [`Curve::area`] is good. Otherwise like [`deletion`].
///
/// # Errors
///
/// Those of [`deletion`].
pub fn insertion(
    input: ArrayView3<f32>,
    saliency: &Saliency,
    baseline: &Baseline,
    steps: usize,
    score: impl Fn(&Array4<f32>) -> Result<Vec<f64>, GradcamError>,
) -> Result<Curve, GradcamError> {
    let ground = baseline.ground(input)?;
    replaced(ground, &input.to_owned(), saliency, steps, score)
}

impl Baseline {
    fn ground(&self, input: ArrayView3<f32>) -> Result<Array3<f32>, GradcamError> {
        let (channels, height, width) = input.dim();
        match self {
            Self::Value(value) => Ok(Array3::from_elem(input.dim(), *value)),
            Self::ChannelMean => {
                let mut ground = Array3::zeros(input.dim());
                for (mut ground, input) in ground.outer_iter_mut().zip(input.outer_iter()) {
                    let mean =
                        input.iter().map(|value| f64::from(*value)).sum::<f64>() / input.len().max(1) as f64;
                    ground.fill(mean as f32);
                }
                Ok(ground)
            }
            Self::Input(ground) => {
                same_size("the baseline", (ground.dim().1, ground.dim().2), (height, width))?;
                if ground.dim().0 == channels {
                    Ok(ground.clone())
                } else {
                    Err(GradcamError::Range {
                        what: "the number of channels of the baseline",
                        got: ground.dim().0 as f64,
                        range: "the number of channels of the input",
                    })
                }
            }
        }
    }
}

/// Scores of `from` while more and more places, the strongest first, are replaced by those of `to`.
fn replaced(
    mut from: Array3<f32>,
    to: &Array3<f32>,
    saliency: &Saliency,
    steps: usize,
    score: impl Fn(&Array4<f32>) -> Result<Vec<f64>, GradcamError>,
) -> Result<Curve, GradcamError> {
    let (_, height, width) = from.dim();
    same_size("the map", saliency.values().dim(), (height, width))?;
    if !(1..=1000).contains(&steps) {
        return Err(GradcamError::Range {
            what: "the number of steps",
            got: steps as f64,
            range: "1 to 1000",
        });
    }
    let order = saliency.order();
    let ends: Vec<usize> = (0..=steps).map(|step| order.len() * step / steps).collect();
    let mut done = 0;
    let inputs = ends.iter().map(|&end| {
        for place in &order[done..end] {
            let (row, column) = (place / width, place % width);
            for (mut from, to) in from.outer_iter_mut().zip(to.outer_iter()) {
                from[[row, column]] = to[[row, column]];
            }
        }
        done = end;
        Ok(from.clone())
    });
    let scores = scores_of(inputs, score)?;
    Ok(Curve { shares: ends.iter().map(|&end| end as f64 / order.len() as f64).collect(), scores })
}

/// Scores of inputs of one shape. `score` gets several at a time, so that a head's weights are read once for all of
/// them.
pub(super) fn scores_of(
    inputs: impl Iterator<Item = Result<Array3<f32>, GradcamError>>,
    score: impl Fn(&Array4<f32>) -> Result<Vec<f64>, GradcamError>,
) -> Result<Vec<f64>, GradcamError> {
    let mut scores = Vec::new();
    let mut values: Vec<f32> = Vec::new();
    let mut count = 0;
    let mut inputs = inputs.peekable();
    while let Some(input) = inputs.next() {
        let input = input?;
        let (channels, height, width) = input.dim();
        values.extend(&input);
        count += 1;
        if inputs.peek().is_some() && (values.len() + input.len()) * size_of::<f32>() <= LARGEST_BATCH {
            continue;
        }
        let batch = Array4::from_shape_vec((count, channels, height, width), std::mem::take(&mut values))
            // The number of values fits the number of inputs of this shape.
            .unwrap_or_else(|error| unreachable!("{error}"));
        let got = score(&batch)?;
        if got.len() != count {
            return Err(GradcamError::Scorer(format!("{} scores came for {count} images", got.len())));
        }
        if let Some(image) = got.iter().position(|score| !score.is_finite()) {
            return Err(GradcamError::NotFinite { image, what: "scores" });
        }
        scores.extend(got);
        count = 0;
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::HeatMap;

    /// The score of a model that adds up one channel.
    fn sum(batch: &Array4<f32>) -> Result<Vec<f64>, GradcamError> {
        Ok(batch.outer_iter().map(|input| f64::from(input.sum())).collect())
    }

    fn input() -> Array3<f32> {
        Array3::from_shape_vec((1, 2, 2), vec![0.0, 3.0, 1.0, 0.0]).unwrap()
    }

    #[test]
    fn a_true_map_deletes_fast_and_inserts_fast() {
        let saliency = |raw| Saliency::new(&HeatMap::new(raw), 2, 2).unwrap();
        let right = saliency(array![[0.0, 3.0], [1.0, 0.0]]);
        let wrong = saliency(array![[3.0, 0.0], [0.5, 1.0]]);
        let curve = deletion(input().view(), &right, &Baseline::Value(0.0), 4, sum).unwrap();
        assert_eq!(curve.shares, [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(curve.scores, [4.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(curve.area(), (2.5 + 0.5) / 4.0);
        assert!(
            deletion(input().view(), &wrong, &Baseline::Value(0.0), 4, sum).unwrap().area() > curve.area()
        );
        let back = insertion(input().view(), &right, &Baseline::Value(0.0), 4, sum).unwrap();
        assert_eq!(back.scores, [0.0, 3.0, 4.0, 4.0, 4.0]);
    }

    #[test]
    fn scores_do_not_depend_on_how_many_are_asked_for_at_once() {
        // Two inputs fill a batch.
        let large = |number: usize| Ok(Array3::from_elem((1, 1, LARGEST_BATCH / 8), number as f32));
        let batches = std::cell::RefCell::new(Vec::new());
        let score = |batch: &Array4<f32>| {
            batches.borrow_mut().push(batch.dim().0);
            Ok(batch.outer_iter().map(|input| f64::from(input[[0, 0, 0]])).collect())
        };
        assert_eq!(scores_of((0..5).map(large), score).unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(*batches.borrow(), [2, 2, 1]);
        let short = |_: &Array4<f32>| Ok(vec![0.0]);
        assert!(matches!(scores_of((0..2).map(large), short), Err(GradcamError::Scorer(_))));
        let nan = |batch: &Array4<f32>| Ok(vec![f64::NAN; batch.dim().0]);
        assert!(matches!(scores_of((0..2).map(large), nan), Err(GradcamError::NotFinite { .. })));
    }

    #[test]
    fn the_channel_mean_keeps_the_sum() {
        let saliency = Saliency::new(&HeatMap::new(array![[0.0, 3.0], [1.0, 0.0]]), 2, 2).unwrap();
        let curve = deletion(input().view(), &saliency, &Baseline::ChannelMean, 1, sum).unwrap();
        assert_eq!(curve.scores, [4.0, 4.0]);
    }

    #[test]
    fn no_steps_and_another_size_are_refused() {
        let saliency = Saliency::new(&HeatMap::new(array![[0.0, 3.0]]), 1, 2).unwrap();
        assert!(matches!(
            deletion(input().view(), &saliency, &Baseline::Value(0.0), 4, sum),
            Err(GradcamError::Size { what: "the map", .. })
        ));
        let saliency = Saliency::new(&HeatMap::new(array![[0.0, 3.0]]), 2, 2).unwrap();
        assert!(matches!(
            deletion(input().view(), &saliency, &Baseline::Value(0.0), 0, sum),
            Err(GradcamError::Range { .. })
        ));
    }
}
