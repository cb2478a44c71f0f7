//! The backbone: one of the four networks with its weights, on a device, frozen.

use std::{collections::BTreeMap, num::NonZeroUsize, path::Path};

use radiograph_files::ContentHashing;
use radiograph_libtorch::Device;
use radiograph_weights::{Architecture, Expected, Facts, Group, Lineage, StateFile, Weights, WeightsRecord};
use tch::{Kind, Tensor};

use crate::{
    BackboneError, Form, Identity,
    layer::channels_last,
    network::{Classifier, Network},
    random,
    source::{Asked, Source},
};

/// How a backbone is built, beyond what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Arranged for speed or as published.
    pub form: Form,
    /// Whether the classifier of 1000 classes is attached.
    pub classifier: bool,
    /// Images that go through the layers at once; `None` for [`Facts::micro_batch`] on the processor and all on a GPU.
    pub micro_batch: Option<NonZeroUsize>,
}

/// A frozen network. It has no training mode: statistics do not move and no gradient reaches a weight.
///
/// A clone shares the weights, so it costs next to no memory; it is for another thread to compute with.
#[derive(Clone, Debug)]
pub struct Backbone {
    architecture: Architecture,
    lineage: Lineage,
    device: Device,
    form: Form,
    identity: Identity,
    network: Network,
    classifier: Option<Classifier>,
    channels_last: bool,
    micro_batch: Option<i64>,
}

impl Backbone {
    /// The network in a safetensors file, held strictly against the list of its tensors.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Weights`] lists everything that is wrong with the file, [`BackboneError::Lineage`] if no network
    /// has that lineage, [`BackboneError::Libtorch`] if the device has too little memory.
    pub fn load(
        path: &Path,
        architecture: Architecture,
        lineage: Lineage,
        device: Device,
    ) -> Result<Self, BackboneError> {
        Self::load_with(path, architecture, lineage, device, Options::default())
    }

    /// [`load`](Self::load) with options.
    ///
    /// # Errors
    ///
    /// Those of [`load`](Self::load), also if a classifier is asked for that the file lacks.
    pub fn load_with(
        path: &Path,
        architecture: Architecture,
        lineage: Lineage,
        device: Device,
        options: Options,
    ) -> Result<Self, BackboneError> {
        let file = StateFile::open(path, &Expected::of(architecture))?;
        Self::of_state(&file, architecture, lineage, device, options)
    }

    /// The network of weights whose record is known, which tells its lineage.
    ///
    /// # Errors
    ///
    /// Those of [`load_with`](Self::load_with).
    pub fn of_weights(weights: &Weights, device: Device, options: Options) -> Result<Self, BackboneError> {
        let WeightsRecord { architecture, lineage, .. } = *weights.record();
        let file = weights.open(&Expected::of(architecture))?;
        Self::of_state(&file, architecture, lineage, device, options)
    }

    fn of_state(
        file: &StateFile,
        architecture: Architecture,
        lineage: Lineage,
        device: Device,
        options: Options,
    ) -> Result<Self, BackboneError> {
        if options.classifier {
            file.require(Group::Classifier)?;
        }
        let mut tensors = BTreeMap::new();
        for Asked { name, shape, .. } in asked(architecture, options.classifier)? {
            let values = file.take(&name)?;
            tensors.insert(name, Tensor::f_from_slice(&values)?.f_view(shape.as_slice())?);
        }
        let identity = Identity::File { sha256: file.sha256() };
        Self::build(architecture, lineage, device, options, identity, tensors)
    }

    /// The network with weights drawn from `seed`: it recognises nothing, and its [`identity`](Self::identity) says so.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Lineage`] if no network has that lineage, [`BackboneError::Libtorch`] if the device has too little memory.
    pub fn random(
        architecture: Architecture,
        seed: u64,
        lineage: Lineage,
        device: Device,
    ) -> Result<Self, BackboneError> {
        Self::random_with(architecture, seed, lineage, device, Options::default())
    }

