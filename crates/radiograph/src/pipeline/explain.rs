//! Models and stored features → heat maps of test images, drawn and measured.

use std::{collections::HashMap, path::PathBuf};

use radiograph_classes::{Class, Classes};
use radiograph_dataset::manifest::{Manifest, Row};
use radiograph_features::{FeatureId, FeatureStore};
use radiograph_files::{ContentHash, write_bytes};
use radiograph_gradcam::{
    ClassChoice, Evidence, Explainer, Explanation, Target,
    draw::{Caption, ColourMap, Panel},
    measure::{Mask, Saliency},
};
use radiograph_head::{Mode, Model, TestedModel};
use radiograph_libtorch::Device;
use radiograph_metrics::Predictions;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{
    ModelKind, Pipeline,
    evaluate::{read_json, write_json},
};
use crate::{
    Error, Frozen, Progress, Shown, Stage,
    run::{Inputs, Stamp},
    scoring::read_predictions,
};

/// Pixels of the longer side of a panel's tile.
const TILE: u32 = 320;
/// Share of each side that counts as the border.
const BORDER: f64 = 0.1;

/// One explained image, as `explanations.json` lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The image.
    pub id: String,
    /// The collection it comes from.
    pub source: String,
    /// Its true class.
    pub truth: String,
    /// The class with the highest score, which is explained.
    pub predicted: String,
    /// Its probability.
    pub probability: f64,
    /// The panel's file, below the model's folder.
    pub panel: PathBuf,
    /// Why the map shows nothing, if it does not.
    pub nothing: Option<String>,
    /// Share of the evidence in the outer tenth of the image, where no lung is.
    pub in_border: Option<f64>,
    /// The share of the image that this border is: what an even map would score.
    pub border_share: f64,
    /// Share of the evidence outside the body.
    pub outside_body: Option<f64>,
}

impl Pipeline<'_> {
    /// The stage `explain`: panels of some test images of each class, for every recurrent head.
    ///
    /// # Errors
    ///
    /// [`Error::Gradcam`], [`Error::Head`], [`Error::Dataset`] and [`Error::Interrupted`].
    pub fn explain(&mut self, manifest: &Manifest) -> Result<(), Error> {
        if self.config.explanation.images_per_class == 0 {
            return Ok(());
        }
        for model in self.models().into_iter().filter(|model| !model.baseline) {
            let frozen = Frozen::of(model.network, &self.config)?;
            self.explain_model(model, &frozen, manifest)?;
        }
        Ok(())
    }

    fn explain_model(&mut self, model: ModelKind, frozen: &Frozen, manifest: &Manifest) -> Result<(), Error> {
        let name = model.name();
        let folder = self.folder.model(&name);
        let stamp = format!("explain-{name}");
        let inputs = Inputs::new()
            .add_value("explanation", &self.config.explanation)
            .add_value("seed", &self.config.seed)
            .add_value("training", &self.record(model)?)
            .add_file(&self.folder.manifest())?;
        let hash = match Stamp::is_valid(self.folder.path(), &stamp, inputs)? {
            Ok(()) => return self.skip(Stage::Explain, &name),
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Explain, &name)?;
        let store = FeatureStore::open_for(&self.store_folder(frozen), &frozen.key())?;
        let trained = Model::load(&self.tested_folder(&folder), store.key(), &self.classes, self.device)?;
        let classes = self.classes.clone();
        let explainer =
            Explainer::new(&classes, |features: &Tensor| trained.head().forward(features, Mode::Evaluate));
        let rows = self.chosen(manifest, &store);
        let answers = Answers::read(&folder.join("predictions.csv"), &classes)?;
        let panels = folder.join("gradcam");
        radiograph_files::create_folder(&panels)?;
        let (method, quantity) = (self.config.explanation.method, self.config.explanation.quantity);
        let words = format!(
            "{method} of the {}",
            serde_json::to_value(quantity)
                .ok()
                .and_then(|value| value.as_str().map(str::to_owned))
                .unwrap_or_default()
        );
        let mut explained = Vec::with_capacity(rows.len());
        let mut outputs = vec![folder.join("explanations.json")];
        let all = rows.len() as u64;
        for (done, row) in (1..).zip(rows) {
            let features = stored(&store, row.content_hash, self.device)?;
            let (class, probability) = answers.of(&row.id.to_string())?;
            let target = Target { quantity, class: ClassChoice::One(class.clone()) };
            let mut explanation = explainer.explain(&features, method, &target)?.remove(0); // one in, one out
            // Of several models the map is one's, and the answer that it explains is that of all.
            (explanation.predicted, explanation.probability) = (class, probability);
            let file = panels.join(format!("{}.png", file_name(&row.id.to_string())));
            explained.push(draw(frozen, row, &explanation, &words, &file, &folder)?);
            outputs.push(file);
            self.tell(Stage::Explain, Progress::Advanced { done, all, unit: "images" })?;
        }
        write_json(&outputs[0], &explained)?;
        Stamp::write(self.folder.path(), &stamp, hash, &outputs)?;
        self.finish(clock)
    }

    /// Where the model lies that is explained: the tested one, or of several the one with the largest weight.
    fn tested_folder(&self, folder: &std::path::Path) -> PathBuf {
        match &self.config.training.tested {
            TestedModel::Refit | TestedModel::RefitForMedianBest => folder.to_owned(),
            TestedModel::WeightedFolds(weights) => {
                let largest =
                    (0..weights.len()).max_by(|a, b| weights[*a].total_cmp(&weights[*b])).unwrap_or(0);
                folder.join(format!("fold-{}", largest + 1))
            }
        }
    }

    /// Test images of each class, drawn by the seed and not by how well they are classified.
    fn chosen<'m>(&self, manifest: &'m Manifest, store: &FeatureStore) -> Vec<&'m Row> {
        let mut chosen = Vec::new();
        for class in self.classes.names() {
            let of_class = |row: &&Row| {
                row.class.as_ref().is_some_and(|of| of.as_str() == class)
                    && store.contains(FeatureId::plain(row.content_hash))
            };
            let mut rows: Vec<&Row> = manifest.test().filter(of_class).collect();
            rows.sort_by_cached_key(|row| {
                ContentHash::of_bytes(format!("explain {} {}", self.config.seed, row.id).as_bytes())
                    .to_string()
            });
            rows.truncate(self.config.explanation.images_per_class);
            chosen.extend(rows);
        }
        chosen
    }

    /// What the stage `explain` made for a model; nothing if it was not run.
    pub(crate) fn explained(&self, model: ModelKind) -> Result<Vec<Explained>, Error> {
        let path = self.folder.model(&model.name()).join("explanations.json");
        if path.is_file() { read_json(&path) } else { Ok(Vec::new()) }
    }
}

