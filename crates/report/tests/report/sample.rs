//! A reproducible report of made-up numbers: predictions drawn from a seed, invented counts and times.
//!
//! Every page made from it says so.

use std::{io::Cursor, sync::LazyLock};

use image::{ImageFormat, Rgb, RgbImage};
use radiograph_audit::{
    Ablation, Audit, Changed, Image, Looks, Model, Part, Place, Pointer, Settings,
    planted::{Planted, Shortcut},
};
use radiograph_classes::Classes;
use radiograph_files::ContentHash;
use radiograph_metrics::{
    Average, Bootstrap, Choice, ComparisonOptions, Evaluation, Family, Metric, Permutation, Predictions,
    Probabilities, SubgroupTable, Temperature,
};
use radiograph_report::{
    Best, Certificate, Characteristic, ClassOfSource, CurveBands, DataFlow, DataSummary, Ending, Epoch,
    Evidence, Images, Labels, Layer, LeakCheck, LeakVerdict, LeftOut, LossAndAccuracy, NetworkReport, Panel,
    Picture, PretrainedFilms, Report, Role, RunRecord, Scaled, Setting, SourceNote, Stage, Training, Units,
    WeightsOrigin,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// Source of each class's test images, repeated in this order.
const SOURCES: [&[&str]; 3] = [&["cohen", "hannover", "sirm"], &["kermany", "cohen"], &["kermany", "nih"]];

pub(crate) const CLASSES: [&str; 3] = ["covid", "pneumonia", "normal"];

/// (name, architecture, recurrent, how far scores of the right class lie above the others)
const NETWORKS: [(&str, &str, bool, f64); 5] = [
    ("VGG19-RNN", "vgg19", true, 1.9),
    ("DenseNet121-RNN", "densenet121", true, 2.2),
    ("InceptionV3-RNN", "inception_v3", true, 1.4),
    ("Inception-ResNetV2-RNN", "inception_resnet_v2", true, 1.8),
    ("VGG19", "vgg19", false, 1.6),
];

pub(crate) fn uniform(random: &mut ChaCha8Rng) -> f64 {
    f64::from(random.next_u32()) / f64::from(u32::MAX)
}

/// Predictions of `samples` test images; scores of the true class are `gap` higher on average.
pub(crate) fn predictions(classes: &[&str], samples: usize, gap: f64, stream: u64) -> Predictions {
    let mut random = ChaCha8Rng::seed_from_u64(2021);
    random.set_stream(stream);
    let truth: Vec<usize> = (0..samples).map(|sample| sample % classes.len()).collect();
    let mut columns = vec![Vec::with_capacity(samples); classes.len()];
    for &class in &truth {
        // Sums of three uniform numbers are bell-shaped enough.
        let logits: Vec<f64> = (0..classes.len())
            .map(|column| {
                let noise = uniform(&mut random) + uniform(&mut random) + uniform(&mut random) - 1.5;
                2.0 * (noise * 1.6 + if column == class { gap } else { 0.0 })
            })
            .collect();
        let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
        for (column, logit) in columns.iter_mut().zip(&logits) {
            column.push(logit.exp() / sum);
        }
    }
    let names = Classes::new(classes.iter().copied()).unwrap();
    let probabilities = Probabilities::from_columns(classes.iter().copied().zip(columns)).unwrap();
    let labels: Vec<&str> = truth.iter().map(|&class| classes[class]).collect();
    let ids: Vec<String> = (0..samples).map(|sample| format!("made-up/image {sample:04}.png")).collect();
    let patients: Vec<String> =
        (0..samples).map(|sample| format!("patient {}", sample / 4 * 3 + sample % 3)).collect();
    let source = |(sample, &class): (usize, &usize)| {
        let sources = SOURCES[class % SOURCES.len()];
        Some(sources[(sample / 3 * sample / 7) % sources.len()])
    };
    let sources: Vec<Option<&str>> = truth.iter().enumerate().map(source).collect();
    let sex: Vec<Option<&str>> = (0..samples)
        .map(|sample| [Some("female"), Some("male"), Some("male"), None][sample * 7 / 3 % 4])
        .collect();
    Predictions::new(&names, &labels, &probabilities)
        .unwrap()
        .with_ids(&ids)
        .unwrap()
        .with_patients(&patients)
        .unwrap()
        .with_field("source", &sources)
        .unwrap()
        .with_field("sex", &sex)
        .unwrap()
}

pub(crate) fn bootstrap() -> Bootstrap {
    Bootstrap::new(200, 7).unwrap()
}

/// A picture of three gray tiles with a spot on the second and third.
pub(crate) fn picture(tile: u32, at: u32) -> Picture {
    let drawn = RgbImage::from_fn(3 * tile + 16, tile, |x, y| {
        let (which, x) = (x / (tile + 8), (x % (tile + 8)).min(tile - 1));
        let place = |value: u32| f64::from(value) / f64::from(tile);
        let (u, v) = (place(x), place(y));
        let lung = |center: f64| (-(((u - center) / 0.13).powi(2) + ((v - 0.5) / 0.3).powi(2)).powi(2)).exp();
        let gray =
            205.0 - 150.0 * (lung(0.3) + lung(0.7)).min(1.0) - 40.0 * (v * 42.0).sin().max(0.0) * lung(0.5);
        let spot = (-((u - 0.3 - 0.2 * f64::from(at % 3)).powi(2) + (v - 0.6).powi(2)) * 40.0).exp();
        let heat = [255.0 * spot, 190.0 * spot * (1.0 - spot) * 3.0, 120.0 * (1.0 - spot)];
        let weight = [0.0, 1.0, 0.45][which as usize % 3];
        Rgb(heat.map(|heat| ((1.0 - weight) * gray + weight * heat).clamp(0.0, 255.0) as u8))
    });
    let mut png = Cursor::new(Vec::new());
    drawn.write_to(&mut png, ImageFormat::Png).unwrap();
    Picture::from_png("made up", png.into_inner()).unwrap()
}

fn trainings(stream: u64, folds: u32, epochs: u32) -> Vec<Training> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    random.set_stream(stream);
    let mut curve = |number: u32, validated: bool| {
        let t = f64::from(number) / 9.0;
        let mut near = |value: f64, width: f64| value + width * (uniform(&mut random) - 0.5);
        let fall = (-t).exp();
        let training = LossAndAccuracy {
            loss: near(0.1 + 0.95 * fall, 0.03).max(0.01),
            accuracy: near(0.965 - 0.5 * fall, 0.015),
        };
        let validation = validated.then(|| LossAndAccuracy {
            loss: near(0.33 + 0.75 * fall + 0.002 * f64::from(number), 0.07),
            accuracy: near(0.9 - 0.45 * fall, 0.035).min(1.0),
        });
        Epoch { number, training, validation }
    };
    let mut trainings: Vec<Training> = (1..=folds)
        .map(|fold| Training {
            name: format!("fold {fold}"),
            contaminated: false,
            epochs: (1..=epochs - fold % 3).map(|number| curve(number, true)).collect(),
        })
        .collect();
    let epochs = (1..=epochs / 2).map(|number| curve(number, false)).collect();
    trainings.push(Training { name: "refit".to_owned(), contaminated: false, epochs });
    trainings
}

