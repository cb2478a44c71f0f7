//! Tests of trainings of tiny heads: what they learn, how they fail, and what is refused.

use std::{fs, ops::ControlFlow, path::Path};

use radiograph_classes::Classes;
use radiograph_features::{Element, ExtractionKey};
use radiograph_files::ContentHash;
use radiograph_libtorch::Device;
use radiograph_random::Stream;
use tch::{Kind, Tensor};

use super::fit::evaluate;
use crate::{
    Cell, Clipping, ConfiguredHead, CrossEntropy, Dropout, DropoutPlace, End, Error, Event, FeatureShape,
    Feed, Fit, Fitted, Gradients, Head, HeadConfig, InMemory, Keep, Mode, Reading, Recurrence, RmsProp,
    Samples, Schedule, SequenceOrder, States, Step, TrainingConfig,
};

pub(crate) const SHAPE: FeatureShape = FeatureShape { channels: 4, height: 3, width: 3 };
pub(crate) const SAMPLES: usize = 30;

pub(crate) fn key() -> ExtractionKey {
    ExtractionKey {
        backbone: "vgg19".into(),
        weights: ContentHash::of_bytes(b"weights"),
        preprocessing: String::new(),
        lineage: String::new(),
        precision: Element::F32,
        computation: None,
    }
}

pub(crate) fn classes() -> Classes {
    Classes::new(["covid", "normal", "pneumonia"]).unwrap()
}

/// Noise that no class explains: a head can only memorise the samples.
pub(crate) fn noise() -> InMemory {
    let mut stream = Stream::new(5, "features");
    let values = (0..SAMPLES * SHAPE.len()).map(|_| stream.normal().abs() as f32).collect();
    InMemory::new(SHAPE, values).unwrap()
}

pub(crate) fn samples(range: std::ops::Range<usize>) -> Samples {
    let mut samples = Samples::new(&classes());
    for index in range {
        samples.push(index, ["covid", "normal", "pneumonia"][index % 3]).unwrap();
    }
    samples
}

pub(crate) fn head_config() -> HeadConfig {
    HeadConfig {
        features: SHAPE,
        classes: classes(),
        reading: Reading::Recurrent(Recurrence::new(SequenceOrder::Horizontal, Cell::Lstm, 8)),
        dense: vec![16, 16],
        dropout: Some(Dropout { rate: 0.5, place: DropoutPlace::AfterReading }),
        batch_norm: false,
    }
}

pub(crate) fn config() -> TrainingConfig {
    TrainingConfig {
        optimizer: RmsProp::KERAS.into(),
        schedule: Schedule::Constant { rate: 1e-3 },
        clipping: Some(Clipping::GlobalNorm(1.0)),
        batch: 4,
        epochs: 6,
        patience: None,
        keep: Keep::Last,
        class_weights: None,
        label_smoothing: 0.0,
        shuffle_buffer: None,
        checkpoint_seconds: 0,
        seed: 42,
    }
}

pub(crate) fn head(config: &HeadConfig) -> ConfiguredHead {
    ConfiguredHead::new(config.clone(), 42, Device::CPU).unwrap()
}

pub(crate) fn fit(
    head: ConfiguredHead,
    config: &TrainingConfig,
    folder: Option<&Path>,
) -> Result<Fitted, Error> {
    fit_observed(head, config, folder, &mut |_| ControlFlow::Continue(()))
}

