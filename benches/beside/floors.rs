//! Measures what the machine does at best: matrix products, copies in memory, and the disk.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
    process, thread,
};

use rustix::fs::{Advice, fadvise};
use tch::{Kind, Tensor};

use crate::{Outcome, Work, timed, unknown};

/// Side of the matrices; a product has twice its cube of operations.
const SIDE: i64 = 2048;
/// Bytes of a copy and of the file on the disk.
const BYTES: usize = 256 << 20;

/// No work beside the floors.
pub(crate) struct Nothing;

impl Work for Nothing {
    fn perform(&mut self, piece: &str) -> Outcome<f64> {
        unknown(piece)
    }
}

/// Seconds of one of the floors. `measure.py` knows the amounts.
pub(crate) fn perform(floor: &str, folder: &Path) -> Outcome<f64> {
    match floor {
        "matrix" => {
            let factor = Tensor::f_ones([SIDE, SIDE], (Kind::Float, tch::Device::Cpu))?;
            let product = factor.f_empty_like()?;
            timed(|| Ok(factor.f_mm_out(&product, &factor)?))
        }
        "memory" => {
            let from = Tensor::f_ones([BYTES as i64 / 4], (Kind::Float, tch::Device::Cpu))?;
            let mut to = from.f_ones_like()?; // its pages exist before the clock starts
            timed(|| Ok(to.f_copy_(&from)?))
        }
        "disk-write" => write(folder),
        "disk-read" => read(folder),
        _ => unknown(floor),
    }
}

fn write(folder: &Path) -> Outcome<f64> {
    let path = folder.join("disk.floor");
    let bytes = vec![7_u8; BYTES];
    let seconds = timed(|| {
        let mut file = File::create(&path)?;
        file.write_all(&bytes)?;
        Ok(file.sync_all()?)
    });
    fs::remove_file(&path)?;
    seconds
}

/// Reads a file that the system was asked to forget. Where a layer below keeps it all the same, this is faster than the disk.
fn read(folder: &Path) -> Outcome<f64> {
    let path = folder.join("disk.floor");
    let mut buffer = vec![7_u8; BYTES];
    let mut file = File::create(&path)?;
    file.write_all(&buffer)?;
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    let seconds = timed(|| Ok(File::open(&path)?.read_exact(&mut buffer)?));
    fs::remove_file(&path)?;
    seconds
}

/// Computes on one thread until its standard input ends: the other process of a busy machine.
pub(crate) fn compute_for_ever() -> ! {
    tch::set_num_threads(1);
    thread::spawn(|| {
        let _bytes = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    let factor = Tensor::ones([512, 512], (Kind::Float, tch::Device::Cpu));
    loop {
        let _product = factor.mm(&factor);
    }
}
