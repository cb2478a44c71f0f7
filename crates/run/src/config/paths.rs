//! Makes the paths in a config absolute: the folder of images, the key of pseudonyms, weights files, ONNX files, and the folders of
//! feature stores and lung masks.
//!
//! Links and `..` are resolved as far as the path exists, so that two spellings of one place are equal.

use std::path::{Path, PathBuf, absolute};

use radiograph_weights::WeightsChoice;

use super::Config;
use crate::Error;

/// Replaces every relative path by the absolute one, seen from the current working directory.
pub(super) fn make_absolute(config: &mut Config) -> Result<(), Error> {
    // Empty means that the folder is still to be named.
    if !config.data.folder.as_os_str().is_empty() {
        config.data.folder = whole("data.folder", &config.data.folder)?;
    }
    if let Some(key) = &mut config.data.key_file {
        *key = whole("data.key_file", key)?;
    }
    if let Some(stores) = &mut config.compute.feature_stores {
        *stores = whole("compute.feature_stores", stores)?;
    }
    if let Some(masks) = config.audit.as_mut().and_then(|audit| audit.lung_masks.as_mut()) {
        *masks = whole("audit.lung_masks", masks)?;
    }
    for (name, section) in &mut config.networks {
        section.file = whole(&format!("networks.{name}.file"), &section.file)?;
    }
    for (network, weights) in &mut config.weights {
        // A text that names no weights is refused where they are loaded.
        if let Ok(WeightsChoice::File(file)) = weights.parse() {
            let key = format!("weights.{network}");
            *weights = whole(&key, &file)?
                .into_os_string()
                .into_string()
                .map_err(|path| Error::config(&key, format!("{} is not Unicode", path.display())))?;
        }
    }
    Ok(())
}

fn whole(key: &str, path: &Path) -> Result<PathBuf, Error> {
    let path = absolute(path).map_err(|error| Error::config(key, format!("{}: {error}", path.display())))?;
    let resolved = path.ancestors().find_map(|there| {
        let missing = path.strip_prefix(there).ok()?;
        let there = there.canonicalize().ok()?;
        Some(if missing.as_os_str().is_empty() { there } else { there.join(missing) })
    });
    Ok(resolved.unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use radiograph_weights::Architecture;

    use super::*;

    /// Every setting that can be a path is known here: a new one must be made absolute too.
    #[test]
    fn every_path_becomes_absolute_and_nothing_else_changes() {
        let overrides = [
            "data.folder=x-rays",
            "compute.feature_stores=stores",
            "audit.lung_masks=masks",
            "weights.vgg19=mine.safetensors",
            "weights.densenet121=./mine",
            "weights.inception_v3=/else/where.safetensors",
            "weights.inception_resnet_v2=random:1",
            "networks.mine={ file = 'mine.onnx', normalisation = 'tf' }",
        ];
        let config = Config::resolve(None, &overrides.map(str::to_owned)).unwrap();
        let here = std::env::current_dir().unwrap();
        let made = config.clone().with_absolute_paths().unwrap();
        assert_eq!(made.data.folder, here.join("x-rays"));
        assert_eq!(made.compute.feature_stores, Some(here.join("stores")));
        assert_eq!(made.audit.as_ref().unwrap().lung_masks, Some(here.join("masks")));
        assert_eq!(made.networks["mine"].file, here.join("mine.onnx"));
        let weights = |network| PathBuf::from(&made.weights[&network]);
        assert_eq!(weights(Architecture::VGG19), here.join("mine.safetensors"));
        assert_eq!(weights(Architecture::DENSENET121), here.join("mine"));
        assert_eq!(weights(Architecture::INCEPTION_V3), Path::new("/else/where.safetensors"));
        assert_eq!(weights(Architecture::INCEPTION_RESNET_V2), Path::new("random:1"));
        assert_eq!(made.clone().with_absolute_paths().unwrap(), made);
        // The same place, spelt in another way.
        let mut again = config.clone();
        again.data.folder = "src/../x-rays".into();
        assert_eq!(again.with_absolute_paths().unwrap(), made);
        let plain = Config::of(config.preset);
        assert_eq!(plain.clone().with_absolute_paths().unwrap(), plain);
    }
}
