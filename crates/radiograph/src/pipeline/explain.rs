//! The stage `explain`: draws and measures heat maps of some test images of each class.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use radiograph_classes::{Class, Classes};
use radiograph_dataset::manifest::{Manifest, Row};
use radiograph_features::{FeatureId, FeatureStore, Part};
use radiograph_files::{ContentHash, create_folder};
use radiograph_gradcam::{
    ClassChoice, Explainer, Explanation, Target,
    draw::{CAPTION_HEIGHT, Caption},
};
use radiograph_head::{Head, Model};
use radiograph_image::Stated;
use radiograph_libtorch::Device;
use radiograph_metrics::Predictions;
use radiograph_run::{
    Explained, Inputs, Progress, ScoredModel, Stage, Stamp, read_json, read_predictions, write_json,
};
use tch::Tensor;

use super::Pipeline;
use crate::{
    Error, Frozen, Shown,
    panel::{self, Measured, PANEL_SIDE, file_name},
};

impl Pipeline<'_> {
    /// Draws and measures heat maps of some test images of each class, for every model that may be recommended. Returns the
    /// explained images of each model by name.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] if an earlier stage did not run; [`Error::Gradcam`], [`Error::Head`], [`Error::Image`], and an
    /// interruption.
    pub fn explain(&mut self) -> Result<BTreeMap<String, Vec<Explained>>, Error> {
        self.explain_part(Part::WHOLE)
    }

    /// Like [`explain`](Self::explain), for a share of the models: each is one piece of the work.
    ///
    /// # Errors
    ///
    /// As [`explain`](Self::explain).
    pub fn explain_part(&mut self, part: Part) -> Result<BTreeMap<String, Vec<Explained>>, Error> {
        let mut explained = BTreeMap::new();
        let models: Vec<ScoredModel> = part.of(self.config().explained_models()).collect();
        if models.is_empty() {
            return Ok(explained);
        }
        let manifest = self.run.manifest()?;
        for model in models {
            let frozen = Frozen::of(model.members()[0].network, self.config())?; // a model has members
            explained.insert(model.name(), self.explain_model(&model, &frozen, &manifest)?);
        }
        Ok(explained)
    }

    pub(super) fn explain_model(
        &mut self,
        model: &ScoredModel,
        frozen: &Frozen,
        manifest: &Manifest,
    ) -> Result<Vec<Explained>, Error> {
        let name = model.name();
        let folder = self.folder().model(&name);
        let explained_model = self.explained_folder(&self.folder().model(&model.members()[0].name()));
        let stamp = format!("explain-{name}");
        let inputs = Inputs::of(Stage::Explain)
            .add_value("explanation", &self.config().explanation)
            .add_value("seed", &self.config().seed)
            .add_value("training", &self.run.training(model)?)
            .add_value("features", &frozen.key())
            .add_file(&explained_model.join("model.json"))?
            .add_file(&self.folder().manifest())?;
        self.run.require_predictions(model)?;
        let hash = match Stamp::is_valid(self.folder().path(), &stamp, inputs)? {
            Ok(()) => {
                self.run.skip(Stage::Explain, &name)?;
                return Ok(read_json(&folder.join("explanations.json"))?);
            }
            Err(hash) => hash,
        };
        let clock = self.run.start(Stage::Explain, &name)?;
        let store = self.store(frozen)?;
        let classes = self.run.classes().clone();
        let trained = Model::load(&explained_model, store.key(), &classes, self.device)?;
        let explainer = Explainer::new(&classes, |features: &Tensor| trained.head().explained(features));
        let rows = self.chosen(manifest, &store)?;
        let files = self.run.files()?;
        let answers = Answers::read(&folder.join("predictions.csv"), &classes)?;
        let panels = folder.join("gradcam");
        create_folder(&panels)?;
        let (method, quantity) = (self.config().explanation.method, self.config().explanation.quantity);
        let words = format!("{method} of the {}", quantity.name());
        let mut explained = Vec::with_capacity(rows.len());
        let mut outputs = vec![folder.join("explanations.json")];
        let all = rows.len() as u64;
        for (done, row) in (1..).zip(rows) {
            let features = stored(&store, manifest.picture(row), self.device)?;
            let (class, probability) = answers.of(&row.id.to_string())?;
            let target = Target { quantity, class: ClassChoice::One(class.clone()) };
            let mut explanation = explainer.explain(&features, method, &target)?.remove(0); // one in, one out
            // In an ensemble the map is that of one model, and the explained answer that of all.
            (explanation.predicted, explanation.probability) = (class, probability);
            let panel = panels.join(format!("{}.png", file_name(&row.id.to_string())));
            let film = files.get(&row.id)?.file();
            let film = (film.as_path(), manifest.stated(&row.id));
            explained.push(draw(frozen, row, film, &explanation, &words, &panel, &folder)?);
            outputs.push(panel);
            self.run.tell(Stage::Explain, Progress::Advanced { done, all, unit: "images" })?;
        }
        write_json(&outputs[0], &explained)?;
        Stamp::write(self.folder().path(), &stamp, hash, &outputs)?;
        self.run.finish(clock)?;
        Ok(explained)
    }

    /// Folder of the explained model: the tested one or, in a mean of folds, the one with the largest weight.
    pub(super) fn explained_folder(&self, folder: &Path) -> PathBuf {
        match self.config().training.tested_model.heaviest_fold() {
            Some(fold) => folder.join(format!("fold-{fold}")),
            None => folder.to_owned(),
        }
    }

    /// Test images of each class, drawn with the seed and independent of their classification.
    fn chosen<'m>(&self, manifest: &'m Manifest, store: &FeatureStore) -> Result<Vec<&'m Row>, Error> {
        let (seed, images) = (self.config().seed, self.config().explanation.images_per_class);
        let mut chosen = Vec::new();
        let test = with_features(manifest, store)?;
        for class in self.run.classes().names() {
            let of_class = |row: &&Row| row.class.as_ref().is_some_and(|of| of.as_str() == class);
            let mut rows: Vec<&Row> = test.iter().copied().filter(of_class).collect();
            rows.sort_by_cached_key(|row| {
                ContentHash::of_bytes(format!("explain {seed} {}", row.id).as_bytes()).to_string()
            });
            rows.truncate(images);
            chosen.extend(rows);
        }
        Ok(chosen)
    }
}

