//! Compares the other networks with torchvision, timm and torchxrayvision, with weights by formula (`backbones_more.json`).

use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
};

use radiograph_backbone::{Backbone, Form, Options};
use radiograph_input::Normalisation;
use radiograph_weights::{
    Architecture, Expected, Family, Lineage, NetworkDefinition,
    graph::Window,
    network::{VisionTransformer, vision_transformer},
};
use serde::Deserialize;
use tch::Tensor;

use crate::{
    devices::device,
    fill::Fill,
    reference::{self, Sample},
};

#[derive(Deserialize)]
pub(crate) struct Reference {
    salt: String,
    pub(crate) cases: Vec<Case>,
    parameters: BTreeMap<String, Vec<(String, Vec<i64>)>>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) backbone: String,
    pub(crate) input: [i64; 4],
    pub(crate) output: Sample,
}

pub(crate) static REFERENCE: LazyLock<Reference> = LazyLock::new(|| reference::read("backbones_more.json"));

/// DINOv2's network with the positions of 224 pixels: a network that this project does not have, registered by a test.
static AT_224: LazyLock<NetworkDefinition> = LazyLock::new(|| NetworkDefinition {
    name: "vit_base_patch14_at_224",
    title: "DINOv2 ViT-B/14 for images of 224 pixels",
    native_size: 224,
    features: |network, _| {
        vision_transformer(network, &VisionTransformer { grid: [16, 16], ..VisionTransformer::BASE_14 })
    },
    published: &[],
    ..*"vit_base_patch14_dinov2".parse::<Architecture>().unwrap().definition().unwrap()
});

fn at_224() -> Architecture {
    static REGISTERED: OnceLock<Architecture> = OnceLock::new();
    *REGISTERED.get_or_init(|| Architecture::register(&AT_224).unwrap())
}

/// The network of a name in the reference.
pub(crate) fn architecture(name: &str) -> Architecture {
    match name {
        "densenet121.xrv" => "densenet121_xrv".parse().unwrap(),
        "vit_base_patch14_dinov2 built for 224" => at_224(),
        _ => name.parse().unwrap(),
    }
}

impl Reference {
    /// Every tensor of a network by formula, without its classifier.
    pub(crate) fn tensors(&self, name: &str) -> BTreeMap<String, Tensor> {
        let fill = Fill::new(&self.salt);
        let head = |name: &str| ["classifier.", "fc.", "head."].iter().any(|head| name.starts_with(head));
        let used = self.parameters[name].iter().filter(|(name, _)| !head(name));
        used.map(|(name, shape)| (name.clone(), fill.parameter(name, shape))).collect()
    }

    pub(crate) fn images(&self, shape: &[i64]) -> Tensor {
        Fill::new(&self.salt).values("input", shape)
    }
}

fn backbone(name: &str, form: Form) -> Backbone {
    let architecture = architecture(name);
    let options = Options { form, ..Options::default() };
    let tensors = REFERENCE.tensors(name);
    Backbone::from_tensors(tensors, architecture, architecture.lineage(), device(), options).unwrap()
}

fn compare(name: &str, expected: usize) {
    let forms = [Form::Plain, Form::Folded].map(|form| backbone(name, form));
    let mut compared = 0;
    for case in REFERENCE.cases.iter().filter(|case| case.backbone == name) {
        let images = REFERENCE.images(&case.input);
        let [plain, folded] = forms.each_ref().map(|backbone| {
            let features = backbone.forward_features(&images).unwrap();
            case.output.assert_close(&features, 1e-4);
            features
        });
        let error = (&plain - &folded).abs().max().double_value(&[]) / plain.abs().max().double_value(&[]);
        assert!(error < 1e-5, "{name}: folding changes {error:e} of the largest value");
        compared += 1;
    }
    assert_eq!(compared, expected, "cases of {name}");
}

#[test]
fn golden_backbone_torchxrayvision_s_densenet121() {
    compare("densenet121.xrv", 1);
}

#[test]
fn golden_backbone_dinov2() {
    compare("vit_base_patch14_dinov2", 1);
}

#[test]
fn golden_backbone_dinov2_built_for_224() {
    compare("vit_base_patch14_dinov2 built for 224", 1);
}

#[test]
fn golden_backbone_resnet50() {
    compare("resnet50", 2);
}

#[test]
fn golden_backbone_convnext_tiny() {
    compare("convnext_tiny", 1);
}

#[test]
fn golden_backbone_more_parameters_are_those_of_their_publishers() {
    assert_eq!((REFERENCE.cases.len(), REFERENCE.parameters.len()), (6, 5));
    for (name, parameters) in &REFERENCE.parameters {
        let mut published: Vec<(String, Vec<i64>)> = parameters.clone();
        published.sort();
        let ours: Vec<(String, Vec<i64>)> = Expected::of(architecture(name))
            .into_iter()
            .map(|one| (one.name, one.shape.iter().map(|&side| i64::try_from(side).unwrap()).collect()))
            .collect();
        assert_eq!(ours, published, "{name}");
    }
}

