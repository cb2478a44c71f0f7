//! Measures rates of a device: matrix products, copies, networks and training steps.

use std::time::Instant;

use radiograph_backbone::{BackboneError, Options};
use radiograph_classes::Classes;
use radiograph_features::Arithmetic;
use radiograph_head::{
    ConfiguredHead, CrossEntropy, Error as HeadError, Gradients, Head, Mode, Optimizer, Parameter, Preset,
    RmsProp, Step,
};
use radiograph_libtorch::{Device, first_line, is_out_of_memory};
use radiograph_protocol::{FeatureShape, LayerRow, StepCost};
use radiograph_weights::{Architecture, Facts};
use tch::{Kind, TchError, Tensor};

use super::{
    SEED, SIDE, heads, networks,
    record::{Floor, Measured},
};
/// Rounds of which the median counts, after one that does not.
const ROUNDS: usize = 3;
/// Images of a training step, as in the paper.
const BATCH: i64 = 32;
/// Bytes of a copy.
const COPIED: i64 = 256 << 20;

/// Measures what the device does at best.
pub(super) fn floor(device: Device) -> Result<Floor, Measured> {
    let measured = || -> Result<Floor, TchError> {
        let side: i64 = if device.is_cuda() { 4096 } else { 2048 };
        let options = (Kind::Float, device.to_tch());
        let factor = Tensor::f_ones([side, side], options)?;
        let product = Tensor::f_empty([side, side], options)?;
        let seconds = median(|| waited(&factor.f_mm_out(&product, &factor)?))?;
        let operations = 2.0 * (side as f64).powi(3) / seconds;
        let (from, to) = (Tensor::f_ones([COPIED / 4], options)?, Tensor::f_empty([COPIED / 4], options)?);
        let seconds = median(|| {
            let mut to = to.shallow_clone();
            to.f_copy_(&from)?;
            waited(&to)
        })?;
        // Each byte is read and written.
        Ok(Floor { operations, bytes: 2.0 * COPIED as f64 / seconds })
    };
    measured().map_err(|error| Measured {
        what: "matrix products and copies".to_owned(),
        unit: "operations/s",
        rate: Err(first_line(&error)),
        at_floor: None,
    })
}

/// Images a second of the folded network, at the batch that is fastest.
pub(super) fn of_network(network: Architecture, device: Device, floor: &Floor) -> Measured {
    let products = Facts::of(network).cost(SIDE, SIDE).map_or(0, |cost| cost.products);
    let at_floor = (products > 0).then(|| floor.operations / (2.0 * products as f64));
    let (batch, rate) = match fastest(network, Arithmetic::F32, device) {
        Ok(Some((batch, rate))) => (format!(", batch {batch}"), Ok(rate)),
        Ok(None) => (String::new(), Err("no batch fits into the memory".to_owned())),
        Err(error) => (String::new(), Err(error.to_string())),
    };
    let what = format!("{network}, {SIDE} pixels{batch}");
    Measured { what, unit: "images/s", rate, at_floor }
}

/// The same in half precision, where the device computes it: bf16 on a processor, f16 on a GPU.
pub(super) fn of_half(network: Architecture, device: Device) -> Option<Measured> {
    let arithmetic = if device.is_cuda() { Arithmetic::F16 } else { Arithmetic::Bf16 };
    let (batch, rate) = fastest(network, arithmetic, device).ok().flatten()?;
    let what = format!("{network} in {arithmetic}, {SIDE} pixels, batch {batch}");
    Some(Measured { what, unit: "images/s", rate: Ok(rate), at_floor: None })
}

