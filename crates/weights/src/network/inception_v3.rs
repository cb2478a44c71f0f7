//! InceptionV3 (Szegedy et al., 2016), with torchvision's tensor names.

use radiograph_input::{Filter, Normalisation};

use super::{
    inception_stem::{HALVING, stem},
    layers::{CLASSES, Units, pooled_classifier},
};
use crate::{
    Lineage,
    definition::{Auxiliary, Family, NetworkDefinition, OriginalChecksum, Published},
    graph::{Builder, Map, Window},
};

pub(super) const DEFINITION: NetworkDefinition = NetworkDefinition {
    name: "inception_v3",
    title: "InceptionV3",
    input_channels: 3,
    native_size: 299,
    micro_batch: 16,
    families: &[
        Family {
            name: "timm",
            lineage: Lineage { pooling_counts_padding: true, ..KERAS },
            normalisation: Normalisation::Tf,
        },
        Family {
            name: "torchvision",
            lineage: Lineage { pooling_counts_padding: true, transforms_input: true, ..KERAS },
            normalisation: Normalisation::Torch,
        },
        Family { name: "keras", lineage: KERAS, normalisation: Normalisation::Tf },
    ],
    features,
    classifier: Some(|network, map| pooled_classifier(network, map, "fc", CLASSES)),
    auxiliary: Some(Auxiliary { channels: 768, layers: auxiliary }),
    published: &[
        Published {
            source_url: Some(
                "https://huggingface.co/timm/inception_v3.tv_in1k/resolve/main/model.safetensors",
            ),
            revision: Some("9506574"),
            sha256: Some("9c452c63a67fd03a38a78c401ba12d4be0e926df63c93403de3a29f6df20fefb"),
            licence: Some("apache-2.0"),
            interpolation: Some(Filter::Bicubic),
            resize: Some(341),
            ..Published::of_imagenet("tv_in1k", "timm")
        },
        // Trained in TensorFlow, whose average pooling does not count padding, although timm's network counts it.
        Published {
            lineage: Some(KERAS),
            source_url: Some(
                "https://huggingface.co/timm/inception_v3.tf_in1k/resolve/main/model.safetensors",
            ),
            licence: Some("apache-2.0"),
            interpolation: Some(Filter::Bicubic),
            resize: Some(341),
            ..Published::of_imagenet("tf_in1k", "timm")
        },
        Published {
            source_url: Some(
                "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/\
                 inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
            ),
            original: Some(OriginalChecksum::Md5("bcbd6486424b2319ff4ef7d526e38f63")),
            licence: Some("MIT"),
            ..Published::of_imagenet("keras", "keras")
        },
        // Real trained weights that are small enough to share, for exactness tests and real runs.
        Published {
            trained_on: Some(
                "ImageNet up to mixed5, frozen there, and another image-classification task from the 56th convolution \
                 on: not the ImageNet weights",
            ),
            origin: Some(
                "npm package nsfwjs 4.4.0, a Keras InceptionV3 without top, 8-bit values expanded to f32",
            ),
            sha256: Some("5d13500d810ff8520333d0d5a80107a556354d7eac3ac033614cd5f4e7ce5ace"),
            licence: Some("MIT"),
            ..Published::new("nsfwjs", "keras")
        },
    ],
};

const KERAS: Lineage = Lineage::with_epsilon(1e-3);

const STEM: [&str; 5] = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"];

/// ImageNet's mean and deviation of red, green and blue. `transform_input` assumes that its input is normalised by
/// them.
const MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f64; 3] = [0.229, 0.224, 0.225];

const ROW: Window = Window::same(1, 7);
const COLUMN: Window = Window::same(7, 1);
const SQUARE: Window = Window::same(3, 3);

/// A stem and eleven blocks of branches side by side.
fn features(network: &mut Builder, lineage: &Lineage) -> Map {
    let mut map = network.image();
    if lineage.transforms_input {
        // From ImageNet's normalisation to −1 … 1: x · σ / 0.5 + (μ − 0.5) / 0.5.
        let scale = DEVIATION.map(|deviation| deviation / 0.5);
        let shift = MEAN.map(|mean| (mean - 0.5) / 0.5);
        map = network.affine(map, &scale, &shift);
    }
    let mut units = Units { network, lineage };
    map = stem(&mut units, map, STEM);
    for (name, pooled) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
        map = Block { units: &mut units, name }.a(map, pooled);
    }
    map = Block { units: &mut units, name: "Mixed_6a" }.b(map);
    for (name, middle) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
        map = Block { units: &mut units, name }.c(map, middle);
    }
    map = Block { units: &mut units, name: "Mixed_7a" }.d(map);
    for name in ["Mixed_7b", "Mixed_7c"] {
        map = Block { units: &mut units, name }.e(map);
    }
    map
}

