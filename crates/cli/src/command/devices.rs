//! `radiograph devices`: lists the devices that this build can compute on.

use radiograph_libtorch::{Device, DeviceName, Devices, first_line};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, output};

/// List the devices that this build can compute on
///
/// Each device multiplies two matrices: a device may be present while libtorch has no kernels for it.
///
/// Exit code 1: a device that is present fails.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph devices --device cpu")]
pub(crate) struct Arguments {
    /// The only device to try: cpu, cuda:0, cuda:1, …
    #[arg(long)]
    device: Option<DeviceName>,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

/// Output of `--json`.
#[derive(Serialize)]
struct Found {
    cuda_linked: bool,
    threads: i64,
    devices: Vec<Tried>,
}

#[derive(Serialize)]
struct Tried {
    device: String,
    /// Reason why it fails, if it does.
    failure: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let present = Devices::present();
    let cuda_linked = present.cuda_linked;
    let devices = match arguments.device {
        Some(name) => vec![name.device()?],
        None => present.all().collect(),
    };
    let devices: Vec<Tried> = devices
        .into_iter()
        .map(|device| Tried {
            device: device.to_string(),
            failure: compute(device).err().map(|error| first_line(&error)),
        })
        .collect();
    let found = Found { cuda_linked, threads: tch::get_num_threads().into(), devices };
    if arguments.json {
        output::json(&found)?;
    } else {
        print(&found)?;
    }
    Ok(Exit::complete(found.devices.iter().all(|tried| tried.failure.is_none())))
}

fn print(found: &Found) -> Result<(), Failure> {
    output::line(format!("libtorch  linked {} CUDA", if found.cuda_linked { "with" } else { "without" }))?;
    output::line(format!("threads   {}", found.threads))?;
    found.devices.iter().try_for_each(|Tried { device, failure }| match failure {
        None => output::line(format!("{device:<9} usable")),
        Some(reason) => output::line(format!("{device:<9} fails: {reason}")),
    })
}

/// Computes on a device, which is the only reliable test of it.
fn compute(device: Device) -> Result<(), tch::TchError> {
    let ones = tch::Tensor::f_ones([64, 64], (tch::Kind::Float, device.to_tch()))?;
    let product = ones.f_matmul(&ones)?;
    let sum = product.f_sum(tch::Kind::Float)?.f_double_value(&[])?;
    if sum == 64.0 * 64.0 * 64.0 {
        Ok(())
    } else {
        Err(tch::TchError::Torch(format!("a product of ones summed to {sum}, not 262144")))
    }
}
