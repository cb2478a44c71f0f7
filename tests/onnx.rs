//! Networks as ONNX files: onnx's checker accepts them, and ONNX Runtime computes what their publishers' software does.
//!
//! The tests need a Python with numpy, onnx, onnxruntime and Pillow (`RADIOGRAPH_PYTHON`), in which `onnx_runtime.py`
//! runs, and are skipped without it.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use radiograph::onnx::{Export, Input, OnnxError};
use radiograph_input::{Filter, Normalisation};
use radiograph_needs::Need;
use radiograph_weights::{Architecture, Family, Lineage, NetworkDefinition, graph::Window};
use tch::Tensor;

use crate::{
    backbone, backbone_more,
    backbone_more::{ResampledPositions, resampled_positions},
    fill::Fill,
};

/// Largest difference from the reference, as a share of the largest value. Found were at most 3e-6; GELU by the
/// hyperbolic tangent instead of the exact one stays below 1e-4.
const TOLERANCE: f64 = 1e-5;

/// Whether Python has what the tests need; otherwise the running test is recorded as skipped.
fn python_is_there() -> bool {
    let packages = Need::PythonModules("numpy, onnx, onnxruntime, PIL".to_owned());
    let met = packages.is_met();
    if !met {
        radiograph_needs::skip(&packages);
    }
    met
}

pub(crate) fn values(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.contiguous().view([-1])).unwrap()
}

/// Runs the script with an input, and returns its outputs.
fn script(folder: &Path, words: [&str; 2], input: &Tensor, more: &[String]) -> Vec<Tensor> {
    let (source, target) = (folder.join("input"), folder.join("output"));
    let bytes: Vec<u8> = values(input).into_iter().flat_map(f32::to_le_bytes).collect();
    fs::write(&source, bytes).unwrap();
    let shape: Vec<String> = input.size().iter().map(i64::to_string).collect();
    let output = Command::new(radiograph_needs::python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("onnx_runtime.py"))
        .args(words)
        .args([&source, Path::new(&shape.join(",")), &target])
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bytes = fs::read(&target).unwrap();
    let mut rest = bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
    let printed = String::from_utf8(output.stdout).unwrap();
    let tensors = printed.lines().map(|line| {
        let shape: Vec<i64> = line.split(',').map(|side| side.parse().unwrap()).collect();
        let count = shape.iter().product::<i64>() as usize;
        let values: Vec<f32> = rest.by_ref().take(count).collect();
        Tensor::from_slice(&values).view(shape.as_slice())
    });
    tensors.collect()
}

/// The outputs that ONNX Runtime computes from a file of this network.
fn compute(export: &Export, tensors: &BTreeMap<String, Tensor>, input: &Tensor) -> Vec<Tensor> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.onnx");
    fs::write(&path, export.bytes(|name| Ok(values(&tensors[name]))).unwrap()).unwrap();
    script(folder.path(), ["compute", path.to_str().unwrap()], input, &[])
}

fn size([_, _, rows, columns]: [i64; 4]) -> [u32; 2] {
    [rows, columns].map(|side| u32::try_from(side).unwrap())
}

fn compare(architecture: Architecture, expected: usize) {
    if !python_is_there() {
        return;
    }
    let reference = &backbone::REFERENCE;
    let tensors = reference.tensors(architecture, false);
    let mut compared = 0;
    for case in reference.cases.iter().filter(|case| case.backbone == architecture) {
        let export = Export::new(architecture, case.lineage(), size(case.input));
        let outputs = compute(&export, &tensors, &reference.images(&case.input));
        assert_eq!(outputs.len(), 1);
        case.output.assert_close(&outputs[0], TOLERANCE);
        compared += 1;
    }
    assert_eq!(compared, expected, "cases of {architecture}");
}

fn compare_more(name: &str, expected: usize) {
    if !python_is_there() {
        return;
    }
    let reference = &backbone_more::REFERENCE;
    let architecture = backbone_more::architecture(name);
    let tensors = reference.tensors(name);
    let mut compared = 0;
    for case in reference.cases.iter().filter(|case| case.backbone == name) {
        let export = Export::new(architecture, architecture.lineage(), size(case.input));
        let outputs = compute(&export, &tensors, &reference.images(&case.input));
        assert_eq!(outputs.len(), 1);
        case.output.assert_close(&outputs[0], TOLERANCE);
        compared += 1;
    }
    assert_eq!(compared, expected, "cases of {name}");
}

#[test]
fn golden_onnx_vgg19() {
    compare(Architecture::VGG19, 2);
}

#[test]
fn golden_onnx_densenet121() {
    compare(Architecture::DENSENET121, 2);
}

#[test]
fn golden_onnx_inception_v3_in_both_lineages() {
    compare(Architecture::INCEPTION_V3, 4);
}

#[test]
fn golden_onnx_inception_resnet_v2() {
    compare(Architecture::INCEPTION_RESNET_V2, 2);
}

#[test]
fn golden_onnx_torchxrayvision_s_densenet121() {
    compare_more("densenet121.xrv", 1);
}

#[test]
fn golden_onnx_dinov2() {
    compare_more("vit_base_patch14_dinov2", 1);
}

#[test]
fn golden_onnx_dinov2_built_for_224() {
    compare_more("vit_base_patch14_dinov2 built for 224", 1);
}

#[test]
fn golden_onnx_resnet50() {
    compare_more("resnet50", 2);
}

#[test]
fn golden_onnx_convnext_tiny() {
    compare_more("convnext_tiny", 1);
}

pub(crate) fn assert_near(found: &Tensor, expected: &Tensor, tolerance: f64, what: &str) {
    assert_eq!(found.size(), expected.size(), "{what}");
    let error = (found - expected).abs().max().double_value(&[]) / expected.abs().max().double_value(&[]);
    assert!(error < tolerance, "{what}: {error:e} of the largest value");
}

