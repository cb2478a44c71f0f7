//! Builds the key under which a store keeps a backbone's features.

use radiograph_features::{Computation, Element, ExtractionKey};
use radiograph_libtorch::{DeviceKind, LIBTORCH_VERSION};
use radiograph_weights::{Architecture, Lineage};

use crate::{Form, Identity};

/// Revision of everything that computes features. Raised by each change after which the same network gives other
/// features for the same images.
const REVISION: u32 = 1;

/// Key of the features that a network computes. It holds everything that can change their values, except the image.
/// `preprocessing` describes how an image file becomes the network's input, including augmentation and its seed. It
/// must use the same words every time. `device` is the kind of device that computes them. Features are stored in f32;
/// the caller changes [`ExtractionKey::precision`] for another format.
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
            arithmetic: "f32".to_owned(),
            device: device.to_string(),
            engine: format!("libtorch {LIBTORCH_VERSION}"),
            revision: REVISION,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use radiograph_files::ContentHash;

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
