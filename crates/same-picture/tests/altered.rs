//! Copies with other gray values, turned a little, framed; and pictures that only look alike.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use radiograph_files::ContentHash;
use radiograph_image::{
    Picture, Samples, encode_png,
    preprocess::{Clahe, Transform},
};
use radiograph_phantoms::{Finding, Phantom};
use radiograph_same_picture::{Evidence, Fingerprint, SamePicture, SamePictureError, Search, Turn, find};

const STILL: Transform = Transform { degrees: 0.0, across: 0.0, down: 0.0, flipped: false };

fn film(patient: u32) -> Picture {
    let phantom = Phantom { seed: 23, patient, film: 0, finding: Finding::None, bedside: patient % 2 == 1 };
    phantom.draw(200).picture.into_8_bit()
}

fn levels(picture: &Picture) -> &[u8] {
    let Samples::Gray8(values) = picture.samples() else { panic!("gray and 8 bits") };
    values
}

fn curved(picture: &Picture, curve: impl Fn(f64) -> f64) -> Picture {
    let value = |&level: &u8| (curve(f64::from(level) / 255.0) * 255.0).round() as u8;
    let values = levels(picture).iter().map(value).collect();
    Picture::new(picture.width(), picture.height(), Samples::Gray8(values)).unwrap()
}

fn negative(picture: &Picture) -> Picture {
    curved(picture, |value| 1.0 - value)
}

/// A frame of one gray, so many pixels wide.
fn framed(picture: &Picture, wide: u32, level: u8) -> Picture {
    let (width, height) = (picture.width() + 2 * wide, picture.height() + 2 * wide);
    let mut values = vec![level; (width * height) as usize];
    for (row, line) in levels(picture).chunks_exact(picture.width() as usize).enumerate() {
        let start = (wide as usize + row) * width as usize + wide as usize;
        values[start..start + line.len()].copy_from_slice(line);
    }
    Picture::new(width, height, Samples::Gray8(values)).unwrap()
}

fn fingerprint(picture: Picture) -> Fingerprint {
    let content = ContentHash::of_bytes(&encode_png(&picture).unwrap());
    Fingerprint::of_picture(content, picture)
}

fn groups(count: usize, pairs: &[SamePicture]) -> BTreeSet<BTreeSet<usize>> {
    let mut group: Vec<usize> = (0..count).collect();
    for pair in pairs {
        let (kept, gone) = (group[pair.first], group[pair.second]);
        group.iter_mut().filter(|group| **group == gone).for_each(|group| *group = kept);
    }
    let mut members: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    group.into_iter().enumerate().for_each(|(at, group)| _ = members.entry(group).or_default().insert(at));
    members.into_values().filter(|members| members.len() > 1).collect()
}

