//! Counts the operations of libtorch in a training step and the copies in an extraction, and holds them to stated numbers. Each
//! operation on a GPU costs some microseconds before it computes anything, so a step must not consist of thousands.
//!
//! Each test runs itself again in a process whose operations `operations.cpp` counts, with less work and with more: the difference
//! belongs to the work.

use std::{collections::BTreeMap, env, fs, process::Command};

use radiograph_backbone::{
    BackboneError, Form, Identity,
    extraction::{Extraction, ExtractionSettings, FrozenNetwork, Input, Pixels, extraction_key},
};
use radiograph_classes::Classes;
use radiograph_features::{FeatureId, Part, StoreDescription};
use radiograph_files::ContentHash;
use radiograph_head::{
    Architecture, ConfiguredHead, CrossEntropy, FeatureShape, Gradients, Head, Mode, Optimizer, Parameter,
    Preset, Reading, RmsProp, Step,
};
use radiograph_libtorch::{Device, DeviceKind};
use tch::{Kind, Tensor};

/// Says how much work the process shall do; absent in the process that compares.
const WORK: &str = "RADIOGRAPH_WORK";

/// Operations by name that `extra` pieces of work need beyond the first, on average.
fn operations(test: &str, extra: u64) -> BTreeMap<String, f64> {
    let counted = |work: u64| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("operations");
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(WORK, work.to_string())
            .env("RADIOGRAPH_OPERATIONS", &file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let text = fs::read_to_string(&file).unwrap();
        let count = |line: &str| {
            let (name, number) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), number.parse::<f64>().unwrap())
        };
        text.lines().map(count).collect::<BTreeMap<_, _>>()
    };
    let (less, more) = (counted(1), counted(1 + extra));
    let each = |(name, number): (String, f64)| {
        // Steps of the backward pass are told beside the operations that they consist of.
        if !name.starts_with("aten::") {
            return None;
        }
        let before = less.get(&name).copied().unwrap_or_default();
        (number > before).then_some((name, (number - before) / extra as f64))
    };
    more.into_iter().filter_map(each).collect()
}

/// Whether an operation makes a tensor without computing a value of it.
fn is_view(name: &str) -> bool {
    let views = [
        "as_strided",
        "contiguous",
        "detach",
        "empty",
        "empty_like",
        "empty_strided",
        "expand",
        "flatten",
        "narrow",
        "reshape",
        "resolve_conj",
        "select",
        "slice",
        "t",
        "to",
        "transpose",
        "view",
        "_reshape_alias",
        "_unsafe_view",
    ];
    name.strip_prefix("aten::").is_some_and(|name| views.contains(&name))
}

/// The work that this process shall do, if it is counted.
fn work() -> Option<u64> {
    env::var(WORK).ok().map(|work| work.parse().unwrap())
}

#[test]
fn a_training_step_is_a_stated_number_of_operations() {
    let Some(steps) = work() else {
        let each = operations("operations::a_training_step_is_a_stated_number_of_operations", 4);
        let of = |names: &[&str]| -> f64 { names.iter().filter_map(|name| each.get(*name)).sum() };
        // Eleven tensors, and six operations of the optimiser on each.
        let optimiser =
            ["aten::lerp_", "aten::sqrt_", "aten::mul_", "aten::addcdiv_"].map(|name| of(&[name]));
        assert_eq!(optimiser, [11.0; 4], "{each:#?}");
        // The host waits for the loss and for the norms, and for nothing else.
        assert!(of(&["aten::item"]) <= 1.0, "{each:#?}");
        // An LSTM that libtorch does not compute as one operation has some for each step of the sequence.
        if each.contains_key("aten::mkldnn_rnn_layer") {
            let copies = of(&["aten::copy_"]);
            assert!(copies <= 15.0, "{copies} copies a step: {each:#?}");
            let computed: f64 =
                each.iter().filter(|(name, _)| !is_view(name)).map(|(_, number)| number).sum();
            assert!(computed <= 270.0, "{computed} operations a step: {each:#?}");
        }
        return;
    };
    let classes = Classes::of_the_paper();
    let shape = FeatureShape { channels: 64, height: 3, width: 3 };
    let mut config = Preset::Paper.head(Architecture::VGG19, shape, &classes);
    // So narrow that each tensor is one tile of the optimiser, as every tensor is on a GPU.
    config.dense = vec![64, 64];
    if let Reading::Recurrent(recurrence) = &mut config.reading {
        recurrence.units = 32;
    }
    let head = ConfiguredHead::new(config, 1, Device::CPU).unwrap();
    let loss = CrossEntropy::new(&classes, None, tch::Device::Cpu).unwrap();
    let features = Tensor::ones([4, 64, 3, 3], tch::kind::FLOAT_CPU);
    let labels = Tensor::from_slice(&[0_i64, 1, 2, 0]);
    let named = head.parameters().trained().map(|parameter| (parameter.name(), parameter.tensor()));
    let mut optimizer = Optimizer::new(RmsProp::KERAS, named).unwrap();
    let tensors: Vec<&Tensor> = head.parameters().trained().map(Parameter::tensor).collect();
    let clipping = Preset::Paper.training(1).clipping;
    for number in 0..steps {
        let mode = Mode::Train(Step { seed: 1, number });
        let found = Gradients::of(&head, &loss, &features, &labels, mode).unwrap();
        optimizer.step(&tensors, &found.gradients, 1e-4, clipping).unwrap();
    }
}

/// A network that computes one operation on a batch.
struct Sums;

impl FrozenNetwork for Sums {
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        Ok(images.f_sum_dim_intlist([2_i64, 3].as_slice(), true, Kind::Float)?)
    }

    fn device(&self) -> Device {
        Device::CPU
    }
}

#[test]
fn a_batch_is_copied_whole_and_not_image_by_image() {
    let Some(batches) = work() else {
        let each = operations("operations::a_batch_is_copied_whole_and_not_image_by_image", 3);
        assert_eq!(each.get("aten::sum"), Some(&1.0), "one pass a batch: {each:#?}");
        let all: f64 = each.values().sum();
        // Of 8 images, which are copied by their memory before.
        assert!(all <= 12.0, "{all} operations a batch: {each:#?}");
        assert!(!each.contains_key("aten::copy_"), "{each:#?}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let vgg19 = Architecture::VGG19;
    let identity = Identity::Random { architecture: vgg19, seed: 1 };
    let key = extraction_key(
        vgg19,
        vgg19.lineage(),
        Form::default(),
        &identity,
        DeviceKind::Cpu,
        "sums".to_owned(),
    );
    let description = StoreDescription::new(key, [3, 1, 1]).unwrap();
    let mut extraction = Extraction::open(&folder.path().join("store"), &description, Part::WHOLE).unwrap();
    let inputs = (0..8 * batches).map(|number| {
        let content = ContentHash::of_bytes(&number.to_le_bytes());
        let pixels = move || Ok(Pixels { content, shape: [3, 16, 16], values: vec![1.0; 3 * 256] });
        Input::new(number.to_string(), FeatureId::plain(content), pixels)
    });
    let settings = ExtractionSettings::new([3, 16, 16]).with_batch(8);
    let report = extraction.run(inputs, || Ok(vec![Sums]), &settings, |_| {}).unwrap();
    assert_eq!(report.extracted, 8 * batches as usize);
}
