//! Compares gradients, trainings and explanations of small heads on a device with those on the processor.
//!
//! The processor's gradients go through libtorch's own differentiation, those of the device through the path that
//! trainings take.

use radiograph_classes::Classes;
use radiograph_gradcam::{Explainer, Method, Target};
use radiograph_head::{
    Cell, ConfiguredHead, CrossEntropy, Error as HeadError, Gradient, Gradients, Head, Mode, Optimizer,
    Parameter, Preset, RmsProp, Step,
};
use radiograph_libtorch::Device;
use radiograph_protocol::{FeatureShape, HeadConfig, Reading};
use radiograph_weights::Architecture;
use tch::{Kind, TchError, Tensor};

use super::{SEED, record::Checked};
use crate::Error;

/// Images of a batch.
const BATCH: i64 = 8;
/// The feature maps of the small heads.
const SHAPE: FeatureShape = FeatureShape { channels: 64, height: 7, width: 7 };
/// Greatest difference of one pass, and of weights after [`STEPS`] steps: RMSprop divides by small numbers.
const LIMITS: [f64; 2] = [1e-4, 1e-3];
const STEPS: u64 = 10;
const RATE: f64 = 1e-4;

pub(super) fn values(device: Device) -> Result<Vec<Checked>, Error> {
    let mut checks = Vec::new();
    for cell in [Cell::Lstm, Cell::Gru] {
        let config = small(cell);
        let name = if cell == Cell::Lstm { "LSTM" } else { "GRU" };
        let expected = differentiated(&config)?;
        let got = by_hand(&config, device);
        checks.push(Checked::new(format!("gradients of a step, {name}"), LIMITS[0], got, &expected));
        let expected = trained(&config, Device::CPU, &mut |batch| {
            Ok(by_libtorch(&batch)?.into_iter().map(Gradient::from).collect())
        })?;
        let got = trained(&config, device, &mut |batch| {
            Gradients::of(batch.head, batch.loss, batch.features, batch.labels, batch.mode)
                .map(|found| found.gradients)
        });
        checks.push(Checked::new(
            format!("weights after {STEPS} steps, {name}"),
            LIMITS[1],
            plain(got),
            &expected,
        ));
    }
    let config = small(Cell::Lstm);
    let expected = explained(&config, Device::CPU)?;
    let got = explained(&config, device).map_err(|error| TchError::Torch(error.to_string()));
    checks.push(Checked::new("Grad-CAM through an LSTM", LIMITS[0], got, &expected));
    Ok(checks)
}

/// The paper's head with another cell and narrow layers.
fn small(cell: Cell) -> HeadConfig {
    let mut config = Preset::Paper.head(Architecture::VGG19, SHAPE, &Classes::of_the_paper());
    if let Reading::Recurrent(recurrence) = &mut config.reading {
        recurrence.cell = cell;
        recurrence.units = 32;
    }
    config.dense = vec![64, 64];
    config
}

/// One batch before its gradients are computed.
struct Batch<'a> {
    head: &'a ConfiguredHead,
    loss: &'a CrossEntropy,
    features: &'a Tensor,
    labels: &'a Tensor,
    mode: Mode,
}

/// Feature maps `[count, C, H, W]`, in [0, 1], and labels.
pub(super) fn samples(shape: FeatureShape, count: i64, device: Device) -> Result<[Tensor; 2], TchError> {
    let FeatureShape { channels, height, width } = shape;
    let values = count * channels * height * width;
    let features = Tensor::f_arange(values, (Kind::Float, tch::Device::Cpu))?.f_sin()?.f_abs()?;
    let labels = Tensor::f_arange(count, (Kind::Int64, tch::Device::Cpu))?.f_remainder(3)?;
    let device = device.to_tch();
    Ok([features.f_view([count, channels, height, width])?.f_to_device(device)?, labels.f_to_device(device)?])
}

