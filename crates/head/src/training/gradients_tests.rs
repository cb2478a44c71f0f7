//! Tests that gradients computed by hand are those of libtorch, and that a step with factors is one with values.

use radiograph_classes::Classes;
use radiograph_libtorch::Device;
use radiograph_protocol::{Adam, Clipping, FeatureShape, OptimizerConfig, RmsProp, Sgd};
use serde_json::Value;
use tch::Tensor;

use super::tests::{classes, head, head_config};
use crate::{
    Cell, ConfiguredHead, CrossEntropy, Dropout, DropoutPlace, Error, Gradient, Gradients, Head, HeadConfig,
    Mode, Optimizer, Parameters, Reading, Recurrence, SequenceOrder, Step,
};

/// The same head without known dense layers, so that libtorch does all.
struct Opaque<'h>(&'h ConfiguredHead);

impl Head for Opaque<'_> {
    fn features(&self) -> FeatureShape {
        self.0.features()
    }

    fn classes(&self) -> &Classes {
        self.0.classes()
    }

    fn device(&self) -> Device {
        self.0.device()
    }

    fn parameters(&self) -> &Parameters {
        self.0.parameters()
    }

    fn settings(&self) -> Value {
        self.0.settings()
    }

    fn forward(&self, features: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        self.0.forward(features, mode)
    }
}

fn assert_equal(first: &Gradients, second: &Gradients, what: &str) {
    assert_close(&first.logits, &second.logits, &format!("{what}, logits"));
    // A loss near zero is a difference of numbers around 1.
    let losses = [first, second].map(|of| of.loss.double_value(&[]));
    assert!((losses[0] - losses[1]).abs() < 1e-6, "{what}: {losses:?}");
    assert_eq!(first.gradients.len(), second.gradients.len(), "{what}");
    for (place, (first, second)) in first.gradients.iter().zip(&second.gradients).enumerate() {
        assert_eq!(first.size(), second.size(), "{what}");
        let [first, second] = [first, second].map(|gradient| gradient.values().unwrap());
        assert_close(&first, &second, &format!("{what}, {place}"));
    }
}

/// Equal but for the rounding of sums in another order, as close as the goldens of `tests/head.rs` must be.
fn assert_close(first: &Tensor, second: &Tensor, what: &str) {
    let [scale, apart] = [second.abs(), (first - second).abs()].map(|of| of.max().double_value(&[]));
    assert!(apart <= 1e-5 * scale, "{what}: {apart} apart, {scale} at most");
}

#[test]
fn gradients_by_hand_are_those_of_libtorch() {
    let recurrent = Reading::Recurrent(Recurrence::new(SequenceOrder::Horizontal, Cell::Lstm, 8));
    let readings = [recurrent, Reading::Attention { units: 5 }, Reading::Flatten, Reading::GlobalAverage];
    let places = [DropoutPlace::AfterReading, DropoutPlace::AfterDense, DropoutPlace::Everywhere];
    let weights = classes().names().map(str::to_owned).zip([0.5, 2.0, 1.0]).collect();
    let loss = CrossEntropy::new(&classes(), Some(&weights), tch::Device::Cpu).unwrap().smoothed(0.1);
    let mut compared = 0;
    for reading in readings {
        for place in places {
            for dense in [vec![], vec![6], vec![16, 7]] {
                let (frozen, widths) = (dense.len() == 2, dense.clone());
                let dropout = Some(Dropout { rate: 0.4, place });
                let mut head = head(&HeadConfig { reading, dense, dropout, ..head_config() });
                if frozen {
                    head.parameters_mut().set_trained("fc_1.weight", false).unwrap();
                    head.parameters_mut().set_trained("output.bias", false).unwrap();
                }
                for number in 0..3 {
                    let mode = Mode::Train(Step { seed: 9, number });
                    let images = 2 + number as i64;
                    let features = Tensor::arange(images * 36, tch::kind::FLOAT_CPU).sin().abs();
                    let features = features.view([images, 4, 3, 3]);
                    let labels = Tensor::from_slice(&[2_i64, 0, 1, 2]).narrow(0, 0, images);
                    let by_hand = Gradients::of(&head, &loss, &features, &labels, mode).unwrap();
                    let expected = Gradients::of(&Opaque(&head), &loss, &features, &labels, mode).unwrap();
                    assert_equal(
                        &by_hand,
                        &expected,
                        &format!("{reading:?}, {place:?}, {widths:?}, step {number}"),
                    );
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 4 * 3 * 3 * 3);
}

#[test]
fn batch_norm_leaves_all_to_libtorch() {
    let head = head(&HeadConfig { batch_norm: true, ..head_config() });
    let features = Tensor::ones([2, 4, 3, 3], tch::kind::FLOAT_CPU);
    assert!(head.dense_tail(&features, Mode::Evaluate).unwrap().is_none());
}

/// Weights of several tiles, some of them cut off, by every optimiser and every clipping, with one thread and with two.
#[test]
fn a_step_with_factors_is_the_step_with_values() {
    let (images, outputs, inputs) = (5, 70, 16_000);
    // No gradient is close to zero: there its rounding would decide the direction of a whole step.
    let waves = |count: i64, scale: f64| (Tensor::arange(count, tch::kind::FLOAT_CPU) * scale).sin() + 1.5;
    let slope = waves(images * outputs, 0.37).view([images, outputs]);
    let input = waves(images * inputs, 0.11).view([images, inputs]);
    let sgd = Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.01 };
    let settings: [OptimizerConfig; 4] =
        [RmsProp::KERAS.into(), RmsProp::PYTORCH.into(), Adam::PYTORCH.into(), sgd.into()];
    let clippings = [
        None,
        Some(Clipping::Value(0.8)),
        Some(Clipping::VariableNorm(3.0)),
        Some(Clipping::GlobalNorm(2.0)),
    ];
    let threads = tch::get_num_threads();
    let mut compared = 0;
    for settings in settings {
        for clipping in clippings {
            let stepped = |threads: i32, whole: bool| {
                tch::set_num_threads(threads);
                let weight = waves(outputs * inputs, 0.7).view([outputs, inputs]);
                let bias = waves(outputs, 0.3);
                let named = [("weight", &weight), ("bias", &bias)];
                let mut optimizer = Optimizer::new(settings, named).unwrap();
                for _ in 0..3 {
                    let product =
                        Gradient::Product { slope: slope.shallow_clone(), input: input.shallow_clone() };
                    let gradient = if whole { product.values().unwrap().into() } else { product };
                    let gradients = [gradient, waves(outputs, 0.9).into()];
                    optimizer.step(&[&weight, &bias], &gradients, 1e-3, clipping).unwrap();
                }
                weight
            };
            let (expected, found) = (stepped(1, true), stepped(1, false));
            let apart = (&expected - &found).abs().max().double_value(&[]);
            assert!(apart < 1e-6, "{settings:?}, {clipping:?}: {apart}");
            assert_eq!(found, stepped(2, false), "{settings:?}, {clipping:?}: two threads");
            assert_eq!(tch::get_num_threads(), 2);
            compared += 1;
        }
    }
    tch::set_num_threads(threads);
    assert_eq!(compared, 16);
}
