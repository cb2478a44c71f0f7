//! Measures 16 images of 224 pixels in each backbone: folded, as published, folded with other micro-batches, and with a
//! part of the images for each core, as extraction computes. `cargo xtask bench --peers backbone` measures other software
//! beside it.

use std::{num::NonZeroUsize, thread};

use criterion::{Criterion, criterion_group, criterion_main};
use radiograph_backbone::{Backbone, Form, Options};
use radiograph_benches::measured_or_shown;
use radiograph_libtorch::{Device, SideBySide};
use radiograph_weights::{Architecture, Lineage};
use tch::{Kind, Tensor};

/// Images when it measures, and when it only shows that it works.
const IMAGES: [i64; 2] = [16, 2];
const MICRO_BATCHES: [usize; 4] = [1, 2, 4, 16];

fn backbone(architecture: Architecture, options: Options) -> Backbone {
    let lineage = Lineage::torchvision(architecture);
    let lineage = Lineage { transforms_input: false, ..lineage };
    Backbone::random_with(architecture, 1, lineage, Device::CPU, options).expect("a lineage that exists")
}

fn features(criterion: &mut Criterion) {
    let [measured, shown] = IMAGES;
    let number = measured_or_shown(measured, shown);
    let count = number * 3 * 224 * 224;
    let images = Tensor::arange(count, (Kind::Float, tch::Device::Cpu)).sin().view([number, 3, 224, 224]);
    for architecture in Architecture::PAPER {
        let mut group = criterion.benchmark_group(format!("backbone/{architecture}/batch-16"));
        group.sample_size(10);
        let mut measure = |name: &str, options: Options| {
            let backbone = backbone(architecture, options);
            group.bench_function(name, |bencher| {
                bencher.iter(|| backbone.forward_features(&images).expect("images that fit"));
            });
        };
        measure("folded", Options::default());
        measure("plain", Options { form: Form::Plain, ..Options::default() });
        for micro_batch in MICRO_BATCHES {
            let options = Options { micro_batch: NonZeroUsize::new(micro_batch), ..Options::default() };
            measure(&format!("micro-batch-{micro_batch}"), options);
        }
        let backbone = backbone(architecture, Options::default());
        group.bench_function("side-by-side", |bencher| {
            bencher.iter(|| each_core_its_part(&backbone, &images));
        });
        group.finish();
    }
}

fn each_core_its_part(backbone: &Backbone, images: &Tensor) {
    let side_by_side = SideBySide::begin();
    let parts = i64::try_from(side_by_side.threads()).expect("as many threads as cores");
    thread::scope(|scope| {
        for part in images.chunk(parts, 0) {
            let (backbone, side_by_side) = (backbone.clone(), &side_by_side);
            scope.spawn(move || {
                side_by_side.enter();
                let _map = backbone.forward_features(&part).expect("images that fit");
            });
        }
    });
}

criterion_group!(benches, features);
criterion_main!(benches);
