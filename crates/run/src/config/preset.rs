//! The settings of the three presets. Their data settings come from the dataset crate's recipes.

use std::{collections::BTreeMap, path::PathBuf};

use radiograph_classes::Classes;
use radiograph_dataset::{assemble::Views, balance::PerClass};
use radiograph_features::{Arithmetic, Element};
use radiograph_input::{Augmentation, Colour, FilmPart, Filter, Fit, GrayValues, Normalisation};
use radiograph_protocol::{
    Baseline, FeatureShape, HeadConfig, Method, Preset, Quantity, Reading, Recurrence, Tested, TestedModel,
};
use radiograph_weights::Architecture;

use super::{
    AuditSection, BestBy, ComputeSection, Config, DataSection, EnsembleOver, EvaluationSection,
    ExplanationSection, HeadSection, InputSection, KeptIdentifiers, KeptViews, Layers, ReadingKind,
    TrainingSection, recipe,
};

/// Device memory for features, in bytes: with the largest head, it fits a board of 12 GB.
const RESIDENT_BYTES: u64 = 4 << 30;

/// All settings of a preset; the folder of images is empty.
pub(super) fn settings(preset: Preset) -> Config {
    let released = preset == Preset::ReleasedCode;
    let seed = 7; // the released code's split seed; as good as any for the others
    Config {
        preset,
        seed,
        split_seed: None,
        repeats: 1,
        backbones: Architecture::PAPER.to_vec(),
        // The paper's own rows are kept, with those that can be compared beside them.
        baselines: match preset {
            Preset::Paper | Preset::ReleasedCode => vec![Baseline::LinearProbe, Baseline::Table4],
            _ => vec![Baseline::LinearProbe],
        },
        permute_labels: false,
        audit: Some(audit()),
        networks: BTreeMap::new(),
        weights: with_defaults().map(|network| (network, network.name().to_owned())).collect(),
        data: data(preset),
        input: InputSection {
            size: 224,
            colour: if released { Colour::Rgb } else { Colour::Gray },
            part: FilmPart::Whole,
            gray_values: GrayValues::Stored,
            fit: Fit::Stretch,
            filter: match preset {
                Preset::Paper => Some(Filter::Bilinear),
                Preset::ReleasedCode => Some(Filter::Nearest),
                _ => None,
            },
            normalisation: (preset != Preset::Trustworthy).then_some(Normalisation::ZeroOne),
            augmentation: released.then_some(Augmentation { rotation: 15.0, shift: 0.0, flip: false }),
            augmented_copies: if released { 4 } else { 0 },
        },
        head: head(preset),
        training: training(preset, seed),
        evaluation: EvaluationSection {
            bootstrap_replicates: 5000,
            permutations: 10_000,
            confidence_level: 0.95,
            significance_level: 0.05,
            best_by: if preset == Preset::Trustworthy {
                BestBy::ValidationMacroAuc
            } else {
                BestBy::TestAccuracy
            },
        },
        explanation: ExplanationSection {
            method: Method::GradCam,
            quantity: Quantity::Logit,
            images_per_class: 4,
        },
        compute: ComputeSection {
            device: "cpu".to_owned(),
            more_devices: Vec::new(),
            threads: 0,
            parallel_trainings: 1,
            resident_bytes: RESIDENT_BYTES,
            arithmetic: Arithmetic::F32,
            feature_precision: Element::F32,
            feature_stores: None,
        },
    }
}

/// The defaults of the audit that a config can change.
fn audit() -> AuditSection {
    let radiograph_audit::Settings { permutations, replicates, controls, shares, .. } = Default::default();
    AuditSection {
        permutations,
        replicates,
        controls,
        blacked_out: shares,
        changed_images: 500,
        lung_masks: None,
    }
}

