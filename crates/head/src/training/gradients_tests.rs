//! Tests that gradients computed by hand are those of libtorch, and that kept memory does not mix steps up.

use radiograph_classes::Classes;
use radiograph_libtorch::Device;
use radiograph_protocol::FeatureShape;
use serde_json::Value;
use tch::Tensor;

use super::tests::{classes, head, head_config};
use crate::{
    Cell, ConfiguredHead, CrossEntropy, Dropout, DropoutPlace, Error, Gradients, Head, HeadConfig,
    KeptGradients, Mode, Parameters, Reading, Recurrence, SequenceOrder, Step,
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
    assert_eq!(first.logits, second.logits, "{what}");
    assert_eq!(first.loss.double_value(&[]), second.loss.double_value(&[]), "{what}");
    assert_eq!(first.gradients.len(), second.gradients.len(), "{what}");
    for (place, (first, second)) in first.gradients.iter().zip(&second.gradients).enumerate() {
        assert_eq!(first.size(), second.size(), "{what}");
        let (scale, apart) = (second.abs().max().double_value(&[]), (first - second).abs().max());
        assert!(apart.double_value(&[]) <= 1e-6 * scale, "{what}, {place}: {apart} apart, {scale} at most");
    }
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
                let mut kept = KeptGradients::default();
                for number in 0..3 {
                    let mode = Mode::Train(Step { seed: 9, number });
                    let images = 2 + number as i64;
                    let features = Tensor::arange(images * 36, tch::kind::FLOAT_CPU).sin().abs();
                    let features = features.view([images, 4, 3, 3]);
                    let labels = Tensor::from_slice(&[2_i64, 0, 1, 2]).narrow(0, 0, images);
                    let by_hand = kept.of(&head, &loss, &features, &labels, mode).unwrap();
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

/// The gradients of a step are overwritten by the next one, in the same memory.
#[test]
fn memory_of_large_gradients_is_kept() {
    let head = head(&head_config());
    let loss = CrossEntropy::new(&classes(), None, tch::Device::Cpu).unwrap();
    let (features, labels) =
        (Tensor::ones([2, 4, 3, 3], tch::kind::FLOAT_CPU), Tensor::from_slice(&[0_i64, 1]));
    let mut kept = KeptGradients::default();
    let mut places = |number| {
        let mode = Mode::Train(Step { seed: 1, number });
        let batch = kept.of(&head, &loss, &features, &labels, mode).unwrap();
        let trained = head.parameters().trained().zip(&batch.gradients);
        let dense = trained.filter(|(parameter, _)| {
            parameter.name().starts_with("fc_") && parameter.name().ends_with("weight")
        });
        dense.map(|(_, gradient)| gradient.data_ptr() as usize).collect::<Vec<_>>()
    };
    let first = places(0);
    assert_eq!(first.len(), 2);
    assert_eq!(first, places(1));
}
