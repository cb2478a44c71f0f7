//! Tests whether heat maps of a trained head point at lesions, on phantoms with known lesion masks.

use std::ops::ControlFlow;

use ndarray::Array2;
use radiograph_classes::Classes;
use radiograph_features::{Element, ExtractionKey};
use radiograph_files::ContentHash;
use radiograph_gradcam::{
    ClassChoice, Explainer, Method, Quantity, Target,
    measure::{Mask, Saliency, rank_correlation},
};
use radiograph_head::{
    Clipping, Cohort, ConfiguredHead, FeatureShape, Feed, Fit, Head, HeadConfig, InMemory, Keep,
    LabelledImage, Reading, RmsProp, Samples, Schedule, Subset, TrainingConfig,
};
use radiograph_image::Samples as Pixels;
use radiograph_metrics::{Level, Proportion};
use radiograph_phantoms::{Finding, Phantom};
use tch::{Kind, Tensor};

use crate::{devices::device, fill::Fill};

/// Side of a film in pixels, and side of its feature map in cells.
const SIDE: u32 = 96;
const GRID: i64 = 8;
const CHANNELS: i64 = 16;
/// Number of training films and of explained films, one per patient; every other film has clear lungs.
const TRAINED: usize = 320;
const EXPLAINED: usize = 160;

/// Films as a frozen network sees them, with their lesions.
struct Films {
    /// Feature maps `[N, C, GRID, GRID]`, row-major.
    values: Vec<f32>,
    findings: Vec<Finding>,
    lesions: Vec<Mask>,
}

impl Films {
    fn draw() -> Self {
        let (mut values, mut findings, mut lesions) = (Vec::new(), Vec::new(), Vec::new());
        for patient in 0..(TRAINED + EXPLAINED) as u32 {
            let finding = [Finding::None, Finding::LobarOpacity][patient as usize % 2];
            let film = Phantom { seed: 11, patient, film: 0, finding, bedside: false }.draw(SIDE);
            let Pixels::Gray16(levels) = film.picture.samples() else { panic!("16 bits") };
            values.extend(levels.iter().map(|level| f32::from(*level) / 65_535.0));
            findings.push(finding);
            let side = SIDE as usize;
            lesions.push(Mask::new(Array2::from_shape_vec((side, side), film.mask).unwrap()));
        }
        let shape = [findings.len() as i64, 1, i64::from(SIDE), i64::from(SIDE)];
        let films = Tensor::from_slice(&values).view(shape).to_device(device().to_tch());
        let features = frozen_network(&films);
        let values = Vec::try_from(features.view([-1])).unwrap();
        Self { values, findings, lesions }
    }

    /// Feature maps `[count, C, GRID, GRID]` of the films from number `first` on.
    fn features(&self, first: usize, count: usize) -> Tensor {
        let length = (CHANNELS * GRID * GRID) as usize;
        let values = &self.values[first * length..(first + count) * length];
        let maps = Tensor::from_slice(values).view([count as i64, CHANNELS, GRID, GRID]);
        maps.to_device(device().to_tch())
    }
}

/// Two convolutions with weights by formula, each with ReLU, and a mean over three by three cells. Shallow random
/// filters respond to opacity, and nothing here is trained.
fn frozen_network(films: &Tensor) -> Tensor {
    let fill = Fill::new("frozen.");
    let mean = films.mean_dim([1_i64, 2, 3].as_slice(), true, Kind::Float);
    let first = fill.values("first", &[8, 1, 7, 7]) * (6.0_f64 / 49.0).sqrt();
    let second = fill.values("second", &[CHANNELS, 8, 3, 3]) * (6.0_f64 / 72.0).sqrt();
    let bias = |name, length| Some(fill.bias(name, length));
    let maps = ((films - mean) * 4.0).conv2d(&first, bias("first.bias", 8), [2, 2], [3, 3], [1, 1], 1).relu();
    let maps = maps.conv2d(&second, bias("second.bias", CHANNELS), [2, 2], [1, 1], [1, 1], 1).relu();
    maps.avg_pool2d([3, 3], [3, 3], [0, 0], false, true, None::<i64>)
}

fn classes() -> Classes {
    Classes::new(["normal", "pneumonia"]).unwrap()
}

fn class(finding: Finding) -> &'static str {
    match finding {
        Finding::None => "normal",
        _ => "pneumonia",
    }
}

/// The films' classes, either true or randomly permuted.
fn labels(films: &Films, permuted: Option<u64>) -> Vec<String> {
    let image = |(number, finding): (usize, &Finding)| LabelledImage {
        id: number.to_string(),
        cluster: number.to_string(),
        source: "phantoms".to_owned(),
        class: class(*finding).to_owned(),
        image: ContentHash::of_bytes(&number.to_le_bytes()),
        subset: Subset::Training { fold: None, validates: false },
    };
    let images = films.findings.iter().take(TRAINED).enumerate().map(image).collect();
    let cohort = Cohort::new(&classes(), images).unwrap();
    let cohort = match permuted {
        Some(seed) => cohort.with_permuted_labels(seed),
        None => cohort,
    };
    (0..TRAINED).map(|position| cohort.label(position).unwrap().name().to_owned()).collect()
}

