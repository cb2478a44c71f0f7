//! Removed parts, regions, histograms and estimated lungs of drawn pictures.

use radiograph_image::{
    Picture, Samples,
    ablate::{Histogram, Region, ablate, estimated_lungs},
};
use radiograph_input::Ablation;

/// 6 × 6, gray values from 0 row by row, with lungs in the middle four columns of the middle four rows.
fn scene() -> (Picture, Region) {
    let picture = Picture::new(6, 6, Samples::Gray8((0..36).collect())).unwrap();
    let inside = |at: usize| (1..5).contains(&at);
    let lungs = (0..36).map(|place| inside(place / 6) && inside(place % 6)).collect();
    (picture, Region::new(6, 6, lungs).unwrap())
}

fn changed(ablation: Ablation) -> (Vec<u8>, f64) {
    let (picture, lungs) = scene();
    let ablated = ablate(&picture, ablation, &lungs, &Histogram::of(&picture)).unwrap();
    match ablated.picture.into_samples() {
        Samples::Gray8(values) => (values, ablated.removed),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_removed_becomes_the_mean_of_what_is_left() {
    // All 36 values and the 16 inside both have the mean 17.5, so has the ring.
    let (values, removed) = changed(Ablation::Lungs);
    assert_eq!((values[7], values[28], values[0], values[35]), (18, 18, 0, 35));
    assert_eq!(removed, 16.0 / 36.0);
    let (values, removed) = changed(Ablation::AllButLungs);
    assert_eq!((values[7], values[28], values[0], values[35]), (7, 28, 18, 18));
    assert_eq!(removed, 20.0 / 36.0);
    // A sixth of each side: one pixel in each corner, none of them lung.
    let (values, removed) = changed(Ablation::Corners);
    assert_eq!((values[0], values[5], values[1], values[7], removed), (18, 18, 1, 7, 4.0 / 36.0));
    // A central square of 4 × 4 is the nearest to half of the area.
    let (values, removed) = changed(Ablation::Centre(0.5));
    assert_eq!((values[7], values[6], removed), (18, 6, 16.0 / 36.0));
}

#[test]
fn channels_and_depth_are_kept() {
    let picture = Picture::new(2, 1, Samples::Rgb16(vec![1, 20, 300, 4_000, 50_000, 6])).unwrap();
    let first = Region::new(2, 1, vec![true, false]).unwrap();
    let ablated = ablate(&picture, Ablation::Lungs, &first, &Histogram::of(&picture)).unwrap();
    assert_eq!(ablated.picture.samples(), &Samples::Rgb16(vec![4_000, 50_000, 6, 4_000, 50_000, 6]));
}

#[test]
fn nothing_left_and_another_size_are_no_picture() {
    let (picture, _) = scene();
    let histogram = Histogram::of(&picture);
    let all = Region::new(6, 6, vec![true; 36]).unwrap();
    assert_eq!(ablate(&picture, Ablation::Lungs, &all, &histogram), None);
    let other = Region::new(3, 2, vec![false; 6]).unwrap();
    assert_eq!(ablate(&picture, Ablation::Histogram, &other, &histogram), None);
}

#[test]
fn parts_have_the_area_asked_for() {
    assert_eq!(Region::centre(100, 50, 0.25).unwrap().bounds(), Some((25, 13, 50, 24)));
    assert_eq!(Region::centre(10, 10, 1.0).unwrap().share(), 1.0);
    assert_eq!(Region::centre(10, 10, 0.0).unwrap().share(), 0.0);
    assert_eq!(Region::corners(12, 12, 1.0 / 6.0).unwrap().share(), 16.0 / 144.0);
    // 2 of 10 rows and columns on each side: 200 − 6 · 16, as the ring of heat maps.
    assert_eq!(Region::border(20, 10, 0.2).unwrap().share(), 104.0 / 200.0);
    assert_eq!(Region::centre(0, 4, 0.5), None);
    assert_eq!(Region::new(2, 2, vec![true; 3]), None);
}

#[test]
fn regions_are_compared_and_moved_to_other_grids() {
    let left = Region::new(4, 2, vec![true, true, false, false, true, true, false, false]).unwrap();
    assert_eq!(left.resized(2, 4).unwrap().marked(), [true, false].repeat(4));
    assert_eq!(left.resized(8, 2).unwrap().bounds(), Some((0, 0, 4, 2)));
    assert_eq!(left.inverted().bounds(), Some((2, 0, 2, 2)));
    let three = Region::new(4, 2, vec![true, true, true, false, false, false, false, false]).unwrap();
    // 2 · 2 / (4 + 3)
    assert_eq!(left.dice(&three), Some(4.0 / 7.0));
    assert_eq!(left.dice(&left.resized(2, 4).unwrap()), None);
    assert_eq!(three.without(&left).unwrap().bounds(), Some((2, 0, 1, 1)));
}

fn gray(values: Vec<u8>) -> Picture {
    Picture::new(values.len() as u32, 1, Samples::Gray8(values)).unwrap()
}

#[test]
fn a_picture_matched_to_itself_stays() {
    let picture = gray(vec![3, 3, 9, 200, 255, 0, 77, 77]);
    assert_eq!(Histogram::of(&picture).matched(picture.clone()), picture);
}

#[test]
fn a_darker_copy_gets_the_values_of_the_original() {
    let original: Vec<u8> = (0..200).map(|value| value as u8 + 20).collect();
    let dark = gray(original.iter().map(|value| value / 2).collect());
    let matched = Histogram::of(&gray(original.clone())).matched(dark);
    let Samples::Gray8(values) = matched.samples() else { panic!("{matched:?}") };
    // Two levels became one, so a value is at most one off.
    assert!(values.iter().zip(&original).all(|(got, expected)| got.abs_diff(*expected) <= 1), "{values:?}");
}

#[test]
fn an_even_distribution_spreads_the_values() {
    let matched = Histogram::even().matched(gray(vec![10, 11, 12, 13]));
    // The middles of four quarters: 1/8, 3/8, 5/8, 7/8 of 256 levels.
    assert_eq!(matched.samples(), &Samples::Gray8(vec![31, 95, 159, 223]));
}

#[test]
fn sources_count_alike_in_a_mean() {
    let (dark, bright) = (Histogram::of(&gray(vec![0; 9])), Histogram::of(&gray(vec![255])));
    let mean = Histogram::mean([&dark, &bright]).unwrap();
    // One pixel against nine, and yet half of the values of each.
    assert_eq!(mean.matched(gray(vec![1, 2, 3, 4])).samples(), &Samples::Gray8(vec![0, 0, 255, 255]));
    assert_eq!(Histogram::mean([]), None);
}

/// A bright chest with two dark ellipses around these middles (x, y), in shares of the sides.
fn chest(middles: [(f64, f64); 2]) -> (Picture, Region) {
    let (width, height) = (120_u32, 100_u32);
    let mut lungs = Vec::new();
    let mut gray = Vec::new();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let lung = middles
            .iter()
            .any(|middle| ((x - middle.0) / 0.14).powi(2) + ((y - middle.1) / 0.32).powi(2) < 1.0);
        lungs.push(lung);
        gray.push(if lung { 60 } else { 190 });
    }
    (Picture::new(width, height, Samples::Gray8(gray)).unwrap(), Region::new(width, height, lungs).unwrap())
}

#[test]
fn estimated_lungs_follow_the_drawn_ones() {
    let moves = [(0.0, 0.0), (0.12, 0.0), (-0.1, 0.0), (0.0, 0.09), (0.0, -0.09)];
    let chests = moves.map(|(down, right)| chest([(0.28 + right, 0.45 + down), (0.72 + right, 0.45 + down)]));
    for (at, (picture, _)) in chests.iter().enumerate() {
        let found = estimated_lungs(picture);
        let dice: Vec<f64> = chests.iter().map(|(_, lungs)| found.dice(lungs).unwrap()).collect();
        let best = (0..dice.len()).max_by(|a, b| dice[*a].total_cmp(&dice[*b]));
        assert_eq!(best, Some(at), "{dice:?}");
    }
}

#[test]
fn an_even_picture_gives_the_outline_in_its_usual_place() {
    let even = Picture::new(64, 64, Samples::Gray16(vec![500; 64 * 64])).unwrap();
    let share = estimated_lungs(&even).share();
    assert!((0.25..0.4).contains(&share), "{share}");
    // A picture of one pixel has lungs or none, and does not fail.
    let one = Picture::new(1, 1, Samples::Gray8(vec![7])).unwrap();
    assert_eq!(estimated_lungs(&one).size(), (1, 1));
}
