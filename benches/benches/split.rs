//! Measures grouping, balancing, splitting and leakage checks on as many records and patients as ChestX-ray14 has, with
//! made-up copies. No pixels are read.
//!
//!     cargo bench -p radiograph-benches --no-default-features --bench split

#![allow(missing_docs, clippy::unwrap_used, reason = "a bench stops at what it did not expect")]

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use radiograph_benches::measured_or_shown;
use radiograph_classes::{COVID_19, Classes, NORMAL, PNEUMONIA};
use radiograph_dataset::{
    Label, Provenance, Record, View,
    certificate::{Certificate, PictureSearch},
    group::Groups,
    recipe::{Candidate, Recipe},
};
use radiograph_same_picture::{Evidence, SamePicture};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// Number of images and of patients in ChestX-ray14.
const IMAGES: usize = 112_120;
const PATIENTS: u64 = 30_805;
/// Number of pairs of images that show the same picture.
const PAIRS: usize = 5_000;

fn candidates(draws: &mut ChaCha8Rng) -> Vec<Candidate> {
    let candidate = |at: usize| {
        let mut record =
            Record::new(format!("nih:{at:08}").parse().unwrap(), format!("/data/images/{at}.png"));
        let patient = draws.next_u64() % PATIENTS;
        record.patient = Some(format!("nih:{patient}").parse().unwrap());
        // The class goes by patient, so that made-up copies within a class do not contradict each other.
        let class = [COVID_19, NORMAL, PNEUMONIA][(patient % 3) as usize];
        record.label = Label::of(class, Provenance::TextMined, "");
        record.view = View::Pa;
        let mut hash = [0; 32];
        draws.fill_bytes(&mut hash);
        Candidate::new(record, hash.into(), None)
    };
    (0..measured_or_shown(IMAGES, 2000)).map(candidate).collect()
}

fn pairs(draws: &mut ChaCha8Rng, candidates: &[Candidate]) -> Vec<SamePicture> {
    let mut pairs = Vec::new();
    while pairs.len() < measured_or_shown(PAIRS, 100) {
        let [one, other] = [0; 2].map(|_| (draws.next_u64() % candidates.len() as u64) as usize);
        if one != other && candidates[one].record.class() == candidates[other].record.class() {
            let (first, second) = (one.min(other), one.max(other));
            pairs.push(SamePicture { first, second, evidence: Evidence::SamePixels });
        }
    }
    pairs
}

fn splits(criterion: &mut Criterion) {
    let mut draws = ChaCha8Rng::seed_from_u64(7);
    let candidates = candidates(&mut draws);
    let pairs = pairs(&mut draws, &candidates);
    let records: Vec<&Record> = candidates.iter().map(|candidate| &candidate.record).collect();
    let mut group = criterion.benchmark_group("split");
    group.sample_size(10);
    group.bench_function("112,120 records grouped", |bencher| {
        bencher.iter(|| Groups::of(&records, &pairs).unwrap());
    });
    let recipe = Recipe::trustworthy(Classes::of_the_paper());
    group.bench_function("112,120 records grouped, balanced, split", |bencher| {
        bencher.iter(|| recipe.make(Path::new("/data"), candidates.clone(), &pairs, 7).unwrap());
    });
    let made = recipe.make(Path::new("/data"), candidates.clone(), &pairs, 7).unwrap();
    let pictures = PictureSearch::complete(pairs, made.manifest.rows().len());
    group.bench_function("the certificate of 112,120 records", |bencher| {
        bencher.iter(|| Certificate::of(&made.manifest, &pictures, made.terms.clone()).unwrap());
    });
    group.finish();
}

criterion_group!(benches, splits);
criterion_main!(benches);
