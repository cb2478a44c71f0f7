//! Compares the head with PyTorch and Keras: orders, hidden states, logits, loss, every gradient, and RMSprop's
//! trajectories.

use std::collections::{BTreeMap, BTreeSet};

use radiograph_classes::Classes;
use radiograph_head::{
    Adam, Cell, Clipping, ConfiguredHead, CrossEntropy, FeatureShape, Gradients, Head, HeadConfig, Mode,
    Optimizer, OptimizerConfig, OutputGate, Reading, Recurrence, RmsProp, RmsPropForm, SequenceOrder, Sgd,
    States,
};
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::{
    devices::device,
    fill::Fill,
    reference::{self, Sample},
};

#[derive(Deserialize)]
pub(crate) struct Reference {
    salt: String,
    pub(crate) head: Vec<Case>,
    rmsprop: Vec<Trajectory>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) order: SequenceOrder,
    pub(crate) peephole: bool,
    dims: Dimensions,
    positions: Vec<(usize, usize)>,
    lstm_output: Sample,
    pub(crate) logits: Vec<Vec<f64>>,
    labels: Vec<i64>,
    pub(crate) grad_cam_class_1: Vec<Vec<Vec<f64>>>,
    loss: f64,
    grad: BTreeMap<String, Sample>,
}

#[derive(Deserialize)]
struct Dimensions {
    batch: i64,
    channels: i64,
    height: i64,
    width: i64,
    units: i64,
    dense: i64,
    classes: i64,
}

#[derive(Deserialize)]
struct Trajectory {
    #[serde(alias = "optimizer")]
    convention: String,
    lr: f64,
    #[serde(default)]
    clip_norm: Option<f64>,
    trajectory: Vec<Vec<f64>>,
}

impl Case {
    pub(crate) fn features(&self, fill: &Fill) -> Tensor {
        let Dimensions { batch, channels, height, width, .. } = self.dims;
        fill.values("features", &[batch, channels, height, width]).abs()
    }

    /// The head of this case, with weights by formula. Both biases are trained, as in PyTorch.
    pub(crate) fn head(&self, fill: &Fill) -> ConfiguredHead {
        let Dimensions { channels, height, width, units, dense, classes, .. } = self.dims;
        let cell = match self.peephole {
            true => Cell::LstmPeephole { output_gate: OutputGate::PreviousState },
            false => Cell::Lstm,
        };
        let config = HeadConfig {
            features: FeatureShape { channels, height, width },
            classes: Classes::new((0..classes).map(|class| format!("class {class}"))).unwrap(),
            reading: Reading::Recurrent(Recurrence::new(self.order, cell, units)),
            dense: vec![dense, dense],
            dropout: None,
            batch_norm: false,
        };
        let mut head = ConfiguredHead::new(config, 0, device()).unwrap();
        head.parameters_mut().set_trained("lstm.bias_hh_l0", true).unwrap();
        for parameter in head.parameters().iter() {
            let (name, size) = (parameter.name(), parameter.tensor().size());
            let values = match size[..] {
                _ if name.contains("weight_ch") => fill.values(name, &size) * 0.5,
                [rows, columns] => fill.dense(name, rows, columns),
                _ => fill.bias(name, size[0]),
            };
            head.parameters().set(name, &values).unwrap();
        }
        head
    }
}

pub(crate) fn reference() -> (Reference, Fill) {
    let reference: Reference = reference::read("head.json");
    let fill = Fill::new(&reference.salt);
    assert_eq!(reference.head.len(), 6, "cases in head.json");
    let kinds: BTreeSet<String> =
        reference.head.iter().map(|case| format!("{:?} {}", case.order, case.peephole)).collect();
    assert_eq!(kinds.len(), 6, "three orders, with and without peepholes");
    (reference, fill)
}

#[test]
fn golden_head_orders() {
    for case in reference().0.head {
        let read = case.order.positions(case.dims.height as usize, case.dims.width as usize);
        assert_eq!(read, case.positions, "{:?}", case.order);
    }
}

#[test]
fn golden_head_hidden_states_and_logits() {
    let (reference, fill) = reference();
    for case in &reference.head {
        let head = case.head(&fill);
        let features = case.features(&fill);
        let states = head.hidden_states(&features).unwrap().expect("a recurrent head");
        case.lstm_output.assert_close(&states, 1e-5);
        let logits = head.forward(&features, Mode::Evaluate).unwrap();
        let expected = case.logits.concat();
        let got = Vec::<f64>::try_from(logits.to_kind(Kind::Double).view([-1])).unwrap();
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(&expected) {
            assert!((got - expected).abs() < 1e-5, "{:?}: {got}, expected {expected}", case.order);
        }
    }
}

