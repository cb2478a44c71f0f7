//! Same pictures: phantoms copied as the collections copy each other, and the collections themselves.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests say what ran, and their helpers may panic"
)]

mod golden;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
use radiograph_files::ContentHash;
use radiograph_image::{
    ImageError, Limits, Picture, Samples, decode, decode_file, encode_png,
    preprocess::{Transform, resize},
};
use radiograph_input::Filter;
use radiograph_phantoms::{
    Finding, Phantom,
    collection::{Collections, Defect},
};
use radiograph_same_picture::{
    Evidence, Fingerprint, PerceptualHash, SamePicture, SamePictureError, Search, Turn, find, fingerprints,
    pairs_between, pairs_within,
};
use serde::Deserialize;

const STILL: Transform = Transform { degrees: 0.0, across: 0.0, down: 0.0, flipped: false };

fn film(patient: u32) -> Picture {
    let phantom = Phantom { seed: 11, patient, film: 0, finding: Finding::None, bedside: patient % 2 == 1 };
    phantom.draw(256).picture.into_8_bit()
}

/// The film as most are published: wider than high.
fn wide(patient: u32) -> Picture {
    film(patient).crop(0, 20, 256, 192).unwrap()
}

fn through_jpeg(picture: &Picture) -> Picture {
    let Samples::Gray8(values) = picture.samples() else { panic!("gray and 8 bits") };
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.write_image(values, picture.width(), picture.height(), ExtendedColorType::L8).unwrap();
    decode(&bytes, &Limits::default()).unwrap()
}

fn fingerprint(picture: Picture) -> Fingerprint {
    let content = ContentHash::of_bytes(&encode_png(&picture).unwrap());
    Fingerprint::of_picture(content, picture)
}

/// What hangs together, as sets of names.
fn groups<T: Clone + Ord>(names: &[T], pairs: &[SamePicture]) -> BTreeSet<BTreeSet<T>> {
    let mut group: Vec<usize> = (0..names.len()).collect();
    for pair in pairs {
        let (kept, gone) = (group[pair.first], group[pair.second]);
        group.iter_mut().filter(|group| **group == gone).for_each(|group| *group = kept);
    }
    let mut members: BTreeMap<usize, BTreeSet<T>> = BTreeMap::new();
    for (name, group) in names.iter().zip(group) {
        members.entry(group).or_default().insert(name.clone());
    }
    members.into_values().filter(|members| members.len() > 1).collect()
}

/// An order that has nothing to do with names, the same every time.
fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&at| ContentHash::of_bytes(&at.to_le_bytes()));
    order
}

#[test]
fn phantoms_cropped_resized_compressed_and_tilted_are_found_and_no_others() {
    let patients = 30;
    let mut images = Vec::new();
    for patient in 0..patients {
        images.push(((patient, "film"), fingerprint(wide(patient))));
        // Every third film has no copy.
        if patient % 3 > 0 {
            let square = wide(patient).crop(32, 0, 192, 192).unwrap();
            let degrees = f64::from(patient % 5) * 0.5 - 1.0;
            let tilted = Transform { degrees, ..STILL }.apply(&square);
            let copy = through_jpeg(&resize(&tilted, 150, 150, Filter::Lanczos).unwrap());
            images.push(((patient, "copy"), fingerprint(copy)));
        }
    }
    let order = shuffled(images.len());
    let (names, prints): (Vec<_>, Vec<_>) = order.into_iter().map(|at| images[at].clone()).unzip();
    let pairs = find(&prints, &Search::default()).unwrap();
    let found = groups(&names, &pairs);
    let expected: BTreeSet<BTreeSet<_>> = (0..patients)
        .filter(|patient| patient % 3 > 0)
        .map(|patient| BTreeSet::from([(patient, "film"), (patient, "copy")]))
        .collect();
    let whole = |at: usize| prints[at].whole(None);
    let plain = pairs.iter().filter(|pair| whole(pair.first).distance(whole(pair.second)) <= 4).count();
    println!("ran on {} copies; {plain} of them have plain hashes within 4 bits", expected.len());
    assert_eq!(found, expected);
}

