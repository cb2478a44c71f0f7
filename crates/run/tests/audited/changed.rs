//! Changed films through a model: one that learned a mark in the corner, and one that learned what is drawn into the lungs.

use std::ops::ControlFlow;

use radiograph_audit::{AblationScore, Audit, ThroughModel};
use radiograph_files::ContentHash;
use radiograph_image::{
    Limits, Picture, Samples,
    ablate::{Histogram, ablate, estimated_lungs},
    decode_file,
};
use radiograph_input::Ablation;
use radiograph_phantoms::{Finding, Phantom};
use radiograph_probe::Probe;
use radiograph_run::{
    ChangedImage, Looked, LookedImage, Place, PlacedEvidence, Pointer, Progress, Run, read_json, write_json,
};

use crate::{
    model::{block_means, train},
    scene::{Film, SIDE, Scene},
};

/// Puts the changed test images through the model, as the stage does that needs libtorch. The evidence of each is said to lie
/// in a tenth of the lungs' share more than their area.
fn look(run: &Run<'_>) {
    let folder = run.folder().model("vgg19");
    let probe: Probe = read_json(&run.folder().model("vgg19-linear-probe").join("model.json")).unwrap();
    let (manifest, files) = (run.manifest().unwrap(), run.files().unwrap());
    let films: Vec<(String, Picture)> = manifest
        .test()
        .map(|row| {
            (
                row.id.to_string(),
                decode_file(&files.get(&row.id).unwrap().file(), &Limits::default()).unwrap(),
            )
        })
        .collect();
    let histograms: Vec<Histogram> = films.iter().map(|(_, film)| Histogram::of(film)).collect();
    let together = Histogram::mean(&histograms).unwrap();
    let image = |(id, film): &(String, Picture)| {
        let lungs = estimated_lungs(film);
        let changed = |ablation: &Ablation| {
            let changed = ablate(film, *ablation, &lungs, &together).unwrap();
            let Samples::Gray8(gray) = changed.picture.samples() else { panic!("a gray film") };
            let means: Vec<f64> = block_means(gray).into_iter().map(f64::from).collect();
            let row = ndarray::Array2::from_shape_vec((1, means.len()), means).unwrap();
            let probabilities = probe.probabilities(row.view()).unwrap();
            ChangedImage { removed: changed.removed, probabilities: probabilities.iter().copied().collect() }
        };
        let area = lungs.share();
        LookedImage {
            id: id.clone(),
            masked: false,
            changed: Ablation::ALL.iter().map(changed).collect(),
            evidence: vec![PlacedEvidence {
                of: Pointer::Model,
                place: Place::Lungs,
                mass: Some(1.1 * area),
                area,
            }],
        }
    };
    let looked = Looked {
        predictions: ContentHash::of_file(&folder.join("predictions.csv")).unwrap(),
        classes: run.classes().names().map(str::to_owned).collect(),
        ablations: Ablation::ALL.to_vec(),
        images: films.iter().map(image).collect(),
    };
    write_json(&folder.join(Looked::FILE), &looked).unwrap();
}

fn audited(scene: &Scene) -> Audit {
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let audit = scene.open(scene.config(), &mut watch, |run| {
        run.assemble()?;
        train(run)?;
        assert!(run.audit()?.unwrap().through_model.is_none(), "nothing was changed yet");
        look(run);
        run.audit()
    });
    audit.unwrap().unwrap()
}

fn after(through: &ThroughModel, ablation: Ablation) -> (&AblationScore, f64) {
    let score = through.after(ablation).unwrap();
    (score, score.auc.score.unwrap())
}

/// Films with clear lungs, whatever their class, so that nothing but the change tells it.
fn scene(change: impl Fn(&mut Film)) -> Scene {
    Scene::draw(160, |film| {
        let patient = film.number;
        let clear = Phantom { seed: 4, patient, film: 0, finding: Finding::None, bedside: false };
        let picture = clear.draw(SIDE).picture.into_8_bit().into_gray();
        let Samples::Gray8(pixels) = picture.into_samples() else { panic!("a gray film") };
        film.pixels = pixels;
        change(film);
    })
}