/// What the model, or several together, said about each test image.
struct Answers {
    path: PathBuf,
    predictions: Predictions,
    places: HashMap<String, usize>,
}

impl Answers {
    fn read(path: &std::path::Path, classes: &Classes) -> Result<Self, Error> {
        let predictions = read_predictions(path, classes)?;
        let ids = predictions.ids().unwrap_or_default();
        let places = ids.iter().enumerate().map(|(place, id)| (id.clone(), place)).collect();
        Ok(Self { path: path.to_owned(), predictions, places })
    }

    /// The predicted class of an image, and its probability.
    fn of(&self, id: &str) -> Result<(Class, f64), Error> {
        let missing = || Error::damaged(&self.path, format!("it has no row of {id}"));
        let &place = self.places.get(id).ok_or_else(missing)?;
        let class = self.predictions.predicted(place);
        let probability = self.predictions.probabilities().values()[[place, class.index()]];
        Ok((class, probability))
    }
}

/// The feature map of one image, `[1, C, H, W]`.
fn stored(store: &FeatureStore, image: ContentHash, device: Device) -> Result<Tensor, Error> {
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
    explanation: &Explanation,
    words: &str,
    file: &std::path::Path,
    folder: &std::path::Path,
) -> Result<Explained, Error> {
    let shown = Shown::read(&row.file(), row.content_hash, Some(frozen.steps()))?.at_most(2 * TILE);
    let picture = shown.picture();
    let truth = row.class.as_ref().map(ToString::to_string).unwrap_or_default();
    let panel = Panel {
        picture,
        explanation,
        caption: Caption {
            image: &row.id.to_string(),
            source: &row.origin(),
            truth: Some(&truth),
            method: words,
        },
        colours: ColourMap::default(),
        opacity: 0.4,
        tile: TILE,
    };
    let mut png = std::io::Cursor::new(Vec::new());
    panel.draw().write_to(&mut png, image::ImageFormat::Png).map_err(|error| Error::damaged(file, error))?;
    write_bytes(file, png.get_ref())?;
    let (height, width) = (picture.height() as usize, picture.width() as usize);
    let border = Mask::border_ring(height, width, BORDER)?;
    let outside = shown.outside_body();
    let (in_border, outside_body) = match Saliency::new(&explanation.map, height, width) {
        Ok(saliency) => (Some(saliency.mass_inside(&border)?), Some(saliency.mass_inside(&outside)?)),
        Err(_) => (None, None),
    };
    let nothing = match explanation.map.evidence() {
        Evidence::Nothing(reason) => Some(reason.reason().to_owned()),
        Evidence::Found(_) => None,
    };
    Ok(Explained {
        id: row.id.to_string(),
        source: row.origin(),
        truth,
        predicted: explanation.predicted.name().to_owned(),
        probability: explanation.probability,
        panel: file.strip_prefix(folder).unwrap_or(file).to_owned(),
        nothing,
        in_border,
        border_share: border.share(),
        outside_body,
    })
}

/// An id as the name of a file: what is no letter, digit, point, dash or underscore becomes a dash, and the start of the id's
/// hash keeps two of them apart.
pub fn file_name(id: &str) -> String {
    let plain: String = id
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' })
        .take(80)
        .collect();
    format!("{plain}-{}", ContentHash::of_bytes(id.as_bytes()).short())
}
