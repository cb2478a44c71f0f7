//! Measures one training step of the head on VGG19's features: 121.7 million parameters, batches of 32 maps of 512 × 7
//! × 7. `cargo xtask bench --peers head` measures the same step in PyTorch.

use criterion::{Criterion, criterion_group, criterion_main};
use radiograph_classes::Classes;
use radiograph_head::{
    Architecture, ConfiguredHead, CrossEntropy, FeatureShape, Gradients, Head, Mode, Optimizer, Preset,
    RmsProp, Step,
};
use radiograph_libtorch::Device;
use tch::{Kind, Tensor};

const BATCH: i64 = 32;

struct Setting {
    head: ConfiguredHead,
    loss: CrossEntropy,
    features: Tensor,
    labels: Tensor,
}

impl Setting {
    fn new() -> Self {
        let classes = Classes::new(["covid", "normal", "pneumonia"]).expect("three names");
        let shape = FeatureShape { channels: 512, height: 7, width: 7 };
        let config = Preset::Paper.head(Architecture::VGG19, shape, &classes);
        let head = ConfiguredHead::new(config, 1, Device::CPU).expect("the head of the preset");
        let loss = CrossEntropy::new(&classes, None, tch::Device::Cpu).expect("no weights");
        let count = BATCH * 512 * 49;
        let features = Tensor::arange(count, (Kind::Float, tch::Device::Cpu)).sin().abs();
        let labels = Tensor::arange(BATCH, (Kind::Int64, tch::Device::Cpu)).remainder(3);
        Self { head, loss, features: features.view([BATCH, 512, 7, 7]), labels }
    }

    fn gradients(&self, number: u64) -> Gradients {
        let mode = Mode::Train(Step { seed: 1, number });
        Gradients::of(&self.head, &self.loss, &self.features, &self.labels, mode)
            .expect("a batch of its shape")
    }

    fn tensors(&self) -> Vec<&Tensor> {
        self.head.parameters().trained().map(radiograph_head::Parameter::tensor).collect()
    }
}

fn step(criterion: &mut Criterion) {
    let setting = Setting::new();
    let clipping = Preset::Paper.training(1).clipping;
    let named = setting.head.parameters().trained().map(|parameter| (parameter.name(), parameter.tensor()));
    let mut optimizer = Optimizer::new(RmsProp::KERAS, named).expect("Keras's settings");
    let mut group = criterion.benchmark_group("head/vgg19/batch-32");
    group.sample_size(10);
    let mut number = 0;
    group.bench_function("step", |bencher| {
        bencher.iter(|| {
            number += 1;
            let batch = setting.gradients(number);
            optimizer.step(&setting.tensors(), &batch.gradients, 1e-5, clipping).expect("gradients of these");
        });
    });
    group.bench_function("gradients", |bencher| {
        bencher.iter(|| {
            number += 1;
            setting.gradients(number)
        });
    });
    let batch = setting.gradients(0);
    group.bench_function("optimizer", |bencher| {
        bencher.iter(|| {
            optimizer.step(&setting.tensors(), &batch.gradients, 1e-5, clipping).expect("gradients of these");
        });
    });
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
