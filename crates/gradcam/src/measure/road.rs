//! ROAD, remove and debias (Rong et al., ICML 2022): scores an input after its strongest or weakest places are removed.
//!
//! Removed places are filled in from their neighbours. So the score falls because evidence is gone, and not because a
//! hole looks like nothing that the network has seen.

use ndarray::{Array2, Array3, Array4, ArrayView3};
use radiograph_random::Stream;

use super::{Saliency, curve::scores_of, fill::Filler, saliency::same_size};
use crate::GradcamError;

/// Standard deviation of the noise on filled places, as in the authors' code.
const NOISE: f64 = 0.01;

/// Scores after the strongest and after the weakest places were removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Road {
    /// Share of places removed, for each entry of the other lists.
    pub shares: Vec<f64>,
    /// Scores without the strongest places: low for a true map.
    pub without_strongest: Vec<f64>,
    /// Scores without the weakest places: high for a true map.
    pub without_weakest: Vec<f64>,
}

impl Road {
    /// Half the mean difference of the two scores: positive if the map orders the places better than chance. The
    /// `pytorch-grad-cam` package calls this ROAD combined.
    pub fn combined(&self) -> f64 {
        let pairs = self.without_weakest.iter().zip(&self.without_strongest);
        pairs.map(|(weakest, strongest)| (weakest - strongest) / 2.0).sum::<f64>() / self.shares.len() as f64
    }
}

/// Removes the strongest and, separately, the weakest `shares` of the places of `input [C, H, W]`. `score` gets a batch
/// `[B, C, H, W]` and gives one number for each input. `seed` is the seed of the noise.
///
/// # Errors
///
/// If map and input differ in size, there are fewer than two places, a share is not between 0 and 1 or there is none, or
/// `score` fails.
pub fn road(
    input: ArrayView3<f32>,
    saliency: &Saliency,
    shares: &[f64],
    seed: u64,
    score: impl Fn(&Array4<f32>) -> Result<Vec<f64>, GradcamError>,
) -> Result<Road, GradcamError> {
    let (_, height, width) = input.dim();
    same_size("the map", saliency.values().dim(), (height, width))?;
    if shares.is_empty() {
        return Err(GradcamError::Range { what: "the number of shares", got: 0.0, range: "at least one" });
    }
    let order = saliency.order();
    if order.len() < 2 {
        // At least one place is removed, and at least one must be left.
        return Err(GradcamError::Range {
            what: "the number of places",
            got: order.len() as f64,
            range: "at least two",
        });
    }
    if let Some(share) = shares.iter().find(|share| !(**share > 0.0 && **share < 1.0)) {
        return Err(GradcamError::Range {
            what: "a share of places",
            got: *share,
            range: "more than 0, less than 1",
        });
    }
    let count = |share: &f64| ((order.len() as f64 * share).round() as usize).clamp(1, order.len() - 1);
    let most = shares.iter().map(count).max().unwrap_or(1);
    // Places that a smaller share removes are the first of a larger one's, so each order is factored once for all shares.
    let reversed: Vec<usize> = order.iter().rev().copied().collect();
    let fillers = [&order, &reversed].map(|order| Filler::new((height, width), order[..most].to_vec()));
    let without = |filler: &Filler, count: usize| Ok(filled(input, filler, count, seed));
    let strongest = shares.iter().map(|share| without(&fillers[0], count(share)));
    let weakest = shares.iter().map(|share| without(&fillers[1], count(share)));
    let mut without_strongest = scores_of(strongest.chain(weakest), score)?;
    let without_weakest = without_strongest.split_off(shares.len());
    Ok(Road { shares: shares.to_vec(), without_strongest, without_weakest })
}

/// `input [C, H, W]` with the removed places filled by noisy linear imputation: each is the weighted mean of its eight
/// neighbours, which may be removed themselves, plus a little noise. At least one place must be left.
///
/// # Errors
///
/// If `removed` has another size, or no place is left to fill from.
pub fn impute(
    input: ArrayView3<f32>,
    removed: &Array2<bool>,
    seed: u64,
) -> Result<Array3<f32>, GradcamError> {
    let (_, height, width) = input.dim();
    same_size("the removed places", removed.dim(), (height, width))?;
    if removed.iter().all(|removed| *removed) {
        return Err(GradcamError::Range {
            what: "the share of removed places",
            got: 1.0,
            range: "less than 1",
        });
    }
    let places: Vec<usize> =
        (0..removed.len()).filter(|place| removed[[place / width, place % width]]).collect();
    let count = places.len();
    Ok(filled(input, &Filler::new((height, width), places), count, seed))
}