/// The values of the recipe that a config can change.
fn data(preset: Preset) -> DataSection {
    let recipe = recipe::of_preset(preset, Classes::of_the_paper());
    DataSection {
        folder: PathBuf::new(),
        classes: recipe.classes.names().map(str::to_owned).collect(),
        views: match recipe.filters.views {
            Views::Frontal => KeptViews::Frontal,
            Views::PaOnly => KeptViews::PaOnly,
            _ => KeptViews::Any,
        },
        split: recipe.split.kind,
        test_share: recipe.split.test,
        one_per_picture: recipe.balance.one_per_picture,
        max_per_patient: recipe.balance.per_patient,
        max_per_class: match recipe.balance.per_class {
            PerClass::AtMost(images) => Some(images),
            PerClass::All | PerClass::Smallest => None,
        },
        balance_by: recipe.balance.by,
        quotas: recipe.balance.quotas,
        ages: None,
        licences: recipe.filters.licences,
        test_source: recipe.source_out,
        search_crops: recipe.search.crops,
        identifiers: KeptIdentifiers::Pseudonyms,
        key_file: None,
    }
}

/// Networks that have published weights. Of others, a config must name weights and layers.
fn with_defaults() -> impl Iterator<Item = Architecture> {
    let is_published = |network: &Architecture| {
        network.definition().is_some_and(|definition| !definition.published.is_empty())
    };
    Architecture::all().into_iter().filter(is_published)
}

/// The layers of the preset's head for a network.
pub(super) fn layers(preset: Preset, network: Architecture) -> Layers {
    Layers { units: Preset::units(network), dense: head_of(preset, network).dense }
}

/// The preset's head for a network, on any map and for any classes: neither changes the sizes of its layers or its dropout.
fn head_of(preset: Preset, network: Architecture) -> HeadConfig {
    let classes = Classes::new(["one"]).expect("one name is a set of names");
    preset.head(network, FeatureShape { channels: 1, height: 1, width: 1 }, &classes)
}

/// The heads of the preset, as single settings that a file can change.
fn head(preset: Preset) -> HeadSection {
    let config = head_of(preset, Architecture::VGG19);
    let Reading::Recurrent(recurrence) = config.reading else {
        unreachable!("the paper's heads are recurrent")
    };
    let Recurrence { order: sequence_order, cell, layers: recurrent_layers, bidirectional, .. } = recurrence;
    let (dropout, batch_norm) = (config.dropout, config.batch_norm);
    let layers = with_defaults().map(|network| (network, layers(preset, network))).collect();
    HeadSection {
        reading: ReadingKind::AllStates,
        sequence_order,
        cell,
        recurrent_layers,
        bidirectional,
        dropout,
        batch_norm,
        layers,
    }
}

fn training(preset: Preset, seed: u64) -> TrainingSection {
    let config = preset.training(seed);
    let (folds, fold_start) = preset.folds();
    let tested = match preset.tested() {
        Tested::Refit { .. } => TestedModel::Refit,
        Tested::Folds(weights) => TestedModel::WeightedFolds(
            (1..=folds)
                .map(|fold| weights.iter().find(|(of, _)| *of == fold).map_or(0.0, |(_, weight)| *weight))
                .collect(),
        ),
        _ => TestedModel::RefitForMedianBest,
    };
    TrainingSection {
        optimizer: config.optimizer,
        schedule: config.schedule,
        clipping: config.clipping,
        batch_size: config.batch,
        epochs: config.epochs,
        patience: config.patience,
        kept_weights: config.keep,
        class_weights: config.class_weights.is_some(),
        label_smoothing: config.label_smoothing,
        shuffle_buffer: config.shuffle_buffer,
        checkpoint_seconds: config.checkpoint_seconds,
        folds,
        fold_start,
        tested_model: tested,
        seeds: 1,
        // Without further seeds there is nothing to average. The paper has no ensemble.
        ensembles: match preset {
            Preset::Paper | Preset::ReleasedCode => Vec::new(),
            _ => vec![EnsembleOver::Seeds],
        },
    }
}