#[test]
fn golden_head_loss_and_every_gradient() {
    let (reference, fill) = reference();
    for case in &reference.head {
        let head = case.head(&fill);
        let loss = CrossEntropy::new(&head.config().classes, None, device().to_tch()).unwrap();
        let labels = Tensor::from_slice(&case.labels).to_device(device().to_tch());
        let batch = Gradients::of(&head, &loss, &case.features(&fill), &labels, Mode::Evaluate).unwrap();
        let value = batch.loss.double_value(&[]);
        assert!((value - case.loss).abs() < 1e-5, "loss {value}, expected {}", case.loss);
        let names: BTreeSet<&str> =
            head.parameters().trained().map(radiograph_head::Parameter::name).collect();
        assert_eq!(names, case.grad.keys().map(String::as_str).collect(), "every parameter has its gradient");
        for (parameter, gradient) in head.parameters().trained().zip(&batch.gradients) {
            case.grad[parameter.name()].assert_close(&gradient.values().unwrap(), 1e-5);
        }
    }
}

/// Minimises (w·x)² + |w|² from w = `opt.w` and checks each step of the trajectory, which starts with w itself.
fn assert_trajectory(
    expected: &Trajectory,
    settings: impl Into<OptimizerConfig>,
    clipping: Option<Clipping>,
    fill: &Fill,
) {
    assert!(expected.trajectory.len() > 2, "a trajectory of steps");
    let length = expected.trajectory[0].len() as i64;
    let (weight, x) = (fill.values("opt.w", &[length]), fill.values("opt.x", &[length]));
    let mut optimizer = Optimizer::new(settings, [("opt.w", &weight)]).unwrap();
    for (step, expected_weight) in expected.trajectory.iter().enumerate() {
        let got = Vec::<f64>::try_from(weight.to_kind(Kind::Double)).unwrap();
        for (got, value) in got.iter().zip(expected_weight) {
            assert!(
                (got - value).abs() < 1e-6,
                "{}, step {step}: {got}, expected {value}",
                expected.convention
            );
        }
        let gradient = &x * (&weight * &x).sum(Kind::Float) * 2.0 + &weight * 2.0;
        optimizer.step(&[&weight], &[gradient.into()], expected.lr, clipping).unwrap();
    }
}

#[test]
fn golden_head_rmsprop_as_pytorch_writes_it() {
    let (reference, fill) = reference();
    assert_eq!(reference.rmsprop.len(), 2, "trajectories in head.json");
    for trajectory in &reference.rmsprop {
        let settings = match trajectory.convention.as_str() {
            "pytorch" => RmsProp::PYTORCH,
            "pytorch alpha 0.9 eps 1e-7" => RmsProp { form: RmsPropForm::PyTorch, rho: 0.9, epsilon: 1e-7 },
            other => panic!("no settings for {other:?}"),
        };
        let clipping = trajectory.clip_norm.map(Clipping::GlobalNorm);
        assert!(clipping.is_some(), "clipping by the global norm");
        assert_trajectory(trajectory, settings, clipping, &fill);
    }
}

#[derive(Deserialize)]
struct More {
    salt: String,
    cells: Vec<Layers>,
    optimizers: Vec<Trajectory>,
}

/// Recurrent layers on a sequence, with the gradients of a weighted sum of their outputs.
#[derive(Deserialize)]
struct Layers {
    kind: String,
    dims: LayerDimensions,
    /// By sample, step and unit.
    output: Vec<Vec<Vec<f64>>>,
    /// By sample, step and channel.
    input_grad: Vec<Vec<Vec<f64>>>,
    grad: BTreeMap<String, Sample>,
}

#[derive(Deserialize)]
struct LayerDimensions {
    batch: i64,
    steps: i64,
    inputs: i64,
    units: i64,
}

