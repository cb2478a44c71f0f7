//! Builds a frozen network with its weights on a device and computes its feature maps.

use std::{cell::RefCell, collections::BTreeMap, num::NonZeroUsize, path::Path};

use radiograph_features::Arithmetic;
use radiograph_files::ContentHashing;
use radiograph_libtorch::Device;
use radiograph_weights::{
    Architecture, Expected, Facts, Graphs, Group, Lineage, StateFile, Weights, WeightsRecord,
    graph::Parameter,
};
use tch::{Kind, TchError, Tensor};

use crate::{
    BackboneError, Form, Identity,
    layer::channels_last,
    program::{Program, Source, kind_of},
    random,
};

/// Options for building a backbone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Arrangement of the layers: for speed or as published.
    pub form: Form,
    /// Whether to load the classifier of the published network.
    pub classifier: bool,
    /// Number of images that pass through the layers at once. `None`: [`Facts::micro_batch`] on the CPU, the whole
    /// batch on a GPU.
    pub micro_batch: Option<NonZeroUsize>,
    /// Number format of parameters and activations. The rounding errors of the layers add up: in bf16, features differ from
    /// those in f32 by one to two hundredths of the largest value, in f16 by one to two thousandths. f16 is meant for GPUs; a value
    /// above 65,504 becomes infinite in it. What a processor or an old GPU has no instructions for, libtorch computes slowly
    /// or refuses.
    pub arithmetic: Arithmetic,
}

/// A frozen network. It has no training mode: statistics do not move and no gradient reaches a weight.
///
/// A clone shares the weights, so it takes almost no memory. Use clones to compute on several threads.
#[derive(Clone, Debug)]
pub struct Backbone {
    architecture: Architecture,
    lineage: Lineage,
    device: Device,
    form: Form,
    arithmetic: Arithmetic,
    identity: Identity,
    features: Program,
    /// Place of each named layer's value.
    layers: BTreeMap<String, usize>,
    classifier: Option<Program>,
    channels_last: bool,
    micro_batch: Option<i64>,
}

impl Backbone {
    /// Loads the network from a safetensors file after a strict check of the file's tensors.
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
    /// Those of [`load`](Self::load). It also fails if the classifier is requested and the file lacks it.
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