/// The batch with the highest rate, and that rate.
fn fastest(
    network: Architecture,
    arithmetic: Arithmetic,
    device: Device,
) -> Result<Option<(i64, f64)>, BackboneError> {
    let batches: &[i64] = match (device.is_cuda(), arithmetic) {
        (true, _) => &[8, 32, 128],
        (false, Arithmetic::F32) => &[4, 16],
        // A processor without instructions for it takes seconds for an image.
        (false, _) => &[4],
    };
    let backbone = networks::seeded(network, Options { arithmetic, ..Options::default() }, device)?;
    let mut best: Option<(i64, f64)> = None;
    for &batch in batches {
        let images = networks::images(network, batch, device)?;
        let pass = || -> Result<(), BackboneError> { Ok(waited(&backbone.forward_features(&images)?)?) };
        match median(pass) {
            Ok(seconds) => {
                let rate = batch as f64 / seconds;
                if best.is_none_or(|(_, fastest)| rate > fastest) {
                    best = Some((batch, rate));
                }
            }
            Err(error) if is_out_of_memory(&error) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(best)
}

/// Copies from the processor's memory to the device's, and back; none on the processor itself.
pub(super) fn of_copies(device: Device) -> Vec<Measured> {
    if !device.is_cuda() {
        return Vec::new();
    }
    let copy = |from: tch::Device, to: tch::Device| -> Result<f64, TchError> {
        let mut values = Tensor::f_ones([COPIED / 4], (Kind::Float, from))?;
        if from == tch::Device::Cpu {
            values = values.f_pin_memory(to)?;
        }
        let seconds = median(|| waited(&values.f_to_device(to)?))?;
        Ok(COPIED as f64 / seconds / 1e9)
    };
    let (host, device) = (tch::Device::Cpu, device.to_tch());
    [("copies to the device, page-locked", host, device), ("copies back", device, host)]
        .into_iter()
        .map(|(what, from, to)| Measured {
            what: what.to_owned(),
            unit: "GB/s",
            rate: copy(from, to).map_err(|error| first_line(&error)),
            at_floor: None,
        })
        .collect()
}

/// Steps a second of the paper's head on the maps of a network; none if the network reads no such images.
pub(super) fn of_training(network: Architecture, device: Device, floor: &Floor) -> Option<Measured> {
    let [channels, height, width] = Facts::of(network).feature_shape(SIDE, SIDE).ok()?;
    let shape = FeatureShape { channels, height, width };
    let classes = Classes::of_the_paper();
    let config = Preset::Paper.head(network, shape, &classes);
    let at_floor = LayerRow::of_head(&config)
        .ok()
        .map(|rows| 1.0 / StepCost::of_head(&rows).seconds(BATCH as f64, 1.0, floor.operations, floor.bytes));
    let rate = || -> Result<f64, HeadError> {
        let head = ConfiguredHead::new(config, SEED, device)?;
        let loss = CrossEntropy::new(&classes, None, device.to_tch())?;
        let [features, labels] = heads::samples(shape, BATCH, device)?;
        let named = head.parameters().trained();
        let mut optimizer =
            Optimizer::new(RmsProp::KERAS, named.map(|parameter| (parameter.name(), parameter.tensor())))?;
        let training = Preset::Paper.training(SEED);
        let mut number = 0;
        let seconds = median(|| {
            let mode = Mode::Train(Step { seed: SEED, number });
            number += 1;
            let found = Gradients::of(&head, &loss, &features, &labels, mode)?;
            let parameters = head.parameters();
            let tensors: Vec<&Tensor> = parameters.trained().map(Parameter::tensor).collect();
            optimizer.step(&tensors, &found.gradients, 1e-5, training.clipping)?;
            Ok::<(), HeadError>(waited(&found.loss)?)
        })?;
        Ok(1.0 / seconds)
    };
    let what = format!("training steps of {BATCH} images, {network} head");
    Some(Measured { what, unit: "steps/s", rate: rate().map_err(|error| error.to_string()), at_floor })
}

/// Waits until the device has computed a tensor: a value is asked for.
fn waited(tensor: &Tensor) -> Result<(), TchError> {
    tensor.f_reshape(-1)?.f_get(0)?.f_double_value(&[]).map(|_value| ())
}

/// Median seconds of a piece of work, after one round that does not count.
fn median<E>(mut work: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    work()?;
    let mut seconds = [0.0; ROUNDS];
    for second in &mut seconds {
        let start = Instant::now();
        work()?;
        *second = start.elapsed().as_secs_f64();
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[ROUNDS / 2])
}