impl Layers {
    fn recurrence(&self) -> Recurrence {
        let (cell, layers, bidirectional) = match self.kind.as_str() {
            "gru" => (Cell::Gru, 1, false),
            "lstm bidirectional" => (Cell::Lstm, 1, true),
            "lstm two layers" => (Cell::Lstm, 2, false),
            "gru bidirectional two layers" => (Cell::Gru, 2, true),
            other => panic!("no layers are called {other:?}"),
        };
        Recurrence {
            layers,
            bidirectional,
            ..Recurrence::new(SequenceOrder::Horizontal, cell, self.dims.units)
        }
    }

    /// A head with these layers, filled by formula, that reads maps of one row. Both biases are trained, as in PyTorch.
    fn head(&self, states: States, fill: &Fill) -> ConfiguredHead {
        let config = HeadConfig {
            features: FeatureShape { channels: self.dims.inputs, height: 1, width: self.dims.steps },
            classes: Classes::new(["one", "other"]).unwrap(),
            reading: Reading::Recurrent(Recurrence { states, ..self.recurrence() }),
            dense: Vec::new(),
            dropout: None,
            batch_norm: false,
        };
        let mut head = ConfiguredHead::new(config, 0, device()).unwrap();
        for name in self.grad.keys() {
            let full = format!("{}.{name}", self.recurrence().cell.prefix());
            head.parameters_mut().set_trained(&full, true).unwrap();
            let size = head.parameters().named(&full).unwrap().tensor().size();
            let values = match size[..] {
                [rows, columns] => fill.dense(name, rows, columns),
                _ => fill.bias(name, size[0]),
            };
            head.parameters().set(&full, &values).unwrap();
        }
        head
    }

    /// The sequence `[N, C, 1, T]` as a map of one row.
    fn map(&self, fill: &Fill) -> Tensor {
        let LayerDimensions { batch, steps, inputs, .. } = self.dims;
        fill.values("sequence", &[batch, steps, inputs]).transpose(1, 2).unsqueeze(2).contiguous()
    }
}

fn more() -> (More, Fill) {
    let more: More = reference::read("cells_more.json");
    let fill = Fill::new(&more.salt);
    let kinds: BTreeSet<&str> = more.cells.iter().map(|layers| layers.kind.as_str()).collect();
    assert_eq!((more.cells.len(), kinds.len()), (4, 4), "layers in cells_more.json");
    (more, fill)
}

