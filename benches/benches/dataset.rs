//! Measures the reading of metadata: NIH's table at full length, and every table below `RADIOGRAPH_DATA` if it is set.
//!
//!     cargo bench -p radiograph-benches --no-default-features --bench dataset

#![allow(missing_docs, clippy::unwrap_used, reason = "a bench stops at what it did not expect")]

use std::{fmt::Write, path::Path};

use criterion::{Criterion, criterion_group, criterion_main};
use radiograph_benches::{measured_or_shown, only_shown};
use radiograph_dataset::source::{Folder, Nih, Source, recognise};

/// Number of images in ChestX-ray14.
const IMAGES: usize = 112_120;

fn nih_table(images: usize) -> String {
    let header = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,\
                  OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n";
    let findings =
        ["No Finding", "Infiltration|Pneumonia", "Atelectasis", "No Finding", "Effusion|Mass|Nodule"];
    let mut table = header.to_owned();
    for image in 0..images {
        let (patient, follow_up) = (1 + image / 4, image % 4);
        let finding = findings[image % findings.len()];
        let (age, view) = (20 + patient % 60, if image % 5 < 3 { "PA" } else { "AP" });
        writeln!(
            table,
            "{patient:08}_{follow_up:03}.png,{finding},{follow_up},{patient},{age},M,{view},2500,2048,0.168,0.168"
        )
        .unwrap();
    }
    table
}

fn tables(criterion: &mut Criterion) {
    let images = measured_or_shown(IMAGES, 1000);
    let table = nih_table(images);
    let folder = |with_images: bool| {
        let rows = table.lines().skip(1).filter(|_| with_images);
        let images = rows.map(|row| (format!("images/{}", row.split(',').next().unwrap()), Vec::new()));
        Folder::in_memory(images.chain([("Data_Entry_2017.csv".to_owned(), table.clone().into_bytes())]))
    };
    let mut group = criterion.benchmark_group("nih-112120-rows");
    group.sample_size(10);
    for (id, with_images) in [("with-images", true), ("table-only", false)] {
        group.bench_function(id, |bencher| {
            bencher.iter_batched(
                || folder(with_images),
                |folder| {
                    let collection = Nih::new("").read_folder(folder).unwrap();
                    assert_eq!(collection.rows, images);
                    collection
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();

    if let Some(data) = std::env::var_os("RADIOGRAPH_DATA").filter(|_| !only_shown()) {
        // Cargo runs benches in the package's folder; a relative path is meant from the root of the project.
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(data);
        criterion.bench_function("all-metadata", |bencher| {
            bencher.iter(|| {
                let sources = recognise(&data).unwrap().sources;
                sources.iter().map(|source| source.read().unwrap().records.len()).sum::<usize>()
            });
        });
    }
}

criterion_group!(benches, tables);
criterion_main!(benches);
