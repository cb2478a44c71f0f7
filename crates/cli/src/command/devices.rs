//! `radiograph devices`: lists the devices that this build can compute on, and checks one of them.

use radiograph::{CheckRecord, DeviceCheck};
use radiograph_libtorch::{Device, DeviceName, Devices, first_line};
use radiograph_weights::Architecture;
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, notice, output};

/// List the devices that this build can compute on, or check one of them
///
/// Each device multiplies two matrices: a device may be present while libtorch has no kernels for it. `--check` compares every network,
/// gradients, a short training and an explanation with the processor's values, and measures speed; it takes minutes.
///
/// Exit code 1: a device that is present fails, or computes other values.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph devices --check cpu --networks densenet121 --values-alone")]
pub(crate) struct Arguments {
    /// The only device to try: cpu, cuda:0, cuda:1, …
    #[arg(long)]
    device: Option<DeviceName>,

    /// Device to check: cpu, cuda:0, cuda:1, …
    #[arg(long, value_name = "DEVICE", conflicts_with = "device")]
    check: Option<DeviceName>,

    /// Networks to check, separated by commas [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "check")]
    networks: Vec<Architecture>,

    /// No measurements of speed, which take most of the time
    #[arg(long, requires = "check")]
    values_alone: bool,

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
    if let Some(name) = arguments.check {
        return check(name.device()?, arguments);
    }
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

/// Checks a device, with a line for each part on standard error.
fn check(device: Device, arguments: &Arguments) -> Result<Exit, Failure> {
    let mut check = DeviceCheck::of(device);
    if !arguments.networks.is_empty() {
        check = check.networks(arguments.networks.clone());
    }
    if arguments.values_alone {
        check = check.values_alone();
    }
    let record = check.run(&mut |done| notice::line(done))?;
    if arguments.json {
        output::json(&record)?;
    } else {
        print_check(&record)?;
    }
    Ok(Exit::complete(record.passed()))
}

fn print_check(record: &CheckRecord) -> Result<(), Failure> {
    let name = record.name.as_deref().unwrap_or("name unknown");
    output::line(format!(
        "{}, {name}, libtorch {}, {} threads",
        record.device, record.libtorch, record.threads
    ))?;
    record.checks.iter().try_for_each(output::line)?;
    if let Some(floor) = &record.floor {
        output::line(format!(
            "products at {:.0} GFLOP/s, copies at {:.1} GB/s",
            floor.operations / 1e9,
            floor.bytes / 1e9
        ))?;
    }
    record.speeds.iter().try_for_each(output::line)
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
