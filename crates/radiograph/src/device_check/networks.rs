//! Compares feature maps of a network on a device with those of its plain form on the processor.

use radiograph_backbone::{Backbone, BackboneError, Form, Options};
use radiograph_libtorch::Device;
use radiograph_weights::{Architecture, Facts};
use tch::{Kind, TchError, Tensor};

use super::{SEED, SIDE, record::Checked};
use crate::Error;

/// Images of a comparison.
const IMAGES: i64 = 2;
/// Greatest difference of feature maps in f32, as a share of the greatest value; TF32 exceeds it by far.
const LIMIT: f64 = 1e-4;

/// Images `[count, C, SIDE, SIDE]` whose values lie in [-1, 1].
pub(super) fn images(network: Architecture, count: i64, device: Device) -> Result<Tensor, TchError> {
    let shape = [count, Facts::of(network).input_channels, SIDE, SIDE];
    let numbers = Tensor::f_arange(shape.iter().product::<i64>(), (Kind::Float, tch::Device::Cpu))?;
    numbers.f_sin()?.f_view(shape)?.f_to_device(device.to_tch())
}

/// The network with seeded weights.
pub(super) fn seeded(network: Architecture, form: Form, device: Device) -> Result<Backbone, BackboneError> {
    let options = Options { form, ..Options::default() };
    Backbone::random_with(network, SEED, network.lineage(), device, options)
}

pub(super) fn values(network: Architecture, device: Device) -> Result<Vec<Checked>, Error> {
    let expected = seeded(network, Form::Plain, Device::CPU)?;
    let expected =
        expected.forward_features(&images(network, IMAGES, Device::CPU).map_err(BackboneError::from)?)?;
    let got = |form| -> Result<Tensor, BackboneError> {
        seeded(network, form, device)?.forward_features(&images(network, IMAGES, device)?)
    };
    let forms = [("plain", Form::Plain), ("folded", Form::Folded)];
    // Plain layers on the processor would be compared with themselves.
    let forms = forms.into_iter().filter(|(_, form)| device.is_cuda() || *form == Form::Folded);
    Ok(forms
        .map(|(name, form)| {
            let got = got(form).map_err(|error| TchError::Torch(error.to_string()));
            Checked::new(format!("{network}, {name}"), LIMIT, got, &expected)
        })
        .collect())
}
