//! Training steps of the paper's heads on features.

use std::path::Path;

use radiograph_classes::Classes;
use radiograph_head::{
    Architecture, ConfiguredHead, CrossEntropy, FeatureShape, Gradients, Head, Mode, Optimizer, Parameter,
    Preset, RmsProp, Step,
};
use radiograph_libtorch::Device;
use radiograph_weights::Facts;
use tch::{Kind, Tensor};

use crate::{Outcome, Work, timed, unknown};

/// Images of a batch, as in the paper.
const BATCH: i64 = 32;
/// Steps of an epoch of 1,388 images.
const STEPS: u64 = 44;

pub(crate) struct Training {
    head: ConfiguredHead,
    loss: CrossEntropy,
    optimizer: Optimizer,
    features: Tensor,
    labels: Tensor,
    number: u64,
}

impl Training {
    /// Writes the head of the network that the first word names to `head.safetensors`, the batch to `batch.safetensors`,
    /// and to `gradients.safetensors` its loss and the gradient of each parameter without dropout.
    pub(crate) fn prepare(folder: &Path, words: &[&str]) -> Outcome<Self> {
        let (head, features) = paper_head(folder, words)?;
        let classes = Classes::of_the_paper();
        let labels = Tensor::arange(BATCH, (Kind::Int64, tch::Device::Cpu)).remainder(3);
        Tensor::write_safetensors(
            &[("features", &features), ("labels", &labels)],
            folder.join("batch.safetensors"),
        )?;
        let loss = CrossEntropy::new(&classes, None, tch::Device::Cpu)?;
        let named = head.parameters().trained().map(|parameter| (parameter.name(), parameter.tensor()));
        let optimizer = Optimizer::new(RmsProp::KERAS, named)?;
        let batch = Gradients::of(&head, &loss, &features, &labels, Mode::Evaluate)?;
        let names = head.parameters().trained().map(|parameter| parameter.name().to_owned());
        let mut values = Vec::new();
        for (name, gradient) in names.zip(&batch.gradients) {
            values.push((name, gradient.values()?.contiguous()));
        }
        values.push(("loss".to_owned(), batch.loss.detach()));
        Tensor::write_safetensors(&values, folder.join("gradients.safetensors"))?;
        Ok(Self { head, loss, optimizer, features, labels, number: 0 })
    }

    fn step(&mut self) -> Outcome<()> {
        self.number += 1;
        let mode = Mode::Train(Step { seed: 1, number: self.number });
        let batch = Gradients::of(&self.head, &self.loss, &self.features, &self.labels, mode)?;
        let tensors: Vec<&Tensor> = self.head.parameters().trained().map(Parameter::tensor).collect();
        let clipping = Preset::Paper.training(1).clipping;
        self.optimizer.step(&tensors, &batch.gradients, 1e-5, clipping)?;
        Ok(())
    }
}

impl Work for Training {
    fn perform(&mut self, piece: &str) -> Outcome<f64> {
        match piece {
            "step" => timed(|| self.step()),
            "epoch" => timed(|| (0..STEPS).try_for_each(|_| self.step())),
            _ => unknown(piece),
        }
    }
}

/// The paper's head for the network that the first word names, and a batch of maps that it reads. The head is written to
/// `head.safetensors`.
pub(crate) fn paper_head(folder: &Path, words: &[&str]) -> Outcome<(ConfiguredHead, Tensor)> {
    let architecture: Architecture = words.first().ok_or("name a network")?.parse()?;
    let [channels, height, width] = Facts::of(architecture).feature_shape(224, 224)?;
    let shape = FeatureShape { channels, height, width };
    let config = Preset::Paper.head(architecture, shape, &Classes::of_the_paper());
    let head = ConfiguredHead::new(config, 1, Device::CPU)?;
    let named: Vec<(&str, Tensor)> =
        head.parameters().iter().map(|parameter| (parameter.name(), parameter.tensor().detach())).collect();
    Tensor::write_safetensors(&named, folder.join("head.safetensors"))?;
    let count = BATCH * channels * height * width;
    let features = Tensor::arange(count, (Kind::Float, tch::Device::Cpu)).sin().abs();
    Ok((head, features.view([BATCH, channels, height, width])))
}
