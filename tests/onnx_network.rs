//! Networks from ONNX files: their maps are those of other software, what cannot be used is refused in a sentence, and a whole
//! run goes through with one.
//!
//! Tests that compute need ONNX Runtime's shared library (`cargo xtask setup --onnx`) and are skipped without it.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    thread,
};

use radiograph::{Config, ExternalTest, Frozen, Pipeline, Predictor, Progress, onnx::Export};
use radiograph_backbone::{Backbone, Network, OnnxNetwork, OnnxNetworkError, Options};
use radiograph_features::{ExtractionKey, StoreDescription};
use radiograph_input::Normalisation;
use radiograph_libtorch::Device;
use radiograph_needs::Need;
use radiograph_phantoms::collection::Collections;
use radiograph_weights::{Architecture, Family, Lineage, NetworkDefinition, graph::Window};
use tch::Tensor;

use crate::{
    backbone,
    fill::Fill,
    onnx::{assert_near, values},
    reference::{self, Sample},
};

/// Whether ONNX Runtime is there; otherwise the running test is recorded as skipped.
fn runtime_is_there() -> bool {
    let met = Need::OnnxRuntime.is_met();
    if !met {
        radiograph_needs::skip(&Need::OnnxRuntime);
    }
    met
}

/// A file that the Python package onnx wrote.
fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/onnx_file/tiny.onnx")
}

fn images() -> Tensor {
    Fill::new("").values("input", &[2, 3, 32, 32])
}

/// Values of ONNX Runtime in Python. Kernels differ by processor, so the last bits may differ too.
#[test]
fn golden_onnx_file_of_another_program() {
    if !runtime_is_there() {
        return;
    }
    let expected: BTreeMap<String, Sample> = reference::golden("onnx_file/expected.json");
    for (tensor, shape) in [(Some("map"), [6, 4, 4]), (Some("stem"), [4, 16, 16]), (None, [5, 1, 1])] {
        let network = OnnxNetwork::open(&tiny(), tensor, [3, 32, 32]).unwrap();
        assert_eq!(network.map_shape().unwrap(), shape);
        let mut maps = network.forward_features(&images()).unwrap();
        if tensor.is_none() {
            // The classifier's output is a vector.
            assert_eq!(network.tensor(), "scores");
            maps = maps.view([2, 5]);
        }
        expected[network.tensor()].assert_close(&maps, 1e-6);
    }
    let tokens = OnnxNetwork::open(&tiny(), Some("tokens"), [3, 32, 32]).unwrap().map_shape();
    assert!(
        matches!(&tokens, Err(OnnxNetworkError::Map { found, .. }) if found[..] == [1, 16, 6]),
        "{tokens:?}"
    );
}

/// DenseNet121 by formula, exported with two outputs.
fn densenet(path: &Path) -> BTreeMap<String, Tensor> {
    let architecture = Architecture::DENSENET121;
    let tensors = backbone::REFERENCE.tensors(architecture, false);
    let layers = ["features.denseblock3", "features.norm5"].map(str::to_owned).to_vec();
    let export = Export { layers, ..Export::new(architecture, architecture.lineage(), [64, 64]) };
    fs::write(path, export.bytes(|name| Ok(values(&tensors[name]))).unwrap()).unwrap();
    tensors
}

#[test]
fn golden_onnx_file_gives_the_maps_of_libtorch() {
    if !runtime_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("densenet.onnx");
    let tensors = densenet(&path);
    let architecture = Architecture::DENSENET121;
    let lineage = architecture.lineage();
    let libtorch =
        Backbone::from_tensors(tensors, architecture, lineage, Device::CPU, Options::default()).unwrap();
    let images = backbone::REFERENCE.images(&[3, 3, 64, 64]);
    for layer in ["features.denseblock3", "features.norm5"] {
        let network = OnnxNetwork::open(&path, Some(layer), [3, 64, 64]).unwrap();
        let expected = libtorch.forward_intermediates(&images, &[layer]).unwrap().remove(0);
        assert_near(&network.forward_features(&images).unwrap(), &expected, 1e-4, layer);
    }
}

