//! Uses every crate that needs no libtorch once, as an external project would.

use radiograph_classes::{COVID_19, Classes, NORMAL};
use radiograph_dataset::recipe::Recipe;
use radiograph_features::{
    Element, ExtractionKey, FeatureId, FeatureStore, Part, StoreDescription, StoreWriter,
};
use radiograph_files::ContentHash;
use radiograph_image::preprocess::Preprocess;
use radiograph_input::Normalisation;
use radiograph_metrics::{Level, Metric, Predictions, Proportion};
use radiograph_phantoms::{Finding, Phantom};
use radiograph_report::Report;
use radiograph_same_picture::{Fingerprint, Search, find};
use radiograph_weights::WeightsRecord;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let classes = Classes::new(["covid", "normal"])?;
    println!("classes: {}", classes.names().collect::<Vec<_>>().join(", "));

    let film = Phantom { seed: 1, patient: 1, film: 0, finding: Finding::None, bedside: false };
    let picture = film.draw(256).picture;
    let prints = ["film", "its copy"].map(|name| {
        Fingerprint::of_picture(ContentHash::of_bytes(name.as_bytes()), picture.clone())
    });
    let pairs = find(&prints, &Search::default())?;
    println!("phantoms and same-picture: {} pair of {} films", pairs.len(), prints.len());

    let input = Preprocess { normalisation: Normalisation::Tf, ..Preprocess::default() }.check()?.apply(picture);
    println!("image and input: a drawn film as {:?}", input.dim());

    let recipe = Recipe::trustworthy(Classes::new([COVID_19, NORMAL])?);
    println!("dataset: recipe {}", recipe.name);

    let key = ExtractionKey {
        backbone: "identity".to_owned(),
        weights: ContentHash::of_bytes(b"none"),
        preprocessing: "default".to_owned(),
        lineage: "none".to_owned(),
        precision: Element::F32,
        computation: None,
    };
    let (channels, height, width) = input.dim();
    let description = StoreDescription::new(key, [channels, height, width])?;
    let folder = std::env::temp_dir().join(format!("radiograph-outside-{}", std::process::id()));
    let image = FeatureId::plain(ContentHash::of_bytes(b"film 1"));
    let values: Vec<f32> = input.iter().copied().collect();
    StoreWriter::open(&folder, &description, Part::WHOLE)?.write(&[image], &values)?;
    let mut read = vec![0.0; values.len()];
    FeatureStore::open(&folder)?.read(&[image], &mut read)?;
    std::fs::remove_dir_all(&folder)?;
    println!("features: read back as written: {}", read == values);

    let table = "label,p_covid,p_normal\ncovid,0.9,0.1\ncovid,0.4,0.6\nnormal,0.2,0.8\nnormal,0.1,0.9\n";
    let predictions = Predictions::read_csv(table.as_bytes(), Some(&classes))?;
    let share = Proportion::new(3, 4)?.wilson(Level::NINETY_FIVE)?;
    println!(
        "metrics: accuracy {}, interval {:.4} to {:.4}",
        Metric::Accuracy.of(&predictions)?,
        share.low,
        share.high
    );

    let refused = serde_json::from_str::<Report>("{}").unwrap_err();
    println!("report: {refused}");
    let record =
        WeightsRecord::published().into_iter().find(|record| record.architecture.name() == "inception_v3");
    println!("weights: a record of inception_v3: {}", record.is_some());
    Ok(())
}
