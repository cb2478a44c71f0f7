//! Films are drawn, one by one and as public collections with their defects.
//!
//! `cargo run -p radiograph-examples --no-default-features --example phantoms [FOLDER]`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use radiograph_phantoms::{Finding, Phantom, collection::Collections};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let film = Phantom { seed: 1, patient: 4, film: 0, finding: Finding::None, bedside: true };
    let drawn = film.draw(256);
    println!("one film of {} × {} pixels", drawn.picture.width(), drawn.picture.height());

    let temporary = tempfile::tempdir()?;
    let folder = std::env::args_os().nth(1).map_or_else(|| temporary.path().to_owned(), Into::into);
    let planted = Collections { patients: 15, seed: 1, side: 64 }.write(&folder, |_, _| {})?;
    println!("{} images of {} patients below {}", planted.images.len(), planted.patients, folder.display());
    for image in planted.images.iter().filter(|image| !image.defects.is_empty()) {
        println!("    {}: {:?}", image.file, image.defects);
    }
    Ok(())
}