#[test]
fn a_crop_from_anywhere_is_found_where_hashes_see_nothing() {
    let cut = [(0, 0, 160), (80, 10, 150), (20, 60, 132), (90, 70, 122)];
    for (patient, (left, top, side)) in (0..).zip(cut) {
        let crop = film(patient).crop(left, top, side, side).unwrap();
        let images = [fingerprint(film(patient)), fingerprint(through_jpeg(&crop)), fingerprint(film(9))];
        let pairs = find(&images, &Search::default()).unwrap();
        let [SamePicture { first: 0, second: 1, evidence: Evidence::Crop { first, second, .. } }] = pairs[..]
        else {
            panic!("{left} {top} {side}: {pairs:?}")
        };
        for (share, pixels) in [(first.left, left), (first.top, top), (first.width, side)] {
            assert!((share - f64::from(pixels) / 256.0).abs() < 0.01, "{first:?}");
        }
        assert_eq!((second.left, second.width), (0.0, 1.0));
        let without = Search { crops: false, ..Search::default() };
        assert!(find(&images, &without).unwrap().is_empty(), "the crop search is what finds it");
    }
}

#[test]
fn every_turn_is_found_and_named_whichever_image_comes_first() {
    let degrees = |turn| match turn {
        Turn::Mirrored | Turn::UpsideDown | Turn::Rotated180 => 180.0,
        Turn::Rotated90 | Turn::Transposed | Turn::AntiTransposed => 90.0,
        Turn::Rotated270 => 270.0,
    };
    let mirrored =
        |turn| matches!(turn, Turn::Mirrored | Turn::UpsideDown | Turn::Transposed | Turn::AntiTransposed);
    for turn in Turn::ALL {
        let original = film(3);
        // Mirrored first, then turned clockwise: 0° leaves it mirrored, 180° upside down, 90° and 270° transposed.
        let degrees = match turn {
            Turn::Mirrored => 0.0,
            Turn::Transposed => 270.0,
            _ => degrees(turn),
        };
        let turned = Transform { degrees, flipped: mirrored(turn), ..STILL }.apply(&original);
        let images = [fingerprint(turned.clone()), fingerprint(original.clone())];
        let pairs = find(&images, &Search::default()).unwrap();
        let [SamePicture { evidence: Evidence::Turned { turn: named, correlation, .. }, .. }] = pairs[..]
        else {
            panic!("{turn}: {pairs:?}")
        };
        assert_eq!(named, turn, "what makes the second look like the first");
        assert!(correlation > 0.99, "{correlation}");
        let images = [fingerprint(original), fingerprint(turned)];
        let pairs = find(&images, &Search::default()).unwrap();
        assert!(
            matches!(pairs[..], [SamePicture { evidence: Evidence::Turned { turn: named, .. }, .. }] if named == turn.inverse()),
            "{turn}: {pairs:?}"
        );
        assert!(find(&images, &Search { turned: false, ..Search::default() }).unwrap().is_empty());
    }
}

#[test]
fn equal_files_equal_pixels_and_blank_images() {
    let picture = film(1);
    let as_jpeg = ContentHash::of_bytes(b"another file");
    let blank = Picture::new(80, 80, Samples::Gray8(vec![7; 6400])).unwrap();
    let other_blank = Picture::new(90, 80, Samples::Gray8(vec![9; 7200])).unwrap();
    let images = [
        fingerprint(picture.clone()),
        fingerprint(blank),
        fingerprint(picture.clone()),
        Fingerprint::of_picture(as_jpeg, picture.clone().into_rgb()),
        fingerprint(other_blank),
        fingerprint(picture),
    ];
    let pairs = find(&images, &Search::default()).unwrap();
    let kinds: Vec<_> = pairs.iter().map(|pair| (pair.first, pair.second, pair.evidence.kind())).collect();
    assert_eq!(kinds, [(0, 2, "same-bytes"), (0, 3, "same-pixels"), (0, 5, "same-bytes")]);
}

#[test]
fn thread_counts_and_the_order_of_images_change_nothing() {
    let mut images: Vec<_> = (0..8).map(|patient| fingerprint(film(patient))).collect();
    images.extend((0..8).map(|patient| fingerprint(film(patient).crop(20, 30, 200, 180).unwrap())));
    images.push(fingerprint(Transform { flipped: true, ..STILL }.apply(&film(2))));
    images.push(fingerprint(film(4)));
    let on_threads = |threads, images: &[Fingerprint]| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| find(images, &Search::default()).unwrap())
    };
    let pairs = on_threads(1, &images);
    assert!(pairs.len() >= 10, "{pairs:?}");
    assert_eq!(pairs, on_threads(3, &images));
    assert!(pairs.is_sorted_by_key(|pair| (pair.first, pair.second)));
    assert!(pairs.iter().all(|pair| pair.first < pair.second));

    let names: Vec<usize> = (0..images.len()).collect();
    let order = shuffled(images.len());
    let moved: Vec<_> = order.iter().map(|&at| images[at].clone()).collect();
    assert_eq!(groups(&order, &on_threads(2, &moved)), groups(&names, &pairs));
}

