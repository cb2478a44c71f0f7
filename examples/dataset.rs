//! Collections become a manifest that keeps together what belongs together, and a leakage report for it.
//!
//! `cargo run -p radiograph-examples --no-default-features --example dataset [COLLECTIONS]`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

mod data;

use data::{Data, Failure};
use radiograph_classes::{COVID_19, Classes, NORMAL, PNEUMONIA};
use radiograph_dataset::{
    identifiers::Identifiers,
    prepare::prepare,
    recipe::Recipe,
    source::recognise,
    verify::{Films, verify},
};

fn main() -> Result<(), Failure> {
    let data = Data::of_arguments()?;

    let recognised = recognise(data.collections())?;
    for source in &recognised.sources {
        println!("collection {}", source.name());
    }
    recognised.left_out().for_each(|sentence| println!("left out: {sentence}"));

    let recipe = Recipe::trustworthy(Classes::new([COVID_19, NORMAL, PNEUMONIA])?);
    let prepared = prepare(data.collections(), &recognised.sources, &recipe, &Identifiers::Kept, 7, &|_| {})?;
    println!("{prepared}");
    println!("{}", prepared.certificate.sentence);

    let out = data.scratch().join("assembled");
    prepared.write(&out)?;
    let verified = verify(&out, Films::Recorded, &|_| {})?;
    println!("{} images read again, {} differences", verified.images, verified.differences.len());
    Ok(())
}
