//! What a training needs of a head: logits of feature maps, and named tensors.

use radiograph_classes::Classes;
use radiograph_libtorch::Device;
use radiograph_protocol::FeatureShape;
use radiograph_random::Stream;
use rayon::prelude::*;
use serde_json::Value;
use tch::Tensor;

use crate::{DenseTail, Error, Parameters};

/// A classifier of feature maps. [`Fit`](crate::Fit) trains every one; [`ConfiguredHead`](crate::ConfiguredHead) is that
/// of this project, and the example below is one of another.
///
/// ```no_run
/// use radiograph_classes::Classes;
/// use radiograph_head::{Error, FeatureShape, Head, HeadTensor, Initial, Mode, Parameters, Role};
/// use radiograph_libtorch::Device;
/// use serde_json::{Value, json};
/// use tch::{Kind, Tensor};
///
/// /// Classifies the greatest value of each channel.
/// struct Greatest {
///     features: FeatureShape,
///     classes: Classes,
///     parameters: Parameters,
/// }
///
/// impl Greatest {
///     fn new(features: FeatureShape, classes: Classes, seed: u64) -> Result<Self, Error> {
///         let (inputs, outputs) = (features.channels, classes.len() as i64);
///         let weight = Initial::GlorotUniform { inputs, outputs };
///         let layout = [HeadTensor::new("output.weight", &[outputs, inputs], weight, Role::Trained)];
///         Ok(Self { features, classes, parameters: Parameters::new(&layout, seed, Device::CPU)? })
///     }
/// }
///
/// impl Head for Greatest {
///     fn features(&self) -> FeatureShape {
///         self.features
///     }
///
///     fn classes(&self) -> &Classes {
///         &self.classes
///     }
///
///     fn device(&self) -> Device {
///         Device::CPU
///     }
///
///     fn parameters(&self) -> &Parameters {
///         &self.parameters
///     }
///
///     fn settings(&self) -> Value {
///         json!({ "head": "greatest", "features": self.features, "classes": self.classes })
///     }
///
///     fn forward(&self, features: &Tensor, _: Mode) -> Result<Tensor, Error> {
///         let greatest = features.f_amax(&[2_i64, 3][..], false)?;
///         Ok(greatest.f_linear(&self.parameters.handle("output.weight")?, None::<&Tensor>)?)
///     }
/// }
/// ```
pub trait Head {
    /// Shape of the feature maps that it reads.
    fn features(&self) -> FeatureShape;

    /// Classes, in the order of the logits' columns.
    fn classes(&self) -> &Classes;

    /// Device of its tensors.
    fn device(&self) -> Device;

    /// Its named tensors. A training changes those whose role is [`Role::Trained`](crate::Role::Trained), in place, and
    /// checkpoints hold all of them. Their names, shapes and order never change.
    fn parameters(&self) -> &Parameters;

    /// Everything but the values of its tensors that determines its logits, as a record for checkpoints. A training is
    /// resumed only with a head of equal settings.
    fn settings(&self) -> Value;

    /// Logits `[N, K]` of feature maps `[N, C, H, W]`, f32, on the head's device.
    ///
    /// In training, random choices must depend on nothing but the [`Step`], so that a resumed training repeats them;
    /// [`Step::dropout`] does that. In evaluation, the images of a batch must not affect each other.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] for maps of another shape, [`Error::Libtorch`] if memory runs out.
    fn forward(&self, features: &Tensor, mode: Mode) -> Result<Tensor, Error>;

    /// The dense layers in which this pass ends, and what they read; `None` for a head that ends otherwise. A training then
    /// need not write their gradients. The layers must give the logits of [`Self::forward`] for the same mode.
    ///
    /// # Errors
    ///
    /// As [`Self::forward`].
    fn dense_tail(&self, features: &Tensor, mode: Mode) -> Result<Option<DenseTail<'_>>, Error> {
        let _ = (features, mode);
        Ok(None)
    }

    /// The logits `[N, K]` that an explanation takes apart: by default those of [`Mode::Evaluate`]. Gradients flow back to
    /// `features`, if they are required there. A head whose decision has parts that no gradient passes gives others here.
    ///
    /// # Errors
    ///
    /// As [`Self::forward`].
    fn explained(&self, features: &Tensor) -> Result<Tensor, Error> {
        self.forward(features, Mode::Evaluate)
    }

    /// The weights `[N, H, W]` that the head itself gives to the places of each map, with a sum of 1 for each image; `None`
    /// for a head that weighs no places. They say where it looked, and not for which class.
    ///
    /// # Errors
    ///
    /// As [`Self::forward`].
    fn attention(&self, features: &Tensor) -> Result<Option<Tensor>, Error> {
        let _ = features;
        Ok(None)
    }
}

