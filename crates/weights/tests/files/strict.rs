//! Tests of which tensors a file may omit, and that one error lists all faults.

use radiograph_weights::{Dtype, Expected, Fault, Group, Hint, StateFile, WeightsError};
use safetensors::Dtype as Written;

use crate::scene::{self, Given};

fn open(tensors: &[Given], network: &[Expected]) -> Result<StateFile, WeightsError> {
    let folder = tempfile::tempdir().unwrap();
    StateFile::open(&scene::file(folder.path(), &scene::bytes(tensors, &[])), network)
}

fn faults(tensors: &[Given], network: &[Expected]) -> (Option<Hint>, Vec<Fault>) {
    match open(tensors, network) {
        Err(WeightsError::State { hint, faults, .. }) => (hint, faults),
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_are_those_that_the_official_crate_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let written = scene::bytes(&scene::features(), &[("lineage", "keras")]);
    let state = StateFile::open(&scene::file(folder.path(), &written), &scene::network()).unwrap();
    assert_eq!(state.take("stem.conv.weight").unwrap(), [1.0, -2.0, 3.5, f32::MIN_POSITIVE]);
    let zeros = state.take("stem.bn.running_mean").unwrap();
    assert_eq!(zeros.iter().map(|value| value.to_bits()).collect::<Vec<_>>(), [0, 0x8000_0000]);
    assert_eq!(state.sha256(), radiograph_files::ContentHash::of_bytes(&written));
    assert_eq!(state.metadata()["lineage"], "keras");
    assert!(matches!(state.take("fc.bias"), Err(WeightsError::NotHeld { .. })));
}

#[test]
fn groups_are_there_as_a_whole_or_not_at_all() {
    let network = scene::network();
    let without = open(&scene::features(), &network).unwrap();
    assert!(
        without.holds(Group::Features)
            && !without.holds(Group::Classifier)
            && !without.holds(Group::Auxiliary)
    );
    match without.require(Group::Classifier) {
        Err(WeightsError::State { faults, .. }) => assert_eq!(faults.len(), 2),
        other => panic!("{other:?}"),
    }

    let mut tensors = scene::features();
    tensors.push(Given::f32("fc.bias", &[3], &[0.0; 3]));
    let (_, missing) = faults(&tensors, &network);
    assert_eq!(missing, [Fault::Missing(Expected::new("fc.weight", [3, 2]))]);

    tensors.push(Given::f32("fc.weight", &[3, 2], &[0.5; 6]));
    let with = open(&tensors, &network).unwrap();
    assert!(with.holds(Group::Classifier) && !with.holds(Group::Auxiliary));
    with.require(Group::Classifier).unwrap();
}

#[test]
fn batch_counts_are_optional_each_and_checked_all_the_same() {
    let mut tensors = scene::features();
    tensors.push(Given::count("stem.bn.num_batches_tracked"));
    let state = open(&tensors, &scene::network()).unwrap();
    assert!(matches!(state.take("stem.bn.num_batches_tracked"), Err(WeightsError::NotHeld { .. })));

    tensors[3] = Given::f32("stem.bn.num_batches_tracked", &[1], &[7.0]);
    let (_, found) = faults(&tensors, &scene::network());
    assert_eq!(found.len(), 2, "shape and number format: {found:?}");

    tensors[3] = Given::count("elsewhere.bn.num_batches_tracked");
    let (_, found) = faults(&tensors, &scene::network());
    assert!(matches!(&found[..], [Fault::Extra { name, .. }] if name == "elsewhere.bn.num_batches_tracked"));
}

#[test]
fn one_error_lists_everything() {
    let half: Vec<u8> = [1.0_f32, 2.0].iter().flat_map(|&x| half::f16::from_f32(x).to_le_bytes()).collect();
    let tensors = [
        Given::f32("stem.conv.weight", &[2, 2], &[1.0, f32::NAN, f32::INFINITY, 2.0]),
        Given { name: "stem.bn.weight".to_owned(), dtype: Written::F16, shape: vec![2], bytes: half },
        Given::f32("fc.weight", &[3, 2], &[0.0; 6]),
        Given::f32("head\u{1b}[2J.weight", &[1], &[0.0]),
    ];
    let (hint, found) = faults(&tensors, &scene::network());
    assert_eq!(hint, None);
    let expected = [
        Fault::Extra { name: "head\u{1b}[2J.weight".to_owned(), shape: vec![1] },
        Fault::Missing(Expected::new("fc.bias", [3])),
        Fault::Missing(Expected::new("stem.bn.running_mean", [2])),
        Fault::Misshapen {
            name: "stem.conv.weight".to_owned(),
            expected: vec![2, 1, 1, 2],
            found: vec![2, 2],
        },
        Fault::NotFinite { name: "stem.conv.weight".to_owned(), values: 2, first: 1 },
        Fault::WrongDtype { name: "stem.bn.weight".to_owned(), expected: Dtype::F32, found: Dtype::F16 },
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for fault in &expected {
        assert!(found.contains(fault), "{fault:?} is not in {found:?}");
    }
    let message = open(&tensors, &scene::network()).unwrap_err().to_string();
    for word in [
        "2 missing",
        "1 not of this network",
        "[2, 2] and should be [2, 1, 1, 2]",
        "F16 and should be F32",
        "2 values, the first at 1",
    ] {
        assert!(message.contains(word), "{word}: {message}");
    }
    assert!(!message.contains('\u{1b}'), "a file's name must not move the cursor");
}

#[test]
fn a_prefix_is_named() {
    let prefixed: Vec<Given> = scene::features()
        .into_iter()
        .map(|one| Given { name: format!("module.{}", one.name), ..one })
        .collect();
    let (hint, found) = faults(&prefixed, &scene::network());
    assert_eq!(hint, Some(Hint::Prefixed("module.".to_owned())));
    assert_eq!(found.len(), 6, "three missing and three unknown: {found:?}");
}

#[test]
fn two_names_of_one_tensor_are_refused() {
    let network = [Expected::new("features.denseblock1.denselayer1.norm1.weight", [1])];
    let new = Given::f32("features.denseblock1.denselayer1.norm1.weight", &[1], &[1.0]);
    let old = Given::f32("features.denseblock1.denselayer1.norm.1.weight", &[1], &[2.0]);
    assert_eq!(open(std::slice::from_ref(&old), &network).unwrap().take(&network[0].name).unwrap(), [2.0]);
    let (_, found) = faults(&[new, old], &network);
    assert!(matches!(&found[..], [Fault::Twice { .. }]), "{found:?}");
}

#[test]
fn the_dense_layers_of_timms_vgg_are_convolutions_with_the_same_numbers() {
    let network =
        [Expected::new("classifier.0.weight", [2, 8]), Expected::new("classifier.6.weight", [2, 2])];
    let numbers: Vec<f32> = (0..16).map(|place| place as f32).collect();
    let tensors = [
        Given::f32("pre_logits.fc1.weight", &[2, 2, 2, 2], &numbers),
        Given::f32("head.fc.weight", &[2, 2], &[0.0; 4]),
    ];
    assert_eq!(open(&tensors, &network).unwrap().take("classifier.0.weight").unwrap(), numbers);
    // Under torchvision's name, nothing is flattened.
    let tensors = [Given::f32("classifier.0.weight", &[2, 2, 2, 2], &numbers), tensors[1].clone()];
    let (_, found) = faults(&tensors, &network);
    assert!(matches!(&found[..], [Fault::Misshapen { .. }]), "{found:?}");
}

#[test]
fn a_file_that_changes_after_it_was_checked_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = scene::bytes(&scene::features(), &[]);
    let path = scene::file(folder.path(), &written);
    let state = StateFile::open(&path, &scene::network()).unwrap();
    let last = written.len() - 1;
    written[last] ^= 1;
    std::fs::write(&path, &written).unwrap();
    let changed = state.names().filter(|name| state.take(name).is_err()).count();
    assert_eq!(changed, 1, "one byte belongs to one tensor");
    std::fs::write(&path, &written[..written.len() - 20]).unwrap();
    let name = state.names().last().unwrap().to_owned();
    assert!(
        state.names().any(|name| matches!(state.take(name), Err(WeightsError::Changed { .. }))),
        "{name}"
    );
}

#[test]
fn what_is_no_file_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent"), "/dev/zero".into()] {
        let refused = StateFile::open(&path, &scene::network());
        assert!(matches!(refused, Err(WeightsError::Read { .. })), "{}: {refused:?}", path.display());
    }
}

