//! The part of the stage `audit` that needs the trained model: changed test images go through it again, and the evidence of
//! its heat maps is measured.

use std::{collections::BTreeMap, path::PathBuf};

use ndarray::Array2;
use radiograph_classes::Class;
use radiograph_dataset::manifest::{Manifest, Row};
use radiograph_features::FeatureStore;
use radiograph_files::ContentHash;
use radiograph_gradcam::{
    HeatMap,
    measure::{Mask, Saliency},
};
use radiograph_image::ablate::{Ablated, Histogram, Region, ablate};
use radiograph_input::Ablation;
use radiograph_run::{
    ChangedImage, Inputs, Looked, LookedImage, Place, PlacedEvidence, Pointer, Progress, Stage, Stamp,
    write_json,
};
use rayon::prelude::*;
use tch::Tensor;

use super::{
    Pipeline,
    explain::{stored, with_features},
};
use crate::{
    Error, Frozen, Predictor,
    panel::BORDER,
    square::{self, Square, lung_mask},
};

/// Number of images that are changed at a time.
const AT_ONCE: usize = 32;

/// What a model says of some images.
struct Answers {
    /// The predicted class of each unchanged image.
    predicted: Vec<Class>,
    /// Probabilities by image, then by change.
    of_changes: Vec<Vec<Vec<f64>>>,
}