pub(crate) fn network(at: usize, samples: usize) -> NetworkReport {
    let (name, architecture, recurrent, gap) = NETWORKS[at];
    let predictions = predictions(&CLASSES, samples, gap, at as u64);
    let evaluation = Evaluation::of(&predictions, &bootstrap()).unwrap();
    let subgroups = ["source", "sex"]
        .map(|field| SubgroupTable::of(&predictions, field, &Metric::Accuracy, &bootstrap(), 5).unwrap());
    let temperature =
        Temperature::fit(&self::predictions(&CLASSES, samples, gap - 0.2, 50 + at as u64)).unwrap();
    let rescaled = Evaluation::of_calibration(&temperature.apply(&predictions), &bootstrap()).unwrap();
    let panel = |number: u32| {
        let sample = number as usize;
        let predicted = predictions.predicted(sample);
        let probability = predictions.probabilities().of(&predicted).unwrap()[sample];
        Panel {
            image: predictions.ids().unwrap()[sample].clone(),
            truth: predictions.truth(sample).name().to_owned(),
            predicted: predicted.name().to_owned(),
            probability,
            source: predictions.field("source").unwrap()[sample].clone().unwrap(),
            method: "Grad-CAM of the logit (made up)".to_owned(),
            alt: format!("Made-up picture {number}: gray ovals, the warm spot in the lower third."),
            picture: picture(224, number),
            tiles: (0..3).map(|tile| [tile * 232, 0, 224, 224]).collect(),
            evidence: Some(Evidence {
                in_border: Some(0.1 + 0.05 * f64::from(number)),
                border_area: 0.36,
                outside_body: Some(0.04),
                outside_area: Some(0.21),
            }),
        }
    };
    NetworkReport {
        name: name.to_owned(),
        architecture: architecture.to_owned(),
        role: if recurrent { Role::Recurrent } else { Role::Table4 },
        ending: Some(Ending { converged: true, reason: "converged".to_owned() }),
        head: if recurrent { "LSTM, then two dense layers of 4,096" } else { "two dense layers of 4,096" }
            .to_owned(),
        weights: WeightsOrigin::Random { seed: 11 },
        backbone_parameters: Some([20_024_384, 6_953_856, 21_785_568, 54_276_192, 20_024_384][at]),
        classifier_parameters: Some([123_642_856, 1_025_000, 2_049_000, 1_537_000, 123_642_856][at]),
        depth: Some([19, 121, 48, 176, 19][at]),
        head_parameters: Some([121_657_347, 230_711_299, 74_471_427, 73_422_851, 119_558_147][at]),
        layers: if at == 0 { layers() } else { Vec::new() },
        trainings: trainings(at as u64, 5, 30),
        evaluation,
        subgroups: subgroups.into(),
        scaled: Some(Scaled {
            temperature,
            temperature_of: Some("The tested model is a refit.".to_owned()),
            evaluation: rescaled,
        }),
        panels: if at == 1 { (0..6).map(panel).collect() } else { Vec::new() },
        predictions,
    }
}

