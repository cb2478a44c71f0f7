//! The backbones on prepared images: latency of one image, and throughput of sixteen.

use std::{collections::BTreeMap, path::Path, thread};

use radiograph_backbone::{Backbone, Options};
use radiograph_libtorch::{Device, SideBySide};
use radiograph_weights::{Architecture, Lineage};
use tch::Tensor;

use crate::{Outcome, Work, timed, unknown};

pub(crate) struct Networks {
    backbone: Backbone,
    /// `[16, 3, 224, 224]`.
    images: Tensor,
}

impl Networks {
    /// Reads `weights.safetensors` and `images.safetensors`, writes the map of all images to `maps.safetensors`.
    pub(crate) fn prepare(folder: &Path, words: &[&str]) -> Outcome<Self> {
        let backbone = load(folder, words)?;
        let images = tensor(&folder.join("images.safetensors"), "images")?;
        let maps = backbone.forward_features(&images)?;
        Tensor::write_safetensors(&[("maps", maps)], folder.join("maps.safetensors"))?;
        Ok(Self { backbone, images })
    }

    /// A part of the images on each core, which is how extraction computes.
    fn each_core_its_part(&self) -> Outcome<()> {
        let side_by_side = SideBySide::begin();
        let parts = i64::try_from(side_by_side.threads())?;
        let computed: Vec<Outcome<()>> = thread::scope(|scope| {
            let compute = |part: Tensor| {
                let (backbone, side_by_side) = (self.backbone.clone(), &side_by_side);
                scope.spawn(move || {
                    side_by_side.enter();
                    backbone.forward_features(&part).map(drop).map_err(Into::into)
                })
            };
            let threads: Vec<_> = self.images.chunk(parts, 0).into_iter().map(compute).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or(Err("a thread panicked".into())))
                .collect()
        });
        computed.into_iter().collect()
    }
}

impl Work for Networks {
    fn perform(&mut self, piece: &str) -> Outcome<f64> {
        match piece {
            "one-image" => timed(|| Ok(self.backbone.forward_features(&self.images.narrow(0, 0, 1))?)),
            "one-batch" => timed(|| Ok(self.backbone.forward_features(&self.images)?)),
            "side-by-side" => timed(|| self.each_core_its_part()),
            _ => unknown(piece),
        }
    }
}

/// The network that the first word names, with the weights in the folder.
pub(crate) fn load(folder: &Path, words: &[&str]) -> Outcome<Backbone> {
    let (architecture, lineage) = network(words)?;
    let path = folder.join("weights.safetensors");
    Ok(Backbone::load_with(&path, architecture, lineage, Device::CPU, Options::default())?)
}

/// The network that the first word names, as torchvision computes it, or timm where torchvision lacks it.
pub(crate) fn network(words: &[&str]) -> Outcome<(Architecture, Lineage)> {
    let architecture: Architecture = words.first().ok_or("name a network")?.parse()?;
    let lineage = if architecture == Architecture::INCEPTION_RESNET_V2 {
        Lineage::timm(architecture)
    } else {
        Lineage::torchvision(architecture)
    };
    Ok((architecture, Lineage { transforms_input: false, ..lineage }))
}

/// One tensor of a file.
pub(crate) fn tensor(path: &Path, name: &str) -> Outcome<Tensor> {
    let mut tensors: BTreeMap<String, Tensor> = Tensor::read_safetensors(path)?.into_iter().collect();
    tensors.remove(name).ok_or_else(|| format!("{} has no {name}", path.display()).into())
}
