//! What the training steps of a head cost, computed from its layers and not measured.

use crate::LayerRow;

/// Times that a step moves a weight: read forwards and backwards; weight and mean square read and written by the optimiser, which
/// multiplies gradients out in the cache.
const MOVES: f64 = 6.0;
/// Bytes of a weight.
const BYTES: f64 = 4.0;

/// Operations and bytes of training with RMSprop and clipping by norm.
///
/// An image takes three times the forward pass (forward, gradients of the inputs, gradients of the weights), and each
/// multiplication counts as two operations. A step moves every weight six times, whatever its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepCost {
    /// Operations for each image.
    pub operations: f64,
    /// Bytes read or written for each step.
    pub bytes: f64,
}

impl StepCost {
    /// The cost of a head of these layers.
    pub fn of_head(rows: &[LayerRow]) -> Self {
        let products: f64 = rows.iter().map(|row| row.products() as f64).sum();
        let weights: f64 = rows.iter().map(|row| row.parameters as f64).sum();
        Self { operations: 2.0 * 3.0 * products, bytes: weights * MOVES * BYTES }
    }

    /// Seconds of so many images in so many steps, at so many operations and bytes a second.
    pub fn seconds(self, images: f64, steps: f64, operations: f64, bytes: f64) -> f64 {
        images * self.operations / operations + steps * self.bytes / bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 10 weights that are used once take 10 multiplications, and 30 that are used at each of 5 steps take 150.
    #[test]
    fn sequences_cost_their_weights_at_every_step() {
        let row = |input: &[i64], output: &[i64], parameters| LayerRow {
            name: "layer".to_owned(),
            input: input.to_vec(),
            output: output.to_vec(),
            parameters,
        };
        let cost = StepCost::of_head(&[row(&[5, 4], &[5, 2], 30), row(&[10], &[1], 10)]);
        assert_eq!(cost, StepCost { operations: 6.0 * 160.0, bytes: 40.0 * 6.0 * 4.0 });
        assert_eq!(cost.seconds(2.0, 3.0, 96.0, 96.0), 20.0 + 30.0);
    }
}