pub(crate) fn fit_observed(
    head: ConfiguredHead,
    config: &TrainingConfig,
    folder: Option<&Path>,
    observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Fitted, Error> {
    let features = noise();
    let feed = Feed::new(&features, Device::CPU, u64::MAX)?;
    let (training, validation) = (samples(0..21), samples(21..SAMPLES));
    let key = key();
    let fit =
        Fit { feed: &feed, training: &training, validation: Some(&validation), config, key: &key, folder };
    fit.run(head, observe)
}

/// A hash of all weights, to the last bit.
pub(crate) fn fingerprint(head: &dyn Head) -> ContentHash {
    let mut bytes = Vec::new();
    for parameter in head.parameters().iter() {
        let values = Vec::<f32>::try_from(parameter.tensor().detach().reshape([-1])).unwrap();
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    ContentHash::of_bytes(&bytes)
}

#[test]
fn thirty_samples_are_learned_by_heart() {
    let features = noise();
    let feed = Feed::new(&features, Device::CPU, 0).unwrap();
    let training = samples(0..SAMPLES);
    let config = TrainingConfig { epochs: 120, batch: 10, ..config() };
    let stacked = Recurrence {
        layers: 2,
        bidirectional: true,
        states: States::Last,
        ..Recurrence::new(SequenceOrder::Spiral, Cell::Gru, 16)
    };
    for reading in [head_config().reading, Reading::Recurrent(stacked), Reading::Flatten] {
        let head = head(&HeadConfig { reading, dropout: None, dense: vec![32, 32], ..head_config() });
        let key = key();
        let fit = Fit {
            feed: &feed,
            training: &training,
            validation: Some(&training),
            config: &config,
            key: &key,
            folder: None,
        };
        let fitted = fit.run(head, &mut |_| ControlFlow::Continue(())).unwrap();
        let last = fitted.history.epochs().last().unwrap();
        assert_eq!(last.validation.unwrap().accuracy, 1.0, "{reading:?}: {last:?}");
    }
}

/// Central differences in f64 would need a head in f64; in f32 a step of 1e-2 leaves errors of some 1e-4.
#[test]
fn gradients_are_those_of_finite_differences() {
    let cells = [Cell::Lstm, Cell::LstmPeephole { output_gate: Default::default() }, Cell::Simple, Cell::Gru];
    let one = cells.map(|cell| Recurrence::new(SequenceOrder::Spiral, cell, 5));
    let (layers, bidirectional, states) = (2, true, States::Last);
    let more = [
        Recurrence { layers, bidirectional, ..one[3] },
        Recurrence { bidirectional, states, order: SequenceOrder::Vertical, ..one[1] },
    ];
    let others = [Reading::Attention { units: 5 }, Reading::Flatten, Reading::GlobalAverage];
    let readings = one.into_iter().chain(more).map(Reading::Recurrent).chain(others);
    let features = Tensor::arange(2 * 36, tch::kind::FLOAT_CPU).sin().abs().view([2, 4, 3, 3]);
    let labels = Tensor::from_slice(&[2_i64, 0]);
    let mut checked = 0;
    for reading in readings {
        // A dropout mask depends only on its step, so it is the same in every pass.
        for mode in [Mode::Evaluate, Mode::Train(Step { seed: 1, number: 3 })] {
            let head = head(&HeadConfig { reading, dense: vec![6], ..head_config() });
            let loss = CrossEntropy::new(&classes(), None, tch::Device::Cpu).unwrap();
            let batch = Gradients::of(&head, &loss, &features, &labels, mode).unwrap();
            let value = || {
                let _guard = tch::no_grad_guard();
                loss.loss(&head.forward(&features, mode).unwrap(), &labels).unwrap().double_value(&[])
            };
            for (parameter, gradient) in head.parameters().trained().zip(&batch.gradients) {
                let place = (parameter.tensor().numel() / 2) as i64;
                let flat = parameter.tensor().detach().view([-1]).narrow(0, place, 1);
                let begin = flat.double_value(&[0]);
                let at = |offset: f64| {
                    let _ = flat.shallow_clone().fill_(begin + offset);
                    value()
                };
                let difference = (at(1e-2) - at(-1e-2)) / 2e-2;
                at(0.0);
                let expected = gradient.values().unwrap().contiguous().view([-1]).double_value(&[place]);
                assert!(
                    (difference - expected).abs() < 1e-3 + 0.02 * expected.abs(),
                    "{reading:?} {}: {difference}, expected {expected}",
                    parameter.name()
                );
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 2 * (7 + 8 + 7 + 8 + 20 + 12 + 7 + 4 + 4), "parameters checked");
}

#[test]
fn the_seed_decides_everything() {
    let run = |seed| {
        let config = TrainingConfig { seed, epochs: 2, ..config() };
        fingerprint(
            &fit(ConfiguredHead::new(head_config(), seed, Device::CPU).unwrap(), &config, None).unwrap().head,
        )
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn training_stops_without_gain_and_keeps_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainingConfig { epochs: 60, patience: Some(4), keep: Keep::Best, ..config() };
    let inside = fit(head(&head_config()), &config, Some(folder.path())).unwrap();
    assert_eq!(inside.end, End::NoGain);
    let best = inside.history.best_epoch().unwrap();
    assert_eq!(inside.history.epochs().len(), best + 4);
    // A training that ends with the best epoch has these weights.
    let short = TrainingConfig { epochs: best, patience: None, keep: Keep::Last, ..config.clone() };
    assert_eq!(
        fingerprint(&fit(head(&head_config()), &short, None).unwrap().head),
        fingerprint(&inside.head)
    );
    // The result is the same without a folder, and in a second run.
    let outside = fit(head(&head_config()), &config, None).unwrap();
    let again = fit(head(&head_config()), &config, Some(folder.path())).unwrap();
    assert_eq!(fingerprint(&outside.head), fingerprint(&inside.head));
    assert_eq!(fingerprint(&again.head), fingerprint(&inside.head));
    assert_eq!((again.history, again.end), (inside.history, End::NoGain));
}

#[test]
fn infinite_losses_stop_and_keep_the_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let good = TrainingConfig { epochs: 2, ..config() };
    fit(head(&head_config()), &good, Some(folder.path())).unwrap();
    let before = fs::read(folder.path().join("checkpoint.json")).unwrap();
    let features = InMemory::new(SHAPE, vec![1e30; SAMPLES * SHAPE.len()]).unwrap();
    let feed = Feed::new(&features, Device::CPU, 0).unwrap();
    let training = samples(0..21);
    let (validation, key) = (samples(21..SAMPLES), key());
    let config = TrainingConfig { clipping: None, schedule: Schedule::Constant { rate: 1e38 }, ..good };
    let fit = Fit {
        feed: &feed,
        training: &training,
        validation: Some(&validation),
        config: &config,
        key: &key,
        folder: None,
    };
    let linear = HeadConfig { reading: Reading::Flatten, dropout: None, ..head_config() };
    let error = fit.run(head(&linear), &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, Error::NotFinite { epoch: 1, .. }), "{error}");
    // The folder of the other training refuses this one, and is unchanged.
    let error =
        Fit { folder: Some(folder.path()), ..fit }.run(head(&linear), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(error, Err(Error::Foreign { .. })));
    assert_eq!(fs::read(folder.path().join("checkpoint.json")).unwrap(), before);
}

/// NaN in the second epoch leaves a checkpoint of before, from which a valid training continues.
#[test]
fn a_loss_that_is_no_number_leaves_the_last_good_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let good = TrainingConfig { epochs: 3, ..config() };
    let whole = fit(head(&head_config()), &good, None).unwrap();
    let once = ConfiguredHead::new(head_config(), 42, Device::CPU).unwrap();
    let handles: Vec<Tensor> =
        once.parameters().trained().map(|parameter| parameter.tensor().shallow_clone()).collect();
    let error = fit_observed(once, &good, Some(folder.path()), &mut |event| {
        if let Event::Step { epoch: 2, step: 3, .. } = event {
            let _guard = tch::no_grad_guard();
            let _ = handles[0].shallow_clone().fill_(f64::NAN);
        }
        ControlFlow::Continue(())
    });
    // The weights are looked at where a checkpoint is due, else the next loss shows it.
    assert!(matches!(error, Err(Error::NotFinite { epoch: 2, step: 3 | 4, .. })), "{error:?}");
    let mut resumed_after = None;
    let resumed = fit_observed(head(&head_config()), &good, Some(folder.path()), &mut |event| {
        if let Event::Resumed { epochs, step } = event {
            resumed_after = Some((epochs, step));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(resumed_after.is_some_and(|place| ((0, 1)..=(1, 2)).contains(&place)), "{resumed_after:?}");
    assert_eq!(fingerprint(&resumed.head), fingerprint(&whole.head));
}

#[test]
fn another_training_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let short = TrainingConfig { epochs: 1, ..config() };
    fit(head(&head_config()), &short, Some(folder.path())).unwrap();
    let message = |head: &ConfiguredHead, config: &TrainingConfig| {
        let copy = ConfiguredHead::new(head.config().clone(), 42, Device::CPU).unwrap();
        fit(copy, config, Some(folder.path())).unwrap_err().to_string()
    };
    let tiny = head(&HeadConfig { dense: vec![16], ..head_config() });
    assert!(message(&tiny, &short).contains("head.dense"));
    let other = TrainingConfig { batch: 5, ..short.clone() };
    assert!(message(&head(&head_config()), &other).contains("training.batch 4, but 5 is asked for"));
    // A truncated file of tensors and an invalid record are errors, not a fresh start.
    fs::write(folder.path().join("weights-6.safetensors"), b"cut").unwrap();
    assert!(message(&head(&head_config()), &short).contains("damaged"));
    fs::write(folder.path().join("checkpoint.json"), b"{\"format\": ").unwrap();
    assert!(message(&head(&head_config()), &short).contains("damaged"));
}

/// The same samples by number and class, but one map is of another image.
#[test]
fn a_training_does_not_go_on_with_other_features() {
    let folder = tempfile::tempdir().unwrap();
    let (training, key, config) = (samples(0..SAMPLES), key(), config());
    let run = |features: &InMemory| {
        let feed = Feed::new(features, Device::CPU, u64::MAX).unwrap();
        let folder = Some(folder.path());
        let fit =
            Fit { feed: &feed, training: &training, validation: None, config: &config, key: &key, folder };
        fit.run(head(&head_config()), &mut |event| match event {
            Event::Epoch(_) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
    };
    let mut values = vec![0.5; SAMPLES * SHAPE.len()];
    let features = InMemory::new(SHAPE, values.clone()).unwrap();
    assert_eq!(run(&features).unwrap().history.epochs().len(), 1);
    values[7 * SHAPE.len()] = 0.25;
    let error = run(&InMemory::new(SHAPE, values).unwrap()).unwrap_err();
    assert!(matches!(&error, Error::Foreign { field, .. } if field == "features"), "{error}");
    assert_eq!(run(&features).unwrap().history.epochs().len(), 2);
}

#[test]
fn settings_that_no_training_can_have_are_refused_before_any_work() {
    let refused = |config: TrainingConfig| fit(head(&head_config()), &config, None).unwrap_err();
    assert!(matches!(refused(TrainingConfig { epochs: 0, ..config() }), Error::Setting { .. }));
    assert!(matches!(refused(TrainingConfig { batch: 0, ..config() }), Error::Setting { .. }));
    let endless = i64::MAX as usize;
    assert!(matches!(refused(TrainingConfig { epochs: endless, ..config() }), Error::Setting { .. }));
    // The check needs no samples, so it can run before any work.
    let weights = |weight| Some([("covid".to_owned(), weight)].into());
    for wrong in [
        TrainingConfig { epochs: endless, ..config() },
        TrainingConfig { optimizer: RmsProp { rho: 1.0, ..RmsProp::KERAS }.into(), ..config() },
        TrainingConfig { schedule: Schedule::Constant { rate: 0.0 }, ..config() },
        TrainingConfig { label_smoothing: 1.0, ..config() },
        TrainingConfig { patience: Some(0), ..config() },
        TrainingConfig { class_weights: weights(-1.0), ..config() },
    ] {
        assert!(matches!(refused(wrong.clone()), Error::Setting { .. }), "{wrong:?}");
    }
    TrainingConfig { epochs: 1_000_000, class_weights: weights(2.0), ..config() }.check().unwrap();
    assert!(matches!(
        refused(TrainingConfig { batch: 22, ..config() }),
        Error::BatchTooLarge { batch: 22, samples: 21 }
    ));
    let weights = [("covid".to_owned(), 2.0)].into();
    assert!(matches!(
        refused(TrainingConfig { class_weights: Some(weights), ..config() }),
        Error::Classes(_)
    ));
    let mut lopsided = Samples::new(&classes());
    for index in 0..8 {
        lopsided.push(index, ["covid", "normal"][index % 2]).unwrap();
    }
    let (features, config, key) = (noise(), config(), key());
    let feed = Feed::new(&features, Device::CPU, 0).unwrap();
    let fit =
        Fit { feed: &feed, training: &lopsided, validation: None, config: &config, key: &key, folder: None };
    let error = fit
        .run(ConfiguredHead::new(head_config(), 0, Device::CPU).unwrap(), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(error, Err(Error::ClassWithoutSample { class }) if class == "pneumonia"));
    for rate in [1.0, -0.1, f64::NAN] {
        let dropout = Some(Dropout { rate, place: DropoutPlace::Everywhere });
        assert!(
            ConfiguredHead::new(HeadConfig { dropout, ..head_config() }, 0, Device::CPU).is_err(),
            "{rate}"
        );
    }
}

/// Sum of w·loss over samples, divided by the sum of w.
#[test]
fn class_weights_go_by_name() {
    let weights = [("pneumonia", 3.0), ("covid", 1.0), ("normal", 2.0)].map(|(name, w)| (name.to_owned(), w));
    let loss = CrossEntropy::new(&classes(), Some(&weights.into()), tch::Device::Cpu).unwrap();
    let logits = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 0.0, 0.0, 1.0]).view([2, 3]);
    let value = loss.loss(&logits, &Tensor::from_slice(&[0_i64, 1])).unwrap().double_value(&[]);
    let total = 1.0_f64.exp() + 2.0;
    let expected = ((total / 1.0_f64.exp()).ln() + 2.0 * total.ln()) / 3.0;
    assert!((value - expected).abs() < 1e-6, "{value} {expected}");
}

/// PyTorch's definition, written out: (1 - s)·w_y·(-log p_y) + s/K·Σ w_k·(-log p_k), divided by the sum of w_y.
#[test]
fn smoothed_labels_are_those_of_the_definition() {
    let weights = [("covid", 0.5), ("normal", 2.0), ("pneumonia", 1.0)].map(|(name, w)| (name.to_owned(), w));
    let rows = [[1.0_f64, 0.0, -0.5], [0.3, 0.2, 2.0]];
    let logits = Tensor::from_slice(&rows.concat()).view([2, 3]).to_kind(Kind::Float);
    let labels = [0_i64, 1];
    for (named, w) in [(None, [1.0; 3]), (Some(weights.into()), [0.5, 2.0, 1.0])] {
        let loss = CrossEntropy::new(&classes(), named.as_ref(), tch::Device::Cpu).unwrap();
        let smoothed = loss.smoothed(0.3).loss(&logits, &Tensor::from_slice(&labels)).unwrap();
        let (mut numerator, mut denominator) = (0.0, 0.0);
        for (row, &label) in rows.iter().zip(&labels) {
            let total: f64 = row.iter().map(|value| value.exp()).sum();
            let surprise = |class: usize| total.ln() - row[class];
            let all: f64 = (0..3).map(|class| w[class] * surprise(class)).sum();
            numerator += 0.7 * w[label as usize] * surprise(label as usize) + 0.1 * all;
            denominator += w[label as usize];
        }
        let found = smoothed.double_value(&[]);
        assert!((found - numerator / denominator).abs() < 1e-6, "{found} {}", numerator / denominator);
    }
}

/// Sorted by class, every batch has one class, and a mean over batches would ignore the class weights.
#[test]
fn a_weighted_loss_depends_neither_on_batches_nor_on_order() {
    let weights = [("covid", 0.3), ("normal", 5.0), ("pneumonia", 1.0)].map(|(name, w)| (name.to_owned(), w));
    let loss = CrossEntropy::new(&classes(), Some(&weights.clone().into()), tch::Device::Cpu).unwrap();
    let (head, features) = (head(&head_config()), noise());
    let feed = Feed::new(&features, Device::CPU, u64::MAX).unwrap();
    let mixed = samples(0..SAMPLES);
    let mut positions: Vec<usize> = (0..SAMPLES).collect();
    positions.sort_by_key(|position| mixed.label(*position));
    // The loss by its definition, in f64.
    let all = Tensor::from_slice(&features_of(&features)).view([SAMPLES as i64, 4, 3, 3]);
    let logits = head.forward(&all, Mode::Evaluate).unwrap().to_kind(Kind::Double);
    let (mut numerator, mut denominator) = (0.0, 0.0);
    for (row, place) in (0..).zip(0..SAMPLES) {
        let label = mixed.label(place);
        let total: f64 = (0..3).map(|class| logits.double_value(&[row, class]).exp()).sum();
        let weight = weights[label as usize].1;
        numerator += weight * (total.ln() - logits.double_value(&[row, label]));
        denominator += weight;
    }
    for samples in [&mixed, &mixed.subset(&positions).unwrap()] {
        for batch in [1, 4, 7, 10, SAMPLES] {
            let found = evaluate(&head, &loss, &feed, samples, batch).unwrap().loss;
            assert!((found - numerator / denominator).abs() < 1e-6, "{batch}: {found}");
        }
    }
    // The same holds for the loss of an epoch's steps. At a rate that moves nothing, every step has the same weights.
    let training = |batch| {
        let schedule = Schedule::Constant { rate: 1e-30 };
        let class_weights = Some(weights.clone().into());
        let config = TrainingConfig { epochs: 1, batch, schedule, class_weights, ..config() };
        let still =
            ConfiguredHead::new(HeadConfig { dropout: None, ..head_config() }, 42, Device::CPU).unwrap();
        fit(still, &config, None).unwrap().history.epochs()[0].training.loss
    };
    assert!((training(1) - training(21)).abs() < 1e-6, "{} {}", training(1), training(21));
}

fn features_of(features: &InMemory) -> Vec<f32> {
    let mut values = vec![0.0; SAMPLES * SHAPE.len()];
    let all: Vec<usize> = (0..SAMPLES).collect();
    crate::Features::read(features, &all, &mut values).unwrap();
    values
}

/// Keras, one batch of two samples with one value each, 1 and 3: mean 2, variance 1; the averages move by a hundredth.
#[test]
fn batch_norm_moves_its_averages_as_keras_does() {
    let config = HeadConfig {
        features: FeatureShape { channels: 1, height: 1, width: 1 },
        reading: Reading::Flatten,
        dense: vec![1],
        dropout: None,
        batch_norm: true,
        ..head_config()
    };
    let head = head(&config);
    let parameters = head.parameters();
    parameters.set("fc_1.weight", &Tensor::ones([1, 1], tch::kind::FLOAT_CPU)).unwrap();
    let features = Tensor::from_slice(&[1.0_f32, 3.0]).view([2, 1, 1, 1]);
    let statistic = |name: &str| parameters.named(name).unwrap().tensor().double_value(&[0]);
    let _ = head.forward(&features, Mode::Evaluate).unwrap();
    assert_eq!((statistic("fc_1_norm.running_mean"), statistic("fc_1_norm.running_var")), (0.0, 1.0));
    let _ = head.forward(&features, Mode::Train(Step { seed: 0, number: 0 })).unwrap();
    assert!((statistic("fc_1_norm.running_mean") - 0.02).abs() < 1e-7);
    assert!((statistic("fc_1_norm.running_var") - 1.0).abs() < 1e-7);
    assert!(head.parameters().trained().all(|parameter| parameter.tensor().kind() == Kind::Float));
}
