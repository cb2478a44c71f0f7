//! Builds the key under which a store keeps a backbone's features.

use radiograph_features::{Arithmetic, Computation, Element, ExtractionKey};
use radiograph_files::ContentHash;
use radiograph_libtorch::{DeviceKind, LIBTORCH_VERSION};
use radiograph_weights::{Architecture, Lineage};

use crate::{Form, Identity, OnnxNetwork};

/// Revision of everything that computes features. Raised by each change after which the same network gives other
/// features for the same images.
const REVISION: u32 = 1;
/// The same for networks from ONNX files.
const ONNX_REVISION: u32 = 1;

/// Key of the features that a network computes. It holds everything that can change their values, except the image.
/// `preprocessing` describes how an image file becomes the network's input, including augmentation and its seed. It
/// must use the same words every time. `device` is the kind of device that computes them. They are computed and
/// stored in f32; for other formats there are [`ExtractionKey::computed_in`] and [`ExtractionKey::precision`].
///
/// The network need not be loaded. The key, and with it every shard, marks random weights as random.
///
/// ```
/// use radiograph_backbone::{Form, Identity, extraction::extraction_key};
/// use radiograph_libtorch::DeviceKind;
/// use radiograph_weights::{Architecture, Lineage};
///
/// let architecture = Architecture::VGG19;
/// let random = Identity::Random { architecture, seed: 7 };
/// let lineage = Lineage::keras(architecture);
/// let key = extraction_key(architecture, lineage, Form::Folded, &random, DeviceKind::Cpu, "224 pixels");
/// assert!(key.lineage.ends_with("weights random:7"));
/// ```
pub fn extraction_key(
    architecture: Architecture,
    lineage: Lineage,
    form: Form,
    identity: &Identity,
    device: DeviceKind,
    preprocessing: impl Into<String>,
) -> ExtractionKey {
    let Lineage { pooling_counts_padding, batch_norm_epsilon, transforms_input } = lineage;
    // Features of the two forms differ by rounding.
    let form = match form {
        Form::Plain => "plain",
        Form::Folded => "folded",
    };
    ExtractionKey {
        backbone: architecture.name().to_owned(),
        weights: identity.content_hash(),
        preprocessing: preprocessing.into(),
        lineage: format!(
            "pooling counts padding {pooling_counts_padding}, batch-norm epsilon {batch_norm_epsilon:e}, \
             transforms input {transforms_input}, form {form}, weights {identity}"
        ),
        precision: Element::F32,
        computation: Some(Computation {
            // No TF32: convolutions on CUDA devices switch it off, and libtorch's matrix products leave it off by default.
            arithmetic: Arithmetic::F32.to_string(),
            device: device.to_string(),
            engine: format!("libtorch {LIBTORCH_VERSION}"),
            revision: REVISION,
        }),
    }
}

/// Key of the features that ONNX Runtime computes from a file: the content of the file, the tensor that is the map, and the
/// engine with its version are parts of it. `name` is the network's, and `preprocessing` as in [`extraction_key`].
pub fn onnx_extraction_key(
    name: &str,
    network: &OnnxNetwork,
    preprocessing: impl Into<String>,
) -> ExtractionKey {
    key_of_file(name, network.sha256(), network.tensor(), network.engine(), preprocessing.into())
}

fn key_of_file(
    name: &str,
    sha256: ContentHash,
    tensor: &str,
    engine: &str,
    preprocessing: String,
) -> ExtractionKey {
    ExtractionKey {
        backbone: name.to_owned(),
        weights: sha256,
        preprocessing,
        lineage: format!("ONNX file sha256:{sha256}, tensor {tensor}"),
        precision: Element::F32,
        computation: Some(Computation {
            arithmetic: Arithmetic::F32.to_string(),
            device: DeviceKind::Cpu.to_string(),
            engine: engine.to_owned(),
            revision: ONNX_REVISION,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn whatever_changes_a_feature_changes_the_key() {
        let architecture = Architecture::INCEPTION_V3;
        let keras = Lineage::keras(architecture);
        let lineages = [
            keras,
            Lineage { pooling_counts_padding: true, ..keras },
            Lineage { batch_norm_epsilon: 1.001e-3, ..keras },
            Lineage { transforms_input: true, ..keras },
        ];
        let sha256 = ContentHash::of_bytes(b"weights");
        let identities = [
            Identity::File { sha256 },
            Identity::Random { architecture, seed: 1 },
            Identity::Random { architecture, seed: 2 },
        ];
        let mut keys = HashSet::new();
        for (lineage, identity) in
            lineages.iter().flat_map(|lineage| identities.iter().map(move |one| (lineage, one)))
        {
            for form in [Form::Plain, Form::Folded] {
                for preprocessing in ["224", "299"] {
                    for device in [DeviceKind::Cpu, DeviceKind::Cuda] {
                        let key =
                            extraction_key(architecture, *lineage, form, identity, device, preprocessing);
                        keys.insert(key.hash());
                    }
                }
            }
        }
        assert_eq!(keys.len(), 4 * 3 * 2 * 2 * 2);
        let (lineage, identity) = (keras, &identities[0]);
        let key = extraction_key(architecture, lineage, Form::Folded, identity, DeviceKind::Cpu, "224");
        assert_eq!(key.clone().computed_in(Arithmetic::F32), key);
        for arithmetic in [Arithmetic::Bf16, Arithmetic::F16] {
            assert!(keys.insert(key.clone().computed_in(arithmetic).hash()), "{arithmetic}");
        }
    }

    #[test]
    fn file_tensor_engine_name_and_input_are_each_a_part_of_the_key_of_an_onnx_file() {
        let [one, two] = [b"one", b"two"].map(|content| ContentHash::of_bytes(content));
        let key = |name, sha256, tensor, engine, preprocessing: &str| {
            key_of_file(name, sha256, tensor, engine, preprocessing.to_owned()).hash()
        };
        let keys = HashSet::from([
            key("chexnet", one, "norm5", "ONNX Runtime 1.32.0 (a)", "224"),
            key("chexnet", two, "norm5", "ONNX Runtime 1.32.0 (a)", "224"),
            key("chexnet", one, "relu5", "ONNX Runtime 1.32.0 (a)", "224"),
            key("chexnet", one, "norm5", "ONNX Runtime 1.33.0 (b)", "224"),
            key("chexnet", one, "norm5", "ONNX Runtime 1.32.0 (a)", "320"),
            key("another", one, "norm5", "ONNX Runtime 1.32.0 (a)", "224"),
        ]);
        assert_eq!(keys.len(), 6);
    }

    #[test]
    fn the_engine_is_the_libtorch_that_computes() {
        let architecture = Architecture::VGG19;
        let identity = Identity::Random { architecture, seed: 1 };
        let lineage = Lineage::keras(architecture);
        let key = extraction_key(architecture, lineage, Form::Folded, &identity, DeviceKind::Cpu, "224");
        let engine = key.computation.unwrap().engine;
        let version = engine.strip_prefix("libtorch ").unwrap();
        assert!(version.split('.').count() == 3, "{engine}");
        assert!(version.split('.').all(|part| part.parse::<u32>().is_ok()), "{engine}");
    }
}
