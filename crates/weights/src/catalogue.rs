//! Lists the published weights that this project knows by name.
//!
//! Entries of timm follow `timm.get_pretrained_cfg` of timm 1.0.31: input size, mean, deviation, interpolation, crop
//! and licence. `resize` is `floor(input size / crop share)`, as timm computes it. The address comes from the entry's
//! `hf_hub_id` on huggingface.co. Entries of Keras follow `keras.applications` of Keras 3.15.1. No citable source
//! publishes checksums or revisions of these files, so the entries have none. The lock file takes their place
//! ([`WeightsFolder`](crate::WeightsFolder)).

use radiograph_files::ContentHash;
use radiograph_input::{Filter, Normalisation};

use crate::{Architecture, Lineage, WeightsName, WeightsRecord};

const IMAGENET: &str = "ImageNet-1k";
const KERAS: &str = "https://storage.googleapis.com/tensorflow/keras-applications";

impl WeightsRecord {
    /// All known published weights, each network's default first.
    pub fn published() -> Vec<Self> {
        use Architecture::{DenseNet121, InceptionResNetV2, InceptionV3, Vgg19};
        let mut all = vec![
            timm(Vgg19, "tv_in1k", "bsd-3-clause", Filter::Bilinear),
            timm(DenseNet121, "tv_in1k", "apache-2.0", Filter::Bicubic),
            timm(InceptionV3, "tv_in1k", "apache-2.0", Filter::Bicubic),
            // Trained in TensorFlow, whose average pooling does not count padding, although timm's network counts it.
            Self {
                lineage: Lineage::keras(InceptionV3),
                ..timm(InceptionV3, "tf_in1k", "apache-2.0", Filter::Bicubic)
            },
            timm(InceptionResNetV2, "tf_in1k", "apache-2.0", Filter::Bicubic),
        ];
        all.extend(Architecture::ALL.map(keras));
        all.push(nsfwjs());
        all
    }

    /// The published weights of this name; a bare architecture means its default, timm's.
    pub fn named(name: &WeightsName) -> Option<Self> {
        let mut all = Self::published().into_iter();
        if name.as_str() == name.architecture().name() {
            return all.find(|record| record.architecture == name.architecture());
        }
        all.find(|record| record.name == name.as_str())
    }

    /// The known weights with this content hash.
    pub fn of_content(sha256: ContentHash) -> Option<Self> {
        Self::published().into_iter().find(|record| record.sha256 == Some(sha256))
    }
}

fn timm(architecture: Architecture, tag: &str, licence: &str, interpolation: Filter) -> WeightsRecord {
    let name = format!("{architecture}.{tag}");
    let (input_size, normalisation, resize) = match architecture {
        Architecture::Vgg19 | Architecture::DenseNet121 => (224, Normalisation::Torch, 256),
        Architecture::InceptionV3 => (299, Normalisation::Tf, 341),
        Architecture::InceptionResNetV2 => (299, Normalisation::Tf, 333),
    };
    WeightsRecord {
        source_url: Some(format!("https://huggingface.co/timm/{name}/resolve/main/model.safetensors")),
        name,
        architecture,
        trained_on: Some(IMAGENET.to_owned()),
        origin: None,
        revision: None,
        sha256: None,
        licence: Some(licence.to_owned()),
        lineage: Lineage::timm(architecture),
        input_size,
        normalisation,
        interpolation: Some(interpolation),
        resize: Some(resize),
    }
}

fn keras(architecture: Architecture) -> WeightsRecord {
    let (folder, licence) = match architecture {
        Architecture::Vgg19 => ("vgg19", Some("CC-BY-4.0 (Oxford's weights)")),
        Architecture::DenseNet121 => ("densenet", None),
        Architecture::InceptionV3 => ("inception_v3", Some("MIT")),
        Architecture::InceptionResNetV2 => ("inception_resnet_v2", None),
    };
    let file = format!("{architecture}_weights_tf_dim_ordering_tf_kernels_notop.h5");
    WeightsRecord {
        name: format!("{architecture}.keras"),
        architecture,
        trained_on: Some(IMAGENET.to_owned()),
        source_url: Some(format!("{KERAS}/{folder}/{file}")),
        origin: None,
        revision: None,
        sha256: None,
        licence: licence.map(str::to_owned),
        lineage: Lineage::keras(architecture),
        input_size: keras_input_size(architecture),
        normalisation: keras_normalisation(architecture),
        interpolation: None,
        resize: None,
    }
}

