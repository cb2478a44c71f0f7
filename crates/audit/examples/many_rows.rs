//! Measures the probes that need no pixels on as many images as NIH ChestX-ray14 has: 112,120 of 30,805 patients.
//!
//! `cargo run --release -p radiograph-audit --example many_rows -- 112120`. Without a number, 1,000 images show the form.

#![allow(clippy::print_stdout, reason = "a program")]

use std::{collections::BTreeMap, time::Instant};

use radiograph_audit::{Audit, Image, Part, Published, Settings, Table};
use radiograph_classes::Classes;
use radiograph_random::Stream;

/// Images of a patient in the collection that gives the number of images, on average.
const IMAGES_OF_A_PATIENT: f64 = 112_120.0 / 30_805.0;
/// Sizes, formats and scanners that a class has somewhat more often than the others.
const SIDES: [u32; 4] = [1024, 2048, 2500, 512];
const FORMATS: [&str; 3] = ["PNG", "JPEG", "DICOM"];
const MAKERS: [&str; 4] = ["Agfa", "Fujifilm", "Philips", "Siemens"];

fn image(number: usize, classes: &[&str], random: &mut Stream) -> Image {
    let class = number % classes.len();
    // One in five values follows the class.
    let mut pick = |count: usize| {
        if random.below(5) == 0 { class % count } else { random.below(count) }
    };
    let side = SIDES[pick(SIDES.len())];
    let (format, maker, source) = (FORMATS[pick(FORMATS.len())], MAKERS[pick(MAKERS.len())], pick(6));
    let cluster = (number as f64 / IMAGES_OF_A_PATIENT) as usize;
    Image {
        class: classes[class].to_owned(),
        cluster: format!("patient {cluster}"),
        source: format!("hospital {source}"),
        part: if cluster.is_multiple_of(5) { Part::Test } else { Part::Training },
        fields: BTreeMap::new(),
        published: Published {
            size: Some((side, side + 8 * pick(64) as u32)),
            bits: Some([8, 12, 16][pick(3)]),
            colour: Some("L".to_owned()),
            format: Some(format.to_owned()),
            bytes: Some(u64::from(side) * (400 + pick(400) as u64)),
            tags: BTreeMap::from([("Manufacturer".to_owned(), maker.to_owned())]),
        },
        picture: None,
        features: None,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count = std::env::args().nth(1).map_or(Ok(1_000), |text| text.parse::<usize>())?;
    let names = ["COVID-19", "normal", "pneumonia"];
    let mut random = Stream::new(7, "many rows");
    let images = (0..count).map(|number| image(number, &names, &mut random)).collect();
    let table = Table::new(&Classes::new(names)?, images)?;
    let start = Instant::now();
    let audit = Audit::of(&table, None, &Settings::default())?;
    println!("{count} images in {:.1} s: {}", start.elapsed().as_secs_f64(), audit.sentence);
    Ok(())
}
