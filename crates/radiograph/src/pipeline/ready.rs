//! What must be there before a new run's folder is begun: a mistyped first command then leaves nothing behind.

use radiograph_libtorch::Device;

use crate::{Config, Error, Frozen};

/// Looks for the images' folder, the devices and the weights that the settings name.
pub(super) fn require_all(config: &Config) -> Result<(), Error> {
    let folder = &config.data.folder;
    if folder.as_os_str().is_empty() {
        return Err(Error::config("data.folder", "name the folder that holds the collections"));
    }
    if !folder.is_dir() {
        return Err(Error::config("data.folder", format!("there is no folder {}", folder.display())));
    }
    for name in &config.compute.more_devices {
        let _: Device = name.parse()?;
    }
    for &network in &config.backbones {
        Frozen::of(network, config)?.feature_shape()?;
    }
    Ok(())
}