    /// [`random`](Self::random) with options.
    ///
    /// # Errors
    ///
    /// Those of [`random`](Self::random).
    pub fn random_with(
        architecture: Architecture,
        seed: u64,
        lineage: Lineage,
        device: Device,
        options: Options,
    ) -> Result<Self, BackboneError> {
        let tensors = random::tensors(&asked(architecture, options.classifier)?, seed)?;
        Self::build(architecture, lineage, device, options, Identity::Random { architecture, seed }, tensors)
    }

    /// The network with these tensors: all of the feature extractor, those of the classifier if it is asked for, no others.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Tensors`] lists every tensor that is missing, unknown, misshapen, not f32 or not finite.
    pub fn from_tensors(
        tensors: BTreeMap<String, Tensor>,
        architecture: Architecture,
        lineage: Lineage,
        device: Device,
        options: Options,
    ) -> Result<Self, BackboneError> {
        let asked = asked(architecture, options.classifier)?;
        let faults = faults(&tensors, &asked)?;
        if !faults.is_empty() {
            return Err(BackboneError::Tensors { architecture, faults });
        }
        let identity = hash(&tensors)?;
        Self::build(architecture, lineage, device, options, identity, tensors)
    }

    fn build(
        architecture: Architecture,
        lineage: Lineage,
        device: Device,
        options: Options,
        identity: Identity,
        tensors: BTreeMap<String, Tensor>,
    ) -> Result<Self, BackboneError> {
        check(architecture, lineage)?;
        let _guard = tch::no_grad_guard();
        let tensors = tensors.into_iter().map(|(name, tensor)| (name, tensor.detach())).collect();
        let source = Source::of(architecture, options.form, lineage, device.to_tch(), tensors);
        let network = Network::load(&source)?;
        let classifier = if options.classifier { Some(Classifier::load(&source)?) } else { None };
        let (form, channels_last) = (options.form, source.channels_last());
        let measured = (!device.is_cuda()).then_some(Facts::of(architecture).micro_batch);
        let micro_batch =
            options.micro_batch.map(|count| i64::try_from(count.get()).unwrap_or(i64::MAX)).or(measured);
        Ok(Self {
            architecture,
            lineage,
            device,
            form,
            identity,
            network,
            classifier,
            channels_last,
            micro_batch,
        })
    }

    /// Normalised images `[N, 3, H, W]`, f32, on any device, to their last feature maps `[N, C, h, w]`, f32, C-contiguous,
    /// on this backbone's device.
    ///
    /// The layers see [`Options::micro_batch`] images at a time. Where that is one, an image gives the same bits whatever else
    /// is in the batch; otherwise libtorch may sum in another order for another number of images, and features differ by
    /// rounding, below 1e-5 of the largest value. The same batch gives the same bits again, with as many threads.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Shape`] and [`BackboneError::TooSmall`] if the images do not fit, [`BackboneError::Libtorch`] if
    /// the device cannot hold them.
    pub fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        let [count, _, height, width] = batch_shape(images)?;
        let [channels, rows, columns] = self.facts().feature_shape(height, width)?;
        let _guard = tch::no_grad_guard();
        let images = images.f_to_device(self.device.to_tch())?;
        let at_once = self.micro_batch.unwrap_or(count);
        let features = Tensor::f_empty([count, channels, rows, columns], (Kind::Float, images.device()))?;
        let mut start = 0;
        while start < count {
            let length = at_once.min(count - start);
            let mut part = images.f_narrow(0, start, length)?;
            if self.channels_last {
                part = channels_last(&part)?;
            }
            features.f_narrow(0, start, length)?.f_copy_(&self.network.forward(&part)?)?;
            start += length;
        }
        Ok(features)
    }

    /// Images as [`forward_features`](Self::forward_features) takes them to the logits of ImageNet's 1000 classes, `[N, 1000]`.
    ///
    /// # Errors
    ///
    /// [`BackboneError::NoClassifier`] unless it was [asked for](Options::classifier); else those of `forward_features`.
    pub fn classify(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        let classifier = self
            .classifier
            .as_ref()
            .ok_or(BackboneError::NoClassifier { architecture: self.architecture })?;
        let features = self.forward_features(images)?;
        let _guard = tch::no_grad_guard();
        Ok(classifier.forward(&features)?)
    }

    /// `[channels, rows, columns]` of the feature map of an image of `height` × `width` pixels.
    ///
    /// # Errors
    ///
    /// [`BackboneError::TooSmall`].
    pub fn feature_shape(&self, height: i64, width: i64) -> Result<[i64; 3], BackboneError> {
        Ok(self.facts().feature_shape(height, width)?)
    }

    /// What is known about the network without its weights.
    pub fn facts(&self) -> &'static Facts {
        Facts::of(self.architecture)
    }

    /// Which network it is.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// What its weights leave open.
    pub fn lineage(&self) -> Lineage {
        self.lineage
    }

    /// Where it computes.
    pub fn device(&self) -> Device {
        self.device
    }

    /// How it is arranged.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Which weights it has.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// Every tensor that the network is made of.