    /// Loads the network of weights whose record is known. The record gives the lineage.
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
        let graphs = graphs(architecture, lineage)?;
        for Parameter { name, shape, .. } in parameters(&graphs, options.classifier) {
            let values = file.take(&name)?;
            tensors.insert(name, Tensor::f_from_slice(&values)?.f_view(shape.as_slice())?);
        }
        let identity = Identity::File { sha256: file.sha256() };
        Self::build(architecture, lineage, device, options, identity, tensors)
    }

    /// Builds the network with random weights drawn from `seed`, for tests and trials. Its [`identity`](Self::identity)
    /// marks the weights as random.
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
        let graphs = graphs(architecture, lineage)?;
        let tensors = random::tensors(&parameters(&graphs, options.classifier), seed)?;
        Self::build(architecture, lineage, device, options, Identity::Random { architecture, seed }, tensors)
    }

    /// Builds the network from the given tensors: all of the feature extractor, those of the classifier if it is
    /// requested, and no others. The network gets deep copies, so later changes of the tensors do not reach it.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Tensors`] lists every tensor that is missing, unknown, misshapen, not f32 or not finite;
    /// [`BackboneError::Lineage`] and [`BackboneError::NoClassifier`] as for [`load_with`](Self::load_with).
    pub fn from_tensors(
        tensors: BTreeMap<String, Tensor>,
        architecture: Architecture,
        lineage: Lineage,
        device: Device,
        options: Options,
    ) -> Result<Self, BackboneError> {
        let graphs = graphs(architecture, lineage)?;
        let faults = faults(&tensors, &parameters(&graphs, options.classifier))?;
        if !faults.is_empty() {
            return Err(BackboneError::Tensors { architecture, faults });
        }
        let identity = hash(&tensors)?;
        let _guard = tch::no_grad_guard();
        let copy = |(name, tensor): (String, Tensor)| {
            let mut copy = tensor.f_empty_like()?;
            copy.f_copy_(&tensor)?;
            Ok((name, copy))
        };
        let tensors = tensors.into_iter().map(copy).collect::<Result<_, BackboneError>>()?;
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
        let graphs = graphs(architecture, lineage)?;
        let _guard = tch::no_grad_guard();
        let tensors = tensors.into_iter().map(|(name, tensor)| (name, tensor.detach())).collect();
        let Options { form, arithmetic, .. } = options;
        let tensors = RefCell::new(tensors);
        let source = Source { architecture, form, arithmetic, device: device.to_tch(), tensors };
        let side = Facts::of(architecture).native_size;
        let features = Program::load(&graphs.features, form, side, &source)?;
        let layers = graphs.features.layers().map(|(name, map)| (name.to_owned(), map.place())).collect();
        let classifier = match &graphs.classifier {
            Some(graph) if options.classifier => Some(Program::load(graph, form, 1, &source)?),
            None if options.classifier => return Err(BackboneError::NoClassifier { architecture }),
            _ => None,
        };
        let channels_last = source.channels_last();
        let measured = (!device.is_cuda()).then_some(Facts::of(architecture).micro_batch);
        let micro_batch =
            options.micro_batch.map(|count| i64::try_from(count.get()).unwrap_or(i64::MAX)).or(measured);
        Ok(Self {
            architecture,
            lineage,
            device,
            form,
            arithmetic,
            identity,
            features,
            layers,
            classifier,
            channels_last,
            micro_batch,
        })
    }

    /// Computes the last feature maps `[N, C, h, w]` of normalised images `[N, c, H, W]`, where c is
    /// [`Facts::input_channels`]. Images are f32 on any device. Feature maps are f32 and C-contiguous, on this backbone's device.
    ///
    /// The layers see [`Options::micro_batch`] images at a time. If that is 1, the features of an image do not depend
    /// on the rest of the batch, bit for bit. Otherwise libtorch may sum in another order for another number of images,
    /// and features differ by rounding, below 1e-5 of the largest value. The same batch with the same number of threads
    /// gives the same bits again.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Shape`] and [`BackboneError::ImageSize`] if the images do not fit, [`BackboneError::Libtorch`] if
    /// the device cannot hold them.
    pub fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        let [count, _, height, width] = self.batch_shape(images)?;
        let [channels, rows, columns] = self.feature_shape(height, width)?;
        let features =
            Tensor::f_empty([count, channels, rows, columns], (Kind::Float, self.device.to_tch()))?;
        self.in_parts(images, |start, part| {
            let (length, map) = (part.size4()?.0, self.features.forward(part)?);
            features.f_narrow(0, start, length)?.f_copy_(&map)?;
            Ok(())
        })?;
        Ok(features)
    }

    /// Computes the maps of named layers, in the order of their names, in one pass. [`Facts::layers`] lists the names.
    /// Images and maps are those of [`forward_features`](Self::forward_features). Layers behind the last one that is
    /// named are not computed.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Layer`] for a name that the network does not have; otherwise those of `forward_features`.
    pub fn forward_intermediates(
        &self,
        images: &Tensor,
        names: &[&str],
    ) -> Result<Vec<Tensor>, BackboneError> {
        let [count, _, height, width] = self.batch_shape(images)?;
        self.facts().feature_shape(height, width)?;
        let places: Vec<usize> = names.iter().map(|name| self.place(name)).collect::<Result<_, _>>()?;
        let mut maps: Vec<Tensor> = Vec::new();
        self.in_parts(images, |start, part| {
            for (number, map) in self.features.values(part, &places)?.into_iter().enumerate() {
                if start == 0 {
                    let mut size = map.size();
                    size[0] = count;
                    maps.push(Tensor::f_empty(size.as_slice(), (Kind::Float, map.device()))?);
                }
                maps[number].f_narrow(0, start, map.size4()?.0)?.f_copy_(&map)?;
            }
            Ok(())
        })?;
        Ok(maps)
    }

    /// Passes images to `compute` as many at a time as the layers should see, on the device, with the number of images
    /// before them.
    fn in_parts(
        &self,
        images: &Tensor,
        mut compute: impl FnMut(i64, &Tensor) -> Result<(), TchError>,
    ) -> Result<(), BackboneError> {
        let count = images.size().first().copied().unwrap_or(0);
        let _guard = tch::no_grad_guard();
        let images = images.f_to_device(self.device.to_tch())?;
        let at_once = self.micro_batch.unwrap_or(count);
        let mut start = 0;
        while start < count {
            let length = at_once.min(count - start);
            let mut part = images.f_narrow(0, start, length)?;
            if self.channels_last {
                part = channels_last(&part)?;
            }
            let part = part.f_to_kind(kind_of(self.arithmetic))?;
            compute(start, &part)?;
            start += length;
        }
        Ok(())
    }

    fn batch_shape(&self, images: &Tensor) -> Result<[i64; 4], BackboneError> {
        let (size, channels) = (images.size(), self.facts().input_channels);
        match <[i64; 4]>::try_from(size.as_slice()) {
            Ok(shape) if shape[0] > 0 && shape[1] == channels && images.kind() == Kind::Float => Ok(shape),
            _ => Err(BackboneError::Shape {
                what: "the image batch",
                expected: format!("[N, {channels}, H, W] with N of at least 1, in f32"),
                found: size,
            }),
        }
    }

    fn place(&self, name: &str) -> Result<usize, BackboneError> {
        self.layers.get(name).copied().ok_or_else(|| BackboneError::Layer {
            architecture: self.architecture,
            name: name.to_owned(),
            known: self.facts().layers().map(str::to_owned).collect(),
        })
    }

    /// Computes the logits `[N, classes]` of the published classifier. Images are those of
    /// [`forward_features`](Self::forward_features).
    ///
    /// # Errors
    ///
    /// [`BackboneError::NoClassifier`] unless the classifier was [requested](Options::classifier); otherwise those of
    /// `forward_features`.
    pub fn classify(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        let classifier = self
            .classifier
            .as_ref()
            .ok_or(BackboneError::NoClassifier { architecture: self.architecture })?;
        let features = self.forward_features(images)?;
        let _guard = tch::no_grad_guard();
        let logits = classifier.forward(&features.f_to_kind(kind_of(self.arithmetic))?)?;
        Ok(logits.f_to_kind(Kind::Float)?)
    }

    /// `[channels, rows, columns]` of the feature map of an image of `height` × `width` pixels.
    ///
    /// # Errors
    ///
    /// [`BackboneError::ImageSize`].
    pub fn feature_shape(&self, height: i64, width: i64) -> Result<[i64; 3], BackboneError> {
        Ok(self.facts().feature_shape(height, width)?)
    }

    /// Constants of the network, known without its weights.
    pub fn facts(&self) -> &'static Facts {
        Facts::of(self.architecture)
    }

    /// Architecture of the network.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Lineage of its weights: the facts that the weights alone leave open.
    pub fn lineage(&self) -> Lineage {
        self.lineage
    }

    /// Device that it computes on.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Arrangement of its layers.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Number format of its parameters and activations.
    pub fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    /// Identity of its weights.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