/// The classifier on `Mixed_6e`, without its pooling.
fn auxiliary(network: &mut Builder, map: Map, lineage: &Lineage) -> Map {
    let mut units = Units { network, lineage };
    let map = units.unit(map, "AuxLogits.conv0", 128, Window::POINT);
    let map = units.unit(map, "AuxLogits.conv1", 768, Window::square(5, 1, 0));
    pooled_classifier(network, map, "AuxLogits.fc", CLASSES)
}

/// A block of branches under a name.
struct Block<'a, 'b> {
    units: &'a mut Units<'b>,
    name: &'static str,
}

impl Block<'_, '_> {
    /// 1 × 1, 5 × 5, twice 3 × 3, pooled.
    fn a(&mut self, map: Map, pooled: i64) -> Map {
        let point = self.branch(map, &[("branch1x1", 64, Window::POINT)]);
        let wide =
            self.branch(map, &[("branch5x5_1", 48, Window::POINT), ("branch5x5_2", 64, Window::same(5, 5))]);
        let double = self.branch(
            map,
            &[
                ("branch3x3dbl_1", 64, Window::POINT),
                ("branch3x3dbl_2", 96, SQUARE),
                ("branch3x3dbl_3", 96, SQUARE),
            ],
        );
        let pooled = self.pooled(map, pooled);
        self.together(&[point, wide, double, pooled])
    }

    /// Halves the map.
    fn b(&mut self, map: Map) -> Map {
        let single = self.branch(map, &[("branch3x3", 384, HALVING)]);
        let double = self.branch(
            map,
            &[
                ("branch3x3dbl_1", 64, Window::POINT),
                ("branch3x3dbl_2", 96, SQUARE),
                ("branch3x3dbl_3", 96, HALVING),
            ],
        );
        let pooled = self.units.network.max_pool(map, HALVING);
        self.together(&[single, double, pooled])
    }

    /// 1 × 1, 7 × 7 once and twice as rows and columns, pooled.
    fn c(&mut self, map: Map, middle: i64) -> Map {
        let point = self.branch(map, &[("branch1x1", 192, Window::POINT)]);
        let single = self.branch(
            map,
            &[
                ("branch7x7_1", middle, Window::POINT),
                ("branch7x7_2", middle, ROW),
                ("branch7x7_3", 192, COLUMN),
            ],
        );
        let double = self.branch(
            map,
            &[
                ("branch7x7dbl_1", middle, Window::POINT),
                ("branch7x7dbl_2", middle, COLUMN),
                ("branch7x7dbl_3", middle, ROW),
                ("branch7x7dbl_4", middle, COLUMN),
                ("branch7x7dbl_5", 192, ROW),
            ],
        );
        let pooled = self.pooled(map, 192);
        self.together(&[point, single, double, pooled])
    }

    /// Halves the map.
    fn d(&mut self, map: Map) -> Map {
        let single = self.branch(map, &[("branch3x3_1", 192, Window::POINT), ("branch3x3_2", 320, HALVING)]);
        let cross = self.branch(
            map,
            &[
                ("branch7x7x3_1", 192, Window::POINT),
                ("branch7x7x3_2", 192, ROW),
                ("branch7x7x3_3", 192, COLUMN),
                ("branch7x7x3_4", 192, HALVING),
            ],
        );
        let pooled = self.units.network.max_pool(map, HALVING);
        self.together(&[single, cross, pooled])
    }

    /// 1 × 1, 3 × 3 once and twice with a row and a column side by side, pooled.
    fn e(&mut self, map: Map) -> Map {
        let point = self.branch(map, &[("branch1x1", 320, Window::POINT)]);
        let single = self.branch(map, &[("branch3x3_1", 384, Window::POINT)]);
        let [row, column] = self.row_and_column(single, ["branch3x3_2a", "branch3x3_2b"]);
        let double =
            self.branch(map, &[("branch3x3dbl_1", 448, Window::POINT), ("branch3x3dbl_2", 384, SQUARE)]);
        let [double_row, double_column] = self.row_and_column(double, ["branch3x3dbl_3a", "branch3x3dbl_3b"]);
        let pooled = self.pooled(map, 192);
        self.together(&[point, row, column, double_row, double_column, pooled])
    }

    fn row_and_column(&mut self, map: Map, [row, column]: [&str; 2]) -> [Map; 2] {
        [
            self.branch(map, &[(row, 384, Window::same(1, 3))]),
            self.branch(map, &[(column, 384, Window::same(3, 1))]),
        ]
    }

    fn branch(&mut self, map: Map, units: &[(&str, i64, Window)]) -> Map {
        units.iter().fold(map, |map, &(unit, outputs, window)| {
            self.units.unit(map, &format!("{}.{unit}", self.name), outputs, window)
        })
    }

    fn pooled(&mut self, map: Map, outputs: i64) -> Map {
        self.units.pooled_unit(map, &format!("{}.branch_pool", self.name), outputs)
    }

    fn together(&mut self, branches: &[Map]) -> Map {
        let map = self.units.network.concatenate(branches);
        self.units.network.layer(self.name, map);
        map
    }
}
