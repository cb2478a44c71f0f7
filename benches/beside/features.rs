//! From image files to a store of features.

use std::{
    fs,
    path::{Path, PathBuf},
};

use radiograph_backbone::{
    Backbone, Facts, Form,
    extraction::{Extraction, ExtractionSettings, Input, Pixels, extraction_key},
};
use radiograph_features::{FeatureId, FeatureStore, Part, StoreDescription};
use radiograph_files::ContentHash;
use radiograph_image::{
    Limits, decode_gray,
    preprocess::{Preprocess, Preprocessor},
    read_file,
};
use radiograph_input::Normalisation;
use radiograph_libtorch::DeviceKind;
use tch::Tensor;

use crate::{Outcome, Work, networks, unknown};

const SIDE: usize = 224;
/// Images of a batch, here and in the scripts.
const BATCH: usize = 8;

pub(crate) struct Files {
    backbone: Backbone,
    preprocessor: Preprocessor,
    files: Vec<PathBuf>,
}

impl Files {
    /// Reads `weights.safetensors` and the paths in `files.txt`, writes the maps of the first files to `maps.safetensors`.
    pub(crate) fn prepare(folder: &Path, words: &[&str]) -> Outcome<Self> {
        let steps = Preprocess { normalisation: Normalisation::Torch, ..Preprocess::default() };
        let files = paths(folder)?;
        let work = Self { backbone: networks::load(folder, words)?, preprocessor: steps.check()?, files };
        let first = &work.files[..BATCH.min(work.files.len())];
        let place = tempfile::tempdir()?;
        let (_, ids) = work.extract(first, place.path())?;
        let store = FeatureStore::open(place.path())?;
        let [channels, height, width] = work.feature_shape()?;
        let mut values = vec![0.0; ids.len() * channels * height * width];
        store.read(&ids, &mut values)?;
        let shape = [ids.len(), channels, height, width].map(|side| side as i64);
        let maps = Tensor::from_slice(&values).view(shape);
        Tensor::write_safetensors(&[("maps", maps)], folder.join("maps.safetensors"))?;
        Ok(work)
    }

    fn feature_shape(&self) -> Outcome<[usize; 3]> {
        let shape = Facts::of(self.backbone.architecture()).feature_shape(SIDE as i64, SIDE as i64)?;
        Ok(shape.map(|side| side as usize))
    }

    /// Stores the features of these files in the folder. The seconds do not include the loading of the network.
    fn extract(&self, files: &[PathBuf], to: &Path) -> Outcome<(f64, Vec<FeatureId>)> {
        let key = extraction_key(
            self.backbone.architecture(),
            self.backbone.lineage(),
            Form::default(),
            self.backbone.identity(),
            DeviceKind::Cpu,
            "beside",
        );
        let description = StoreDescription::new(key, self.feature_shape()?)?;
        let mut extraction = Extraction::open(to, &description, Part::WHOLE)?;
        let mut ids = Vec::new();
        for path in files {
            ids.push(FeatureId::plain(ContentHash::of_file(path)?));
        }
        let preprocessor = &self.preprocessor;
        let inputs =
            files.iter().zip(&ids).map(|(path, id)| Input::new("", *id, move || pixels(preprocessor, path)));
        let settings = ExtractionSettings::new([3, SIDE, SIDE]).with_batch(BATCH);
        let report = extraction.run(inputs, || Ok(vec![self.backbone.clone()]), &settings, |_| {})?;
        if (report.extracted, report.failures.len()) != (files.len(), 0) {
            return Err(format!("{} of {} images were extracted", report.extracted, files.len()).into());
        }
        Ok((report.duration.as_secs_f64(), ids))
    }
}

impl Work for Files {
    fn perform(&mut self, piece: &str) -> Outcome<f64> {
        match piece {
            "store" => Ok(self.extract(&self.files, tempfile::tempdir()?.path())?.0),
            _ => unknown(piece),
        }
    }
}

/// The paths in `files.txt`, one a line.
pub(crate) fn paths(folder: &Path) -> Outcome<Vec<PathBuf>> {
    Ok(fs::read_to_string(folder.join("files.txt"))?.lines().map(PathBuf::from).collect())
}

fn pixels(preprocessor: &Preprocessor, path: &Path) -> Outcome<Pixels> {
    let limits = Limits::default();
    let bytes = read_file(path, &limits)?;
    let input = preprocessor.apply(decode_gray(&bytes, &limits)?);
    let content = ContentHash::of_bytes(&bytes);
    Ok(Pixels { content, shape: [3, SIDE, SIDE], values: input.into_raw_vec_and_offset().0 })
}
