//! A film is decoded, whatever its format, and made the input of a network.
//!
//! `cargo run -p radiograph-examples --no-default-features --example image [COLLECTIONS]`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

mod data;

use data::{Data, Failure};
use radiograph_image::{
    ImageFormat, Limits, decode, encode_png, preprocess::Preprocess, read_file, sheet::contact_sheet,
};
use radiograph_input::{Fit, Normalisation};

fn main() -> Result<(), Failure> {
    let data = Data::of_arguments()?;
    let film = data.film()?;

    // The content decides the format, and a file too large to be a film is refused.
    let limits = Limits::default();
    let bytes = read_file(&film, &limits)?;
    let picture = decode(&bytes, &limits)?;
    let format = ImageFormat::of_content(&bytes).ok_or("an unknown format")?;
    println!("{}: {format}, {} × {} pixels", film.display(), picture.width(), picture.height());

    let steps =
        Preprocess { size: 224, fit: Fit::Pad, normalisation: Normalisation::Torch, ..Preprocess::default() };
    let preprocessor = steps.check()?;
    let input = preprocessor.apply(picture.clone());
    println!("the network sees {:?}: channels, rows, columns", input.dim());

    let seen = preprocessor.show(&input.view()).ok_or("an input that cannot be shown")?;
    let sheet = contact_sheet(&[picture, seen], 2, 224).ok_or("nothing to show")?;
    let png = encode_png(&sheet).ok_or("a sheet that is too large")?;
    println!("both side by side: {} bytes of PNG", png.len());
    Ok(())
}