fn trained(films: &Films, labels: &[String]) -> ConfiguredHead {
    let shape = FeatureShape { channels: CHANNELS, height: GRID, width: GRID };
    let features = InMemory::new(shape, films.values[..TRAINED * shape.len()].to_vec()).unwrap();
    let feed = Feed::new(&features, device(), u64::MAX).unwrap();
    let mut training = Samples::new(&classes());
    for (number, label) in labels.iter().enumerate() {
        training.push(number, label).unwrap();
    }
    let config = TrainingConfig {
        optimizer: RmsProp::KERAS.into(),
        schedule: Schedule::Constant { rate: 2e-3 },
        clipping: Some(Clipping::GlobalNorm(1.0)),
        batch: 24,
        epochs: 80,
        patience: None,
        keep: Keep::Last,
        class_weights: None,
        label_smoothing: 0.0,
        shuffle_buffer: None,
        checkpoint_seconds: TrainingConfig::CHECKPOINT_SECONDS,
        seed: 3,
    };
    let key = ExtractionKey {
        backbone: "two-convolutions".into(),
        weights: ContentHash::of_bytes(b"formula"),
        preprocessing: String::new(),
        lineage: String::new(),
        precision: Element::F32,
        computation: None,
    };
    let reading = Reading::Flatten;
    let head = HeadConfig {
        features: shape,
        classes: classes(),
        reading,
        dense: Vec::new(),
        dropout: None,
        batch_norm: false,
    };
    let head = ConfiguredHead::new(head, 3, device()).unwrap();
    let fit =
        Fit { feed: &feed, training: &training, validation: None, config: &config, key: &key, folder: None };
    fit.run(head, &mut |_| ControlFlow::Continue(())).unwrap().head
}

/// Over the films with a lesion: the share of maps of the true class whose maximum lies in the lesion, and the mean
/// share of a film that the lesion covers.
fn pointing_game(films: &Films, head: &ConfiguredHead, method: Method) -> (Proportion, f64) {
    let classes = classes();
    let explainer = Explainer::new(&classes, |features: &Tensor| head.explained(features));
    let chosen = films.findings[TRAINED..].iter().map(|finding| classes.class(class(*finding)).unwrap());
    let target = Target { quantity: Quantity::Logit, class: ClassChoice::Each(chosen.collect()) };
    let explanations = explainer.explain(&films.features(TRAINED, EXPLAINED), method, &target).unwrap();
    let (mut hits, mut count, mut share) = (0, 0, 0.0);
    for (number, explanation) in (TRAINED..).zip(explanations) {
        let lesion = &films.lesions[number];
        if films.findings[number] == Finding::None {
            continue;
        }
        count += 1;
        share += lesion.share();
        // A map that shows nothing hits nothing.
        if let Ok(saliency) = Saliency::new(&explanation.map, SIDE as usize, SIDE as usize) {
            hits += u64::from(saliency.points_into(lesion, 0).unwrap());
        }
    }
    (Proportion::new(hits, count).unwrap(), share / count as f64)
}

/// Whether hits are at least twice as frequent as chance, with an interval that excludes chance.
fn points_at_lesions((hits, chance): (Proportion, f64)) -> bool {
    let interval = hits.wilson(Level::NINETY_FIVE).unwrap();
    hits.value().unwrap() >= 2.0 * chance && interval.low > chance
}

/// The mean rank correlation of the maps of two heads over films.
fn alike(films: &Films, heads: [&ConfiguredHead; 2], method: Method) -> f64 {
    let classes = classes();
    let target = Target::class(classes.class("pneumonia").unwrap());
    let maps = heads.map(|head| {
        let scorer = |features: &Tensor| head.explained(features);
        Explainer::new(&classes, scorer).explain(&films.features(TRAINED, 40), method, &target).unwrap()
    });
    let pairs = maps[0].iter().zip(&maps[1]);
    let correlations = pairs.map(|(one, other)| rank_correlation(&one.map, &other.map).unwrap().unwrap());
    correlations.sum::<f64>() / 40.0
}

/// With a head of one dense layer, HiResCAM decomposes the logit by place, so this test uses its maps. Grad-CAM
/// averages gradients over places that have different meanings for such a head, and points nowhere.
#[test]
fn maps_point_at_lesions_if_and_only_if_the_head_has_learned_them() {
    let films = Films::draw();
    let head = trained(&films, &labels(&films, None));
    let (hits, chance) = pointing_game(&films, &head, Method::HiResCam);
    assert!(points_at_lesions((hits, chance)), "{hits:?}, by chance {chance:.3}");
    // Labels exchanged at random: what is bright is there as before, but nothing was learned of it.
    for seed in 0..2 {
        let nothing = trained(&films, &labels(&films, Some(seed)));
        let (hits, chance) = pointing_game(&films, &nothing, Method::HiResCam);
        assert!(!points_at_lesions((hits, chance)), "{hits:?}, by chance {chance:.3}");
    }
    // Made random again, the head has other maps; a method that never asks the head has the same ones.
    let random = ConfiguredHead::new(head.config().clone(), 77, device()).unwrap();
    let changed = alike(&films, [&head, &random], Method::HiResCam);
    assert!(changed.abs() < 0.5, "{changed}");
    assert!(alike(&films, [&head, &random], Method::EigenCam) > 0.999);
}