fn layers() -> Vec<Layer> {
    let layer = |name: &str, input: &[u64], output: &[u64]| Layer {
        name: name.to_owned(),
        input: input.into(),
        output: output.into(),
        parameters: Some(12_345),
    };
    vec![
        layer("pretrained (VGG19)", &[224, 224, 3], &[7, 7, 512]),
        layer("reshape (Reshape)", &[7, 7, 512], &[49, 512]),
        layer("lstm (LSTM)", &[49, 512], &[49, 512]),
        layer("lstm_norm (BatchNormalization)", &[49, 512], &[49, 512]),
        layer("flatten (Flatten)", &[49, 512], &[25088]),
        layer("fc_1 (Dense)", &[25088], &[4096]),
        layer("fc_2 (Dense)", &[4096], &[2048]),
        layer("output (Dense)", &[2048], &[3]),
    ]
}

/// Counts of test images by class and source, as in the predictions, and the same counts for training.
fn counts(predictions: &Predictions) -> Vec<ClassOfSource> {
    let mut counts: Vec<ClassOfSource> = Vec::new();
    let sources = predictions.field("source").unwrap();
    for (sample, source) in sources.iter().enumerate() {
        let class = predictions.truth(sample).name().to_owned();
        let source = source.clone().unwrap();
        match counts.iter_mut().find(|count| count.class == class && count.source == source) {
            Some(count) => {
                count.test += 1;
                count.training += 4;
            }
            None => counts.push(ClassOfSource { class, source, training: 4, test: 1 }),
        }
    }
    counts
}