fn asked(architecture: Architecture, classifier: bool) -> Result<Vec<Asked>, BackboneError> {
    let source = Source::listening(architecture);
    Network::load(&source)?;
    if classifier {
        Classifier::load(&source)?;
    }
    Ok(source.asked())
}

/// Everything that is wrong with a set of tensors, in the order of their names.
fn faults(tensors: &BTreeMap<String, Tensor>, asked: &[Asked]) -> Result<Vec<String>, BackboneError> {
    let mut asked: BTreeMap<&str, &[i64]> =
        asked.iter().map(|Asked { name, shape, .. }| (name.as_str(), shape.as_slice())).collect();
    let mut faults = Vec::new();
    for (name, tensor) in tensors {
        match asked.remove(name.as_str()) {
            None => faults.push(format!("{name} is unknown")),
            Some(shape) if tensor.size() != shape => {
                faults.push(format!("{name} is {:?} instead of {shape:?}", tensor.size()));
            }
            Some(_) if tensor.kind() != Kind::Float => faults.push(format!("{name} is not of f32")),
            Some(_) if tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 => {
                faults.push(format!("{name} holds a value that is not finite"));
            }
            Some(_) => {}
        }
    }
    faults.extend(asked.into_keys().map(|name| format!("{name} is missing")));
    Ok(faults)
}

fn hash(tensors: &BTreeMap<String, Tensor>) -> Result<Identity, BackboneError> {
    let mut hashing = ContentHashing::new();
    for (name, tensor) in tensors {
        hashing.update(format!("{name} {:?}\n", tensor.size()).as_bytes());
        let mut values = vec![0.0_f32; tensor.numel()];
        tensor.f_to_device(tch::Device::Cpu)?.f_copy_data(&mut values, tensor.numel())?;
        hashing.update(bytemuck::cast_slice(&values));
    }
    Ok(Identity::Tensors { sha256: hashing.finish() })
}

fn check(architecture: Architecture, lineage: Lineage) -> Result<(), BackboneError> {
    let refused =
        |field, value: String, remedy| Err(BackboneError::Lineage { architecture, field, value, remedy });
    let epsilon = lineage.batch_norm_epsilon;
    if !(epsilon > 0.0 && epsilon < 1.0) {
        return refused(
            "batch_norm_epsilon",
            epsilon.to_string(),
            "give a number between 0 and 1, such as 0.001",
        );
    }
    if lineage.transforms_input && architecture != Architecture::InceptionV3 {
        return refused(
            "transforms_input",
            "true".to_owned(),
            "only InceptionV3 has such a transform; give false",
        );
    }
    Ok(())
}

fn batch_shape(images: &Tensor) -> Result<[i64; 4], BackboneError> {
    let size = images.size();
    match <[i64; 4]>::try_from(size.as_slice()) {
        Ok(shape @ [count, 3, _, _]) if count > 0 && images.kind() == Kind::Float => Ok(shape),
        _ => Err(BackboneError::Shape {
            what: "the image batch",
            expected: "[N, 3, H, W] with N of at least 1, in f32".to_owned(),
            found: size,
        }),
    }
}