#[test]
fn maps_depend_neither_on_the_batch_nor_on_the_thread_nor_on_the_session() {
    if !runtime_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("densenet.onnx");
    densenet(&path);
    let images = backbone::REFERENCE.images(&[3, 3, 64, 64]);
    let open = || OnnxNetwork::open(&path, Some("features.norm5"), [3, 64, 64]).unwrap();
    let network = open();
    let together = network.forward_features(&images).unwrap();
    for place in 0..3 {
        let alone = network.forward_features(&images.narrow(0, place, 1)).unwrap();
        assert_eq!(alone, together.narrow(0, place, 1), "image {place}");
    }
    // Threads at once, each with a clone, which prepares a network for itself.
    let of_threads: Vec<Vec<f32>> = thread::scope(|scope| {
        let run = |_| {
            let (network, images) = (network.clone(), images.shallow_clone());
            scope.spawn(move || values(&network.forward_features(&images).unwrap()))
        };
        let running: Vec<_> = (0..3).map(run).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(of_threads.iter().all(|maps| *maps == values(&together)));
    assert_eq!(open().forward_features(&images).unwrap(), together, "opened again");
    // Of more channels than the network reads, the first count.
    let more = Tensor::cat(&[&images, &images.narrow(1, 0, 1)], 1);
    assert_eq!(network.forward_features(&more).unwrap(), together);
    for wrong in [images.narrow(1, 0, 2), images.narrow(2, 0, 63), images.to_kind(tch::Kind::Double)] {
        assert!(network.forward_features(&wrong).is_err());
    }
    assert!(network.engine().starts_with("ONNX Runtime "), "{}", network.engine());
}

#[test]
fn what_onnx_runtime_does_not_compute_is_its_own_sentence() {
    if !runtime_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unknown.onnx");
    let mut bytes = fs::read(tiny()).unwrap();
    let place = bytes.windows(4).position(|bytes| bytes == b"Relu").unwrap();
    bytes[place..place + 4].copy_from_slice(b"Rexu");
    fs::write(&path, bytes).unwrap();
    let error = OnnxNetwork::open(&path, Some("map"), [3, 32, 32]).unwrap().map_shape().unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, OnnxNetworkError::Refused { .. }) && text.contains("Rexu"), "{text}");
    assert!(text.lines().count() == 1 && text.starts_with("ONNX Runtime "), "{text}");
}

/// A config with the network `mine` from `file`.
fn config(file: &Path, changes: &[&str]) -> Config {
    let settings = format!(
        "
        backbones = ['mine']
        networks.mine = {{ file = '{}', normalisation = 'tf', output = 'map' }}
        input.size = 32
        ",
        file.display()
    );
    let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
    Config::resolve(Some(&settings), &changes).unwrap()
}