#[test]
fn a_file_that_is_no_image_has_its_error_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a.png", "b.png", "c.png"].map(|name| folder.path().join(name));
    fs::write(&files[0], encode_png(&film(0)).unwrap()).unwrap();
    fs::write(&files[1], "no image").unwrap();
    let results = fingerprints(&files, &Limits::default());
    assert_eq!(results[0].as_ref().unwrap(), &fingerprint(film(0)));
    assert!(matches!(&results[1], Err(ImageError::Undecodable { path, .. }) if path == &files[1]));
    assert!(matches!(&results[2], Err(ImageError::Read { path, .. }) if path == &files[2]));
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let settings = Search::default();
    let wrong = [
        ("hash_distance", Search { hash_distance: 13, ..settings }),
        ("correlation", Search { correlation: f64::NAN, ..settings }),
        ("detail", Search { detail: 1.5, ..settings }),
        ("smallest_crop", Search { smallest_crop: 0.0, ..settings }),
    ];
    for (name, settings) in wrong {
        let refused = find(&[], &settings);
        assert!(matches!(refused, Err(SamePictureError::Setting { field, .. }) if field == name), "{name}");
    }
}

#[test]
fn copies_and_crops_planted_among_phantom_collections_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let planted = Collections { seed: 5, patients: 45, side: 160 }.write(folder.path(), |_, _| ()).unwrap();
    let images: Vec<_> =
        planted.images.iter().filter(|image| !image.defects.contains(&Defect::Truncated)).collect();
    let files: Vec<PathBuf> =
        images.iter().map(|image| folder.path().join("collections").join(&image.file)).collect();
    let prints: Vec<_> = fingerprints(&files, &Limits::default()).into_iter().map(Result::unwrap).collect();
    let ids: Vec<&str> = images.iter().map(|image| image.id.as_str()).collect();
    let found = groups(&ids, &find(&prints, &Search::default()).unwrap());
    let patient = |id: &str| images.iter().find(|image| image.id == id).unwrap().phantom_patient;
    for group in &found {
        // A drawn patient has the same body on every film, so two films of one may well count as one picture.
        assert!(group.iter().all(|id| patient(id) == patient(group.first().unwrap())), "{group:?}");
    }
    let together =
        |one: &str, other: &str| found.iter().any(|group| group.contains(one) && group.contains(other));
    let mut counted: BTreeMap<(Defect, bool), usize> = BTreeMap::new();
    for image in &images {
        let Some(parent) = &image.derived_from else { continue };
        let kinds = [Defect::ByteCopy, Defect::CroppedCopy, Defect::Augmented];
        let kind = kinds.into_iter().find(|kind| image.defects.contains(kind)).unwrap();
        *counted.entry((kind, together(&image.id, parent))).or_default() += 1;
    }
    println!("ran on {} images: {counted:?}", images.len());
    for kind in [Defect::ByteCopy, Defect::CroppedCopy] {
        assert!(counted.contains_key(&(kind, true)) && !counted.contains_key(&(kind, false)), "{kind:?}");
    }
}

#[derive(Deserialize)]
struct HashCases {
    cases: Vec<HashCase>,
}

#[derive(Deserialize)]
struct HashCase {
    file: String,
    whole: String,
    centre: String,
    mirrored: String,
    rotated_90: String,
    imagehash: String,
}

#[test]
fn golden_hashes_are_those_of_pillow_and_scipy() {
    let cases = golden::read_own::<HashCases>("hashes.json").cases;
    let mut compared = 0;
    for case in &cases {
        let picture = decode_file(&golden::own_folder().join(&case.file), &Limits::default()).unwrap();
        let print = fingerprint(picture);
        let expected = [
            (print.whole(None), &case.whole),
            (print.centre(None), &case.centre),
            (print.whole(Some(Turn::Mirrored)), &case.mirrored),
            (print.whole(Some(Turn::Rotated90)), &case.rotated_90),
        ];
        for (hash, expected) in expected {
            let differing = (hash.bits() ^ u64::from_str_radix(expected, 16).unwrap()).count_ones();
            assert_eq!(differing, 0, "{}: {:016x} for {expected}", case.file, hash.bits());
            compared += 1;
        }
        // imagehash keeps the mean, which moves the median past one coefficient at most.
        let peer = u64::from_str_radix(&case.imagehash, 16).unwrap() & !1;
        assert!((print.whole(None).bits() ^ peer).count_ones() <= 2, "{}", case.file);
    }
    assert_eq!(compared, 12);
}

