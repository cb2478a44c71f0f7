//! Compares libtorch's basic layers with numbers from other software.

use std::collections::BTreeMap;

use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::{
    devices::device,
    fill::Fill,
    reference::{self, Sample},
};

/// Tolerance for f32 against f64 over sums of 27 products.
const TOLERANCE: f64 = 1e-6;

fn convolved(fill: &Fill) -> Tensor {
    let weight = fill.values("conv.weight", &[4, 3, 3, 3]);
    let bias = fill.values("conv.bias", &[4]);
    fill.values("input", &[2, 3, 7, 6]).conv2d(&weight, Some(&bias), [2, 2], [1, 1], [1, 1], 1)
}

#[test]
fn golden_layers_convolution() {
    let cases: BTreeMap<String, Sample> = reference::golden("layers/layers.json");
    cases["convolution"].assert_close(&convolved(&Fill::new("")), TOLERANCE);
}

#[test]
fn golden_layers_batch_norm_in_evaluation_mode() {
    let fill = Fill::new("");
    let weight = fill.bias("bn.weight", 4) + 1.0;
    let bias = fill.bias("bn.bias", 4);
    let mean = fill.bias("bn.running_mean", 4);
    let variance = (fill.values("bn.running_var", &[4]) + 1.0) * 0.25 + 1.0;
    let (mean_before, variance_before) = (mean.copy(), variance.copy());
    let normalised = convolved(&fill).batch_norm(
        Some(&weight),
        Some(&bias),
        Some(&mean),
        Some(&variance),
        false,
        0.1,
        1e-3,
        false,
    );
    let cases: BTreeMap<String, Sample> = reference::golden("layers/layers.json");
    cases["batch_norm"].assert_close(&normalised, TOLERANCE);
    assert_eq!((mean, variance), (mean_before, variance_before), "evaluation moved the statistics");
}

#[derive(Deserialize)]
struct Heads {
    salt: String,
    head: Vec<Head>,
}

#[derive(Deserialize)]
struct Head {
    order: String,
    peephole: bool,
    dims: Dimensions,
    lstm_output: Sample,
}

#[derive(Deserialize)]
struct Dimensions {
    batch: i64,
    channels: i64,
    height: i64,
    width: i64,
    units: i64,
}

/// libtorch's LSTM over a feature map read row by row, the one case that needs no code of this project.
#[test]
fn golden_layers_lstm() {
    let heads: Heads = reference::read("head.json");
    let fill = Fill::new(&heads.salt);
    let cases: Vec<&Head> =
        heads.head.iter().filter(|head| head.order == "horizontal" && !head.peephole).collect();
    assert_eq!(cases.len(), 1, "cases in head.json");
    for Head { dims, lstm_output, .. } in cases {
        let features = fill.values("features", &[dims.batch, dims.channels, dims.height, dims.width]).abs();
        let sequence = features.flatten(2, 3).transpose(1, 2).contiguous();
        let gates = 4 * dims.units;
        let parameters = [
            fill.dense("lstm.weight_ih_l0", gates, dims.channels),
            fill.dense("lstm.weight_hh_l0", gates, dims.units),
            fill.bias("lstm.bias_ih_l0", gates),
            fill.bias("lstm.bias_hh_l0", gates),
        ];
        let zeros = || Tensor::zeros([1, dims.batch, dims.units], (Kind::Float, device().to_tch()));
        let (output, _, _) =
            sequence.lstm(&[zeros(), zeros()], &parameters, true, 1, 0.0, false, false, true);
        lstm_output.assert_close(&output, 1e-5);
    }
}