/// Faults of the file are found before ONNX Runtime is loaded, so this needs none.
#[test]
fn files_that_do_not_fit_are_refused_before_anything_is_computed() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.onnx");
    fs::write(&text, "version https://git-lfs.github.com/spec/v1\n").unwrap();
    let nowhere = folder.path().join("nowhere.onnx");
    for (file, changes, words) in [
        (&nowhere, &[][..], "cannot be read"),
        (&text, &[], "not an ONNX file"),
        (
            &tiny(),
            &["networks.mine.output=norm5"],
            "computes no tensor norm5; it has 11, such as scores, vector, mean",
        ),
        (&tiny(), &["input.size=64"], "is [batch, 3, 32, 32], and the images are [1, 3, 64, 64]"),
        (&tiny(), &["networks.mine.size=33"], "and the images are [1, 3, 33, 33]"),
        (&tiny(), &["networks.mine.normalisation=xrv"], "and the images are [1, 1, 32, 32]"),
        (&tiny(), &["networks.mine.channels=1"], "and the images are [1, 1, 32, 32]"),
    ] {
        let config = config(file, changes);
        let error = Frozen::of(config.backbones[0], &config).unwrap_err().to_string();
        assert!(error.contains(words), "{changes:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn file_tensor_and_input_have_stores_of_their_own() {
    if !runtime_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.onnx");
    let mut bytes = fs::read(tiny()).unwrap();
    let other = folder.path().join("other.onnx");
    fs::write(&copy, &bytes).unwrap();
    // `doc_string` of the model: another content, the same network.
    bytes.extend([0x32, 1, b'x']);
    fs::write(&other, &bytes).unwrap();
    let key = |file: &Path, changes: &[&str]| {
        let config = config(file, changes);
        let frozen = Frozen::of(config.backbones[0], &config).unwrap();
        assert!(frozen.load(Device::CPU).is_ok_and(|network| matches!(network, Network::Onnx(_))));
        frozen.key()
    };
    let first = key(&tiny(), &[]);
    assert_eq!(key(&copy, &[]), first, "the content counts, and not the place");
    let others = [
        key(&other, &[]),
        key(&tiny(), &["networks.mine.output=stem"]),
        key(&tiny(), &["networks.mine.normalisation=torch"]),
        key(&tiny(), &["input.fit=pad"]),
    ];
    let folders: HashSet<String> = others.iter().chain([&first]).map(ExtractionKey::folder_name).collect();
    assert_eq!(folders.len(), 5);
    let computation = first.computation.unwrap();
    assert!(computation.engine.starts_with("ONNX Runtime ") && computation.device == "cpu", "{computation}");
    assert_eq!(first.lineage, format!("ONNX file sha256:{}, tensor map", first.weights));
}

/// Two convolutions, which become a file.
static SMALL: NetworkDefinition = NetworkDefinition {
    name: "exported_to_a_file",
    title: "Two convolutions",
    input_channels: 3,
    native_size: 64,
    micro_batch: 1,
    families: &[Family {
        name: "own",
        lineage: Lineage::with_epsilon(1e-5),
        normalisation: Normalisation::Tf,
    }],
    features: |network, lineage| {
        let map = network.convolution(network.image(), "first", 8, Window::square(4, 4, 0));
        let map = network.batch_norm(map, "norm", lineage.batch_norm_epsilon);
        let map = network.relu(map);
        let map = network.convolution(map, "second", 16, Window::square(3, 2, 1));
        let map = network.relu(map);
        network.layer("last", map);
        map
    },
    classifier: None,
    auxiliary: None,
    published: &[],
};

/// The first image below a folder, in the order of names.
fn first_image(folder: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.into_iter().find_map(|path| match path.is_dir() {
        true => first_image(&path),
        false => path.extension().is_some_and(|kind| kind == "png").then_some(path),
    })
}

#[test]
fn a_network_from_a_file_goes_from_films_to_the_report_to_new_films() {
    if !runtime_is_there() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let architecture = Architecture::register(&SMALL).unwrap();
    let fill = Fill::new("small.");
    let graph = architecture.graphs_of(architecture.lineage()).unwrap().features;
    let shapes: BTreeMap<String, Vec<i64>> =
        graph.parameters().into_iter().map(|parameter| (parameter.name, parameter.shape)).collect();
    let export = Export::new(architecture, architecture.lineage(), [64, 64]);
    let bytes = export.bytes(|name| Ok(values(&fill.parameter(name, &shapes[name])))).unwrap();
    fs::write(path("small.onnx"), bytes).unwrap();
    Collections { patients: 40, seed: 3, side: 128 }.write(&path("here"), |_, _| {}).unwrap();
    Collections { patients: 15, seed: 5, side: 96 }.write(&path("elsewhere"), |_, _| {}).unwrap();
    fs::write(path("key"), "1".repeat(64)).unwrap();
    let settings = format!(
        "
        backbones = ['small_file']
        baselines = ['linear-probe']
        data = {{ folder = '{}', key_file = '{}' }}
        input = {{ size = 64 }}
        training = {{ epochs = 2, folds = 2, batch_size = 8 }}
        head.layers.small_file = {{ units = 4, dense = [4] }}
        evaluation = {{ bootstrap_replicates = 100, permutations = 200 }}
        explanation = {{ images_per_class = 1 }}

        [networks.small_file]
        file = '{}'
        normalisation = 'tf'
        trained_on = 'nothing'
        collections = ['nih']
        ",
        path("here/collections").display(),
        path("key").display(),
        path("small.onnx").display(),
    );
    let run = path("run");
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let config = Config::resolve(Some(&settings), &[]).unwrap();
    let outcome = Pipeline::open(config.clone(), &run, &mut watch).unwrap().run().unwrap();
    let extracted = &outcome.extracted[0];
    assert!(extracted.network == "small_file" && extracted.computed > 20, "{extracted:?}");
    assert!(extracted.left_out.is_empty(), "{extracted:?}");

    // One store, which says what computed it.
    let stores: Vec<PathBuf> =
        fs::read_dir(run.join("features")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [store] = &stores[..] else { panic!("{stores:?}") };
    let description = StoreDescription::read(store).unwrap().unwrap();
    assert_eq!(description.shape(), [16, 8, 8]);
    let engine = &description.key().computation.as_ref().unwrap().engine;
    assert!(engine.starts_with("ONNX Runtime "), "{engine}");
    assert!(description.key().lineage.ends_with(", tensor last"), "{}", description.key().lineage);

    let page = fs::read_to_string(&outcome.report).unwrap();
    for words in ["small_file from an ONNX file", "feature map: last", "ONNX Runtime ", "trained on nothing"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(fs::read_dir(run.join("small_file/gradcam")).unwrap().count() > 0);
    assert!(run.join("small_file/looks.json").is_file(), "changed images went through the network again");

    // A second call finds everything done.
    let again = Pipeline::open(config, &run, &mut watch).unwrap().run().unwrap();
    assert_eq!((again.extracted[0].computed, again.extracted[0].present), (0, extracted.computed));

    let predictor = Predictor::of_run(&run, None).unwrap();
    let film = first_image(&path("elsewhere")).unwrap();
    let explained = predictor.explain(&film).unwrap();
    let sum: f64 = explained.prediction.probabilities.iter().map(|(_, probability)| probability).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    let external = ExternalTest::of_run(&run, &path("elsewhere/collections"), None, &mut watch).unwrap();
    assert!(!external.predictions.is_empty());
}
