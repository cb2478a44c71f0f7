//! Feature maps are stored once, read in any order, and never mixed with those of other settings.
//!
//! `cargo run -p radiograph-examples --no-default-features --example features`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use radiograph_features::{
    Element, ExtractionKey, FeatureId, FeatureStore, Part, StoreDescription, StoreWriter,
};
use radiograph_files::ContentHash;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = ExtractionKey {
        backbone: "tiny".to_owned(),
        weights: ContentHash::of_bytes(b"weights"),
        preprocessing: "none".to_owned(),
        lineage: "keras".to_owned(),
        precision: Element::F32,
        computation: None,
    };
    let images = [b"first image", b"other image"].map(|bytes| FeatureId::plain(ContentHash::of_bytes(bytes)));
    let folder = tempfile::tempdir()?;
    let store = folder.path().join(key.folder_name());

    // Two images of two channels on one cell each.
    let description = StoreDescription::new(key.clone(), [2, 1, 1])?;
    StoreWriter::open(&store, &description, Part::WHOLE)?.write(&images, &[1.0, 2.0, 3.0, 4.0])?;

    let features = FeatureStore::open_for(&store, &key)?;
    let mut maps = vec![0.0; 4];
    features.read(&[images[1], images[0]], &mut maps)?;
    println!("{} maps of {:?}; the second, then the first: {maps:?}", features.len(), features.shape());

    let other = ExtractionKey { preprocessing: "another".to_owned(), ..key };
    if let Err(error) = FeatureStore::open_for(&store, &other) {
        println!("{error}");
    }
    Ok(())
}