/// The input with the first `count` places of the filler imputed. The noise runs over the channels, row by row.
fn filled(input: ArrayView3<f32>, filler: &Filler, count: usize, seed: u64) -> Array3<f32> {
    let (_, _, width) = input.dim();
    let mut places = filler.places()[..count].to_vec();
    places.sort_unstable();
    let mut filled = input.to_owned();
    let mut noise = Stream::new(seed, "road");
    for (mut channel, known) in filled.outer_iter_mut().zip(input.outer_iter()) {
        let solved = filler.solve(known, count);
        for &place in &places {
            let place = [place / width, place % width];
            channel[place] = (solved[place] + NOISE * noise.normal()) as f32;
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HeatMap, measure::fill::MOST_FACTORED};

    #[test]
    fn a_hole_among_zeros_is_filled_with_zeros() {
        // A value in a far corner, so that the first guess, the mean, is not the answer.
        let mut cases = 0;
        for (top, left) in (2..5).flat_map(|top| (2..5).map(move |left| (top, left))) {
            for value in (1..=200).map(|value| value as f32 * 0.017) {
                let mut map = Array3::<f32>::zeros((1, 5, 5));
                map[[0, 0, 0]] = value;
                let removed = Array2::from_shape_fn((5, 5), |(row, column)| row >= top && column >= left);
                let filled = impute(map.view(), &removed, 3).unwrap();
                let worst = (&filled - &map).fold(0.0_f32, |worst, value| worst.max(value.abs()));
                assert!(worst > 0.0 && worst < 6.0 * NOISE as f32, "{value}, {top}, {left}: {worst}");
                assert!(filled.iter().all(|value| value.is_finite()), "{value}, {top}, {left}: {filled}");
                cases += 1;
            }
        }
        assert_eq!(cases, 1800);
    }

    #[test]
    fn a_hole_in_a_plane_is_filled_with_the_plane() {
        // A linear function is its own weighted mean, so the fill has no error but the noise.
        let plane = Array3::from_shape_fn((1, 9, 9), |(_, row, column)| (row as f32) * 2.0 - column as f32);
        let removed =
            Array2::from_shape_fn((9, 9), |(row, column)| (2..7).contains(&row) && (2..6).contains(&column));
        let filled = impute(plane.view(), &removed, 3).unwrap();
        let worst = (&filled - &plane).fold(0.0_f32, |worst, value| worst.max(value.abs()));
        assert!(worst > 0.0 && worst < 6.0 * NOISE as f32, "{worst}");
        assert_eq!(filled, impute(plane.view(), &removed, 3).unwrap());
        assert_ne!(filled, impute(plane.view(), &removed, 4).unwrap());
    }

    #[test]
    fn a_hole_in_a_plane_of_many_places_is_filled_with_the_plane() {
        // More removed places than are factored, so they are solved step by step.
        let plane =
            Array3::from_shape_fn((1, 40, 40), |(_, row, column)| row as f32 * 0.2 - column as f32 * 0.1);
        let inside = |place: usize| (1..39).contains(&place);
        let removed = Array2::from_shape_fn((40, 40), |(row, column)| inside(row) && inside(column));
        assert!(removed.iter().filter(|removed| **removed).count() > MOST_FACTORED);
        let filled = impute(plane.view(), &removed, 3).unwrap();
        let worst = (&filled - &plane).fold(0.0_f32, |worst, value| worst.max(value.abs()));
        assert!(worst > 0.0 && worst < 6.0 * NOISE as f32, "{worst}");
    }

    #[test]
    fn road_fills_as_the_places_of_each_share_alone_are_filled() {
        let input = Array3::from_shape_fn((3, 7, 6), |(channel, row, column)| {
            ((channel * 31 + row * 17 + column * 5) % 13) as f32 * 0.3
        });
        let raw = Array2::from_shape_fn((7, 6), |(row, column)| ((row * 11 + column * 7) % 29) as f64);
        let saliency = Saliency::new(&HeatMap::new(raw), 7, 6).unwrap();
        let (order, shares) = (saliency.order(), [0.2, 0.5, 0.8]);
        let seen = std::cell::RefCell::new(Vec::new());
        road(input.view(), &saliency, &shares, 5, |batch| {
            seen.borrow_mut().extend(batch.outer_iter().map(|input| input.to_owned()));
            Ok(vec![0.0; batch.dim().0])
        })
        .unwrap();
        let count = |share: f64| (42.0 * share).round() as usize;
        let sets = shares.map(|share| &order[..count(share)]).into_iter();
        let sets = sets.chain(shares.map(|share| &order[42 - count(share)..]));
        let mut compared = 0;
        for (places, seen) in sets.zip(seen.take()) {
            let mut removed = Array2::from_elem((7, 6), false);
            places.iter().for_each(|place| removed[[place / 6, place % 6]] = true);
            let alone = impute(input.view(), &removed, 5).unwrap();
            let worst = (&alone - &seen).fold(0.0_f32, |worst, value| worst.max(value.abs()));
            assert!(worst < 1e-5, "{} places: {worst}", places.len());
            compared += 1;
        }
        assert_eq!(compared, 6);
    }

    #[test]
    fn nothing_left_is_an_error() {
        let input = Array3::zeros((1, 2, 2));
        assert!(impute(input.view(), &Array2::from_elem((2, 2), true), 0).is_err());
    }

    #[test]
    fn one_place_cannot_be_taken_away_and_left() {
        // One pixel between two cells.
        let saliency = Saliency::new(&HeatMap::new(ndarray::array![[0.0, 1.0]]), 1, 1).unwrap();
        let error = road(Array3::zeros((1, 1, 1)).view(), &saliency, &[0.5], 0, |_| Ok(vec![0.0]));
        assert!(matches!(error, Err(GradcamError::Range { what: "the number of places", .. })), "{error:?}");
    }

    #[test]
    fn a_true_map_scores_above_its_opposite() {
        let input =
            Array3::from_shape_fn((1, 8, 8), |(_, row, column)| f32::from(u8::from(row == 4 && column >= 4)));
        let sum = |batch: &Array4<f32>| Ok(batch.outer_iter().map(|input| f64::from(input.sum())).collect());
        let saliency = |sign: f64| {
            let raw =
                Array2::from_shape_fn((8, 8), |place| 2.0 + sign * f64::from(input[[0, place.0, place.1]]));
            Saliency::new(&HeatMap::new(raw), 8, 8).unwrap()
        };
        let shares = [0.1, 0.3];
        let right = road(input.view(), &saliency(1.0), &shares, 1, sum).unwrap().combined();
        let wrong = road(input.view(), &saliency(-1.0), &shares, 1, sum).unwrap().combined();
        assert!(right > 0.5 && wrong < -0.5, "{right} {wrong}");
    }
}
