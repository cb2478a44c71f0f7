//! What the paper's trainings cost, computed from the layers and not measured.
//!
//! A pass through the CNN takes as many multiplications as its layers have; each counts as two operations. [`StepCost`] says what a
//! training step takes.

use radiograph_protocol::{LayerRow, Preset, StepCost, Tested};
use serde::Serialize;

/// Images of the paper's section 3.1: all of them, and those that are trained on.
const IMAGES: [f64; 2] = [6939.0, 5551.0];

/// A machine: operations and bytes a second.
pub(super) struct Machine {
    pub(super) name: &'static str,
    operations: f64,
    bytes: f64,
}

/// Two cores by what was measured on them; GPUs by half of the single-precision peak that their maker states, and the stated
/// memory bandwidth.
pub(super) const MACHINES: [Machine; 4] = [
    // The machine of docs/speed.md: 16 images of 224 pixels take the four CNNs 0.34 to 2.04 s, and a step of the VGG19 head 0.52 s.
    Machine { name: "two cores", operations: 2.7e11, bytes: 1.1e10 },
    // One of the two GPUs of the board, as Colab lent it: 4.37 TFLOP/s at 875 MHz, 240 GB/s.
    Machine { name: "K80, one GPU", operations: 2.18e12, bytes: 2.4e11 },
    Machine { name: "L4", operations: 1.51e13, bytes: 3.0e11 },
    Machine { name: "H100 SXM", operations: 3.35e13, bytes: 3.35e12 },
];

/// Cost of one network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct NetworkCost {
    /// Multiplications of the CNN for one image.
    pub(super) cnn_products: f64,
    /// Multiplications of the head for one image.
    pub(super) head_products: f64,
    /// Steps of all folds and the refit.
    pub(super) steps: f64,
    /// Hours of extraction, then of training, on each of [`MACHINES`].
    pub(super) hours: Vec<[f64; 2]>,
}

impl NetworkCost {
    /// The cost of the paper's protocol for a CNN of so many multiplications and a head of these layers.
    pub(super) fn of(cnn_products: i64, rows: &[LayerRow]) -> Self {
        let training = Preset::Paper.training(0);
        let (folds, batch) = (Preset::Paper.folds().0 as f64, training.batch as f64);
        let Tested::Refit { epochs: refit } = Preset::Paper.tested() else {
            unreachable!("the paper's preset tests a refit")
        };
        let (epochs, refit) = (training.epochs as f64, refit as f64);
        let in_fold = IMAGES[1] * (folds - 1.0) / folds;
        let steps = epochs * folds * (in_fold / batch).ceil() + refit * (IMAGES[1] / batch).ceil();
        let passes = epochs * folds * in_fold + refit * IMAGES[1];
        let cnn = cnn_products as f64;
        let head: f64 = rows[1..].iter().map(|row| row.products() as f64).sum();
        let step = StepCost::of_head(&rows[1..]);
        let hours = |machine: &Machine| {
            let extraction = 2.0 * cnn * IMAGES[0] / machine.operations;
            let training = step.seconds(passes, steps, machine.operations, machine.bytes);
            [extraction / 3600.0, training / 3600.0]
        };
        Self { cnn_products: cnn, head_products: head, steps, hours: MACHINES.iter().map(hours).collect() }
    }
}

#[cfg(test)]
mod tests {
    use radiograph_classes::Classes;
    use radiograph_protocol::{Architecture, FeatureShape};
    use radiograph_weights::Facts;

    use super::*;

    /// Multiplications of LSTM and dense layers in millions, counted by hand from Table 2.
    #[test]
    fn products_of_the_heads_are_those_of_table_2() {
        let expected = [(103.0, 120.0), (411.0, 222.0), (131.0, 69.0), (105.0, 69.0)];
        for (network, (lstm, dense)) in Architecture::PAPER.into_iter().zip(expected) {
            let [channels, height, width] = Facts::of(network).feature_shape(224, 224).unwrap();
            let shape = FeatureShape { channels, height, width };
            let head = Preset::Paper.head(network, shape, &Classes::of_the_paper());
            let rows = LayerRow::of_model(network, 224, &head).unwrap();
            let cost = NetworkCost::of(Facts::of(network).cost(224, 224).unwrap().products, &rows);
            let millions = cost.head_products / 1e6;
            assert!((millions / (lstm + dense) - 1.0).abs() < 0.01, "{network}: {millions}");
            // 100 epochs of five folds of 4,441 images, and of all 5,551.
            assert_eq!(cost.steps, 100.0 * (5.0 * 139.0 + 174.0));
            assert!(cost.hours.windows(2).all(|pair| pair[0][1] > pair[1][1]), "{network}");
        }
    }
}
