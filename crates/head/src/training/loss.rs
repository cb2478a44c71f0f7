//! Cross-entropy loss on logits, optionally weighted by class.

use std::collections::BTreeMap;

use radiograph_classes::Classes;
use radiograph_protocol::check_class_weights;
use tch::{Device, Kind, Reduction, Tensor};

use crate::{Error, sums::BatchScores};

/// The loss of a batch: the sum of -w·log p over its samples, divided by the sum of their weights w, which are 1 by
/// default (PyTorch's `CrossEntropyLoss`; Keras divides by the number of samples alone).
///
/// The loss of several batches is the sum of their numerators divided by the sum of their denominators. A mean of the
/// batches' losses would depend on the batches, because their denominators differ.
#[derive(Debug)]
pub struct CrossEntropy {
    weights: Option<Tensor>,
    smoothing: f64,
}

impl CrossEntropy {
    /// Creates a loss with weights by class name, for every class or for none.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a weight is not above 0, [`Error::Classes`] if the names are not those of `classes`.
    pub fn new(
        classes: &Classes,
        weights: Option<&BTreeMap<String, f64>>,
        device: Device,
    ) -> Result<Self, Error> {
        let Some(weights) = weights else { return Ok(Self { weights: None, smoothing: 0.0 }) };
        let named = Classes::new(weights.keys().cloned())?;
        let columns = classes.columns_of(&named)?;
        check_class_weights(weights)?;
        let values: Vec<f64> = weights.values().copied().collect();
        let ordered: Vec<f32> = columns.into_iter().map(|column| values[column] as f32).collect();
        let weights = Some(Tensor::f_from_slice(&ordered)?.f_to_device(device)?);
        Ok(Self { weights, smoothing: 0.0 })
    }

    /// The same loss with smoothed labels: all classes divide this share of each target among them.
    pub fn smoothed(&self, smoothing: f64) -> Self {
        Self { weights: self.weights.as_ref().map(Tensor::shallow_clone), smoothing }
    }

    /// The scalar loss of logits `[N, K]` and class positions `[N]`, int64.
    ///
    /// # Errors
    ///
    /// [`Error::Libtorch`] if shapes or devices differ.
    pub fn loss(&self, logits: &Tensor, labels: &Tensor) -> Result<Tensor, Error> {
        Ok(logits.f_cross_entropy_loss(
            labels,
            self.weights.as_ref(),
            Reduction::Mean,
            -100,
            self.smoothing,
        )?)
    }

    /// What sums over batches need of a batch with this loss, logits and labels. It is read from the device in one go, because
    /// a device has nothing to do while the host waits.
    pub(crate) fn read(&self, loss: &Tensor, logits: &Tensor, labels: &Tensor) -> Result<BatchScores, Error> {
        let right = logits.f_argmax(1, false)?.f_eq_tensor(labels)?.f_sum(Kind::Double)?;
        let mut values = vec![loss.f_detach()?.f_to_kind(Kind::Double)?, right];
        if let Some(weights) = &self.weights {
            values.push(weights.f_index_select(0, labels)?.f_sum(Kind::Double)?);
        }
        let read = Vec::<f64>::try_from(Tensor::f_stack(&values, 0)?.f_to_device(Device::Cpu)?)?;
        let samples = labels.numel() as f64;
        Ok(BatchScores {
            loss: read[0],
            right: read[1],
            weight: read.get(2).copied().unwrap_or(samples),
            samples,
        })
    }
}