fn graphs(architecture: Architecture, lineage: Lineage) -> Result<Graphs, BackboneError> {
    let graphs = architecture.graphs_of(lineage);
    graphs.map_err(|source| BackboneError::Graph { architecture, reason: source.to_string() })
}

/// Every tensor that the network needs.
fn parameters(graphs: &Graphs, classifier: bool) -> Vec<Parameter> {
    let mut parameters = graphs.features.parameters();
    if let Some(graph) = graphs.classifier.as_ref().filter(|_| classifier) {
        parameters.extend(graph.parameters());
    }
    parameters
}

/// Everything that is wrong with a set of tensors, in the order of their names.
fn faults(
    tensors: &BTreeMap<String, Tensor>,
    parameters: &[Parameter],
) -> Result<Vec<String>, BackboneError> {
    let mut asked: BTreeMap<&str, &[i64]> =
        parameters.iter().map(|one| (one.name.as_str(), one.shape.as_slice())).collect();
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
    let families = architecture.definition().map_or(&[][..], |definition| definition.families);
    let transforms = families.iter().any(|family| family.lineage.transforms_input);
    if lineage.transforms_input && !transforms {
        return refused(
            "transforms_input",
            "true".to_owned(),
            "this network has no such transform; give false",
        );
    }
    Ok(())
}
