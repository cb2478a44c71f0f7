//! torchxrayvision's DenseNet121 (Cohen et al., 2022): trained on chest radiographs, one channel of −1024 to 1024.

use radiograph_input::Normalisation;

use super::{
    densenet121::{TORCHVISION, dense_features},
    layers::pooled_classifier,
};
use crate::definition::{Family, NetworkDefinition, Published};

/// Number of findings that torchxrayvision's networks name.
const FINDINGS: i64 = 18;

pub(super) const DEFINITION: NetworkDefinition = NetworkDefinition {
    name: "densenet121_xrv",
    title: "DenseNet121 of torchxrayvision",
    input_channels: 1,
    native_size: 224,
    micro_batch: 4,
    families: &[Family { name: "torchxrayvision", lineage: TORCHVISION, normalisation: Normalisation::Xrv }],
    features: dense_features,
    classifier: Some(|network, map| pooled_classifier(network, map, "classifier", FINDINGS)),
    auxiliary: None,
    published: &[Published {
        trained_on: Some(
            "chest radiographs of NIH, RSNA, PadChest, CheXpert, MIMIC-CXR and others (weights `densenet121-res224-all`)",
        ),
        source_url: Some(
            "https://github.com/mlmed/torchxrayvision/releases/download/v1/\
             nih-pc-chex-mimic_ch-google-openi-kaggle-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
        ),
        collections: Some(&["nih", "padchest", "chexpert", "mimic-cxr-jpg", "openi", "rsna-pneumonia"]),
        ..Published::new("res224_all", "torchxrayvision")
    }],
};
