//! Phantoms on disk: the same bytes for the same seed, and every defect where the list says so.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use radiograph_image::{ImageFormat, Limits, Picture, Samples, decode_file};
use radiograph_phantoms::{
    Finding, Phantom, PhantomError,
    collection::{Collections, Defect, Planted, PlantedImage},
};

const SMALL: Collections = Collections { seed: 5, patients: 45, side: 96 };

fn written(collections: &Collections) -> (tempfile::TempDir, Planted) {
    let folder = tempfile::tempdir().unwrap();
    let planted = collections.write(folder.path(), |_, _| ()).unwrap();
    (folder, planted)
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().into_path());
    entries
        .filter(|path| path.is_file())
        .map(|path| {
            (path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let few = Collections { patients: 15, ..SMALL };
    let on_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| files(written(&few).0.path()))
    };
    let one = on_threads(1);
    assert_eq!(one, on_threads(3));
    let other = files(written(&Collections { seed: 6, ..few }).0.path());
    assert!(one.iter().any(|(name, bytes)| other.get(name).is_some_and(|other| other != bytes)));
}

fn gray8(picture: Picture) -> Vec<u8> {
    let Samples::Gray8(values) = picture.into_gray().into_8_bit().into_samples() else {
        panic!("8-bit gray")
    };
    values
}

#[test]
fn pixels_and_formats_are_those_drawn() {
    let (folder, planted) = written(&SMALL);
    let (mut lossless, mut lossy) = (0, 0);
    for image in &planted.images {
        let path = folder.path().join("collections").join(&image.file);
        let bytes = fs::read(&path).unwrap();
        let format = ImageFormat::of_content(&bytes).unwrap();
        assert_eq!(format.to_string(), image.format, "{}", image.id);
        let lies = ImageFormat::of_extension(&path).is_some_and(|promised| promised != format);
        assert_eq!(lies, image.defects.contains(&Defect::ExtensionLies), "{}", image.id);
        let decoded = decode_file(&path, &Limits::default());
        if image.defects.contains(&Defect::Truncated) {
            decoded.unwrap_err();
            continue;
        }
        let decoded = decoded.unwrap();
        if image.file.starts_with("covid-19-image") || image.derived_from.is_some() {
            continue; // cut, moved or scaled: the whole films stand for the encoding
        }
        let bedside = image.view.as_deref() == Some("AP");
        let candidates =
            if image.file.starts_with("COVID-CXNet") { vec![false, true] } else { vec![bedside] };
        let drawn = candidates.into_iter().map(|bedside| {
            let (patient, film) = (image.phantom_patient, image.phantom_film);
            Phantom { seed: SMALL.seed, patient, film, finding: image.finding, bedside }
                .draw(SMALL.side)
                .picture
        });
        let drawn: Vec<Picture> = drawn.collect();
        match format {
            ImageFormat::Dicom => assert!(drawn.contains(&decoded), "{}: 12 bits, inverted or not", image.id),
            ImageFormat::Jpeg => {
                let near = drawn.into_iter().any(|drawn| {
                    let (ours, theirs) = (gray8(decoded.clone()), gray8(drawn));
                    let off: u32 = ours.iter().zip(&theirs).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
                    off as usize <= 4 * ours.len()
                });
                assert!(near, "{}: more than 4 levels off on average", image.id);
                lossy += 1;
                continue;
            }
            _ => {
                let pixels = gray8(decoded);
                assert!(drawn.into_iter().any(|drawn| gray8(drawn) == pixels), "{}", image.id);
            }
        }
        lossless += 1;
    }
    assert!(lossless > 30 && lossy > 3, "{lossless} {lossy}");
}

#[test]
fn every_defect_is_planted_from_fifteen_patients_on() {
    let all = [
        Defect::ExtensionLies,
        Defect::CroppedCopy,
        Defect::ByteCopy,
        Defect::Augmented,
        Defect::NameDiffers,
        Defect::NoRow,
        Defect::Truncated,
    ];
    for seed in 0..4 {
        let (_folder, planted) = written(&Collections { seed, patients: 15, side: 64 });
        let defects: BTreeSet<Defect> =
            planted.images.iter().flat_map(|image| image.defects.clone()).collect();
        assert_eq!(defects, all.into(), "seed {seed}");
        let folders = planted.images.iter().map(|image| image.file.split('/').next().unwrap());
        assert_eq!(folders.collect::<BTreeSet<_>>().len(), 6, "seed {seed}");
        let several =
            planted.images.iter().filter(|image| image.derived_from.is_none() && image.phantom_film > 0);
        assert!(several.count() > 0, "seed {seed}: several images of one patient");
    }
}

