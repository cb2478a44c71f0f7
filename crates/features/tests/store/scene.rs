//! Fixtures: synthetic features derived from their identifiers, so that any test can check any of them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use radiograph_features::{
    Element, ExtractionKey, FeatureError, FeatureId, Part, StoreDescription, StoreWriter,
};
use radiograph_files::ContentHash;

pub(crate) const SHAPE: [usize; 3] = [8, 3, 3];
pub(crate) const VALUES: usize = 72;

pub(crate) fn key() -> ExtractionKey {
    ExtractionKey {
        backbone: "vgg19".to_owned(),
        weights: ContentHash::of_bytes(b"weights"),
        preprocessing: r#"{"size":224,"filter":"bilinear"}"#.to_owned(),
        lineage: "torchvision".to_owned(),
        precision: Element::F32,
        computation: None,
    }
}

pub(crate) fn description(element: Element) -> StoreDescription {
    StoreDescription::new(ExtractionKey { precision: element, ..key() }, SHAPE).unwrap()
}

/// Image number `number` of a list.
pub(crate) fn image(number: usize) -> FeatureId {
    FeatureId::plain(ContentHash::of_bytes(format!("image {number}").as_bytes()))
}

pub(crate) fn images(count: usize) -> Vec<FeatureId> {
    (0..count).map(image).collect()
}

/// The feature map of an image: its hash, byte by byte, as multiples of 1/8, which f16 holds exactly.
pub(crate) fn map(id: FeatureId) -> Vec<f32> {
    let bytes = id.image.as_bytes().iter().cycle().take(VALUES);
    bytes.map(|&byte| f32::from(byte) / 8.0 + id.variant as f32).collect()
}

pub(crate) fn maps(ids: &[FeatureId]) -> Vec<f32> {
    ids.iter().flat_map(|&id| map(id)).collect()
}

/// Makes all planned shards.
pub(crate) fn fill(writer: &mut StoreWriter, wanted: &[FeatureId]) -> Result<usize, FeatureError> {
    let plan = writer.plan(wanted.iter().copied());
    for shard in &plan.shards {
        writer.write(shard, &maps(shard))?;
    }
    Ok(plan.len())
}

/// A store of the first `count` images.
pub(crate) fn store(folder: &Path, count: usize) -> PathBuf {
    let mut writer = StoreWriter::open(folder, &description(Element::F32), Part::WHOLE).unwrap();
    assert_eq!(fill(&mut writer, &images(count)).unwrap(), count);
    folder.to_owned()
}

/// Every file below a folder except locks, by name.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for below in ["", "index/"] {
        for entry in fs::read_dir(folder.join(below)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{below}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_file() && !name.ends_with(".lock") {
                files.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

/// The paths of all shards, sorted.
pub(crate) fn shards(folder: &Path) -> Vec<PathBuf> {
    let names = files(folder).into_keys().filter(|name| name.ends_with(".safetensors"));
    names.map(|name| folder.join(name)).collect()
}

/// The list of a shard.
pub(crate) fn list_of(shard: &Path) -> PathBuf {
    let name = shard.file_stem().unwrap().to_str().unwrap();
    shard.parent().unwrap().join("index").join(format!("{name}.json"))
}