/// Evaluation or training. It is an argument of each pass, not a state of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every head must treat all modes")]
pub enum Mode {
    /// No dropout; batch normalisation uses its moving averages. Gradients still flow if they are required.
    Evaluate,
    /// Dropout; batch normalisation uses the batch and updates its moving averages.
    Train(Step),
}

/// A step of a training. Dropout depends only on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Seed of the training.
    pub seed: u64,
    /// Number of the step, counted from 0 over all epochs.
    pub number: u64,
}

impl Step {
    /// Inverted dropout: sets values to zero with probability `rate`, 0 to below 1, and scales the others by 1 / (1 - rate).
    /// The choice depends on the step and on `place`, a name for each place of dropout in a head.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if the rate is out of its range, [`Error::Libtorch`] if memory runs out.
    pub fn dropout(self, values: &Tensor, rate: f64, place: &str) -> Result<Tensor, Error> {
        let multipliers = self.dropout_multipliers(&values.size(), rate, place)?;
        Ok(values.f_mul(&multipliers.f_to_device(values.device())?)?)
    }

    /// The multipliers of [`dropout`](Self::dropout) for values of this shape, on the processor: 0 or 1 / (1 - rate).
    ///
    /// # Errors
    ///
    /// As [`Self::dropout`].
    pub fn dropout_multipliers(self, shape: &[i64], rate: f64, place: &str) -> Result<Tensor, Error> {
        if !(0.0..1.0).contains(&rate) {
            return Err(Error::setting("the dropout rate", rate, "write a number from 0 to below 1"));
        }
        let stream = Stream::new(self.seed, &format!("dropout.{place}")).numbered(self.number);
        let count = shape.iter().product::<i64>() as usize; // sides are not negative
        Ok(Tensor::f_from_slice(&dropout_multipliers(&stream, rate, count))?.f_view(shape)?)
    }
}

/// Number of multipliers that one thread draws at a time.
const DRAWN_AT_ONCE: usize = 1 << 16;

/// The multipliers of inverted dropout: 0 with probability `rate`, else 1 / (1 - rate). All cores draw them, each at its own
/// place in the stream, because a GPU waits meanwhile.
fn dropout_multipliers(stream: &Stream, rate: f64, count: usize) -> Vec<f32> {
    let threshold = (rate * (1_u64 << 32) as f64) as u64;
    let kept = (1.0 / (1.0 - rate)) as f32;
    let mut multipliers = vec![kept; count];
    let draw = |(number, part): (usize, &mut [f32])| {
        let mut stream = stream.clone().behind((number * DRAWN_AT_ONCE) as u64);
        part.iter_mut().filter(|_| u64::from(stream.half_bits()) < threshold).for_each(|kept| *kept = 0.0);
    };
    multipliers.par_chunks_mut(DRAWN_AT_ONCE).enumerate().for_each(draw);
    multipliers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_keeps_the_mean_and_drops_its_share() {
        let multipliers = dropout_multipliers(&Stream::new(3, "dropout"), 0.25, 40_000);
        let dropped = multipliers.iter().filter(|value| **value == 0.0).count();
        assert!((9_700..10_300).contains(&dropped), "{dropped}");
        assert!(multipliers.iter().all(|value| *value == 0.0 || (*value - 4.0 / 3.0).abs() < 1e-6));
    }
    #[test]
    fn cores_drop_what_one_after_the_other_would() {
        let count = 2 * DRAWN_AT_ONCE + 77;
        let drawn = dropout_multipliers(&Stream::new(3, "dropout").numbered(9), 0.5, count);
        let mut stream = Stream::new(3, "dropout").numbered(9);
        let expected = (0..count).map(|_| if stream.half_bits() < 1 << 31 { 0.0 } else { 2.0 });
        assert!(drawn.iter().copied().eq(expected));
    }
}