/// A network whose map is its positions alone.
static POSITIONS: NetworkDefinition = NetworkDefinition {
    name: "positions_alone",
    title: "Positions alone",
    input_channels: 1,
    native_size: 8,
    micro_batch: 1,
    families: &[Family {
        name: "none",
        lineage: Lineage::with_epsilon(1e-5),
        normalisation: Normalisation::Xrv,
    }],
    features: |network, _| {
        let image = network.image();
        let patches = network.convolution(image, "patch", 1, Window::square(2, 2, 0));
        let tokens = network.tokens(patches);
        let tokens = network.class_token(tokens, "cls_token");
        let tokens = network.position(tokens, "pos_embed", [4, 4], patches);
        let map = network.cells(tokens, 1, patches);
        network.layer("map", map);
        map
    },
    classifier: None,
    auxiliary: None,
    published: &[],
};

/// A grid of positions, and what it becomes for other numbers of rows and columns: Pillow 12's `resize` with `BICUBIC`
/// of a picture of floats, which PyTorch's antialiased bicubic interpolation follows, to 3 × 3 and to 6 rows of 5.
pub(crate) struct ResampledPositions {
    pub(crate) architecture: Architecture,
    pub(crate) tensors: BTreeMap<String, Tensor>,
    /// Rows, columns and values.
    pub(crate) expected: [(i64, i64, Vec<f32>); 3],
}

pub(crate) fn resampled_positions() -> ResampledPositions {
    static REGISTERED: OnceLock<Architecture> = OnceLock::new();
    let architecture = *REGISTERED.get_or_init(|| Architecture::register(&POSITIONS).unwrap());
    let grid =
        [-1.0_f32, -0.25, 0.5, 1.25, 0.75, 0.0, -0.75, 1.25, 0.5, 1.0, 1.5, -0.75, 1.0, 0.0, -1.0, 0.75];
    let shrunk = [
        -0.494_746_54,
        -0.126_532_96,
        1.060_233_6,
        0.645_260_04,
        0.484_909_03,
        0.244_863_58,
        0.756_188_2,
        -0.012_421_845,
        0.104_870_416,
    ];
    let stretched = [
        -1.151_853_4,
        -0.565_111_8,
        0.169_202_3,
        0.830_124_14,
        1.278_893_6,
        -0.160_492_05,
        -0.180_826_05,
        -0.306_985_3,
        0.223_068_92,
        1.436_368_7,
        0.844_339_85,
        0.381_836_44,
        -0.324_544_28,
        -0.145_188_72,
        1.057_428,
        0.503_283,
        0.792_947_8,
        1.298_285_6,
        0.840_417_5,
        -0.680_675_2,
        0.759_544_7,
        0.607_04,
        0.429_227_95,
        0.185_794_55,
        -0.090_073_54,
        1.080_434,
        0.320_853_62,
        -0.809_621_7,
        -0.677_749_6,
        0.935_792,
    ];
    let positions: Vec<f32> = std::iter::once(9.0).chain(grid).collect();
    let zeros = |shape: &[i64]| Tensor::zeros(shape, tch::kind::FLOAT_CPU);
    let tensors = BTreeMap::from([
        ("patch.weight".to_owned(), zeros(&[1, 1, 2, 2])),
        ("cls_token".to_owned(), zeros(&[1, 1, 1])),
        ("pos_embed".to_owned(), Tensor::from_slice(&positions).view([1, 17, 1])),
    ]);
    let expected = [(4, 4, grid.to_vec()), (3, 3, shrunk.to_vec()), (6, 5, stretched.to_vec())];
    ResampledPositions { architecture, tensors, expected }
}

#[test]
fn positions_are_resampled_with_antialiasing() {
    let ResampledPositions { architecture, tensors, expected } = resampled_positions();
    let lineage = architecture.lineage();
    let backbone =
        Backbone::from_tensors(tensors, architecture, lineage, device(), Options::default()).unwrap();
    for (rows, columns, expected) in &expected {
        let images = Tensor::zeros([1, 1, 2 * rows, 2 * columns], (tch::Kind::Float, device().to_tch()));
        let map = backbone.forward_features(&images).unwrap();
        assert_eq!(map.size(), [1, 1, *rows, *columns]);
        let error = (map.view([-1]) - Tensor::from_slice(expected).to_device(map.device()))
            .abs()
            .max()
            .double_value(&[]);
        assert!(error < 1e-5, "{rows} × {columns}: {error:e}");
    }
}