/// Gradients by libtorch's own differentiation of the whole head.
fn by_libtorch(batch: &Batch<'_>) -> Result<Vec<Tensor>, HeadError> {
    let logits = batch.head.forward(batch.features, batch.mode)?;
    let loss = batch.loss.loss(&logits, batch.labels)?;
    let tensors: Vec<&Tensor> = batch.head.parameters().trained().map(Parameter::tensor).collect();
    Ok(Tensor::f_run_backward(&[&loss], &tensors, false, false)?)
}

fn differentiated(config: &HeadConfig) -> Result<Tensor, HeadError> {
    let head = ConfiguredHead::new(config.clone(), SEED, Device::CPU)?;
    let loss = CrossEntropy::new(&config.classes, None, tch::Device::Cpu)?;
    let [features, labels] = samples(SHAPE, BATCH, Device::CPU)?;
    let mode = Mode::Train(Step { seed: SEED, number: 0 });
    let batch = Batch { head: &head, loss: &loss, features: &features, labels: &labels, mode };
    Ok(in_one(&by_libtorch(&batch)?)?)
}

fn by_hand(config: &HeadConfig, device: Device) -> Result<Tensor, TchError> {
    plain((|| {
        let head = ConfiguredHead::new(config.clone(), SEED, device)?;
        let loss = CrossEntropy::new(&config.classes, None, device.to_tch())?;
        let [features, labels] = samples(SHAPE, BATCH, device)?;
        let mode = Mode::Train(Step { seed: SEED, number: 0 });
        let found = Gradients::of(&head, &loss, &features, &labels, mode)?;
        let values = found.gradients.iter().map(Gradient::values).collect::<Result<Vec<_>, _>>()?;
        Ok(in_one(&values)?)
    })())
}

/// All weights after some steps of a training.
fn trained(
    config: &HeadConfig,
    device: Device,
    gradients: &mut dyn FnMut(Batch<'_>) -> Result<Vec<Gradient>, HeadError>,
) -> Result<Tensor, HeadError> {
    let head = ConfiguredHead::new(config.clone(), SEED, device)?;
    let loss = CrossEntropy::new(&config.classes, None, device.to_tch())?;
    let [features, labels] = samples(SHAPE, BATCH, device)?;
    let named = head.parameters().trained().map(|parameter| (parameter.name(), parameter.tensor()));
    let mut optimizer = Optimizer::new(RmsProp::KERAS, named)?;
    let clipping = Preset::Paper.training(SEED).clipping;
    for number in 0..STEPS {
        let mode = Mode::Train(Step { seed: SEED, number });
        let found =
            gradients(Batch { head: &head, loss: &loss, features: &features, labels: &labels, mode })?;
        let tensors: Vec<&Tensor> = head.parameters().trained().map(Parameter::tensor).collect();
        optimizer.step(&tensors, &found, RATE, clipping)?;
    }
    let tensors: Vec<Tensor> =
        head.parameters().trained().map(|parameter| parameter.tensor().shallow_clone()).collect();
    Ok(in_one(&tensors)?)
}

fn explained(config: &HeadConfig, device: Device) -> Result<Tensor, Error> {
    let head = ConfiguredHead::new(config.clone(), SEED, device)?;
    let [features, _] = samples(SHAPE, BATCH, device).map_err(HeadError::from)?;
    let explainer = Explainer::new(&config.classes, |features: &Tensor| head.explained(features));
    let explanations = explainer.explain(&features, Method::GradCam, &Target::default())?;
    let values: Vec<f64> =
        explanations.iter().flat_map(|explanation| explanation.map.raw().iter().copied()).collect();
    Ok(Tensor::f_from_slice(&values).map_err(HeadError::from)?)
}

/// All values one after another.
fn in_one(tensors: &[Tensor]) -> Result<Tensor, TchError> {
    let flat =
        tensors.iter().map(|tensor| tensor.f_detach()?.f_reshape(-1)).collect::<Result<Vec<_>, _>>()?;
    Tensor::f_cat(&flat, 0)
}

fn plain(result: Result<Tensor, HeadError>) -> Result<Tensor, TchError> {
    result.map_err(|error| TchError::Torch(error.to_string()))
}
