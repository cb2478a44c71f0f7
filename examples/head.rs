//! A recurrent head learns to tell two kinds of feature maps apart.
//!
//! `cargo run -p radiograph-examples --example head`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::ops::ControlFlow;

use radiograph_classes::Classes;
use radiograph_features::{Element, ExtractionKey};
use radiograph_files::ContentHash;
use radiograph_head::{
    Cohort, FeatureShape, Feed, HeadConfig, InMemory, LabelledImage, Preset, Protocol, Reading, Recurrence,
    Schedule, Subset, TrainingProgress, run_protocol,
};
use radiograph_libtorch::Device;
use radiograph_weights::Architecture;

const IMAGES: usize = 48;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let classes = Classes::new(["dark", "bright"])?;
    let shape = FeatureShape { channels: 3, height: 2, width: 2 };
    let class = |image: usize| if image.is_multiple_of(2) { "dark" } else { "bright" };

    // Bright maps are larger by one half, under a pattern that repeats.
    let value =
        |image: usize, place: usize| (image % 2) as f32 * 0.5 + ((image * 7 + place * 3) % 10) as f32 / 10.0;
    let values =
        (0..IMAGES).flat_map(|image| (0..shape.len()).map(move |place| value(image, place))).collect();
    let features = InMemory::new(shape, values)?;

    let images = (0..IMAGES).map(|image| LabelledImage {
        id: format!("{image}"),
        cluster: format!("{image}"),
        source: "example".to_owned(),
        class: class(image).to_owned(),
        image: ContentHash::of_bytes(&image.to_le_bytes()),
        subset: match image / 2 % 3 {
            0 => Subset::Test,
            fold => Subset::Training { fold: Some(fold as u32), validates: true },
        },
    });
    let cohort = Cohort::new(&classes, images.collect())?;

    // The preset's protocol, with a small head and few epochs.
    let network = Architecture::VGG19;
    let mut protocol = Protocol::preset(Preset::Trustworthy, network, shape, &cohort, 7);
    let Reading::Recurrent(recurrence) = protocol.head.reading else {
        return Err("the preset's head is not recurrent".into());
    };
    let reading = Reading::Recurrent(Recurrence { units: 8, ..recurrence });
    protocol.head = HeadConfig { reading, dense: vec![8], ..protocol.head };
    (protocol.training.epochs, protocol.training.batch) = (40, 8);
    protocol.training.schedule = Schedule::Constant { rate: 0.02 };
    protocol.head.dropout = None;
    println!("{} parameters, {} folds", protocol.head.trained_parameters()?, protocol.folds);

    let key = ExtractionKey {
        backbone: network.to_string(),
        weights: ContentHash::of_bytes(b"none"),
        preprocessing: "none".to_owned(),
        lineage: "none".to_owned(),
        precision: Element::F32,
        computation: None,
    };
    let feed = Feed::new(&features, Device::CPU, 1 << 20)?;
    let folder = tempfile::tempdir()?;
    let watch = &mut |_: TrainingProgress<'_>| ControlFlow::Continue(());
    let record = run_protocol(&protocol, &cohort, &feed, &key, folder.path(), watch)?.ok_or("interrupted")?;
    for fold in &record.folds {
        println!("fold {}: best epoch {}, accuracy {:.2}", fold.number, fold.best_epoch, fold.best.accuracy);
    }
    print!("{}", std::fs::read_to_string(folder.path().join("predictions.csv"))?);
    Ok(())
}
