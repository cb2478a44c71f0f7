//! Says which libtorch this build is linked with and which devices it can compute on.
//!
//! ```console
//! $ cargo ex devices
//! libtorch  linked without CUDA
//! threads   2
//! cpu       usable
//! ```

#![allow(clippy::print_stdout, reason = "a program's output")]

use std::process::ExitCode;

use clap::Parser;
use radiograph_libtorch::{Device, Devices, first_line};

/// Say which libtorch this build is linked with and which devices it can compute on.
#[derive(Parser)]
struct Arguments {
    /// Only try this device (cpu, cuda:0, cuda:1, …) and fail if it cannot be used
    #[arg(long)]
    device: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let devices = Devices::present();
    println!("libtorch  linked {} CUDA", if devices.cuda_linked { "with" } else { "without" });
    println!("threads   {}", tch::get_num_threads());
    let mut failed = false;
    let chosen: Vec<Device> = match arguments.device.as_deref().map(str::parse) {
        None => devices.all().collect(),
        Some(Ok(device)) => vec![device],
        Some(Err(error)) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for device in chosen {
        match compute(device) {
            Ok(()) => println!("{:<9} usable", device.to_string()),
            Err(error) => {
                failed = true;
                println!("{:<9} fails: {}", device.to_string(), first_line(&error));
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A device may be listed and still have no kernel of ours for it, so the only honest test is to compute.
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
