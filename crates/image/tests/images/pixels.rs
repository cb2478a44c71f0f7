//! Invariants of pictures, preprocessing and loading over generated input.

use std::{cell::Cell, path::PathBuf};

use ndarray::Axis;
use proptest::prelude::*;
use radiograph_image::{
    Limits, Picture, Samples, Undecodable, decode, encode_png,
    loader::Loader,
    preprocess::{Clahe, Preprocess, Transform, resize},
};
use radiograph_input::{Augmentation, Filter, Fit, GrayValues, Normalisation};

fn samples(count: usize) -> impl Strategy<Value = Samples> {
    use proptest::collection::vec;
    prop_oneof![
        vec(any::<u8>(), count).prop_map(Samples::Gray8),
        vec(any::<u16>(), count).prop_map(Samples::Gray16),
        vec(any::<u8>(), 3 * count).prop_map(Samples::Rgb8),
        vec(any::<u16>(), 3 * count).prop_map(Samples::Rgb16),
    ]
}

fn pictures() -> impl Strategy<Value = Picture> {
    (1..40_u32, 1..40_u32).prop_flat_map(|(width, height)| {
        samples((width * height) as usize)
            .prop_map(move |samples| Picture::new(width, height, samples).unwrap())
    })
}

fn filters() -> impl Strategy<Value = Filter> {
    prop_oneof![Just(Filter::Nearest), Just(Filter::Bilinear), Just(Filter::Bicubic), Just(Filter::Lanczos)]
}

fn fits() -> impl Strategy<Value = Fit> {
    prop_oneof![Just(Fit::Stretch), Just(Fit::Pad), Just(Fit::CentreCrop)]
}

fn extremes(picture: &Picture) -> (u16, u16) {
    let values: Vec<u16> = match picture.samples() {
        Samples::Gray8(values) | Samples::Rgb8(values) => values.iter().map(|&value| value.into()).collect(),
        Samples::Gray16(values) | Samples::Rgb16(values) => values.clone(),
    };
    (*values.iter().min().unwrap(), *values.iter().max().unwrap())
}

/// A dark picture is not taken for one of fewer bits when its own PNG is read.
#[test]
fn dark_pictures_stay_dark() {
    for samples in [Samples::Gray16(vec![0, 1, 4095]), Samples::Rgb16(vec![0, 1, 9, 200, 0, 0, 0, 0, 32_767])]
    {
        let picture = Picture::new(3, 1, samples).unwrap();
        assert_eq!(decode(&encode_png(&picture).unwrap(), &Limits::default()), Ok(picture));
    }
}

