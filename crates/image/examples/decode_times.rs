//! Decodes each file several times on one thread and prints the least number of milliseconds, for `benches/peers/films.py`.
//!
//!     cargo run --release -p radiograph-image --example decode_times -- FILE…

#![allow(clippy::print_stdout, reason = "a program")]

use std::{env, error::Error, fs, hint::black_box, time::Instant};

use radiograph_image::{Limits, decode};

fn main() -> Result<(), Box<dyn Error>> {
    for path in env::args().skip(1) {
        let bytes = fs::read(&path)?;
        let mut least = f64::INFINITY;
        for _ in 0..9 {
            let start = Instant::now();
            black_box(decode(&bytes, &Limits::default())?);
            least = least.min(start.elapsed().as_secs_f64());
        }
        println!("{}", least * 1e3);
    }
    Ok(())
}