pub(crate) fn data(predictions: &Predictions) -> DataSummary {
    let counts = counts(predictions);
    let training: u64 = counts.iter().map(|count| count.training).sum();
    let test = predictions.len() as u64;
    let left = |kind: &str, reason: &str, images| LeftOut {
        kind: kind.to_owned(),
        reason: reason.to_owned(),
        images,
    };
    DataSummary {
        flow: DataFlow {
            found: training + test + 203,
            left_out: vec![
                left("excluded", "computed tomography, not a radiograph", 81),
                left("excluded", "file cannot be decoded", 4),
                left("duplicate", "the same picture as another one", 57),
                left("balancing", "more than the smallest class has", 61),
            ],
            training,
            test,
        },
        grouped_by: "patient and same picture".to_owned(),
        precision: Some("With 60 test clusters, an AUC of 0.85 has a half-width.".to_owned()),
        folds: 5,
        certificate: Some(Certificate {
            verdict: LeakVerdict::Clean,
            sentence: format!("Clean: all {} images were compared.", training + test),
            checks: vec![
                LeakCheck {
                    what: "test images whose patient is in training".to_owned(),
                    found: 0,
                    among: test,
                    image_by_image: Some(test / 3),
                },
                LeakCheck {
                    what: "test images of which training holds a copy".to_owned(),
                    found: 0,
                    among: test,
                    image_by_image: Some(test / 11),
                },
            ],
            limits: vec!["Patients of kermany are known by file name only.".to_owned()],
            pretraining: vec![
                (
                    "densenet121_xrv".to_owned(),
                    PretrainedFilms { seen: Some(12), test: 91, lists: "the collections nih".to_owned() },
                ),
                ("vgg19".to_owned(), PretrainedFilms { seen: None, test: 91, lists: String::new() }),
            ],
            hash: Some(ContentHash::of_bytes(b"made up certificate")),
        }),
        counts,
        sources: vec![
            SourceNote { source: "cohen".to_owned(), licence: Some("made up".to_owned()), origin: None },
            SourceNote { source: "kermany".to_owned(), licence: None, origin: Some("made up".to_owned()) },
        ],
        unbalanced: vec!["Age: half of the images do not state it.".to_owned()],
        units: Some(Units {
            training_groups: training,
            test_groups: test,
            training_patients: training / 2,
            test_patients: test / 2,
        }),
        characteristics: characteristics(predictions),
    }
}

/// Test images by sex as in the predictions, and four times as many for training.
fn characteristics(predictions: &Predictions) -> Vec<Characteristic> {
    let sex = predictions.field("sex").unwrap();
    let of = |value: Option<&str>| {
        let test = sex.iter().filter(|of| of.as_deref() == value).count() as u64;
        let value = value.map(str::to_owned);
        Characteristic { field: "sex".to_owned(), value, training: 4 * test, test }
    };
    vec![of(Some("female")), of(Some("male")), of(None)]
}

pub(crate) fn run() -> RunRecord {
    RunRecord {
        name: "A sample page of made-up numbers".to_owned(),
        preset: "trustworthy".to_owned(),
        images: Images::Phantoms,
        labels: Labels::Given,
        cautions: vec!["Every number on this page is made up, to show what a report looks like.".to_owned()],
        seed: 42,
        command: Some("radiograph run --config 'my runs/made up.toml'".to_owned()),
        device: "cpu".to_owned(),
        threads: Some(2),
        started: Some("2026-11-25 01:00 UTC".to_owned()),
        stages: vec![
            Stage { name: "assemble".to_owned(), seconds: 41.3 },
            Stage { name: "extract".to_owned(), seconds: 612.0 },
            Stage { name: "train".to_owned(), seconds: 5_231.0 },
        ],
        energy: None,
        versions: vec![
            ("libtorch".to_owned(), "2.13.0".to_owned()),
            ("radiograph".to_owned(), "0.1.0".to_owned()),
        ],
        files: vec![("manifest.csv".to_owned(), ContentHash::of_bytes(b"made up manifest"))],
        configuration: Some("preset = \"trustworthy\"\nseed = 42\n".to_owned()),
        settings: [
            ("input.size", "Side of the square input", "224"),
            ("data.views", "Views that are kept", "frontal"),
            ("data.one_per_picture", "Use of one image only per picture", "true"),
            ("training.epochs", "Maximum number of epochs", "30"),
            ("training.tested_model", "Model that is tested", "refit"),
        ]
        .map(|(key, description, value)| Setting {
            key: key.to_owned(),
            description: description.to_owned(),
            value: value.to_owned(),
        })
        .to_vec(),
    }
}

