//! Compares feature maps of a network on a device with those of its plain form on the processor.

use radiograph_backbone::{Backbone, BackboneError, Form, Options};
use radiograph_features::Arithmetic;
use radiograph_libtorch::Device;
use radiograph_weights::{Architecture, Facts};
use tch::{Kind, TchError, Tensor};

use super::{SEED, SIDE, record::Checked};
use crate::Error;

/// Images of a comparison.
const IMAGES: i64 = 2;
/// Greatest difference of feature maps in f32, as a share of the greatest value; TF32 exceeds it by far.
const LIMIT: f64 = 1e-4;
/// The same for networks that compute in half precision: twice the greatest difference of a registered network on a
/// processor.
const HALVES: [(Arithmetic, f64); 2] = [(Arithmetic::Bf16, 0.04), (Arithmetic::F16, 0.005)];

/// Images `[count, C, SIDE, SIDE]` whose values lie in [-1, 1].
pub(super) fn images(network: Architecture, count: i64, device: Device) -> Result<Tensor, TchError> {
    let shape = [count, Facts::of(network).input_channels, SIDE, SIDE];
    let numbers = Tensor::f_arange(shape.iter().product::<i64>(), (Kind::Float, tch::Device::Cpu))?;
    numbers.f_sin()?.f_view(shape)?.f_to_device(device.to_tch())
}

/// The network with seeded weights.
pub(super) fn seeded(
    network: Architecture,
    options: Options,
    device: Device,
) -> Result<Backbone, BackboneError> {
    Backbone::random_with(network, SEED, network.lineage(), device, options)
}

pub(super) fn values(network: Architecture, device: Device) -> Result<Vec<Checked>, Error> {
    let plain = Options { form: Form::Plain, ..Options::default() };
    let expected = seeded(network, plain, Device::CPU)?;
    let expected =
        expected.forward_features(&images(network, IMAGES, Device::CPU).map_err(BackboneError::from)?)?;
    let got = |options| -> Result<Tensor, TchError> {
        let compute =
            || seeded(network, options, device)?.forward_features(&images(network, IMAGES, device)?);
        compute().map_err(|error: BackboneError| TchError::Torch(error.to_string()))
    };
    let forms = [("plain", plain), ("folded", Options::default())];
    // Plain layers on the processor would be compared with themselves.
    let forms = forms.into_iter().filter(|(_, options)| device.is_cuda() || options.form == Form::Folded);
    let mut checks: Vec<Checked> = forms
        .map(|(name, options)| Checked::new(format!("{network}, {name}"), LIMIT, got(options), &expected))
        .collect();
    checks.extend(HALVES.map(|(arithmetic, limit)| {
        let options = Options { arithmetic, ..Options::default() };
        Checked::if_computed(format!("{network}, {arithmetic}"), limit, got(options), &expected)
    }));
    Ok(checks)
}