fn images_in(folder: &Path) -> Vec<PathBuf> {
    golden::images_below(folder)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn hannover_and_cohen_share_pictures_and_nih_shares_none_of_them() {
    let Some(data) = golden::data() else { return };
    let hannover = images_in(&data.join("covid-19-image-repository/png"));
    let ids: BTreeSet<String> = hannover.iter().map(|path| stem(path)).collect();
    let mut cohen = images_in(&data.join("covid-chestxray-dataset/images"));
    cohen.retain(|path| ids.contains(&stem(path)));
    let nih = images_in(&data.join("nih-chest-xrays/images"));
    assert_eq!((hannover.len(), cohen.len(), nih.len()), (110, 37, 785));

    let all: Vec<(u8, PathBuf)> = (0..)
        .zip([&hannover, &cohen, &nih])
        .flat_map(|(source, files)| files.iter().map(move |file| (source, file.clone())))
        .collect();
    let (sources, files): (Vec<u8>, Vec<PathBuf>) =
        shuffled(all.len()).into_iter().map(|at| all[at].clone()).unzip();
    let prints: Vec<_> = fingerprints(&files, &Limits::default()).into_iter().map(Result::unwrap).collect();

    let judge = |pairs: &[(usize, usize)]| {
        let are = |&(i, j): &(usize, usize), one: u8, other: u8| {
            (sources[i], sources[j]) == (one, other) || (sources[j], sources[i]) == (one, other)
        };
        let between = |one, other| pairs.iter().filter(move |pair| are(pair, one, other));
        let same = between(0, 1).filter(|&&(i, j)| stem(&files[i]) == stem(&files[j])).count();
        (same, between(0, 2).count())
    };
    let hashes = |of: &dyn Fn(&Fingerprint) -> PerceptualHash| prints.iter().map(of).collect::<Vec<_>>();
    let near = |hashes: &[PerceptualHash], distance| {
        pairs_within(hashes, distance)
            .into_iter()
            .map(|(i, j)| (i as usize, j as usize))
            .collect::<BTreeSet<_>>()
    };
    let whole = hashes(&|print| print.whole(None));
    let plain: Vec<_> = near(&whole, 4).into_iter().collect();
    let mut either = near(&whole, 6);
    either.extend(near(&hashes(&|print| print.centre(None)), 6));
    let either: Vec<_> = either.into_iter().collect();
    // The edges connect; what they connect are all pairs of a group.
    let names: Vec<usize> = (0..prints.len()).collect();
    let found = groups(&names, &find(&prints, &Search::default()).unwrap());
    let found: Vec<(usize, usize)> = found
        .iter()
        .flat_map(|group| group.iter().flat_map(|&i| group.iter().map(move |&j| (i, j))))
        .filter(|(i, j)| i < j)
        .collect();
    println!(
        "ran on {} images: of 37 equal pictures (false ones among 110 × 785) a plain hash at 4 bits finds {:?}, \
         whole or centre at 6 bits {:?}, the search {:?}",
        files.len(),
        judge(&plain),
        judge(&either),
        judge(&found)
    );
    let (same, wrong) = judge(&found);
    assert!(same >= 35, "{same} of 37");
    assert_eq!(wrong, 0);
}

#[test]
fn pairs_between_lists_are_those_of_each_with_each() {
    let prints: Vec<_> = (0..6).map(|patient| fingerprint(film(patient))).collect();
    let hashes: Vec<_> = prints.iter().map(|print| print.whole(None)).collect();
    let all: Vec<(u32, u32)> = (0..6).flat_map(|i| (0..6).map(move |j| (i, j))).collect();
    let near = |distance| -> Vec<_> {
        let near = |&&(i, j): &&(u32, u32)| hashes[i as usize].distance(hashes[j as usize]) <= distance;
        all.iter().filter(near).copied().collect()
    };
    for distance in [0, 6, 12, 40, 63] {
        assert_eq!(pairs_between(&hashes, &hashes, distance), near(distance));
    }
}

#[test]
fn a_search_names_the_settings_that_find_less() {
    let default = Search::default();
    assert!(default.weaker_than(&default).is_empty());
    let weak = Search { hash_distance: 2, turned: false, crops: false, detail: 0.99, ..default };
    assert_eq!(weak.weaker_than(&default), ["hash_distance", "turned", "crops", "detail"]);
    let strong = Search { hash_distance: 8, ..weak }.or_stronger(&default);
    assert_eq!(strong, Search { hash_distance: 8, ..default });
    assert!(strong.weaker_than(&default).is_empty());
}