/// RAD-DINO's file has the names of Hugging Face's `Dinov2Model`, and queries, keys and values apart.
#[test]
fn queries_keys_and_values_of_a_dinov2_model_are_put_together() {
    let network = [
        Expected::new("cls_token", [1, 1, 2]),
        Expected::new("blocks.0.attn.qkv.weight", [6, 2]),
        Expected::new("blocks.0.ls1.gamma", [2]),
        Expected::new("norm.weight", [2]),
    ];
    let attention = "encoder.layer.0.attention.attention";
    let mut given = vec![
        Given::f32("embeddings.cls_token", &[1, 1, 2], &[0.5, 0.25]),
        Given::f32("embeddings.mask_token", &[1, 2], &[7.0, 7.0]),
        Given::f32(&format!("{attention}.key.weight"), &[2, 2], &[5.0, 6.0, 7.0, 8.0]),
        Given::f32(&format!("{attention}.query.weight"), &[2, 2], &[1.0, 2.0, 3.0, 4.0]),
        Given::f32(&format!("{attention}.value.weight"), &[2, 2], &[9.0, 10.0, 11.0, 12.0]),
        Given::f32("encoder.layer.0.layer_scale1.lambda1", &[2], &[1.5, 2.5]),
        Given::f32("layernorm.weight", &[2], &[1.0, 1.0]),
    ];
    let folder = tempfile::tempdir().unwrap();
    let state = StateFile::open(&scene::file(folder.path(), &scene::bytes(&given, &[])), &network).unwrap();
    let joined: Vec<f32> = (1..=12_u8).map(f32::from).collect();
    assert_eq!(state.take("blocks.0.attn.qkv.weight").unwrap(), joined);
    assert_eq!(state.take("blocks.0.ls1.gamma").unwrap(), [1.5, 2.5]);
    assert_eq!(state.names().count(), 4, "the mask token is none of the network's");

    given.remove(2);
    let path = scene::file(folder.path(), &scene::bytes(&given, &[]));
    let error = StateFile::open(&path, &network).unwrap_err().to_string();
    assert!(error.contains("1 missing (blocks.0.attn.qkv.weight [6, 2])"), "{error}");
}