/// An audit of drawn pictures, in which a mark in the corner gives a class away, and a model that is right in nine of ten.
pub(crate) fn audit() -> Audit {
    static ONCE: LazyLock<Audit> = LazyLock::new(|| {
        let planted = Planted { training: 60, test: 60, ..Planted::new(Shortcut::CornerMark, 1.0, 5) };
        let table = planted.draw().unwrap();
        let test: Vec<_> = table.images().iter().filter(|image| image.part == Part::Test).collect();
        let ill = |(row, image): (usize, &&Image)| {
            if (image.class == "ill") ^ (row % 10 == 0) { 0.8 } else { 0.2 }
        };
        let ill: Vec<f64> = test.iter().enumerate().map(ill).collect();
        let well = ill.iter().map(|share| 1.0 - share).collect();
        let probabilities = Probabilities::from_columns([("ill", ill), ("well", well)]).unwrap();
        let model = Model { name: "DenseNet121-RNN".to_owned(), probabilities };
        let settings =
            Settings { permutations: 500, replicates: 100, shares: vec![0.25], ..Settings::default() };
        Audit::of(&table, Some(&model), &settings).unwrap().through(&table, &model, &looks(&model)).unwrap()
    });
    ONCE.clone()
}

/// The same model without lungs, where it says nothing new, and its evidence, half of which lies in the border.
fn looks(model: &Model) -> Looks {
    let images = model.probabilities.values().nrows();
    Looks {
        images: (0..images).collect(),
        masked: 10,
        changed: vec![Changed {
            ablation: Ablation::Lungs,
            removed: vec![0.3; images],
            probabilities: model.probabilities.clone(),
        }],
        evidence: vec![radiograph_audit::Evidence {
            of: Pointer::Model,
            place: Place::Border,
            mass: vec![Some(0.5); images],
            area: vec![0.36; images],
        }],
    }
}

/// The whole sample: five networks on sixty test images.
pub(crate) fn report() -> Report {
    static ONCE: LazyLock<Report> = LazyLock::new(|| made_up(60));
    ONCE.clone()
}

/// Five networks on `samples` test images.
pub(crate) fn made_up(samples: usize) -> Report {
    let networks: Vec<NetworkReport> = (0..NETWORKS.len()).map(|at| network(at, samples)).collect();
    let models: Vec<(&str, &Predictions)> =
        networks.iter().map(|network| (network.name.as_str(), &network.predictions)).collect();
    let options = ComparisonOptions {
        bootstrap: bootstrap(),
        permutation: Permutation::new(500, 3).unwrap(),
        significance: 0.05,
    };
    let metrics = [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)];
    let chosen = (NETWORKS[1].0, Choice::Beforehand);
    let family = Family::of(&models, chosen, &[], &metrics, &options).unwrap();
    let values = networks.iter().zip([0.962, 0.971, 0.942, 0.959, 0.951]);
    Report {
        run: run(),
        data: data(&networks[0].predictions),
        best: Some(Best {
            network: "DenseNet121-RNN".to_owned(),
            chosen_by: "mean validation macro AUC over folds".to_owned(),
            on_test: false,
            values: values.map(|(network, value)| (network.name.clone(), value)).collect(),
        }),
        comparisons: family.comparisons,
        corrected_for: family.tests,
        not_tested: family.not_tested,
        networks,
        audit: Some(audit()),
        spreads: Vec::new(),
        bands: CurveBands { replicates: 100, seed: 9 },
    }
}