#[test]
fn positions_are_resampled_in_the_file() {
    if !python_is_there() {
        return;
    }
    let ResampledPositions { architecture, tensors, expected } = resampled_positions();
    for (rows, columns, expected) in &expected {
        let side = |cells: &i64| 2 * u32::try_from(*cells).unwrap();
        let export = Export::new(architecture, architecture.lineage(), [side(rows), side(columns)]);
        let images = Tensor::zeros([2, 1, 2 * rows, 2 * columns], tch::kind::FLOAT_CPU);
        let map = compute(&export, &tensors, &images).remove(0);
        let expected = Tensor::from_slice(expected).view([1, 1, *rows, *columns]);
        assert_near(&map, &expected.expand([2, 1, *rows, *columns], false), 1e-5, "positions");
    }
}

/// torchvision's `_transform_input`, written out, for comparison with the transform in the file.
#[test]
fn layers_and_the_input_transform_are_those_of_libtorch() {
    if !python_is_there() {
        return;
    }
    let architecture = Architecture::INCEPTION_V3;
    let reference = &backbone::REFERENCE;
    let tensors = reference.tensors(architecture, false);
    let images = reference.images(&[3, 3, 107, 139]);
    let lineage = Lineage::torchvision(architecture);
    assert!(lineage.transforms_input);
    let layers = ["Mixed_5d", "Mixed_7c", "Mixed_6e"];
    let export = Export {
        layers: layers.map(str::to_owned).to_vec(),
        ..Export::new(architecture, lineage, [107, 139])
    };
    let found = compute(&export, &tensors, &images);

    let libtorch = radiograph_backbone::Backbone::from_tensors(
        tensors,
        architecture,
        lineage,
        radiograph_libtorch::Device::CPU,
        radiograph_backbone::Options::default(),
    );
    let expected = libtorch.unwrap().forward_intermediates(&images, &layers).unwrap();
    assert_eq!((found.len(), expected.len()), (3, 3));
    for (layer, (found, expected)) in layers.iter().zip(found.iter().zip(&expected)) {
        assert_near(found, expected, 1e-5, layer);
    }
}

static FAMILY: [Family; 1] =
    [Family { name: "none", lineage: Lineage::with_epsilon(1e-5), normalisation: Normalisation::Torch }];

/// A network that returns its input.
const fn nothing(name: &'static str, channels: i64) -> NetworkDefinition {
    NetworkDefinition {
        name,
        title: "Nothing",
        input_channels: channels,
        native_size: 8,
        micro_batch: 1,
        families: &FAMILY,
        features: |network, _| {
            let image = network.image();
            let map = network.convolution(image, "conv", network.channels(image), Window::POINT);
            network.layer("map", map);
            map
        },
        classifier: None,
        auxiliary: None,
        published: &[],
    }
}

static GRAY: NetworkDefinition = nothing("nothing_gray", 1);
static COLOUR: NetworkDefinition = nothing("nothing_colour", 3);

/// Pillow resizes the same film, as floats, and the normalisation is that which is tested against Keras.
#[test]
fn films_are_resized_as_pillow_does_and_normalised_in_the_file() {
    if !python_is_there() {
        return;
    }
    let [gray, colour] = [&GRAY, &COLOUR].map(|definition| Architecture::register(definition).unwrap());
    let folder = tempfile::tempdir().unwrap();
    for (architecture, normalisation) in [
        (gray, Normalisation::Xrv),
        (colour, Normalisation::Torch),
        (colour, Normalisation::Caffe),
        (colour, Normalisation::Tf),
        (colour, Normalisation::RadDino),
    ] {
        let channels = architecture.definition().unwrap().input_channels;
        let kernel = Tensor::eye(channels, tch::kind::FLOAT_CPU).view([channels, channels, 1, 1]);
        let tensors = BTreeMap::from([("conv.weight".to_owned(), kernel)]);
        for (filter, name) in
            [(Filter::Bilinear, "bilinear"), (Filter::Bicubic, "bicubic"), (Filter::Nearest, "nearest")]
        {
            for [rows, columns] in [[61, 83], [17, 40]] {
                let film = (Fill::new("film.").values("input", &[1, 1, rows, columns]) + 1.0) * 127.0;
                let export = Export {
                    input: Input::Film { filter, normalisation },
                    ..Export::new(architecture, architecture.lineage(), [24, 31])
                };
                let found = compute(&export, &tensors, &film).remove(0);
                let sides = ["24".to_owned(), "31".to_owned()];
                let resized = values(&script(folder.path(), ["resize", name], &film, &sides)[0]);
                let expected: Vec<f32> = (0..channels as usize)
                    .flat_map(|channel| {
                        let of = if normalisation.reverses_channels() { 2 - channel } else { channel };
                        resized.iter().map(move |sample| normalisation.normalise(*sample, of))
                    })
                    .collect();
                let expected = Tensor::from_slice(&expected).view([1, channels, 24, 31]);
                let what = format!("{normalisation:?}, {name}, {rows} × {columns}");
                assert_near(&found, &expected, 1e-5, &what);
            }
        }
    }
}

#[test]
fn a_filter_that_onnx_lacks_is_an_error() {
    let input = Input::Film { filter: Filter::Lanczos, normalisation: Normalisation::Torch };
    let architecture = Architecture::VGG19;
    let export = Export { input, ..Export::new(architecture, architecture.lineage(), [64, 64]) };
    let error = export.bytes(|_| panic!("nothing is read")).unwrap_err();
    assert!(matches!(error, OnnxError::Filter(Filter::Lanczos)), "{error}");
}
