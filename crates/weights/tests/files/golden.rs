//! Compares this crate with lists and files of torchvision, timm and Keras.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use radiograph_files::ContentHash;
use radiograph_weights::{Architecture, Expected, Group, Lineage, StateFile, Weights, WeightsError};
use serde::Deserialize;

use crate::scene;

/// The root of the project, to which relative paths refer, wherever tests run.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[derive(Deserialize)]
struct Backbones {
    parameters: BTreeMap<Architecture, Vec<(String, Vec<usize>)>>,
}

/// torchvision's and timm's own lists: `parameters` of `backbones.json`.
#[test]
fn golden_backbone_parameters_are_those_of_torchvision_and_timm() {
    let folder = env::var_os("RADIOGRAPH_REFERENCE").unwrap_or_else(|| "tests/golden/reference".into());
    let path = root().join(folder).join("backbones.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reference: Backbones = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for (architecture, mut parameters) in reference.parameters {
        parameters.sort();
        let ours: Vec<_> = Expected::of(architecture).into_iter().map(|one| (one.name, one.shape)).collect();
        assert_eq!(ours, parameters, "{architecture}");
        compared += ours.len();
    }
    assert_eq!(compared, 38 + 606 + 484 + 1102);
}

#[test]
fn heads_are_the_groups_that_published_files_leave_out() {
    let count =
        |architecture, group| Expected::of(architecture).into_iter().filter(|one| one.group == group).count();
    let classifiers = Architecture::PAPER.map(|architecture| count(architecture, Group::Classifier));
    assert_eq!(classifiers, [6, 2, 2, 2]);
    let auxiliary = Architecture::PAPER.map(|architecture| count(architecture, Group::Auxiliary));
    assert_eq!(auxiliary, [0, 0, 12, 0]);
    // model.count_params() of keras.applications 3.15 without top, statistics included. Keras' Inceptions have no gamma.
    let keras_counts = |one: &Expected| one.group == Group::Features && !one.name.ends_with(".bn.weight");
    let extractor = |architecture| -> usize {
        let counted = Expected::of(architecture).into_iter().filter(keras_counts);
        counted.map(|one| one.shape.iter().product::<usize>()).sum()
    };
    assert_eq!(Architecture::PAPER.map(extractor), [20_024_384, 7_037_504, 21_802_784, 54_336_736]);
}

#[test]
fn a_checkpoint_of_another_network_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for theirs in [Architecture::DENSENET121, Architecture::INCEPTION_V3] {
        let path = scene::file(folder.path(), &scene::whole(theirs, &[]));
        for ours in Architecture::PAPER {
            let opened = StateFile::open(&path, &Expected::of(ours));
            if ours == theirs {
                assert_eq!(opened.unwrap().names().count() as u64, features(ours));
                continue;
            }
            match opened {
                Err(error @ WeightsError::State { .. }) => {
                    let message = error.to_string();
                    assert!(message.contains(&format!("weights of {theirs}")), "{message}");
                    assert!(message.len() < 1500, "{message}");
                    let WeightsError::State { faults, .. } = error else { unreachable!() };
                    assert_eq!(
                        faults.len() as u64,
                        features(ours) + features(theirs),
                        "all of both are listed"
                    );
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

fn features(architecture: Architecture) -> u64 {
    Expected::of(architecture).iter().filter(|one| one.group == Group::Features).count() as u64
}

/// Real weights, if they are available.
#[test]
fn the_real_inception_v3_says_what_it_is() {
    let Some(folder) = radiograph_needs::folder("RADIOGRAPH_WEIGHTS") else { return };
    let path = folder.join("inception_v3.keras.safetensors");
    let weights = Weights::of_file(&path, Architecture::INCEPTION_V3).unwrap();
    let record = weights.record();
    assert_eq!(record.name, "inception_v3.nsfwjs");
    assert_eq!(record.lineage, Lineage::keras(Architecture::INCEPTION_V3));
    assert!(record.trained_on.as_ref().unwrap().contains("not the ImageNet weights"), "{record:?}");
    assert!(record.source_url.is_none());
    assert_eq!(weights.sha256(), ContentHash::of_file(&path).unwrap());
    let state = weights.open(&Expected::of(Architecture::INCEPTION_V3)).unwrap();
    assert_eq!(state.names().count(), 470);
    assert!(!state.holds(Group::Classifier) && !state.holds(Group::Auxiliary));
    // The file itself names the same lineage.
    assert_eq!(state.metadata()["bn_eps"], "0.001");
}
