//! DenseNet121 (Huang et al., 2017), with torchvision's tensor names.

use radiograph_weights::Window;
use tch::{TchError, Tensor};

use crate::{
    BackboneError, Form,
    layer::{BatchNorm, Convolution, Gate, Slide, Unit, concatenate, halving_mean, max_pool},
    source::Path,
};

const STEM_POOL: Window = Window::new(3, 2, 1);

/// Channels after the stem.
const STEM: i64 = 64;
/// Channels that a dense layer adds.
const GROWTH: i64 = 32;
/// Channels in the middle of a dense layer.
const BOTTLENECK: i64 = 128;
/// Dense layers of each block.
const BLOCKS: [usize; 4] = [6, 12, 24, 16];

/// A stem, four blocks of dense layers with a transition before each but the first, and a last normalisation.
#[derive(Clone, Debug)]
pub(crate) struct DenseNet121 {
    stem: Unit,
    blocks: Vec<DenseBlock>,
    norm5: BatchNorm,
}

#[derive(Clone, Debug)]
struct DenseBlock {
    transition: Option<Transition>,
    layers: Vec<DenseLayer>,
    form: Form,
}

impl DenseNet121 {
    pub(crate) fn load(root: &Path<'_>) -> Result<Self, BackboneError> {
        let features = root.at("features");
        let slide = Slide { kernel: [7, 7], stride: 2, padding: [3, 3] };
        let stem = Unit::load_pair(&features.at("conv0"), &features.at("norm0"), [3, STEM], slide)?;
        let mut blocks = Vec::new();
        let mut channels = STEM;
        for (number, count) in (1..).zip(BLOCKS) {
            let mut transition = None;
            if number > 1 {
                let path = features.at(format!("transition{}", number - 1));
                transition = Some(Transition::load(&path, channels)?);
                channels /= 2;
            }
            let mut layers = Vec::new();
            for layer in 1..=count {
                let path = features.at(format!("denseblock{number}.denselayer{layer}"));
                layers.push(DenseLayer::load(&path, channels)?);
                channels += GROWTH;
            }
            blocks.push(DenseBlock { transition, layers, form: root.source().form });
        }
        Ok(Self { stem, blocks, norm5: BatchNorm::load(&features.at("norm5"), channels)? })
    }

    pub(crate) fn forward(&self, images: &Tensor) -> Result<Tensor, TchError> {
        let stem = self.stem.forward_unrectified(images)?;
        let mut map = max_pool(&stem, STEM_POOL)?.f_relu_()?;
        for block in &self.blocks {
            map = block.forward(&map)?;
        }
        // torchvision has this ReLU outside `features`; Keras counts it in.
        self.norm5.forward(&map)?.f_relu_()
    }
}

impl DenseBlock {
    /// Every layer sees all channels before it and adds its own behind them.
    fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let mut map = match &self.transition {
            Some(transition) => transition.forward(input)?,
            None => input.shallow_clone(),
        };
        if self.form == Form::Folded {
            return self.fill(&map);
        }
        for layer in &self.layers {
            let new = layer.forward(&map)?;
            map = concatenate(&[map, new])?;
        }
        Ok(map)
    }

    /// The same with room for all channels from the start, so that earlier channels are not copied again.
    fn fill(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let (images, channels, rows, columns) = input.size4()?;
        let total = channels + GROWTH * self.layers.len() as i64;
        let options = (input.kind(), input.device());
        // The block is channels last if the input is, as its strides show.
        let block = if input.stride().get(1) == Some(&1) {
            Tensor::f_empty([images, rows, columns, total], options)?.f_permute([0, 3, 1, 2])?
        } else {
            Tensor::f_empty([images, total, rows, columns], options)?
        };
        block.f_narrow(1, 0, channels)?.f_copy_(input)?;
        let mut filled = channels;
        for layer in &self.layers {
            let new = layer.forward(&block.f_narrow(1, 0, filled)?)?;
            block.f_narrow(1, filled, GROWTH)?.f_copy_(&new)?;
            filled += GROWTH;
        }
        Ok(block)
    }
}

/// Normalisation, ReLU, 1 × 1, normalisation, ReLU, 3 × 3.
#[derive(Clone, Debug)]
struct DenseLayer {
    entry: Entry,
    bottleneck: Unit,
    convolution: Convolution,
}

impl DenseLayer {
    fn load(path: &Path<'_>, channels: i64) -> Result<Self, BackboneError> {
        let (entry, affine) = Entry::load(&path.at("norm1"), channels)?;
        let mut bottleneck =
            Unit::load_pair(&path.at("conv1"), &path.at("norm2"), [channels, BOTTLENECK], Slide::POINT)?;
        if let Some((scale, shift)) = affine {
            bottleneck = bottleneck.after_affine(&scale, &shift)?;
        }
        let convolution = Convolution::load(&path.at("conv2"), [BOTTLENECK, GROWTH], Slide::same(3, 3))?;
        Ok(Self { entry, bottleneck, convolution })
    }

    /// Computes the 32 new channels from all channels so far.
    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        self.convolution.forward(&self.bottleneck.forward(&self.entry.forward(map)?)?)
    }
}

/// Normalisation, ReLU, 1 × 1, and the mean of 2 × 2; half the channels remain.
#[derive(Clone, Debug)]
struct Transition {
    entry: Entry,
    convolution: Convolution,
}

impl Transition {
    fn load(path: &Path<'_>, channels: i64) -> Result<Self, BackboneError> {
        let (entry, affine) = Entry::load(&path.at("norm"), channels)?;
        let mut convolution = Convolution::load(&path.at("conv"), [channels, channels / 2], Slide::POINT)?;
        if let Some((scale, shift)) = affine {
            convolution = convolution.after_affine(&scale, &shift)?;
        }
        Ok(Self { entry, convolution })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        let entered = self.entry.forward(map)?;
        match &self.entry {
            Entry::Plain(_) => halving_mean(&self.convolution.forward(&entered)?),
            // Both are linear, so the mean can come first, which leaves a quarter of the products.
            Entry::Folded(_) => self.convolution.forward(&halving_mean(&entered)?),
        }
    }
}

/// Normalisation and ReLU in front of a 1 × 1 convolution. In the folded form, that convolution does everything except
/// the limits.
#[derive(Clone, Debug)]
enum Entry {
    Plain(BatchNorm),
    Folded(Gate),
}

impl Entry {
    /// Loads the entry, with the scale and shift that the convolution after it must absorb.
    fn load(path: &Path<'_>, channels: i64) -> Result<(Self, Option<(Tensor, Tensor)>), BackboneError> {
        let norm = BatchNorm::load(path, channels)?;
        if path.source().form == Form::Plain {
            return Ok((Self::Plain(norm), None));
        }
        let (scale, shift) = norm.affine()?;
        let (gate, scale, shift) = Gate::of_rectified(&scale, &shift)?;
        Ok((Self::Folded(gate), Some((scale, shift))))
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Plain(norm) => norm.forward(map)?.f_relu_(),
            Self::Folded(gate) => gate.forward(map),
        }
    }
}
