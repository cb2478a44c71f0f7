//! The tensors that each network has. Files of weights are checked against this list.

use crate::Architecture;

/// One tensor that a file may or must hold.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Expected {
    /// Full name, as in torchvision (Inception-ResNetV2: timm): `Mixed_5b.branch1x1.conv.weight`.
    pub name: String,
    /// Shape, outermost side first; a convolution's is `[out, in, height, width]`.
    pub shape: Vec<usize>,
    /// Group that the tensor belongs to.
    pub group: Group,
}

/// A group of tensors of which a file holds all or none.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Group {
    /// The convolutional part, up to the last feature map. Always required.
    Features,
    /// The dense layers that name one of 1,000 classes. All of them or none.
    Classifier,
    /// InceptionV3's auxiliary classifier, for training only. All of it or nothing.
    Auxiliary,
    /// `num_batches_tracked`, a counter of each batch normalisation. Each may be absent; none is used.
    BatchCount,
}

impl Group {
    /// Name of the group in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Features => "feature extractor",
            Self::Classifier => "classifier",
            Self::Auxiliary => "auxiliary classifier",
            Self::BatchCount => "batch counts",
        }
    }

    /// The group of the tensor of this name in any of the four networks.
    pub fn of(name: &str) -> Self {
        if name.ends_with(".num_batches_tracked") {
            Self::BatchCount
        } else if name.starts_with("AuxLogits.") {
            Self::Auxiliary
        } else if ["classifier.", "fc.", "classif."].iter().any(|prefix| name.starts_with(prefix)) {
            Self::Classifier
        } else {
            Self::Features
        }
    }
}

impl Expected {
    /// A tensor of this name and shape. Its group follows from its name.
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        let name = name.into();
        Self { group: Group::of(&name), shape: shape.into(), name }
    }

    /// Every tensor of a network with all its heads, sorted by name and without batch counts, as torchvision 0.28 and
    /// timm 1.0.31 list them. The lists are data of this crate, so networks built elsewhere can be checked against
    /// them.
    pub fn of(architecture: Architecture) -> Vec<Self> {
        let mut list = Vec::new();
        for line in lines(architecture).lines() {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            let words: Vec<&str> = words.collect();
            let norm = words.first() == Some(&"bn");
            let shape: Vec<usize> =
                words.iter().skip(usize::from(norm)).filter_map(|side| side.parse().ok()).collect();
            if norm {
                for part in ["bias", "running_mean", "running_var", "weight"] {
                    list.push(Self::new(format!("{name}.{part}"), shape.clone()));
                }
            } else {
                list.push(Self::new(name, shape));
            }
        }
        list.sort_by(|one, other| one.name.cmp(&other.name));
        list
    }
}

fn lines(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Vgg19 => include_str!("parameters/vgg19.txt"),
        Architecture::DenseNet121 => include_str!("parameters/densenet121.txt"),
        Architecture::InceptionV3 => include_str!("parameters/inception_v3.txt"),
        Architecture::InceptionResNetV2 => include_str!("parameters/inception_resnet_v2.txt"),
    }
}
