//! Checks that a device goes on after it ran out of memory, and that repeated work takes no more of it.

use std::{fs, process::Command};

use radiograph_libtorch::{Device, is_out_of_memory};
use tch::{Kind, TchError, Tensor};

use super::record::{CheckOutcome, Checked};

/// Rounds of the same work after which memory is compared.
const ROUNDS: usize = 20;
/// Growth that is put down to the allocator, in bytes.
const SLACK: u64 = 64 << 20;

pub(super) fn values(device: Device) -> Vec<Checked> {
    vec![after_refusal(device), returned(device)]
}

/// Asks for more than any device has, and computes afterwards.
fn after_refusal(device: Device) -> Checked {
    let outcome = match Tensor::f_zeros([1_i64 << 20, 1 << 20, 400], (Kind::Float, device.to_tch())) {
        Ok(_) => CheckOutcome::Fails("1.7 petabytes were granted".to_owned()),
        Err(error) if !is_out_of_memory(&error) => {
            CheckOutcome::Fails(format!("the refusal was not recognised: {error}"))
        }
        Err(_) => match work(device) {
            Ok(1024.0) => CheckOutcome::Equal(0.0),
            Ok(sum) => CheckOutcome::Differs((sum - 1024.0).abs() / 1024.0),
            Err(error) => CheckOutcome::Fails(error.to_string()),
        },
    };
    Checked { what: "a product after memory was refused".to_owned(), limit: 0.0, outcome }
}

/// Compares memory in use after one round with that after many; the difference is a share of [`SLACK`].
fn returned(device: Device) -> Checked {
    let share = |grown: u64| grown as f64 / SLACK as f64;
    let outcome = match growth(device) {
        Ok(Some(grown)) if grown <= SLACK => CheckOutcome::Equal(share(grown)),
        Ok(Some(grown)) => CheckOutcome::Differs(share(grown)),
        Ok(None) => CheckOutcome::NotTried("the system does not tell how much memory is in use".to_owned()),
        Err(error) => CheckOutcome::Fails(error.to_string()),
    };
    let what = format!("growth of memory over {ROUNDS} rounds, in units of {} MB", SLACK >> 20);
    Checked { what, limit: 1.0, outcome }
}

fn growth(device: Device) -> Result<Option<u64>, TchError> {
    work(device)?;
    let before = in_use(device);
    for _ in 0..ROUNDS {
        work(device)?;
    }
    Ok(before.zip(in_use(device)).map(|(before, after)| after.saturating_sub(before)))
}

/// A product of 1024 × 1024 ones, and one of its values.
fn work(device: Device) -> Result<f64, TchError> {
    let ones = Tensor::f_ones([1024, 1024], (Kind::Float, device.to_tch()))?;
    ones.f_matmul(&ones)?.f_get(0)?.f_get(0)?.f_double_value(&[])
}

/// Bytes in use: by this process on the processor, by everybody on a GPU.
fn in_use(device: Device) -> Option<u64> {
    if !device.is_cuda() {
        let text = fs::read_to_string("/proc/self/status").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        return Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024);
    }
    let index = device.to_string().split_once(':')?.1.to_owned();
    let asked = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
    let output = Command::new("nvidia-smi").arg(format!("--id={index}")).args(asked).output().ok()?;
    let mebibytes: u64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    Some(mebibytes << 20)
}
