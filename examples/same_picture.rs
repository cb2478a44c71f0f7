//! Files that show the same picture are found, whatever they are called.
//!
//! `cargo run -p radiograph-examples --no-default-features --example same_picture`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use radiograph_files::ContentHash;
use radiograph_phantoms::{Finding, Phantom};
use radiograph_same_picture::{Fingerprint, Search, find};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let film = |patient| Phantom { seed: 11, patient, film: 0, finding: Finding::None, bedside: false };
    let first = film(0).draw(256).picture;
    let crop = first.crop(20, 30, 200, 180).ok_or("a window outside the film")?;
    let other = film(1).draw(256).picture;

    let named = [("first", first), ("a crop of it", crop), ("another patient", other)];
    let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
    let fingerprints: Vec<Fingerprint> = named
        .into_iter()
        .map(|(name, picture)| Fingerprint::of_picture(ContentHash::of_bytes(name.as_bytes()), picture))
        .collect();

    for pair in find(&fingerprints, &Search::default())? {
        println!("{} and {}: {:?}", names[pair.first], names[pair.second], pair.evidence);
    }
    Ok(())
}