proptest! {
    #[test]
    fn png_keeps_every_sample_at_every_depth(picture in pictures()) {
        prop_assert_eq!(decode(&encode_png(&picture).unwrap(), &Limits::default()), Ok(picture));
    }

    #[test]
    fn any_bytes_are_a_picture_or_a_refusal(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let panicked = matches!(decode(&bytes, &Limits::default()), Err(Undecodable::DecoderPanicked { .. }));
        prop_assert!(!panicked);
    }

    /// Filters without negative lobes make nothing lighter or darker than what was there.
    #[test]
    fn averaging_stays_between_the_extremes(picture in pictures(), width in 1..60_u32, height in 1..60_u32) {
        let before = extremes(&picture);
        for filter in [Filter::Nearest, Filter::Bilinear] {
            let small = resize(&picture, width, height, filter).unwrap();
            prop_assert_eq!((small.width(), small.height(), small.bits()), (width, height, picture.bits()));
            let after = extremes(&small);
            prop_assert!(before.0 <= after.0 && after.1 <= before.1, "{:?} {:?} {:?}", filter, before, after);
        }
    }

    #[test]
    fn inputs_have_their_shape_and_finite_values(
        picture in pictures(), size in 1..40_u32, filter in filters(), fit in fits(), border in 0.0..0.49_f64, clahe: bool,
    ) {
        let clahe = clahe.then(|| Clahe { tiles: 4, ..Clahe::default() });
        let steps = Preprocess { size, filter, fit, border, clahe, ..Preprocess::default() };
        let input = steps.check().unwrap().apply(picture);
        prop_assert_eq!(input.dim(), (3, size as usize, size as usize));
        prop_assert!(input.iter().all(|value| (0.0..=1.0).contains(value)));
        prop_assert!(input.index_axis(Axis(0), 0) == input.index_axis(Axis(0), 2), "gray fills all channels");
    }

    #[test]
    fn augmentation_keeps_shape_range_and_seed(picture in pictures(), seed: u64, copy in 0..1000_u64) {
        let augmentation = Augmentation { rotation: 180.0, shift: 1.0, flip: true };
        let drawn = Transform::draw(&augmentation, seed, "a:b", copy).unwrap();
        let moved = drawn.apply(&picture);
        prop_assert_eq!((moved.width(), moved.height(), moved.bits()), (picture.width(), picture.height(), picture.bits()));
        let (before, after) = (extremes(&picture), extremes(&moved));
        prop_assert!(before.0 <= after.0 && after.1 <= before.1);
        prop_assert_eq!(moved, Transform::draw(&augmentation, seed, "a:b", copy).unwrap().apply(&picture));
    }

    /// A source's gray scale is gone: an even histogram knows the order of the levels and nothing else of them.
    #[test]
    fn even_gray_values_do_not_depend_on_the_gray_scale(
        values in prop::collection::vec(0_u8..32, 64),
        scale in prop::collection::btree_set(any::<u8>(), 32),
    ) {
        let scale: Vec<u8> = scale.into_iter().collect();
        let steps = Preprocess { size: 8, gray_values: GrayValues::Even, ..Preprocess::default() };
        let preprocessor = steps.check().unwrap();
        let seen = |values: Vec<u8>| preprocessor.apply(Picture::new(8, 8, Samples::Gray8(values)).unwrap());
        let other = values.iter().map(|value| scale[usize::from(*value)]).collect();
        prop_assert_eq!(seen(values), seen(other));
    }
}

/// A folder of pictures, each of its number's gray.
fn folder_of(count: u8) -> (tempfile::TempDir, Vec<(u8, PathBuf)>) {
    let folder = tempfile::tempdir().unwrap();
    let files = (0..count).map(|number| {
        let path = folder.path().join(format!("{number}.png"));
        // Sizes differ, so that some take longer than those after them.
        let side = if number % 7 == 0 { 600 } else { 20 };
        let picture = Picture::new(side, side, Samples::Gray8(vec![number; (side * side) as usize])).unwrap();
        std::fs::write(&path, encode_png(&picture).unwrap()).unwrap();
        (number, path)
    });
    let files = files.collect();
    (folder, files)
}

fn loader(threads: usize) -> Loader {
    let steps = Preprocess { size: 4, normalisation: Normalisation::Caffe, ..Preprocess::default() };
    Loader::new(steps.check().unwrap(), threads).unwrap()
}

#[test]
fn loading_keeps_the_order_whatever_threads_and_window() {
    let (_folder, files) = folder_of(60);
    for (threads, window) in [(1, 1), (2, 4), (4, 3), (3, 100)] {
        let loaded: Vec<(u8, f32)> = loader(threads)
            .with_window(window)
            .load(files.clone())
            .map(|image| (image.key, image.input.unwrap()[[0, 0, 0]]))
            .collect();
        let expected: Vec<(u8, f32)> = (0..60).map(|number| (number, f32::from(number) - 103.939)).collect();
        assert_eq!(loaded, expected, "{threads} threads, {window} in flight");
    }
}

/// Memory is bounded because no more files are asked for than the window holds.
#[test]
fn loading_asks_for_no_more_than_its_window() {
    let (_folder, files) = folder_of(60);
    let asked = Cell::new(0);
    let counted = files.into_iter().inspect(|_| asked.set(asked.get() + 1));
    let loader = loader(2).with_window(5);
    let mut yielded = 0;
    for image in loader.load(counted) {
        image.input.unwrap();
        yielded += 1;
        assert!(asked.get() < yielded + 5, "{} asked for, {yielded} taken", asked.get());
    }
    assert_eq!((yielded, asked.get()), (60, 60));
}

#[test]
fn loaders_may_be_dropped_half_way() {
    let (_folder, files) = folder_of(30);
    let loader = loader(2);
    assert_eq!(loader.load(files.clone()).take(3).count(), 3);
    assert_eq!(loader.load(files).count(), 30);
    assert!(Loader::new(Preprocess::default().check().unwrap(), 0).is_err());
}
