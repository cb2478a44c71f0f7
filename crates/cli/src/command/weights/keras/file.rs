//! Reads the layers and variables of an HDF5 file that Keras wrote. It knows no network.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use hdf5_pure::{AttrValue, DType, File};

use super::KerasError;

/// An opened file. Values are read by position when they are asked for.
pub(super) struct KerasFile {
    path: PathBuf,
    file: File,
    layers: BTreeMap<String, Layer>,
}

/// The variables of a layer by name, such as `kernel`.
pub(super) type Layer = BTreeMap<String, Variable>;

/// A variable of a layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variable {
    /// Path in the file.
    place: String,
    pub(super) shape: Vec<usize>,
}

impl KerasFile {
    pub(super) fn open(path: &Path) -> Result<Self, KerasError> {
        let unreadable = KerasError::unreadable(path);
        let file = File::open_streaming(path).map_err(&unreadable)?;
        // `model.save` puts weights beside the model's description; the files of keras.applications hold weights alone.
        let root = file.root();
        let whole = root.groups().map_err(&unreadable)?.iter().any(|name| name == "model_weights");
        let (prefix, weights) = match whole {
            true => ("model_weights/", root.group("model_weights").map_err(&unreadable)?),
            false => ("", root),
        };
        let attributes = weights.attrs().map_err(&unreadable)?;
        let Some(names) = texts(&attributes, "layer_names") else {
            return Err(KerasError::NoLayerNames { path: path.to_owned() });
        };
        let mut layers = BTreeMap::new();
        for layer in names {
            let place = format!("{prefix}{layer}");
            let attributes = file.group(&place).and_then(|group| group.attrs()).map_err(&unreadable)?;
            let mut variables = Layer::new();
            for name in texts(&attributes, "weight_names").unwrap_or_default() {
                let place = format!("{place}/{name}");
                let data_set = file.dataset(&place).map_err(&unreadable)?;
                let kind = data_set.dtype().map_err(&unreadable)?;
                if kind != DType::F32 {
                    return Err(KerasError::other(
                        path,
                        format!("{name} is {kind:?} and not of single precision"),
                    ));
                }
                let shape = data_set.shape().map_err(&unreadable)?;
                let shape =
                    shape.into_iter().map(|side| usize::try_from(side).unwrap_or(usize::MAX)).collect();
                variables.insert(kind_of(&name).to_owned(), Variable { place, shape });
            }
            if !variables.is_empty() {
                // conv1/conv in old files is conv1_conv in new ones.
                layers.insert(layer.replace('/', "_"), variables);
            }
        }
        Ok(Self { path: path.to_owned(), file, layers })
    }

    /// Layers that have variables, by name.
    pub(super) fn layers(&self) -> &BTreeMap<String, Layer> {
        &self.layers
    }

    /// Values of a variable, row-major.
    pub(super) fn read(&self, variable: &Variable) -> Result<Vec<f32>, KerasError> {
        let values = self.file.dataset(&variable.place).and_then(|data_set| data_set.read_f32());
        let values = values.map_err(KerasError::unreadable(&self.path))?;
        if values.len() != variable.shape.iter().product::<usize>() {
            return Err(KerasError::other(
                &self.path,
                format!("{} has {} values", variable.place, values.len()),
            ));
        }
        Ok(values)
    }
}

/// What a variable is: `kernel` for `conv1/conv/kernel:0` of Keras 2, `kernel` of Keras 3 and `block1_conv1_W_1:0` of Keras 1,
/// which wrote the published files of VGG19.
fn kind_of(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let plain = match name.rsplit_once('_') {
        Some((stem, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            stem
        }
        _ => name,
    };
    match plain {
        _ if plain.ends_with("_W") => "kernel",
        _ if plain.ends_with("_b") => "bias",
        _ => name,
    }
}

/// The texts of an attribute; `None` if there is none of this name. Keras stores a list that is longer than an attribute may
/// be under numbered names.
fn texts(attributes: &HashMap<String, AttrValue>, name: &str) -> Option<Vec<String>> {
    if let Some(value) = attributes.get(name) {
        return of_value(value);
    }
    let mut all = Vec::new();
    for number in 0.. {
        match attributes.get(&format!("{name}{number}")) {
            Some(value) => all.extend(of_value(value)?),
            None => break,
        }
    }
    (!all.is_empty()).then_some(all)
}

fn of_value(value: &AttrValue) -> Option<Vec<String>> {
    match value {
        // An empty list is stored as an empty array of numbers.
        AttrValue::F64Array(numbers) if numbers.is_empty() => Some(Vec::new()),
        texts => texts.as_strings().map(<[String]>::to_vec),
    }
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    /// The first names are those of the published files of VGG19, DenseNet121 and InceptionV3.
    #[test]
    fn variables_of_three_versions_of_keras_are_the_same() {
        for (name, kind) in [
            ("block1_conv1_W_1:0", "kernel"),
            ("block1_conv1_b_1:0", "bias"),
            ("conv1/conv/kernel:0", "kernel"),
            ("batch_normalization_1/moving_variance:0", "moving_variance"),
            ("batch_normalization_1/beta:0", "beta"),
            ("vgg19/block1_conv1/kernel", "kernel"),
            ("bias", "bias"),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
    }
}