/// The test images that have features, in the order of the manifest.
pub(super) fn with_features<'m>(manifest: &'m Manifest, store: &FeatureStore) -> Result<Vec<&'m Row>, Error> {
    let mut rows = Vec::new();
    for row in manifest.test() {
        if store.contains(FeatureId::plain(manifest.picture(row)))? {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The predictions of a model or an ensemble for the test images.
struct Answers {
    path: PathBuf,
    predictions: Predictions,
    places: HashMap<String, usize>,
}

impl Answers {
    fn read(path: &Path, classes: &Classes) -> Result<Self, Error> {
        let predictions = read_predictions(path, classes)?;
        let ids = predictions.ids().unwrap_or_default();
        let places = ids.iter().enumerate().map(|(place, id)| (id.clone(), place)).collect();
        Ok(Self { path: path.to_owned(), predictions, places })
    }

    /// The predicted class of an image and its probability.
    fn of(&self, id: &str) -> Result<(Class, f64), Error> {
        let missing = || Error::damaged(&self.path, format!("it has no row of {id}"));
        let &place = self.places.get(id).ok_or_else(missing)?;
        let class = self.predictions.predicted(place);
        let probability = self.predictions.probabilities().values()[[place, class.index()]];
        Ok((class, probability))
    }
}

/// The feature map of one image, `[1, C, H, W]`.
pub(super) fn stored(store: &FeatureStore, image: ContentHash, device: Device) -> Result<Tensor, Error> {
    let [channels, height, width] = store.shape();
    let mut values = vec![0.0_f32; channels * height * width];
    store.read(&[FeatureId::plain(image)], &mut values)?;
    let shape = [1, channels as i64, height as i64, width as i64];
    let tensor = || Tensor::f_from_slice(&values)?.f_view(shape)?.f_to_device(device.to_tch());
    tensor().map_err(|error| Error::libtorch(&error))
}

fn draw(
    frozen: &Frozen,
    row: &Row,
    (film, stated): (&Path, Stated),
    explanation: &Explanation,
    words: &str,
    panel: &Path,
    folder: &Path,
) -> Result<Explained, Error> {
    let shown = Shown::read(film, row.content_hash, stated, Some(frozen.steps()))?.at_most(PANEL_SIDE);
    let truth = row.class.as_ref().map(ToString::to_string).unwrap_or_default();
    let (id, source) = (row.id.to_string(), row.origin());
    let caption = Caption { image: &id, source: &source, truth: Some(&truth), method: words };
    let tiles = panel::draw(&shown, explanation, caption, panel)?;
    let Measured { nothing, in_border, border_share, outside_body, outside_share } =
        Measured::of(&shown, explanation)?;
    Ok(Explained {
        id,
        source,
        truth,
        predicted: explanation.predicted.name().to_owned(),
        probability: explanation.probability,
        panel: panel.strip_prefix(folder).unwrap_or(panel).to_owned(),
        nothing,
        in_border,
        border_share,
        outside_body,
        outside_share: Some(outside_share),
        caption_height: CAPTION_HEIGHT,
        tiles: tiles.to_vec(),
    })
}