/// The modes of `preprocess_input` in `keras.applications`.
pub(crate) const fn keras_normalisation(architecture: Architecture) -> Normalisation {
    match architecture {
        Architecture::Vgg19 => Normalisation::Caffe,
        Architecture::DenseNet121 => Normalisation::Torch,
        Architecture::InceptionV3 | Architecture::InceptionResNetV2 => Normalisation::Tf,
    }
}

/// Side of the images, in pixels, for which the networks were published.
pub(crate) const fn keras_input_size(architecture: Architecture) -> u32 {
    match architecture {
        Architecture::Vgg19 | Architecture::DenseNet121 => 224,
        Architecture::InceptionV3 | Architecture::InceptionResNetV2 => 299,
    }
}

/// Real trained weights of InceptionV3 that are small enough to share, for exactness tests and real runs.
fn nsfwjs() -> WeightsRecord {
    WeightsRecord {
        name: "inception_v3.nsfwjs".to_owned(),
        trained_on: Some(
            "ImageNet up to mixed5, frozen there, and another image-classification task from the 56th convolution on: \
             not the ImageNet weights"
                .to_owned(),
        ),
        source_url: None,
        origin: Some("npm package nsfwjs 4.4.0, a Keras InceptionV3 without top, 8-bit values expanded to f32".to_owned()),
        sha256: Some(ContentHash::from(NSFWJS)),
        licence: Some("MIT".to_owned()),
        ..keras(Architecture::InceptionV3)
    }
}

/// Computed from the file: 5d13500d810ff8520333d0d5a80107a556354d7eac3ac033614cd5f4e7ce5ace.
const NSFWJS: [u8; 32] = [
    0x5d, 0x13, 0x50, 0x0d, 0x81, 0x0f, 0xf8, 0x52, 0x03, 0x33, 0xd0, 0xd5, 0xa8, 0x01, 0x07, 0xa5, 0x56,
    0x35, 0x4d, 0x7e, 0xac, 0x3a, 0xc0, 0x33, 0x61, 0x4c, 0xd5, 0xf4, 0xe7, 0xce, 0x5a, 0xce,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_has_a_default_that_can_be_fetched_and_a_keras_twin() {
        for architecture in Architecture::ALL {
            let default = WeightsRecord::named(&architecture.into()).unwrap();
            assert!(default.is_fetchable() && default.architecture == architecture, "{default:?}");
            let twin = WeightsRecord::named(&format!("{architecture}.keras").parse().unwrap()).unwrap();
            assert!(!twin.is_fetchable() && twin.lineage == Lineage::keras(architecture));
        }
    }

    #[test]
    fn names_are_unique_valid_and_begin_with_the_architecture() {
        let all = WeightsRecord::published();
        assert_eq!(all.len(), 10);
        for record in &all {
            let name: WeightsName = record.name.parse().unwrap();
            assert_eq!(name.architecture(), record.architecture);
            assert_eq!(WeightsRecord::named(&name).as_ref(), Some(record));
            let json = serde_json::to_string(record).unwrap();
            assert_eq!(&serde_json::from_str::<WeightsRecord>(&json).unwrap(), record);
        }
    }

    #[test]
    fn only_the_file_that_was_at_hand_has_a_checksum() {
        let known: Vec<_> =
            WeightsRecord::published().into_iter().filter(|record| record.sha256.is_some()).collect();
        assert_eq!(known.len(), 1);
        assert_eq!(
            known[0].sha256.unwrap().to_string(),
            "5d13500d810ff8520333d0d5a80107a556354d7eac3ac033614cd5f4e7ce5ace"
        );
        assert_eq!(WeightsRecord::of_content(known[0].sha256.unwrap()).unwrap().name, "inception_v3.nsfwjs");
    }
}