impl Pipeline<'_> {
    /// Puts changed test images through the recommended model and measures where its evidence lies: `looks.json`. Does nothing
    /// before a model is recommended, or if a setting switches it off.
    pub(super) fn look(&mut self) -> Result<(), Error> {
        let images = self.config().audit.as_ref().map_or(0, |section| section.changed_images);
        let Some(model) = self.run.recommended()?.filter(|model| images > 0 && model.baseline().is_none())
        else {
            return Ok(());
        };
        let manifest = self.run.manifest()?;
        let masks = self.lung_masks(&manifest)?;
        let name = model.name();
        let folder = self.folder().model(&name);
        let (path, predictions) = (folder.join(Looked::FILE), folder.join("predictions.csv"));
        self.run.require_predictions(&model)?;
        let frozen = Frozen::of(model.members()[0].network, self.config())?; // a model has members
        let stamp = format!("look-{name}");
        let mut inputs = Inputs::of(Stage::Audit)
            .add_value("images", &images)
            .add_value("ablations", &Ablation::ALL)
            .add_value("explanation", &self.config().explanation)
            .add_value("seed", &self.config().seed)
            .add_value("training", &self.run.training(&model)?)
            .add_value("features", &frozen.key())
            .add_file(&self.folder().manifest())?;
        for (id, file) in &masks {
            inputs = inputs.add_value("mask of", id).add_file(file)?;
        }
        let hash = match Stamp::is_valid(self.folder().path(), &stamp, inputs)? {
            Ok(()) => {
                self.run.skip(Stage::Audit, &name)?;
                return Ok(());
            }
            Err(hash) => hash,
        };
        let clock = self.run.start(Stage::Audit, &name)?;
        let looked = Looked {
            predictions: ContentHash::of_file(&predictions)?,
            classes: self.run.classes().names().map(str::to_owned).collect(),
            ablations: Ablation::ALL.to_vec(),
            images: self.looked(images, &manifest, &masks)?,
        };
        write_json(&path, &looked)?;
        Stamp::write(self.folder().path(), &stamp, hash, std::slice::from_ref(&path))?;
        Ok(self.run.finish(clock)?)
    }

    /// The lung masks of test images by id: those in the folder that the settings name, or beside the images.
    pub(super) fn lung_masks(&self, manifest: &Manifest) -> Result<BTreeMap<String, PathBuf>, Error> {
        let folder = self.config().audit.as_ref().and_then(|section| section.lung_masks.clone());
        let files = self.run.files()?;
        let mut masks = BTreeMap::new();
        for row in manifest.test() {
            if let Some(mask) = lung_mask(folder.as_deref(), &files.get(&row.id)?.file()) {
                masks.insert(row.id.to_string(), mask);
            }
        }
        Ok(masks)
    }

    fn looked(
        &mut self,
        most: usize,
        manifest: &Manifest,
        masks: &BTreeMap<String, PathBuf>,
    ) -> Result<Vec<LookedImage>, Error> {
        let predictor = Predictor::of_run(self.folder().path(), Some(self.device))?;
        let frozen = predictor.frozen();
        let store = self.store(frozen)?;
        let rows = self.drawn_test_images(manifest, &store, most)?;
        let files = self.run.files()?;
        let seen = |row: &Row| {
            let (file, id) = (files.get(&row.id)?.file(), row.id.to_string());
            let (stated, mask) = (manifest.stated(&row.id), masks.get(&id));
            Square::read(frozen, &file, row.content_hash, stated, mask.map(PathBuf::as_path))
        };
        let all = 2 * rows.len() as u64;
        let mut of_sources: BTreeMap<String, Vec<Histogram>> = BTreeMap::new();
        let mut done = 0;
        for chunk in rows.chunks(AT_ONCE) {
            let one = |row: &&Row| {
                let (film, stated) = (files.get(&row.id)?.file(), manifest.stated(&row.id));
                let seen = square::read(frozen, &film, row.content_hash, stated)?;
                Ok((row.origin(), Histogram::of(&seen.picture)))
            };
            let read = chunk.par_iter().map(one).collect::<Result<Vec<_>, Error>>()?;
            read.into_iter().for_each(|(source, of)| of_sources.entry(source).or_default().push(of));
            done += chunk.len() as u64;
            self.run.tell(Stage::Audit, Progress::Advanced { done, all, unit: "changed images" })?;
        }
        // Every source counts alike.
        let sources: Vec<Histogram> = of_sources.values().filter_map(Histogram::mean).collect();
        let Some(together) = Histogram::mean(&sources) else { return Ok(Vec::new()) };
        let mut looked = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(AT_ONCE) {
            let one = |row: &&Row| {
                let square = seen(row)?;
                let changed = Ablation::ALL.map(|of| ablate(&square.picture, of, &square.lungs, &together));
                Ok((square, changed.into_iter().collect::<Option<Vec<_>>>()))
            };
            let read = chunk.par_iter().map(one).collect::<Result<Vec<_>, Error>>()?;
            let (mut kept, mut changed) = (Vec::new(), Vec::new());
            for (row, (square, changes)) in chunk.iter().zip(read) {
                if let Some(reason) = &square.unused_mask {
                    self.run.say(Stage::Audit, &format!("{}: {reason}; its lungs are estimated", row.id))?;
                }
                match changes {
                    Some(changes) => {
                        kept.push(row);
                        changed.push((square, changes));
                    }
                    None => {
                        let sentence = format!("{}: nothing is left after a change; it is left out", row.id);
                        self.run.say(Stage::Audit, &sentence)?;
                    }
                }
            }
            if !kept.is_empty() {
                let maps = kept.iter().map(|row| stored(&store, manifest.picture(row), self.device));
                let maps = maps.collect::<Result<Vec<_>, Error>>()?;
                let unchanged = Tensor::f_cat(&maps, 0).map_err(|error| Error::libtorch(&error))?;
                let Answers { predicted, of_changes } = self.answers(&predictor, &unchanged, &changed)?;
                let explanations = predictor.explanations(&unchanged, predicted)?;
                let of_each = kept.into_iter().zip(changed).zip(of_changes).zip(explanations);
                for (((row, (square, changed)), answers), explanation) in of_each {
                    looked.push(LookedImage {
                        id: row.id.to_string(),
                        masked: square.masked,
                        changed: changed
                            .into_iter()
                            .zip(answers)
                            .map(|(changed, probabilities)| ChangedImage {
                                removed: changed.removed,
                                probabilities,
                            })
                            .collect(),
                        evidence: placed(Pointer::Model, &explanation.map, &square)?,
                    });
                }
            }
            done += chunk.len() as u64;
            self.run.tell(Stage::Audit, Progress::Advanced { done, all, unit: "changed images" })?;
        }
        Ok(looked)
    }

    /// The predicted class of each of the maps `unchanged`, and the probabilities of each change of each image. The heads read all
    /// maps at once: their weights are larger than any cache.
    fn answers(
        &self,
        predictor: &Predictor,
        unchanged: &Tensor,
        changed: &[(Square, Vec<Ablated>)],
    ) -> Result<Answers, Error> {
        let frozen = predictor.frozen();
        let [channels, height, width] = frozen.input_shape().map(|side| side as i64);
        let pictures = changed.iter().flat_map(|(_, changed)| changed).collect::<Vec<_>>();
        let inputs: Vec<f32> =
            pictures.par_iter().flat_map_iter(|of| frozen.input_of_square(&of.picture)).collect();
        let batch =
            || Tensor::f_from_slice(&inputs)?.f_view([pictures.len() as i64, channels, height, width]);
        let features = predictor.features(&batch().map_err(|error| Error::libtorch(&error))?)?;
        let together = Tensor::f_cat(&[unchanged, &features], 0).map_err(|error| Error::libtorch(&error))?;
        let answers = predictor.plain(&together)?;
        let predicted = (0..changed.len()).map(|row| answers.predicted(row)).collect::<Result<_, _>>()?;
        let probabilities: Vec<Vec<f64>> = answers.rows().skip(changed.len()).map(<[f64]>::to_vec).collect();
        let each = probabilities.chunks(Ablation::ALL.len()).map(<[Vec<f64>]>::to_vec);
        Ok(Answers { predicted, of_changes: each.collect() })
    }

    /// Up to `most` test images, drawn with the seed, in the order of the manifest.
    fn drawn_test_images<'m>(
        &self,
        manifest: &'m Manifest,
        store: &FeatureStore,
        most: usize,
    ) -> Result<Vec<&'m Row>, Error> {
        let seed = self.config().seed;
        let mut rows: Vec<(usize, &Row)> = with_features(manifest, store)?.into_iter().enumerate().collect();
        rows.sort_by_cached_key(|(_, row)| {
            ContentHash::of_bytes(format!("look {seed} {}", row.id).as_bytes()).to_string()
        });
        rows.truncate(most);
        rows.sort_by_key(|(place, _)| *place);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }
}

/// Shares of the evidence of a heat map in each part of the picture that the network saw.
pub(super) fn placed(of: Pointer, map: &HeatMap, square: &Square) -> Result<Vec<PlacedEvidence>, Error> {
    let (width, height) = square.lungs.size();
    let (width, height) = (width as usize, height as usize);
    let saliency = Saliency::new(map, height, width).ok(); // none for an empty map
    let parts = [
        (Place::Lungs, mask(&square.lungs)),
        (Place::Border, Mask::border_ring(height, width, BORDER)?),
        (Place::OutsideBody, square.outside_body()),
    ];
    let share = |(place, mask): (Place, Mask)| {
        let mass = saliency.as_ref().map(|saliency| saliency.mass_inside(&mask)).transpose()?;
        Ok(PlacedEvidence { of, place, mass, area: mask.share() })
    };
    parts.into_iter().map(share).collect()
}

fn mask(region: &Region) -> Mask {
    let (width, height) = region.size();
    let marked = region.marked();
    Mask::new(Array2::from_shape_fn((height as usize, width as usize), |(row, column)| {
        marked[row * width as usize + column]
    }))
}