#[test]
fn a_model_of_a_corner_mark_needs_corners_and_no_lungs() {
    let scene = scene(|film| {
        if film.ill == (film.number / 4 % 8 != 0) {
            film.mark();
        }
    });
    let audit = audited(&scene);
    let through = audit.through_model.as_ref().unwrap();
    let unchanged = through.unchanged.score.unwrap();
    assert!(unchanged > 0.8, "{unchanged}");
    assert_eq!(Some(unchanged), audit.model.as_ref().map(|model| model.auc.score.unwrap()));
    let (without_lungs, score) = after(through, Ablation::Lungs);
    assert!(score > unchanged - 0.1 && without_lungs.kept.unwrap() > 0.75, "{without_lungs:?}");
    let (without_corners, score) = after(through, Ablation::Corners);
    assert!(score < unchanged - 0.2 && without_corners.drop.unwrap().low > 0.1, "{without_corners:?}");
    assert!((0.05..0.12).contains(&without_corners.removed), "{}", without_corners.removed);
    // The mark outlasts the centre.
    assert!(through.mean_over_shares.unwrap() > unchanged - 0.1, "{through:?}");
    assert!(
        audit.sentence.contains("With the lungs painted over, vgg19 still reaches"),
        "{}",
        audit.sentence
    );
    let pointing = &through.pointing[0];
    assert!((pointing.mass / pointing.area - 1.1).abs() < 1e-9 && pointing.excess.low > 0.0, "{pointing:?}");
    assert!(audit.to_string().contains("evidence inside the lungs, the model"), "{audit}");
}

#[test]
fn a_model_of_what_is_drawn_into_the_lungs_needs_lungs_and_no_corners() {
    // A bright spot in the middle of each lung.
    let scene = scene(|film| {
        if film.ill == (film.number / 4 % 8 != 0) {
            for (row, column) in
                (24..36).flat_map(|row| (12..20).chain(44..52).map(move |column| (row, column)))
            {
                let pixel = &mut film.pixels[row * SIDE as usize + column];
                *pixel = pixel.saturating_add(70);
            }
        }
    });
    let audit = audited(&scene);
    let through = audit.through_model.as_ref().unwrap();
    let unchanged = through.unchanged.score.unwrap();
    assert!(unchanged > 0.8, "{unchanged}");
    let (without_corners, score) = after(through, Ablation::Corners);
    assert!(score > unchanged - 0.1, "{without_corners:?}");
    let (lungs_only, score) = after(through, Ablation::AllButLungs);
    assert!(score > unchanged - 0.15, "{lungs_only:?}");
    let (without_lungs, score) = after(through, Ablation::Lungs);
    assert!(score < unchanged - 0.2 && without_lungs.drop.unwrap().low > 0.1, "{without_lungs:?}");
}

#[test]
fn looks_of_another_training_are_said_and_not_audited() {
    let scene = scene(|_| ());
    audited(&scene);
    let path = scene.run().join("vgg19").join(Looked::FILE);
    let mut looked: Looked = read_json(&path).unwrap();
    looked.predictions = ContentHash::of_bytes(b"other predictions");
    write_json(&path, &looked).unwrap();
    let mut said = Vec::new();
    let mut watch = |progress: Progress<'_>| {
        if let Progress::Said { sentence } = progress {
            said.push(sentence.to_owned());
        }
        ControlFlow::Continue(())
    };
    let audit = scene.open(scene.config(), &mut watch, |run| run.audit()).unwrap().unwrap();
    assert!(audit.through_model.is_none());
    assert!(said.iter().any(|sentence| sentence.contains("another training")), "{said:?}");
    // A class that is missing is a damaged file, and no other score.
    looked.predictions = ContentHash::of_file(&scene.run().join("vgg19/predictions.csv")).unwrap();
    looked.classes.reverse();
    write_json(&path, &looked).unwrap();
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    assert!(scene.open(scene.config(), &mut watch, |run| run.audit()).is_err());
}