type Alteration = (&'static str, fn(&Picture) -> Picture);

const ALTERATIONS: [Alteration; 9] = [
    ("negative", negative),
    ("clahe", |film| Clahe { clip_limit: 4.0, tiles: 8 }.apply(film.clone())),
    ("gamma 0.5", |film| curved(film, f64::sqrt)),
    ("gamma 2", |film| curved(film, |value| value * value)),
    ("frame", |film| framed(film, 30, 255)),
    ("turned", |film| Transform { degrees: 7.0, ..STILL }.apply(film)),
    ("turned the other way", |film| Transform { degrees: -10.0, ..STILL }.apply(film)),
    ("mirrored negative", |film| Transform { flipped: true, ..STILL }.apply(&negative(film))),
    ("ten bits in sixteen", |film| {
        let values = levels(film).iter().map(|&value| u16::from(value) * 4).collect();
        Picture::new(film.width(), film.height(), Samples::Gray16(values)).unwrap()
    }),
];

#[test]
fn altered_copies_are_found_and_other_phantoms_are_not() {
    let patients = 8_u32;
    let originals: Vec<Fingerprint> = (0..patients).map(|patient| fingerprint(film(patient))).collect();
    for (name, alter) in ALTERATIONS {
        let copies = (0..patients).map(|patient| fingerprint(alter(&film(patient))));
        let all: Vec<Fingerprint> = originals.iter().cloned().chain(copies).collect();
        let found = groups(all.len(), &find(&all, &Search::default()).unwrap());
        let count = patients as usize;
        let expected: BTreeSet<_> = (0..count).map(|at| BTreeSet::from([at, at + count])).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn evidence_says_what_was_done() {
    let evidence = |first: Picture, second: Picture| {
        let pairs = find(&[fingerprint(first), fingerprint(second)], &Search::default()).unwrap();
        let [SamePicture { first: 0, second: 1, evidence }] = pairs[..] else { panic!("{pairs:?}") };
        evidence
    };
    let Evidence::Relief { negative: true, turn: None, degrees, relief, .. } =
        evidence(film(1), negative(&film(1)))
    else {
        panic!("a negative")
    };
    assert!(degrees.abs() < 1.0 && relief > 0.97, "{degrees} {relief}");

    // Clockwise is positive: what turns the second image back.
    for turned in [-8.0, 6.0] {
        let copy = Transform { degrees: turned, ..STILL }.apply(&film(1));
        for (first, second, expected) in [(film(1), copy.clone(), -turned), (copy, film(1), turned)] {
            let Evidence::Relief { negative: false, turn: None, degrees, .. } = evidence(first, second)
            else {
                panic!("turned")
            };
            assert!((degrees - expected).abs() < 1.0, "{degrees} for {expected}");
        }
    }

    // Mirrored, then turned clockwise by 6 degrees; and the way back, on which the mirror comes first again.
    let copy = Transform { degrees: 6.0, flipped: true, ..STILL }.apply(&negative(&film(1)));
    for (first, second, expected) in [(copy.clone(), film(1), 6.0), (film(1), copy, 6.0)] {
        let Evidence::Relief { negative: true, turn: Some(Turn::Mirrored), degrees, .. } =
            evidence(first, second)
        else {
            panic!("mirrored")
        };
        assert!((degrees - expected).abs() < 1.0, "{degrees} for {expected}");
    }

    let Evidence::Relief { first, second, .. } = evidence(framed(&negative(&film(1)), 50, 0), film(1)) else {
        panic!("framed")
    };
    // 200 of 300 pixels, from the 50th.
    for (found, expected) in
        [(first.left, 50.0 / 300.0), (first.top, 50.0 / 300.0), (first.width, 200.0 / 300.0)]
    {
        let scale = second.width;
        assert!((found - expected).abs() < 0.04 && scale > 0.9, "{first:?} {second:?}");
    }
    let written = serde_json::to_value(evidence(film(1), negative(&film(1)))).unwrap();
    assert_eq!((&written["kind"], &written["negative"]), (&"relief".into(), &true.into()));
}

#[test]
fn without_the_relief_a_negative_is_not_found() {
    let images = [fingerprint(film(1)), fingerprint(negative(&film(1)))];
    for crops in [false, true] {
        let with = Search { crops, ..Search::default() };
        assert_eq!(find(&images, &with).unwrap().len(), 1, "crops {crops}");
        assert!(find(&images, &Search { altered: false, ..with }).unwrap().is_empty(), "crops {crops}");
    }
    let turned = fingerprint(Transform { degrees: 9.0, ..STILL }.apply(&film(1)));
    let images = [fingerprint(film(1)), turned];
    assert!(find(&images, &Search { tilt: 0.0, ..Search::default() }).unwrap().is_empty());
}

/// One frame and one gray curve on pictures of two people must not make them one picture.
#[test]
fn the_same_frame_and_curve_do_not_make_two_phantoms_one() {
    let patients = 20;
    let frames: [Alteration; 4] = [
        ("white", |film| framed(film, 50, 255)),
        ("black", |film| framed(film, 40, 0)),
        ("bright", |film| framed(&curved(film, f64::sqrt), 50, 128)),
        ("dark", |film| framed(&curved(film, |value| value * value), 30, 255)),
    ];
    for (name, alter) in frames {
        let images: Vec<Fingerprint> =
            (0..patients).map(|patient| fingerprint(alter(&film(patient)))).collect();
        assert_eq!(find(&images, &Search::default()).unwrap(), [], "{name}");
    }
}

/// A page with a cross, each with another speck.
fn placeholder(number: u32) -> Picture {
    let value = |x: u32, y: u32| {
        let cross = x.abs_diff(y) < 4 || (x + y).abs_diff(63) < 4;
        if y * 64 + x == number % 4096 {
            128 + (number / 4096) as u8
        } else if cross {
            40
        } else {
            220
        }
    };
    let values = (0..64).flat_map(|y| (0..64).map(move |x| value(x, y))).collect();
    Picture::new(64, 64, Samples::Gray8(values)).unwrap()
}

#[test]
fn ten_thousand_placeholders_are_a_tree_and_not_fifty_million_pairs() {
    let count = 10_500_u32;
    let images: Vec<Fingerprint> = (0..count)
        .map(|number| {
            Fingerprint::of_picture(ContentHash::of_bytes(&number.to_le_bytes()), placeholder(number))
        })
        .collect();
    let distinct: BTreeSet<ContentHash> = images.iter().map(Fingerprint::pixels).collect();
    assert_eq!(distinct.len(), images.len(), "no two have equal pixels");
    let pairs = find(&images, &Search::default()).unwrap();
    assert_eq!(pairs.len(), images.len() - 1);
    assert_eq!(groups(images.len(), &pairs).len(), 1);
}

/// Pages that all hashes take for one, and that are not: blots too small for a hash, each page its own.
#[test]
fn pages_that_only_look_alike_are_not_all_compared() {
    let page = |number: u32| {
        let mut state = number.wrapping_mul(2_654_435_761) | 1;
        let mut blot = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state % 90) as u8
        };
        let blots: Vec<u8> = (0..32 * 32).map(|_| blot()).collect();
        let value = |x: usize, y: usize| {
            let cross = x.abs_diff(y) < 8 || (x + y).abs_diff(63) < 8;
            blots[y / 2 * 32 + x / 2] + if cross { 0 } else { 160 }
        };
        let values = (0..64).flat_map(|y| (0..64).map(move |x| (x, y))).map(|(x, y)| value(x, y)).collect();
        let picture = Picture::new(64, 64, Samples::Gray8(values)).unwrap();
        Fingerprint::of_picture(ContentHash::of_bytes(&number.to_le_bytes()), picture)
    };
    let images: Vec<Fingerprint> = (0..600).map(page).collect();
    let pairs = find(&images, &Search { crops: false, ..Search::default() }).unwrap();
    assert!(pairs.len() < images.len());
}

#[test]
fn settings_of_the_relief_are_checked_and_compared() {
    let default = Search::default();
    for (name, settings) in [
        ("tilt", Search { tilt: 16.0, ..default }),
        ("tilt", Search { tilt: f64::NAN, ..default }),
        ("relief", Search { relief: 1.5, ..default }),
    ] {
        let refused = find(&[], &settings);
        assert!(matches!(refused, Err(SamePictureError::Setting { field, .. }) if field == name), "{name}");
    }
    let weak = Search { altered: false, relief: 0.99, tilt: 1.0, promising: 0.9, ..default };
    assert_eq!(weak.weaker_than(&default), ["promising", "altered", "relief", "tilt"]);
    assert_eq!(weak.or_stronger(&default), default);
    assert_eq!(default.or_stronger(&weak), default);
    assert!(default.weaker_than(&weak).is_empty());
    // A search written before these settings existed is read with their defaults.
    let old: Search = serde_json::from_str(r#"{"crops": false}"#).unwrap();
    assert_eq!(old, Search { crops: false, ..default });
}

/// Films, with copies of some, as they are picked for each case of a property.
fn pool() -> Vec<Fingerprint> {
    let mut pool = Vec::new();
    for patient in 0..3 {
        pool.push(fingerprint(film(patient)));
        pool.extend(ALTERATIONS.iter().map(|(_, alter)| fingerprint(alter(&film(patient)))));
        pool.push(fingerprint(film(patient).crop(20, 30, 150, 160).unwrap()));
    }
    pool
}

#[test]
fn any_order_has_the_same_groups_and_any_number_of_threads_the_same_pairs() {
    let pool = pool();
    let pools: Vec<_> = [1, 2, 5]
        .map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
        .into_iter()
        .collect();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(5));
    let order = Just((0..pool.len()).collect::<Vec<usize>>()).prop_shuffle();
    let drawn = (order, 2..14_usize, any::<bool>());
    runner
        .run(&drawn, |(order, count, crops)| {
            let order = &order[..count];
            let settings = Search { crops, ..Search::default() };
            let images: Vec<Fingerprint> = order.iter().map(|&at| pool[at].clone()).collect();
            let pairs = find(&images, &settings).unwrap();
            for threads in &pools {
                prop_assert_eq!(&threads.install(|| find(&images, &settings).unwrap()), &pairs);
            }
            // A forest: one pair less than images in every group.
            let found = groups(count, &pairs);
            prop_assert_eq!(pairs.len(), found.iter().map(|group| group.len() - 1).sum::<usize>());

            let mut sorted: Vec<usize> = (0..count).collect();
            sorted.sort_by_key(|&at| order[at]);
            let moved: Vec<Fingerprint> = sorted.iter().map(|&at| images[at].clone()).collect();
            let again = groups(count, &find(&moved, &settings).unwrap());
            let back: BTreeSet<BTreeSet<usize>> =
                again.into_iter().map(|group| group.into_iter().map(|at| sorted[at]).collect()).collect();
            prop_assert_eq!(back, found);
            Ok(())
        })
        .unwrap();
}
