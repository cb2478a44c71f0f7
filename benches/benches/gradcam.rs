//! Measures explanations from cached features: a batch of 32 maps of 512 × 7 × 7 through VGG19's head of 121.7 million
//! parameters. `cargo xtask bench --peers gradcam` explains the same images with other packages.

use criterion::{Criterion, criterion_group, criterion_main};
use radiograph_classes::Classes;
use radiograph_gradcam::{Explainer, Method, Target};
use radiograph_head::{Architecture, ConfiguredHead, FeatureShape, Head, Preset};
use radiograph_libtorch::Device;
use tch::{Kind, Tensor};

const BATCH: i64 = 32;

fn explain(criterion: &mut Criterion) {
    let classes = Classes::new(["covid", "normal", "pneumonia"]).expect("three names");
    let shape = FeatureShape { channels: 512, height: 7, width: 7 };
    let config = Preset::Paper.head(Architecture::VGG19, shape, &classes);
    let head = ConfiguredHead::new(config, 1, Device::CPU).expect("the head of the preset");
    let count = BATCH * 512 * 49;
    let features =
        Tensor::arange(count, (Kind::Float, tch::Device::Cpu)).sin().abs().view([BATCH, 512, 7, 7]);
    let explainer = Explainer::new(&classes, |features: &Tensor| head.explained(features));
    let mut group = criterion.benchmark_group("gradcam/vgg19/batch-32");
    group.sample_size(10);
    for method in [Method::GradCam, Method::HiResCam, Method::EigenCam] {
        group.bench_function(method.name(), |bencher| {
            bencher.iter(|| {
                explainer.explain(&features, method, &Target::default()).expect("maps of this shape")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, explain);
criterion_main!(benches);