#[test]
fn derived_images_are_their_parents_picture() {
    let (folder, planted) = written(&Collections { patients: 15, ..SMALL });
    let by_id: BTreeMap<&str, &PlantedImage> =
        planted.images.iter().map(|image| (image.id.as_str(), image)).collect();
    let read = |image: &PlantedImage| fs::read(folder.path().join("collections").join(&image.file)).unwrap();
    for image in &planted.images {
        let Some(parent) = image.derived_from.as_deref().map(|id| by_id[id]) else { continue };
        let same =
            (image.phantom_patient, image.phantom_film) == (parent.phantom_patient, parent.phantom_film);
        assert!(same, "{}", image.id);
        assert_eq!(read(image) == read(parent), image.defects.contains(&Defect::ByteCopy), "{}", image.id);
    }
}

#[test]
fn masks_lie_where_the_finding_changes_the_film() {
    for finding in [Finding::LobarOpacity, Finding::GroundGlass] {
        let phantom = Phantom { seed: 9, patient: 3, film: 0, finding, bedside: false };
        let (sick, well) = (phantom.draw(128), Phantom { finding: Finding::None, ..phantom }.draw(128));
        let share = sick.mask.iter().filter(|inside| **inside).count() as f64 / sick.mask.len() as f64;
        assert!((0.004..0.4).contains(&share), "{finding}: {share}");
        assert!(!well.mask.contains(&true));
        let lighter = |inside: bool| {
            let pairs =
                gray8(sick.picture.clone()).into_iter().zip(gray8(well.picture.clone())).zip(&sick.mask);
            let off: Vec<f64> = pairs
                .filter(|(_, mask)| **mask == inside)
                .map(|((sick, well), _)| f64::from(sick) - f64::from(well))
                .collect();
            off.iter().sum::<f64>() / off.len() as f64
        };
        assert!(lighter(true) > lighter(false) + 8.0, "{finding}: {} {}", lighter(true), lighter(false));
    }
}

/// Stopped in the middle and started again, the folder ends up as if nothing had happened.
#[test]
fn interrupted_writing_is_taken_up_again() {
    let few = Collections { patients: 15, side: 64, ..SMALL };
    let (whole, planted) = written(&few);
    let whole = files(whole.path());
    let folder = tempfile::tempdir().unwrap();
    // A folder where the middle one of the images should go stops the writing there.
    let middle = &planted.images[planted.images.len() / 2].file;
    let in_the_way = folder.path().join("collections").join(middle);
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let stopped = one_thread.install(|| few.write(folder.path(), |_, _| _ = fs::create_dir(&in_the_way)));
    assert!(matches!(stopped, Err(PhantomError::Write(_))), "{stopped:?}");
    let begun = files(folder.path());
    assert!(begun.len() < whole.len() && begun.len() > 5, "{} of {}", begun.len(), whole.len());
    assert!(!begun.contains_key("phantoms.json"));
    fs::remove_dir(&in_the_way).unwrap();
    fs::write(folder.path().join("masks/.radiograph-x.partial"), "left by a killed program").unwrap();

    let refused = Collections { seed: 6, ..few }.write(folder.path(), |_, _| ()).unwrap_err();
    assert!(refused.to_string().contains("begun with seed 5, 15 patients"), "{refused}");
    few.write(folder.path(), |_, _| ()).unwrap();
    assert_eq!(files(folder.path()), whole);
}

#[test]
fn nothing_is_overwritten_and_bad_numbers_are_refused() {
    let (folder, _) = written(&Collections { patients: 1, ..SMALL });
    let before = files(folder.path());
    let refused = SMALL.write(folder.path(), |_, _| ()).unwrap_err();
    assert!(refused.to_string().contains("not empty"), "{refused}");
    assert_eq!(files(folder.path()), before);
    let empty = tempfile::tempdir().unwrap();
    for wrong in [Collections { patients: 0, ..SMALL }, Collections { side: 63, ..SMALL }] {
        wrong.write(empty.path(), |_, _| ()).unwrap_err();
    }
    assert!(files(empty.path()).is_empty());
}