/// The greatest deviation of a tensor from values given in its order, as a share of the greatest of them.
fn deviation(tensor: &Tensor, expected: &[f64]) -> f64 {
    let got = Vec::<f64>::try_from(tensor.to_kind(Kind::Double).contiguous().view([-1])).unwrap();
    assert_eq!(got.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let errors = got.iter().zip(expected).map(|(got, expected)| (got - expected).abs() / largest);
    errors.fold(0.0, f64::max)
}

#[test]
fn golden_head_gru_bidirectional_and_stacked_layers() {
    let (more, fill) = more();
    let mut compared = 0;
    for layers in &more.cells {
        let head = layers.head(States::All, &fill);
        let map = layers.map(&fill).set_requires_grad(true);
        let states = head.hidden_states(&map).unwrap().expect("a recurrent head");
        assert_eq!(states.size()[2], layers.recurrence().width());
        let error = deviation(&states, &layers.output.concat().concat());
        assert!(error < 1e-5, "{}: off by {error:e} of the largest state", layers.kind);
        // The gradients of the sum that the file weighs.
        let sum = (&states * fill.values("weights of the sum", &states.size())).sum(Kind::Float);
        let prefix = head.config().layout().unwrap()[0].name.split('.').next().unwrap().to_owned();
        let names: BTreeSet<String> =
            head.parameters().iter().map(|parameter| parameter.name().to_owned()).collect();
        let own: BTreeSet<String> = layers.grad.keys().map(|name| format!("{prefix}.{name}")).collect();
        let others: Vec<&String> = names.difference(&own).collect();
        assert_eq!(others, ["output.bias", "output.weight"], "{}: all tensors have a gradient", layers.kind);
        let tensors = layers.grad.keys().map(|name| {
            head.parameters().named(&format!("{prefix}.{name}")).unwrap().tensor().shallow_clone()
        });
        let asked: Vec<Tensor> = [map.shallow_clone()].into_iter().chain(tensors).collect();
        let gradients = Tensor::run_backward(&[sum], &asked, false, false);
        let of_input = gradients[0].squeeze_dim(2).transpose(1, 2);
        let error = deviation(&of_input, &layers.input_grad.concat().concat());
        assert!(error < 1e-5, "{}: the input's gradient is off by {error:e}", layers.kind);
        for (expected, gradient) in layers.grad.values().zip(&gradients[1..]) {
            expected.assert_close(gradient, 1e-5);
            compared += 1;
        }
    }
    assert_eq!(compared, 4 + 8 + 8 + 16);
}

/// The last state of a direction is where it ends: forwards at the last step, backwards at the first.
#[test]
fn golden_head_last_states() {
    let (more, fill) = more();
    for layers in &more.cells {
        let head = layers.head(States::Last, &fill);
        let width = layers.recurrence().width() as usize;
        // The dense layer to the classes shows the vector that it sees, two values at a time.
        let sees = |row: usize| {
            let mut weight = vec![0.0_f32; 2 * width];
            (weight[row], weight[width + row + 1]) = (1.0, 1.0);
            let weight = Tensor::from_slice(&weight).view([2, width as i64]);
            head.parameters().set("output.weight", &weight).unwrap();
            let logits = head.forward(&layers.map(&fill), Mode::Evaluate).unwrap();
            Vec::<f64>::try_from(logits.to_kind(Kind::Double).contiguous().view([-1])).unwrap()
        };
        let units = layers.dims.units as usize;
        let last = layers.dims.steps as usize - 1;
        for row in (0..width).step_by(2) {
            let at =
                |sample: usize, unit: usize| layers.output[sample][if unit < units { last } else { 0 }][unit];
            let expected = [at(0, row), at(0, row + 1), at(1, row), at(1, row + 1)];
            for (got, expected) in sees(row).iter().zip(expected) {
                assert!((got - expected).abs() < 1e-6, "{}: {got}, expected {expected}", layers.kind);
            }
        }
    }
}

#[test]
fn golden_head_other_optimisers_as_pytorch_writes_them() {
    let (more, fill) = more();
    assert_eq!(more.optimizers.len(), 4, "trajectories in cells_more.json");
    for trajectory in &more.optimizers {
        let settings: OptimizerConfig = match trajectory.convention.as_str() {
            "adam" => Adam::PYTORCH.into(),
            "adamw weight decay 0.05" => Adam { weight_decay: 0.05, ..Adam::PYTORCH }.into(),
            "sgd momentum 0.9" => Sgd { momentum: 0.9, ..Sgd::PLAIN }.into(),
            "sgd momentum 0.9 nesterov weight decay 1e-4" => {
                Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4 }.into()
            }
            other => panic!("no settings for {other:?}"),
        };
        assert_trajectory(trajectory, settings, None, &fill);
    }
}

#[derive(Deserialize)]
struct Keras {
    rmsprop: Trajectory,
    lstm_horizontal: KerasLstm,
}

#[derive(Deserialize)]
struct KerasLstm {
    output_mean: f64,
    output_l2: f64,
    last_step: Vec<Vec<f64>>,
}

#[test]
fn golden_head_rmsprop_as_keras_writes_it() {
    let keras: Keras = reference::read("keras.json");
    let (_, fill) = reference();
    assert!(keras.rmsprop.convention.contains("clipnorm per variable 1.0"), "{}", keras.rmsprop.convention);
    assert_trajectory(&keras.rmsprop, RmsProp::KERAS, Some(Clipping::VariableNorm(1.0)), &fill);
}

#[test]
fn golden_head_lstm_of_keras_from_the_same_weights() {
    let keras: Keras = reference::read("keras.json");
    let (reference, fill) = reference();
    let case = reference
        .head
        .iter()
        .find(|case| case.order == SequenceOrder::Horizontal && !case.peephole)
        .expect("the plain case");
    let states = case.head(&fill).hidden_states(&case.features(&fill)).unwrap().expect("a recurrent head");
    let states = states.to_kind(Kind::Double);
    let mean = states.mean(Kind::Double).double_value(&[]);
    let norm = states.norm().double_value(&[]);
    assert!((mean - keras.lstm_horizontal.output_mean).abs() < 1e-6, "{mean}");
    assert!((norm - keras.lstm_horizontal.output_l2).abs() < 1e-5, "{norm}");
    let last = Vec::<f64>::try_from(states.select(1, -1).contiguous().view([-1])).unwrap();
    let expected = keras.lstm_horizontal.last_step.concat();
    assert_eq!(last.len(), expected.len());
    for (got, expected) in last.iter().zip(&expected) {
        assert!((got - expected).abs() < 1e-6, "{got}, expected {expected}");
    }
}
